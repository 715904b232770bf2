"""Item traffic: what is counted event by event equals what the whole log gives at once."""

from math import exp2
from random import Random

import pytest

from models.ranking.item_traffic import HORIZONS, learn_traffic, new_traffic, popularity
from tests.models.ranking.sessions import ITEMS


def test_popularity_over_events_equals_a_batch_computation() -> None:
    table, random = new_traffic(ITEMS), Random(2)
    log = [random.randrange(ITEMS) for _ in range(700)]
    for item in log:
        learn_traffic(table, item, ITEMS, 1.0)
    for horizon, half in enumerate(HORIZONS):
        for item in range(ITEMS):
            expected = sum(exp2(-(len(log) - 1 - at) / half) for at, seen in enumerate(log) if seen == item)
            assert popularity(table, item, horizon) == pytest.approx(expected, rel=1e-4)
