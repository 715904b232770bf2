"""Tables of the next-item engine: numbers grow, and are given anew without mixing what they stand for."""

import numpy as np

from models.ranking.item_event import ItemEvent
from models.ranking.item_traffic import learn_traffic
from models.ranking.next_item import NextItem
from models.ranking.next_item_tables import VISITORS, NextItemTables
from models.ranking.transitions import TOGETHER, learn_step


def tables(max_items: int = 100, max_tokens: int = 100) -> tuple[NextItemTables, list[int]]:
    resized: list[int] = []
    return NextItemTables(max_items, max_tokens, 10, resized.append), resized


def test_an_item_keeps_its_number_and_arrays_grow_with_them() -> None:
    made, resized = tables(max_items=5_000)
    numbers = [made.number_of(f"i{n}") for n in range(2_000)]
    assert numbers == list(range(2_000))
    assert [made.number_of(f"i{n}") for n in (0, 1_999)] == [0, 1_999]
    assert resized == [1_024, 2_048]
    assert len(made.sources.content.price) == len(made.factors[0]) == 2_048


def test_where_there_is_no_room_the_least_wanted_go_and_the_others_keep_what_was_counted() -> None:
    made, resized = tables()
    for n in range(100):
        number = made.number_of(f"i{n}")
        for _ in range(n % 10 + 1):
            learn_traffic(made.sources.traffic, number, 100, 1.0)
    wanted, partner = made.number_of("i99"), made.number_of("i89")
    learn_step(made.sources.sequences, wanted, np.array([partner], np.int32), 0.0, 1.0)
    new = made.number_of("another")
    assert len(made.names) == 91
    assert made.names[new] == "another"
    assert "i0" not in made.numbers
    wanted, partner = made.numbers["i99"], made.numbers["i89"]
    sequences = made.sources.sequences
    place = sequences.other[wanted].tolist().index(partner)
    assert sequences.counts[wanted, place, TOGETHER] > 0
    assert resized[-1] == 100


def test_visitors_kept_are_bounded_and_nobody_is_kept_for_nobody() -> None:
    made, _ = tables()
    made.visited("").append(3)
    assert not made.visitors
    for n in range(VISITORS + 5):
        made.visited(f"v{n}").append(n)
    assert len(made.visitors) == VISITORS
    assert "v0" not in made.visitors
    assert made.visited(f"v{VISITORS}") == [VISITORS]


def test_what_is_saved_is_read_back_with_its_paths_or_without() -> None:
    engine = NextItem()
    for n in range(60):
        engine.test_then_learn(ItemEvent(f"s{n // 4}", f"i{n % 7}", float(n), "v", ("a",), "b", 5.0))
    made = NextItemTables.load(engine.tables(), engine.paths(), lambda items: None)
    assert (made[0].names, made[1]) == (engine.names, 59.0)
    assert made[0].open.keys() == {f"s{n}" for n in range(15)}
    frozen, _ = NextItemTables.load(engine.tables(), b"", lambda items: None)
    assert not frozen.open
    assert frozen.save(59.0) == engine.tables()
