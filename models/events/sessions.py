"""Sessions: a visitor's events cut into visits after the fact, whatever order they arrived in."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

SESSION_GAP_S: Final = 1_800.0
"""A session ends after this long without an event (the convention of GA4 and Google Retail)."""

MAX_OPEN_SESSIONS: Final = 8
"""Session ids of one visitor that are open side by side: each tab may have its own."""


def is_open(open_sessions: Mapping[str, float], session_id: str, at_s: float) -> bool:
    """Whether a session named again goes on: its last event, by `open_sessions`, is no gap away.

    >>> is_open({"a": 100.0}, "a", 400.0), is_open({"a": 100.0}, "b", 400.0), is_open({"a": 100.0}, "a", 9_000.0)
    (True, False, False)
    """
    last_at_s = open_sessions.get(session_id)
    return last_at_s is not None and at_s - last_at_s <= SESSION_GAP_S


def with_open(open_sessions: Mapping[str, float], session_id: str, at_s: float) -> dict[str, float]:
    """Give the open sessions once one of them had an event; those a gap away have ended, and the oldest beyond
    `MAX_OPEN_SESSIONS` are forgotten."""
    known = {**open_sessions, session_id: max(at_s, open_sessions.get(session_id, at_s))}
    newest_s = max(known.values())
    kept = [(last_at_s, name) for name, last_at_s in known.items() if newest_s - last_at_s <= SESSION_GAP_S]
    return {name: last_at_s for last_at_s, name in sorted(kept)[-MAX_OPEN_SESSIONS:]}


class Moment(NamedTuple):
    """One event as far as cutting is concerned.

    `off_site` ones belong to no visit; a `click` on a mail or message leads to one, of the same `campaign` where both
    tell.
    """

    at_s: float
    session_id: str
    off_site: bool = False
    click: bool = False
    campaign: str = ""


def visits_of(moments: Sequence[Moment]) -> list[int]:
    """Number the visit of each moment, from 0 by first event; -1 for what is off site.

    Moments are in order of time. One that names no session belongs to the session named before it, or at the beginning
    to the first one named; a session is cut where more than `SESSION_GAP_S` passes within it. A click that names no
    session belongs to the visit that follows it within `SESSION_GAP_S`, and is a visit of its own where none does.

    >>> visits_of([Moment(0, ""), Moment(60, "a"), Moment(90, "b"), Moment(120, "a"), Moment(4000, "a")])
    [0, 0, 1, 0, 2]
    >>> visits_of([Moment(0, "a"), Moment(9000, "", click=True), Moment(9060, "b")])
    [0, 1, 1]
    >>> visits_of([Moment(0, "", click=True, campaign="may"), Moment(60, "a", campaign="spring")])
    [0, 1]
    """
    named = next((moment.session_id for moment in moments if moment.session_id and not moment.off_site), "")
    open_visits: dict[str, tuple[int, float]] = {}
    numbers: list[int] = []
    count = 0
    for place, moment in enumerate(moments):
        if moment.off_site:
            numbers.append(-1)
            continue
        ahead = _session_ahead(moments, place) if moment.click and not moment.session_id else ""
        if ahead is None:
            numbers.append(count)
            count += 1
            continue
        named = moment.session_id or ahead or named
        number, last_at_s = open_visits.get(named, (-1, 0.0))
        if number < 0 or moment.at_s - last_at_s > SESSION_GAP_S:
            number, count = count, count + 1
        open_visits[named] = (number, moment.at_s)
        numbers.append(number)
    return numbers


def is_same_campaign(one: str, other: str) -> bool:
    """Whether two campaigns may be one: whoever names none may be of any, and capitals are each tool's own.

    >>> is_same_campaign("Spring", "spring"), is_same_campaign("", "spring"), is_same_campaign("may", "spring")
    (True, True, False)
    """
    return not one or not other or one.casefold() == other.casefold()


def _session_ahead(moments: Sequence[Moment], place: int) -> str | None:
    """The session a click leads to: that of the next moment on the site, where it is near and of the same campaign;
    None where it leads to none."""
    click = moments[place]
    for moment in moments[place + 1 :]:
        if moment.off_site or moment.click:
            continue
        near = moment.at_s - click.at_s <= SESSION_GAP_S
        return moment.session_id if near and is_same_campaign(click.campaign, moment.campaign) else None
    return None
