"""Candidate table: one place an item and query, bounded, and nothing of the query before."""

import numpy as np

from models.ranking.candidate_table import MAX_CANDIDATES, add, new_candidate_table, place_of, spoken_for, start


def test_an_item_has_one_place_and_sums_what_is_said_of_it() -> None:
    table = new_candidate_table(10, 2)
    start(table)
    add(table, 7, 0, 1.0)
    add(table, 3, 1, 2.0)
    add(table, 7, 0, 0.5)
    assert (place_of(table, 7), place_of(table, 3), int(table.head[1])) == (0, 1, 2)
    assert table.raw[:2].tolist() == [[1.5, 0.0], [0.0, 2.0]]


def test_a_new_query_remembers_nothing() -> None:
    table = new_candidate_table(10, 1)
    start(table)
    add(table, 7, 0, 1.0)
    start(table)
    assert table.head[1] == 0
    add(table, 7, 0, 0.25)
    assert table.raw[0, 0] == 0.25


def test_what_does_not_fit_is_left_out() -> None:
    table = new_candidate_table(MAX_CANDIDATES + 5, 1)
    start(table)
    for item in range(MAX_CANDIDATES + 5):
        add(table, item, 0, 1.0)
    assert table.head[1] == MAX_CANDIDATES
    assert place_of(table, MAX_CANDIDATES) == -1


def test_who_is_spoken_for_by_some_channels() -> None:
    table = new_candidate_table(5, 3)
    start(table)
    add(table, 1, 0, 1.0)
    add(table, 2, 2, 1.0)
    items = np.array([1, 2], np.int32)
    assert spoken_for(table, items, 0, 2).tolist() == [True, False]
    assert spoken_for(table, items, 2, 3).tolist() == [False, True]
