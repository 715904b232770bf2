"""Session neighbours: what else was looked at in the sessions most like this one [1]_, [2]_, learned event by event.

Each item heads a chain of the sessions it stands in, latest first. A query walks the latest `SESSIONS_PER_ITEM` of each
of the session's last items, keeps the `NEIGHBOURS` most similar sessions and lets their items collect votes.

.. [1] Kersbergen et al., "Serenade", SIGMOD 2022 (VMIS-kNN).
.. [2] Garg et al., "Sequence and Time Aware Neighborhood for Session-based Recommendations", SIGIR 2019 (STAN).
"""

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.base.array_state import Renumbering, Stored, fill_rows, kept_rows, restored, stored
from models.base.durations import DAY_S
from models.base.jit import kernel
from models.ranking.candidate_table import CandidateTable, place_of

SESSIONS_PER_ITEM: Final = 500
NEIGHBOURS: Final = 200
NEIGHBOUR_QUERY_ITEMS: Final = 10
SESSION_ITEMS: Final = 32
"""Items kept of a session, the latest; bounds what one visitor can add."""
POSITION_DECAY: Final = 0.5
"""A query item counts e^(-decay x steps back)."""
AGE_DECAY_PER_DAY: Final = 0.05
"""A neighbour counts e^(-decay x days since its last event)."""
DISTANCE_DECAY: Final = 0.5
"""A vote counts e^(-decay x distance from the match), after it; `BEFORE_MATCH` of that before it."""
BEFORE_MATCH: Final = 0.5


VOTE_KINDS: Final = 5
"""Channels written: a neighbour's similarity; that, less for an old match and for distance from it; that, less for a
long session; with distance, from sessions that share the last item; and from those, only the item right after it."""


class Sessions(NamedTuple):
    """Sessions and chains, both rings by ever-growing numbers; `head[0]`, `head[1]` count sessions and links given out.

    `items` `(sessions, SESSION_ITEMS)` is a ring too, `length` counts what was written to it; -1 is an item dropped.
    `link_session` names a link's session, `link_before` the item's link before it.
    """

    head: NDArray[np.int64]
    items: NDArray[np.int32]
    length: NDArray[np.int64]
    last_at_s: NDArray[np.float64]
    link_session: NDArray[np.int64]
    link_before: NDArray[np.int64]
    first_link: NDArray[np.int64]


class Scratch(NamedTuple):
    """Memory of one query at a time: all `similarity` is 0 between queries."""

    similarity: NDArray[np.float32]
    matched: NDArray[np.int16]
    near: NDArray[np.int64]
    order: NDArray[np.float32]


def new_sessions(items: int, sessions: int, links: int) -> Sessions:
    """Make empty memory for item numbers below `items`."""
    return Sessions(
        head=np.zeros(2, np.int64),
        items=np.zeros((sessions, SESSION_ITEMS), np.int32),
        length=np.zeros(sessions, np.int64),
        last_at_s=np.zeros(sessions, np.float64),
        link_session=np.zeros(links, np.int64),
        link_before=np.zeros(links, np.int64),
        first_link=np.full(items, -1, np.int64),
    )


def new_scratch(sessions: int) -> Scratch:
    """Make the scratch memory that goes with so many sessions."""
    return Scratch(
        similarity=np.zeros(sessions, np.float32),
        matched=np.zeros(sessions, np.int16),
        near=np.zeros(NEIGHBOUR_QUERY_ITEMS * SESSIONS_PER_ITEM, np.int64),
        order=np.zeros(NEIGHBOUR_QUERY_ITEMS * SESSIONS_PER_ITEM, np.float32),
    )


@kernel
def learn_visit(s: Sessions, session: int, item: int, at_s: float) -> int:
    """Add an item to a session, a new one for -1 or one long gone; gives the session's number."""
    kept = len(s.length)
    if session < 0 or session <= s.head[0] - 1 - kept:
        session = s.head[0]
        s.head[0] += 1
        s.length[session % kept] = 0
        s.last_at_s[session % kept] = at_s
    row = session % kept
    length = s.length[row]
    known = False
    for index in range(min(length, SESSION_ITEMS)):
        known = known or s.items[row, index] == item
    s.items[row, length % SESSION_ITEMS] = item
    s.length[row] = length + 1
    s.last_at_s[row] = max(s.last_at_s[row], at_s)
    if not known:
        link = s.head[1]
        s.head[1] += 1
        s.link_session[link % len(s.link_session)] = session
        s.link_before[link % len(s.link_session)] = s.first_link[item]
        s.first_link[item] = link
    return session


