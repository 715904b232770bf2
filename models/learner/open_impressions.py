"""Open impressions: what a visitor was shown and has not clicked yet, so that a click counts once an impression.

`store.archive.report_queries` counts by the same rule: of what a visitor was shown by one decision at one place, as
many clicks count as there were impressions, and what was clicked was seen.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from models.events.event_ids import short_id_of

MAX_OPEN_IMPRESSIONS: Final = 48
"""Latest impressions of a visitor that are remembered."""
_KEY_BYTES: Final = 5


class OpenImpression(msgspec.Struct, array_like=True):
    """What was shown, and how many impressions of it wait for a click."""

    key: bytes
    open: int


class ClickCredit(NamedTuple):
    """For how much a click counts: the impression, where it was never told of, and the click."""

    impressions: int
    clicks: int


def seen_once(known: Sequence[OpenImpression], shown: Sequence[str]) -> list[OpenImpression]:
    """Note an impression of `shown`: its decision and place."""
    key = _key_of(shown)
    waiting = next((impression.open for impression in known if impression.key == key), 0)
    return [*(impression for impression in known if impression.key != key), OpenImpression(key, waiting + 1)][
        -MAX_OPEN_IMPRESSIONS:
    ]


def clicked_once(known: Sequence[OpenImpression], shown: Sequence[str]) -> tuple[list[OpenImpression], ClickCredit]:
    """Note a click on `shown`, and give what it counts for."""
    key = _key_of(shown)
    waiting = next((impression.open for impression in known if impression.key == key), None)
    others = [impression for impression in known if impression.key != key]
    now = [*others, OpenImpression(key, max((waiting or 0) - 1, 0))][-MAX_OPEN_IMPRESSIONS:]
    return now, ClickCredit(int(waiting is None), int(waiting is None or waiting > 0))


def _key_of(shown: Sequence[str]) -> bytes:
    return short_id_of(_KEY_BYTES, *shown)
