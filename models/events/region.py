"""Region: where an event came from, as far as it tells."""

from collections.abc import Mapping
from typing import Any, Final

from models.events.events import Event

_MAX_TEXT: Final = 40
_PLACES: Final = ("location", "geo", "user_location")
_COUNTRY: Final = ("country", "country_id", "countryCode", "country_code")
_REGION: Final = ("region", "region_id", "regionCode", "region_code", "state")
REGION_FIELDS: Final = frozenset((*_PLACES, *_COUNTRY, *_REGION))
"""Members of a context that may tell it."""


def region_of(event: Event) -> str:
    """Give country and region as `DE-BE`, or whichever is told; empty where neither is.

    Looked for in `context` itself, then in `context.location`, `context.geo` and `context.user_location`.
    """
    if not event.context:
        return ""
    for place in (event.context, *(event.context.get(name) for name in _PLACES)):
        if isinstance(place, dict):
            country, region = _first(place, _COUNTRY), _first(place, _REGION)
            if country and region and not region.casefold().startswith(f"{country.casefold()}-"):
                return f"{country}-{region}"[:_MAX_TEXT]
            if region or country:
                return region or country
    return ""


def within(region: str, wanted: str) -> bool:
    """Whether a region is the one wanted, or a part of it.

    >>> within("DE-BE", "de"), within("DE", "DE-BE"), within("", "DE")
    (True, False, False)
    """
    return bool(region) and f"{region.casefold()}-".startswith(f"{wanted.casefold()}-")


def _first(place: Mapping[str, Any], names: tuple[str, ...]) -> str:
    for name in names:
        value = place.get(name)
        if isinstance(value, str) and value.strip():
            return value.strip()[:_MAX_TEXT]
    return ""
