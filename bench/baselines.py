"""The four plain recommenders every engine has to beat: pop, cooc, seq and vsknn.

Each gives, for every scored step, the target's place in its list: once with the session's last item left out ("all"),
once with all items of the session left out ("new"); 0 where the target is not listed. Candidates a baseline has no
score for follow by popularity. Items of equal score stand in the order they were first counted (cooc, seq) or by
popularity, then by number.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

LIST_SIZE: Final = 20
POP_EVENTS: Final = 5_000
COOC_WINDOW: Final = 20
SEQ_WINDOW: Final = 10
KNN_ITEMS: Final = 10
KNN_SESSIONS_PER_ITEM: Final = 500
KNN_NEIGHBOURS: Final = 100
BASELINES: Final = ("pop", "cooc", "seq", "vsknn")

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Row = dict[int, float]


def baseline_ranks(
    item: Ints, session: Ints, learned: Flags, scored: Flags, names: Iterable[str] = BASELINES
) -> dict[str, tuple[Ints, Ints]]:
    """Run baselines over a log, each step scored before it is learned.

    Parameters
    ----------
    item, session
        Numbers of each event's item and session, shape `(n,)`, in order of time.
    learned, scored
        Which events teach, and which are steps to score, shape `(n,)`.

    Returns
    -------
    dict
        Per baseline the places under "all" and "new", shape `(n,)`; 0 is a miss, and every event not scored.
    """
    ranks: dict[str, tuple[Ints, Ints]] = {}
    for name in names:
        if name == "vsknn":
            items, sessions = int(item.max(initial=-1)) + 1, int(session.max(initial=-1)) + 1
            found = _vsknn(item, session, learned, scored, items, sessions)
            ranks[name] = (found[0], found[1])
        else:
            ranks[name] = _counting(name, item, session, learned, scored)
    return ranks


def _counting(name: str, item: Ints, session: Ints, learned: Flags, scored: Flags) -> tuple[Ints, Ints]:
    """Pop, cooc or seq: a table of counts that one item's row is read from."""
    count = len(item)
    everything, discovery = np.zeros(count, np.int64), np.zeros(count, np.int64)
    table: dict[int, Row] = {}
    popular = np.zeros(int(item.max(initial=-1)) + 1, np.int64)
    window: list[int] = []
    histories: dict[int, list[int]] = {}
    nothing: Row = {}
    for event, (target, owner) in enumerate(zip(item.tolist(), session.tolist(), strict=True)):
        history = histories.setdefault(owner, [])
        if scored[event]:
            row = nothing if name == "pop" else table.get(history[-1], nothing)
            everything[event] = _place(row, target, history[-1:], popular)
            if target not in history:
                discovery[event] = _place(row, target, history, popular)
        if learned[event]:
            window.append(target)
            popular[target] += 1
            if len(window) > POP_EVENTS:
                popular[window[-POP_EVENTS - 1]] -= 1
            if name == "cooc":
                for other in dict.fromkeys(reversed(history[-COOC_WINDOW:])):
                    if other != target:
                        _add(table, other, target, 1.0)
                        _add(table, target, other, 1.0)
            elif name == "seq":
                for distance, other in enumerate(reversed(history[-SEQ_WINDOW:]), start=1):
                    if other != target:
                        _add(table, other, target, 1.0 / distance)
        history.append(target)
    return everything, discovery


def _add(table: dict[int, Row], one: int, other: int, weight: float) -> None:
    row = table.setdefault(one, {})
    row[other] = row.get(other, 0.0) + weight


def _place(row: Row, target: int, left_out: Sequence[int], popular: Ints) -> int:
    """Place of the target in the row by weight, ties as inserted, followed by all other items by popularity."""
    mine = row.get(target)
    place, met = 1, False
    for other, weight in row.items():
        if other == target:
            met = True
        elif (mine is None or weight > mine or (weight == mine and not met)) and other not in left_out:
            place += 1
            if place > LIST_SIZE:
                return 0
    if mine is None:
        place = int(_place_by_popularity(popular, target, place, np.array([*row, *left_out], dtype=np.int64)))
    return place


@njit(cache=True)
def _place_by_popularity(popular: Ints, target: int, place: int, left_out: Ints) -> int:
    if popular[target] == 0:
        return 0
    beaten_by = place
    for other in range(len(popular)):
        beaten_by += popular[other] > popular[target] or (popular[other] == popular[target] and other < target)
    for index in range(len(left_out)):
        other = left_out[index]
        if popular[other] > popular[target] or (popular[other] == popular[target] and other < target):
            # An item may stand both in the row and among those left out; it is taken off once.
            first = True
            for before in range(index):
                if left_out[before] == other:
                    first = False
                    break
            beaten_by -= first
    return beaten_by if beaten_by <= LIST_SIZE else 0


