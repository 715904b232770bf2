"""Origins: whose pages may call with a site's keys, as browsers name them (RFC 6454)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from models.base.errors import InvalidError, show_value

_ORIGIN: Final = re.compile(r"https?://((\*\.)?[a-z0-9][a-z0-9.-]{0,252}|\[[0-9a-f:.]{2,45}\])(:[0-9]{1,5})?")
_MOST: Final = 1_000


@dataclass(frozen=True, slots=True)
class AllowedOrigins:
    """Those named, and those below a domain; any where nothing is named.

    >>> origins = parse_origins("https://shop.example, https://*.shop.example")
    >>> [origins.allows(origin) for origin in ("https://shop.example", "https://de.shop.example", "https://other.example")]
    [True, True, False]
    """

    named: frozenset[str] = frozenset()
    below: frozenset[tuple[str, str]] = frozenset()

    def allows(self, origin: str) -> bool:
        """Whether pages of an origin, as in the header `Origin`, may call; work grows with its labels alone."""
        if not self.named and not self.below:
            return True
        lowered = origin.lower()
        if lowered in self.named:
            return True
        scheme, separator, rest = lowered.partition("://")
        while self.below and separator and "/" not in rest:
            _, separator, rest = rest.partition(".")
            if separator and (scheme, rest) in self.below:
                return True
        return False


ANY_ORIGIN: Final = AllowedOrigins()


def parse_origins(text: str) -> AllowedOrigins:
    """Read origins separated by commas: `https://shop.example`, `https://*.shop.example`, `null`; empty for any.

    Raises `InvalidError`.
    """
    named: set[str] = set()
    below: set[tuple[str, str]] = set()
    parts = [part.strip().lower() for part in text.split(",") if part.strip()]
    if len(parts) > _MOST:
        raise InvalidError("origins_too_many", f"origins has {len(parts)} entries, at most {_MOST}")
    for part in parts:
        if part != "null" and not _ORIGIN.fullmatch(part):
            detail = f"origins has {show_value(part)}, not one such as https://shop.example, without a path"
            raise InvalidError("origin_invalid", detail)
        scheme, _, host = part.partition("://*.")
        if host:
            below.add((scheme, host))
        else:
            named.add(part)
    return AllowedOrigins(frozenset(named), frozenset(below))


def any_of(origins: Iterable[AllowedOrigins]) -> AllowedOrigins:
    """Join them: what one of them allows is allowed."""
    several = list(origins)
    if ANY_ORIGIN in several:
        return ANY_ORIGIN
    named = frozenset[str]().union(*(one_site.named for one_site in several))
    return AllowedOrigins(named, frozenset[tuple[str, str]]().union(*(one_site.below for one_site in several)))
