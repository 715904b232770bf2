"""Item content: who lately had the same category or brand."""

from random import Random

from models.ranking.item_content import BRAND, LEAF, RING, learn_rings, new_content, new_rings, set_facts
from tests.models.ranking.sessions import ITEMS


def test_rings_hold_the_latest_events_of_a_category_and_a_brand() -> None:
    content, rings = new_content(ITEMS), new_rings(10)
    numbers: dict[str, int] = {}
    for item in range(ITEMS):
        set_facts(content, item, (f"c{item % 2}",), "b", None, lambda text: numbers.setdefault(text, len(numbers)))
    log = [Random(5).randrange(ITEMS) for _ in range(3)] + [step % ITEMS for step in range(400)]
    for item in log:
        learn_rings(rings, content.tokens[item], item)
    latest = [item for item in log if item % 2 == 0][-RING:]
    assert sorted(rings.ring[content.tokens[0, LEAF]].tolist()) == sorted(latest)
    assert rings.rung[content.tokens[0, BRAND]] == len(log)
