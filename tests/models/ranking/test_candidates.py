"""Candidates: what each source names for a session, and the features made of it, held against plain sums."""

from math import log

import numpy as np
import pytest

from models.ranking.candidate_table import CandidateTable, new_candidate_table, start
from models.ranking.candidates import (
    HOP_DECAY,
    QUERY_ITEM_DECAY,
    Sources,
    add_steps,
    gather_further,
    gather_session,
    two_steps,
    write_features,
    write_query,
)
from models.ranking.feature_layout import (
    BEEN_AT,
    COSINE,
    EARLIER,
    FEATURES,
    FROM_LAST,
    IS_NEW,
    PRICE_APART,
    PRICE_STEP,
    QUERY_FEATURES,
    SAME_CATEGORY,
    SCORE_CHANNELS,
    SHARE_OF_PATH,
    STEPS_AGO,
    THREE_STEPS,
    TIMES,
    TWO_STEPS,
    VISITOR,
    log_share_column,
)
from models.ranking.item_content import new_content, new_rings, set_facts
from models.ranking.item_traffic import learn_traffic, new_traffic
from models.ranking.transitions import AFTER, TOGETHER, learn_step, new_sequences
from tests.models.ranking.sessions import ITEMS, random_sessions


@pytest.fixture
def sources() -> Sources:
    """Sequences and traffic of eighty random sessions; even items are of one category, odd ones of another."""
    made = Sources(new_sequences(ITEMS), new_sequences(50), new_content(ITEMS), new_rings(50), new_traffic(ITEMS))
    tokens: dict[str, int] = {}
    for item in range(ITEMS):
        set_facts(
            made.content,
            item,
            (("even", "odd")[item % 2],),
            "",
            float(item + 1),
            lambda text: tokens.setdefault(text, len(tokens)),
        )
    for session in random_sessions(seed=4):
        for place, item in enumerate(session):
            before = np.array(list(dict.fromkeys(session[:place][::-1])), np.int32)
            learn_step(made.sequences, item, before[before != item], 0.0, 1.0)
            learn_traffic(made.traffic, item, ITEMS, 1.0)
    return made


def gathered(sources: Sources, query: list[int], visitor: list[int]) -> CandidateTable:
    table = new_candidate_table(ITEMS, SCORE_CHANNELS)
    start(table)
    gather_session(table, sources, np.array(query, np.int32), np.array(visitor, np.int32), 0.0)
    return table


def row_of(sources: Sources, item: int) -> dict[int, tuple[float, float]]:
    """What stood together with an item, and how often it came after."""
    sequences = sources.sequences
    return {
        int(other): (float(sequences.counts[item, at, TOGETHER]), float(sequences.counts[item, at, AFTER]))
        for at, other in enumerate(sequences.other[item].tolist())
        if other >= 0
    }


def test_the_sessions_items_name_what_stood_with_them(sources: Sources) -> None:
    table = gathered(sources, [3, 8], [11])
    last, earlier = row_of(sources, 3), row_of(sources, 8)
    total = sources.sequences.total[:, TOGETHER]
    for other in range(ITEMS):
        place = table.place[other]
        if table.stamp[other] != table.head[0]:
            assert other not in last
            continue
        assert table.raw[place, FROM_LAST + TOGETHER] == pytest.approx(last.get(other, (0, 0))[0])
        assert table.raw[place, EARLIER] == pytest.approx(QUERY_ITEM_DECAY * earlier.get(other, (0, 0))[1])
        cosine = sum(
            weight * row.get(other, (0, 0))[0] / np.sqrt((total[item] + 1) * (total[other] + 1))
            for weight, item, row in ((1.0, 3, last), (QUERY_ITEM_DECAY, 8, earlier))
        )
        assert table.raw[place, COSINE] == pytest.approx(cosine, rel=1e-4)
    assert table.raw[table.place[11], VISITOR] == 1.0


def test_two_steps_are_sums_over_what_lies_between(sources: Sources) -> None:
    sums, found = np.zeros(ITEMS, np.float32), np.zeros(ITEMS, np.int32)
    count = two_steps(sources, 3, sums, found)
    total = sources.sequences.total[:, TOGETHER]
    expected = np.zeros(ITEMS)
    for between, (together, _) in row_of(sources, 3).items():
        for other, (onward, _) in row_of(sources, between).items():
            if other != 3:
                expected[other] += together / (total[3] + 1) * onward / (total[between] + 1)
    np.testing.assert_allclose(sums, expected, rtol=1e-4)
    assert set(found[:count].tolist()) == set(np.flatnonzero(expected).tolist())


def test_a_third_step_goes_on_from_the_second(sources: Sources) -> None:
    table = gathered(sources, [3], [])
    sums, found = np.zeros(ITEMS, np.float32), np.zeros(ITEMS, np.int32)
    steps = found[: two_steps(sources, 3, sums, found)]
    add_steps(table, steps, sums[steps], HOP_DECAY)
    assert table.raw[table.place[steps[0]], TWO_STEPS] == pytest.approx(HOP_DECAY * sums[steps[0]])
    gather_further(table, sources, np.array([3], np.int32))
    assert table.raw[: table.head[1], THREE_STEPS].max() > 0


def test_features_tell_of_price_category_and_where_the_session_has_been(sources: Sources) -> None:
    query, path = np.array([3, 8, 5], np.int32), np.array([3, 8, 3, 5], np.int32)
    table = gathered(sources, query.tolist(), [])
    out = np.full((int(table.head[1]), FEATURES), np.nan, np.float32)
    write_features(table, sources, query, path, 0.0, out)
    assert not np.isnan(out[:, : FEATURES - 1]).any()
    seen, other = table.place[8], table.place[9]
    assert (out[seen, BEEN_AT], out[other, BEEN_AT]) == (1.0, 0.0)
    assert out[seen, STEPS_AGO] == pytest.approx(log(2) / 2, rel=1e-4)
    assert out[table.place[3], TIMES] == pytest.approx(log(2), rel=1e-4)
    assert out[table.place[3], SHARE_OF_PATH] == 0.5
    assert out[other, SAME_CATEGORY] > out[seen, SAME_CATEGORY] > 0  # two of three items are odd, the latest of them
    step = log(10.0) - log(4.0)
    assert out[other, PRICE_APART] == pytest.approx(step / 2, rel=1e-3)
    assert out[other, PRICE_STEP] == pytest.approx(step, rel=1e-3)
    assert set(out[:, IS_NEW].tolist()) == {1.0}
    largest = table.raw[: table.head[1], COSINE][table.items[: table.head[1]] != 3].argmax()
    place = np.flatnonzero(table.items[: table.head[1]] != 3)[largest]
    assert out[place, 2 * COSINE] == 1.0
    assert out[place, log_share_column(COSINE)] == pytest.approx(1.0, abs=1e-3)


def test_the_query_tells_its_length_its_pace_and_its_repeats(sources: Sources) -> None:
    out = np.zeros(QUERY_FEATURES, np.float32)
    query, path = np.array([3, 8], np.int32), np.array([3, 8, 3], np.int32)
    write_query(sources, query, path, 9.0, 4.0, out)
    total = sources.sequences.total[3, TOGETHER]
    expected = [1.0, log(2) / 2, log(1 + total) / 5, log(10) / 6, 2 * (1 - 2 / 3), 1.0, log(5) / 3]
    np.testing.assert_allclose(out, expected, rtol=1e-4)
