"""Affinity: how much of what a visitor looked at lately a creative is about."""

import pytest

from models.bandit.creative_affinity import affinity, latest_items
from models.catalog.resources import Creative
from tests.models.makers import assortment, item


def test_the_latest_items_weigh_most_and_the_unknown_nothing() -> None:
    catalog = assortment(6)
    latest = latest_items(["p001", "nobody", "p002"], catalog)
    assert [(known.item_id, weight) for known, weight in latest] == [("p001", pytest.approx(3 / 4)), ("p002", 1 / 4)]
    about = Creative(creative_id="c", campaign_id="k", item_ids=("p002",))
    assert affinity(about, latest, catalog.item_groups) == pytest.approx(1 / 4)


def test_variants_count_as_one_product() -> None:
    catalog = assortment(6)
    for number in (1, 2, 3):
        catalog.put(item(number, item_group_id="lamp"))
    latest = latest_items(["p002", "p001", "p005", "lamp"], catalog)
    assert [known.item_id for known, _ in latest] == ["p002", "p005"]
    about = Creative(creative_id="c", campaign_id="k", item_ids=("p003",))
    assert affinity(about, latest, catalog.item_groups) == pytest.approx(2 / 3)
