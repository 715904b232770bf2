"""Candidates: gathers what every source names for a session, and turns what they say into the ranker's features.

A source's score is told twice, as a share of its largest and as the logarithm of that; the ranker learns what either is
worth, and how that moves with the session's length and with how well its last item is known.
"""

from math import log
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.base.fast_log import log32
from models.base.jit import fast_kernel, kernel
from models.ranking.candidate_table import CandidateTable, add, place_of
from models.ranking.feature_layout import (
    AFTER_LAST,
    AFTER_PAIR,
    BEEN_AND_AFTER,
    BEEN_AND_AFTER_RATE,
    BEEN_AND_COSINE,
    BEEN_AND_LATELY,
    BEEN_AND_NEXT,
    BEEN_AND_TWO_STEPS,
    BEEN_AND_VOTES,
    BEEN_AND_WANTED,
    BEEN_AT,
    COSINE,
    COSINE_WITH_LAST,
    EARLIER,
    FACTORS,
    FROM_LAST,
    IS_NEW,
    LATELY_ALL,
    LIKE_LAST,
    LIKE_SESSION,
    LIKENESS_COLUMNS,
    NEIGHBOUR_VOTES,
    NEXT_AFTER_LAST,
    ONE_STEP_AGO,
    PAIR,
    PRICE_APART,
    PRICE_FROM_MEAN,
    PRICE_STEP,
    SCORE_CHANNELS,
    SEEN_TOGETHER,
    SHARE_OF_PATH,
    SINCE_FIRST_SEEN,
    SINCE_SEEN,
    STEPS_AGO,
    THREE_STEPS,
    TIMES,
    TOGETHER_WITH_LAST,
    TOKEN_AFTER,
    TOKEN_AFTER_KINDS,
    TOKEN_RING,
    TWO_STEPS,
    TWO_STEPS_AGO,
    VISITOR,
    VOTES,
    WANTED,
    WANTED_WITHIN_THE_HOUR,
    WAS_FIRST,
    log_share_column,
    share_column,
)
from models.ranking.item_content import RING, TOKEN_KINDS, TOP_LEVEL, Content, Rings
from models.ranking.item_traffic import HORIZONS, Traffic, popularity
from models.ranking.transitions import AFTER, LATELY, NEXT, TOGETHER, Sequences, fade

CANDIDATE_QUERY_ITEMS: Final = 10
QUERY_ITEM_DECAY: Final = 0.75
"""What an item of the session counts against the one after it."""
HOP_ITEMS: Final = 3
HOP_DECAY: Final = 0.6
WALK_ON: Final = 0.1
"""The third step is taken from items with at least this share of the best two-step score; bounds the time it takes."""
WALKS: Final = 32
"""The third step is taken from so many items, ties aside."""
TOKEN_ITEMS: Final = 3
TOKEN_DECAY: Final = 0.5
AFFINITY_ITEMS: Final = 8
AFFINITY_DECAY: Final = 0.8
RARE: Final = 1.0
"""Added to an item's total before dividing by its root, so that one meeting of two rare items is not everything."""

_SMALL: Final = 0.002  # a share of the largest below this looks like it in the logarithm
_LOG_SCALE: Final = -1.0 / log(_SMALL)
_NEW_EVENTS: Final = 2_000
_NO_LIMIT: Final = 3.0  # prices further apart than e^3 are as far as it goes


class Sources(NamedTuple):
    """What the candidates come from, beside session neighbours and pairs, which write to the table themselves."""

    sequences: Sequences
    token_sequences: Sequences
    content: Content
    rings: Rings
    traffic: Traffic


