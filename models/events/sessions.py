"""Sessions: a visitor's events cut into visits after the fact, whatever order they arrived in."""

from collections.abc import Sequence
from typing import Final, NamedTuple

SESSION_GAP_S: Final = 1_800.0
"""A session ends after this long without an event (the convention of GA4 and Google Retail)."""


class Moment(NamedTuple):
    """One event as far as cutting is concerned. `off_site` ones belong to no visit."""

    at_s: float
    session_id: str
    off_site: bool = False


def visits_of(moments: Sequence[Moment]) -> list[int]:
    """Number the visit of each moment, from 0 by first event; -1 for what is off site.

    Moments are in order of time. One that names no session belongs to the session named before it, or at the beginning
    to the first one named; a session is cut where more than `SESSION_GAP_S` passes within it.

    >>> visits_of([Moment(0, ""), Moment(60, "a"), Moment(90, "b"), Moment(120, "a"), Moment(4000, "a")])
    [0, 0, 1, 0, 2]
    """
    named = next((moment.session_id for moment in moments if moment.session_id and not moment.off_site), "")
    open_visits: dict[str, tuple[int, float]] = {}
    numbers: list[int] = []
    count = 0
    for moment in moments:
        if moment.off_site:
            numbers.append(-1)
            continue
        named = moment.session_id or named
        number, last_at_s = open_visits.get(named, (-1, 0.0))
        if number < 0 or moment.at_s - last_at_s > SESSION_GAP_S:
            number, count = count, count + 1
        open_visits[named] = (number, moment.at_s)
        numbers.append(number)
    return numbers