@njit(cache=True)
def _vsknn(item: Ints, session: Ints, learned: Flags, scored: Flags, items: int, sessions: int) -> Ints:  # noqa: C901 - the published algorithm in one piece, to be read against it
    """VS-kNN: sessions that share late items with this one vote for their items; gives places, shape `(2, n)`.

    A session's similarity is the sum over shared items of their place in the query, 1 for the last down to 1/n; it
    votes with that times 1 - 0.1 x (steps back of the latest shared item, from 1), times the voted item's inverse
    document frequency. A repeated session of the file is one session; the session asked for never votes.
    """
    count = len(item)
    places = np.zeros((2, count), np.int64)
    before = np.full(count, -1, np.int64)  # the event before this one in its session
    latest = np.full(sessions, -1, np.int64)
    learned_latest = np.full(sessions, -1, np.int64)
    head = np.full(items, -1, np.int64)
    posted = np.empty(count, np.int64)
    posted_before = np.empty(count, np.int64)
    posts = 0
    seen_sessions = 0
    in_sessions = np.zeros(items)
    popular = np.zeros(items, np.int64)
    window = np.empty(count, np.int64)
    window_size = 0
    similarity = np.zeros(sessions)
    near = np.empty(sessions, np.int64)
    score = np.zeros(items)
    scored_at = np.full(items, -1, np.int64)
    in_query = np.full(items, -1, np.int64)
    query_place = np.full(items, -1, np.int64)
    voted_by = np.full(items, -1, np.int64)
    voted = np.empty(items, np.int64)
    query = np.empty(KNN_ITEMS, np.int64)
    for event in range(count):
        target, owner = item[event], session[event]
        if learned[event] and learned_latest[owner] < 0:
            seen_sessions += 1
        if scored[event]:
            size = 0
            repeated = False
            last = item[latest[owner]]
            step = latest[owner]
            while step >= 0:
                other = item[step]
                repeated = repeated or other == target
                if in_query[other] != event:
                    in_query[other] = event
                    query_place[other] = -1
                    if size < KNN_ITEMS:
                        query[size] = other
                        query_place[other] = size
                        size += 1
                step = before[step]
            neighbours = 0
            for index in range(size):
                post, met = head[query[index]], 0
                while post >= 0 and met < KNN_SESSIONS_PER_ITEM:
                    other_session = posted[post]
                    if other_session != owner:
                        if similarity[other_session] == 0.0:
                            near[neighbours] = other_session
                            neighbours += 1
                        similarity[other_session] += (size - index) / size
                        met += 1
                    post = posted_before[post]
            keys = np.empty(neighbours)
            for index in range(neighbours):
                # Of equally similar sessions the one with the latest event counts as nearer.
                keys[index] = -similarity[near[index]] - 1e-9 * learned_latest[near[index]]
            order = np.argsort(keys)
            votes = 0
            for index in range(min(neighbours, KNN_NEIGHBOURS)):
                other_session = near[order[index]]
                share = 0.0
                step = learned_latest[other_session]
                while step >= 0:
                    other = item[step]
                    if in_query[other] == event and query_place[other] >= 0:
                        share = max(share, 1.0 - 0.1 * (query_place[other] + 1))
                    step = before[step]
                step = learned_latest[other_session]
                while step >= 0:
                    other = item[step]
                    if voted_by[other] != other_session:
                        voted_by[other] = other_session
                        if scored_at[other] != event:
                            scored_at[other] = event
                            score[other] = 0.0
                            voted[votes] = other
                            votes += 1
                        rarity = np.log(seen_sessions / in_sessions[other])
                        score[other] += share * similarity[other_session] * rarity
                    step = before[step]
                step = learned_latest[other_session]
                while step >= 0:
                    voted_by[item[step]] = -1
                    step = before[step]
            for index in range(neighbours):
                similarity[near[index]] = 0.0
            for mode in range(1 if repeated else 2):
                listed = scored_at[target] == event
                place = 1
                for index in range(votes):
                    other = voted[index]
                    if other in (target, last) or (mode == 1 and in_query[other] == event):
                        continue
                    ahead = popular[other] > popular[target] or (popular[other] == popular[target] and other < target)
                    if not listed or score[other] > score[target] or (score[other] == score[target] and ahead):
                        place += 1
                if not listed and place <= LIST_SIZE:
                    if popular[target] == 0:
                        place = LIST_SIZE + 1
                    else:
                        for other in range(items):
                            if popular[other] > popular[target] or (
                                popular[other] == popular[target] and other < target
                            ):
                                left_out = other == last or (mode == 1 and in_query[other] == event)
                                place += not (left_out or scored_at[other] == event)
                places[mode, event] = place if place <= LIST_SIZE else 0
        before[event] = latest[owner]
        latest[owner] = event
        if learned[event]:
            known = False
            step = before[event]
            while step >= 0 and not known:
                known = item[step] == target
                step = before[step]
            if not known:
                posted[posts], posted_before[posts] = owner, head[target]
                head[target] = posts
                posts += 1
                in_sessions[target] += 1
            learned_latest[owner] = event
            window[window_size] = target
            window_size += 1
            popular[target] += 1
            if window_size > POP_EVENTS:
                popular[window[window_size - POP_EVENTS - 1]] -= 1
    return places