@kernel
def gather_session(
    table: CandidateTable, s: Sources, query: NDArray[np.int32], visitor: NDArray[np.int32], at_s: float
) -> None:
    """Name the session's and the visitor's own items, and those seen with the session's.

    Parameters
    ----------
    query
        The session's distinct items, latest first; at least one.
    visitor
        Items of the visitor's earlier sessions, latest first.
    """
    rows = s.sequences
    for index in range(len(query)):
        place_of(table, query[index])
    for index in range(len(visitor)):
        add(table, visitor[index], VISITOR, 1.0 / (1.0 + index))
    weight = 1.0
    for steps in range(min(len(query), CANDIDATE_QUERY_ITEMS)):
        item = query[steps]
        total = rows.total[item, TOGETHER] + 1.0
        for index in range(rows.other.shape[1]):
            other = rows.other[item, index]
            if other < 0:
                break
            place = place_of(table, other)
            if place < 0:
                break
            lately = rows.counts[item, index, LATELY] * fade(at_s - rows.at_s[item, index])
            if steps == 0:
                for count in range(LATELY):
                    table.raw[place, FROM_LAST + count] += rows.counts[item, index, count]
                table.raw[place, FROM_LAST + LATELY] += lately
            else:
                table.raw[place, EARLIER] += weight * rows.counts[item, index, AFTER]
            together = rows.counts[item, index, TOGETHER]
            table.raw[place, COSINE] += weight * together / np.sqrt(total * (rows.total[other, TOGETHER] + RARE))
            table.raw[place, LATELY_ALL] += weight * lately
        weight *= QUERY_ITEM_DECAY


@kernel
def two_steps(s: Sources, item: int, sums: NDArray[np.float32], found: NDArray[np.int32]) -> int:
    """Write the items two steps from one to `found`, and to their places in `sums` how strongly; gives how many.

    Parameters
    ----------
    sums
        0 for every item `(items,)`; whoever reads it makes it so again.
    found
        Room for every item `(items,)`.
    """
    rows, count = s.sequences, 0
    total = rows.total[item, TOGETHER] + 1.0
    for index in range(rows.other.shape[1]):
        between = rows.other[item, index]
        if between < 0:
            break
        share = rows.counts[item, index, TOGETHER] / total / (rows.total[between, TOGETHER] + 1.0)
        for further in range(rows.other.shape[1]):
            other = rows.other[between, further]
            if other < 0:
                break
            if other != item:
                if sums[other] == 0.0:
                    found[count] = other
                    count += 1
                sums[other] += share * rows.counts[between, further, TOGETHER]
    return count


@kernel
def add_steps(table: CandidateTable, found: NDArray[np.int32], sums: NDArray[np.float32], weight: float) -> None:
    """Name the items two steps from one of the session, which counts `weight`; `sums` in the order of `found`."""
    for index in range(len(found)):
        add(table, found[index], TWO_STEPS, weight * sums[index])


@kernel
def gather_further(  # noqa: C901 - compiled: calls inside would pass arrays on
    table: CandidateTable, s: Sources, query: NDArray[np.int32]
) -> None:
    """Name what is one step on from there, what shares category, brand or price band, and what is wanted anyway."""
    rows = s.sequences
    largest = np.float32(0.0)
    for place in range(table.head[1]):
        largest = max(largest, table.raw[place, TWO_STEPS])
    least = WALK_ON * largest
    if table.head[1] > WALKS:
        least = max(least, -np.partition(-table.raw[: table.head[1], TWO_STEPS], WALKS - 1)[WALKS - 1])
    for place in range(table.head[1]):  # places taken below are not walked from: they are three steps away already
        share = table.raw[place, TWO_STEPS]
        if share > 0.0 and share >= least:
            between = table.items[place]
            share /= rows.total[between, TOGETHER] + 1.0
            for further in range(rows.other.shape[1]):
                other = rows.other[between, further]
                if other < 0:
                    break
                add(table, other, THREE_STEPS, share * rows.counts[between, further, TOGETHER])
    weight = 1.0
    for steps in range(min(len(query), TOKEN_ITEMS)):
        for kind in range(TOP_LEVEL):
            token = s.content.tokens[query[steps], kind]
            if token < 0:
                continue
            if kind < TOKEN_AFTER_KINDS:
                for index in range(s.token_sequences.other.shape[1]):
                    other = s.token_sequences.other[token, index]
                    if other < 0:
                        break
                    after = s.token_sequences.counts[token, index, AFTER]
                    add(table, other, TOKEN_AFTER + kind, weight * after)
            for index in range(min(RING, s.rings.rung[token])):
                if s.rings.ring[token, index] >= 0:
                    add(table, s.rings.ring[token, index], TOKEN_RING + kind, weight)
        weight *= TOKEN_DECAY
    for index in range(len(s.traffic.top)):
        if s.traffic.top[index] >= 0:
            place_of(table, s.traffic.top[index])
    for index in range(len(s.traffic.recent)):
        if s.traffic.recent[index] >= 0:
            place_of(table, s.traffic.recent[index])