@kernel
def score_neighbours(  # noqa: C901 - compiled: calls inside would pass arrays on
    s: Sessions,
    scratch: Scratch,
    table: CandidateTable,
    session: int,
    query: NDArray[np.int32],
    at_s: float,
    channel: int,
) -> None:
    """Write the votes of the nearest sessions to `VOTE_KINDS` channels, from `channel` on.

    Parameters
    ----------
    session
        Number of the session asked for, which never votes; -1 for none.
    query
        Its distinct items, latest first.
    """
    kept, links = len(s.length), len(s.link_session)
    found = 0
    for steps in range(min(len(query), NEIGHBOUR_QUERY_ITEMS)):
        weight = np.exp(-POSITION_DECAY * steps)
        link, met = s.first_link[query[steps]], 0
        while link >= 0 and link > s.head[1] - 1 - links and met < SESSIONS_PER_ITEM:
            other = s.link_session[link % links]
            if other != session and other > s.head[0] - 1 - kept:
                row = other % kept
                if scratch.similarity[row] == 0.0:
                    scratch.near[found] = other
                    found += 1
                    scratch.matched[row] = steps
                scratch.similarity[row] += weight
                met += 1
            link = s.link_before[link % links]
    for index in range(found):
        row = scratch.near[index] % kept
        age_days = max(0.0, at_s - s.last_at_s[row]) / DAY_S
        scratch.order[index] = -scratch.similarity[row] * np.exp(-AGE_DECAY_PER_DAY * age_days)
    if found > NEIGHBOURS:
        limit = np.partition(scratch.order[:found], NEIGHBOURS - 1)[NEIGHBOURS - 1]
    else:
        limit = np.float32(0.0)
    used = 0
    for index in range(found):
        row = scratch.near[index] % kept
        if scratch.order[index] <= limit and used < NEIGHBOURS:  # of equals, those met first
            used += 1
            similarity = -scratch.order[index]
            matched = scratch.matched[row]
            target = query[matched]
            length = s.length[row]
            first = max(0, length - SESSION_ITEMS)
            at = -1
            for place in range(length - 1, first - 1, -1):
                if s.items[row, place % SESSION_ITEMS] == target:
                    at = place
                    break
            if at < 0:
                scratch.similarity[row] = 0.0
                continue
            plain = similarity / (1.0 + matched)
            short = similarity / np.sqrt(length + 1.0)
            for place in range(first, length):
                other_item = s.items[row, place % SESSION_ITEMS]
                if other_item == target or other_item < 0:
                    continue
                slot = place_of(table, other_item)
                if slot < 0:
                    continue
                near = np.exp(-DISTANCE_DECAY * (abs(place - at) - 1))
                if place < at:
                    near *= BEFORE_MATCH
                table.raw[slot, channel] += similarity
                table.raw[slot, channel + 1] += plain * near
                table.raw[slot, channel + 2] += short
                if matched == 0:
                    table.raw[slot, channel + 3] += near * similarity
                if matched == 0 and place == at + 1:
                    table.raw[slot, channel + 4] += similarity
        scratch.similarity[row] = 0.0


def stored_sessions(s: Sessions, items: int) -> list[Stored]:
    """Give the stored form: what of the rings is in use, for item numbers below `items`."""
    sessions, links = min(s.head[0], len(s.length)), min(s.head[1], len(s.link_session))
    rings: list[NDArray[Any]] = [s.head, s.items[:sessions], s.length[:sessions], s.last_at_s[:sessions]]
    return [stored(ring) for ring in (*rings, s.link_session[:links], s.link_before[:links], s.first_link[:items])]


def restored_sessions(s: Sessions, arrays: list[Stored]) -> Sessions:
    """Give what `stored_sessions` was given, with the rings of an empty memory that must be as large."""
    *rings, first_link = (restored(array) for array in arrays)
    into: list[NDArray[Any]] = [s.head, s.items, s.length, s.last_at_s, s.link_session, s.link_before]
    for array, values in zip(into, rings, strict=True):
        fill_rows(array, values)
    return s._replace(first_link=first_link)


def renumber_sessions(s: Sessions, numbers: Renumbering) -> None:
    """Keep only some items, under new numbers."""
    kept_rows(s.first_link, numbers.kept)
    s.first_link[len(numbers.kept) :] = -1
    s.items[:] = np.where(s.items >= 0, numbers.new_of[s.items], -1)