@fast_kernel
def write_query(
    s: Sources,
    query: NDArray[np.int32],
    path: NDArray[np.int32],
    dwell_s: float,
    pair_seen: float,
    out: NDArray[np.float32],
) -> None:
    """Write the features of the query: length, how well known its end is, pace, repeats; all about 0 to 2."""
    last = query[0]
    out[0] = 1.0
    out[1] = np.log(len(query)) / 2
    out[2] = np.log(1.0 + s.sequences.total[last, TOGETHER]) / 5
    out[3] = np.log(1.0 + max(0.0, dwell_s)) / 6
    out[4] = 2.0 * (1.0 - len(query) / len(path))
    # Whether content can speak at all; where it cannot, how often something followed.
    out[5] = np.log(1.0 + s.sequences.total[last, NEXT]) / 5 if np.isnan(s.content.price[last]) else 1.0
    out[6] = np.log(1.0 + pair_seen) / 3


@fast_kernel
def write_features(  # noqa: C901 - compiled: calls inside would pass arrays on
    table: CandidateTable,
    s: Sources,
    query: NDArray[np.int32],
    path: NDArray[np.int32],
    pair_seen: float,
    out: NDArray[np.float32],
) -> None:
    """Write the features of every candidate of the table, `(candidates, FEATURES)`.

    Parameters
    ----------
    path
        The session's items, repeats and all, latest first.
    pair_seen
        How often the session's last two items were followed by any.
    """
    count = table.head[1]
    last = query[0]
    rows, content = s.sequences, s.content
    one, small, scale = np.float32(1.0), np.float32(_SMALL), np.float32(_LOG_SCALE)  # half the time of doubles
    largest = np.zeros(SCORE_CHANNELS, np.float32)
    for place in range(count):
        if table.items[place] != last:
            for channel in range(SCORE_CHANNELS):
                largest[channel] = max(largest[channel], table.raw[place, channel])
    for place in range(count):
        for channel in range(SCORE_CHANNELS):
            share = table.raw[place, channel] / largest[channel] if largest[channel] > 0.0 else np.float32(0.0)
            told = share > 0.0
            out[place, share_column(channel)] = share if told else np.float32(0.0)
            out[place, log_share_column(channel)] = one + log32(share + small) * scale if told else np.float32(0.0)
    mean, priced = 0.0, 0
    for index in range(min(len(query), AFFINITY_ITEMS)):
        if not np.isnan(content.price[query[index]]):
            mean += content.price[query[index]]
            priced += 1
    mean /= max(priced, 1)
    known = rows.total[last, TOGETHER]
    for place in range(count):
        item = table.items[place]
        for horizon in range(len(HORIZONS)):
            out[place, WANTED + horizon] = log32(0.01 + popularity(s.traffic, item, horizon)) / 5
        age = s.traffic.head[0] - s.traffic.first[item]
        out[place, SINCE_SEEN] = log32(1.0 + s.traffic.head[0] - s.traffic.seen[item]) / 8
        out[place, SINCE_FIRST_SEEN] = log32(1.0 + age) / 8
        out[place, IS_NEW] = 1.0 if age < _NEW_EVENTS else 0.0
        out[place, SEEN_TOGETHER] = log32(1.0 + rows.total[item, TOGETHER]) / 5
        together = table.raw[place, FROM_LAST + TOGETHER]
        out[place, TOGETHER_WITH_LAST] = log32(1.0 + together) / 3
        out[place, AFTER_LAST] = table.raw[place, FROM_LAST + AFTER] / (rows.total[last, AFTER] + 3.0)
        out[place, NEIGHBOUR_VOTES] = log32(1.0 + table.raw[place, VOTES]) / 3
        out[place, COSINE_WITH_LAST] = together / np.sqrt((rows.total[item, TOGETHER] + 5.0) * (known + 5.0))
        out[place, NEXT_AFTER_LAST] = table.raw[place, FROM_LAST + NEXT] / (rows.total[last, NEXT] + 3.0)
        out[place, AFTER_PAIR] = table.raw[place, PAIR] / (pair_seen + 3.0)
        for kind in range(TOKEN_KINDS):
            token = content.tokens[item, kind]
            same, share, weight, weights = 0.0, 0.0, 1.0, 0.0
            if token >= 0:
                for index in range(min(len(query), AFFINITY_ITEMS)):
                    if content.tokens[query[index], kind] == token:
                        share += weight
                        if index == 0:
                            same = 1.0
                    weights += weight
                    weight *= AFFINITY_DECAY
                share /= weights
            out[place, LIKE_LAST + LIKENESS_COLUMNS * kind] = same
            out[place, LIKE_SESSION + LIKENESS_COLUMNS * kind] = share
        price = content.price[item]
        out[place, PRICE_APART:BEEN_AT] = 0.0
        if priced > 0 and not np.isnan(price):
            if not np.isnan(content.price[last]):
                apart = price - content.price[last]
                out[place, PRICE_APART] = min(abs(apart), _NO_LIMIT) / 2
                out[place, PRICE_STEP] = max(-1.0, min(1.0, apart))
            out[place, PRICE_FROM_MEAN] = min(abs(price - mean), _NO_LIMIT) / 2
        inside, times = -1, 0
        for index in range(len(path)):
            if path[index] == item:
                times += 1
                if inside < 0:
                    inside = index
        out[place, BEEN_AT:FACTORS] = 0.0
        if inside >= 0:
            out[place, BEEN_AT] = 1.0
            out[place, STEPS_AGO] = log32(1.0 + inside) / 2
            out[place, ONE_STEP_AGO] = 1.0 if inside == 1 else 0.0
            out[place, TWO_STEPS_AGO] = 1.0 if inside == 2 else 0.0
            out[place, WAS_FIRST] = 1.0 if inside == len(path) - 1 else 0.0
            out[place, TIMES] = log32(1.0 * times)
            out[place, SHARE_OF_PATH] = times / len(path)
            # An item seen already is judged by weights of its own, on top of everyone's.
            out[place, BEEN_AND_VOTES] = out[place, log_share_column(VOTES)]
            out[place, BEEN_AND_NEXT] = out[place, log_share_column(FROM_LAST + NEXT)]
            out[place, BEEN_AND_AFTER] = out[place, log_share_column(FROM_LAST + AFTER)]
            out[place, BEEN_AND_LATELY] = out[place, log_share_column(FROM_LAST + LATELY)]
            out[place, BEEN_AND_COSINE] = out[place, log_share_column(COSINE)]
            out[place, BEEN_AND_TWO_STEPS] = out[place, log_share_column(TWO_STEPS)]
            out[place, BEEN_AND_WANTED] = out[place, WANTED_WITHIN_THE_HOUR]
            out[place, BEEN_AND_AFTER_RATE] = out[place, AFTER_LAST]
