"""The sample shop is complete, consistent and repeats itself under one seed."""

from collections import Counter

import pytest

from api.shop.links import category_link
from models.base.durations import DAY_S
from shopwindow.sample.shop import SAMPLE_NOW_S, SampleShop, make_shop


@pytest.fixture(scope="module")
def shop() -> SampleShop:
    return make_shop(seed=7)


def test_there_are_enough_products_brands_and_categories(shop: SampleShop) -> None:
    assert len(shop.items) >= 360
    assert len({item.brand for item in shop.items}) >= 38
    assert {len(item.category) for item in shop.items} == {3}
    assert len({item.category[0] for item in shop.items}) == 6
    assert len({item.category[:2] for item in shop.items}) == 20
    assert len({item.category for item in shop.items}) == 60


def test_ids_and_titles_are_unique(shop: SampleShop) -> None:
    assert len({item.item_id for item in shop.items}) == len(shop.items)
    assert len({item.title for item in shop.items}) == len(shop.items)
    assert len({creative.creative_id for creative in shop.creatives}) == len(shop.creatives)


def test_a_leaf_name_occurs_once_in_the_tree(shop: SampleShop) -> None:
    paths = {item.category for item in shop.items}
    assert len({path[-1] for path in paths}) == len(paths)


def test_each_brand_stays_in_few_categories(shop: SampleShop) -> None:
    pairs = {(item.brand, item.category[:2]) for item in shop.items}
    assert max(Counter(brand for brand, _ in pairs).values()) <= 3


def test_prices_make_sense(shop: SampleShop) -> None:
    for item in shop.items:
        assert item.currency == "EUR"
        assert item.price is not None
        assert item.cost_of_goods_sold is not None
        assert 0 < item.cost_of_goods_sold < item.price
        if item.sale_price is not None:
            assert 0 < item.sale_price < item.price
    assert any(item.sale_price is not None for item in shop.items)


def test_some_products_are_new_and_some_are_out_of_stock(shop: SampleShop) -> None:
    ages_s = [SAMPLE_NOW_S - item.available_from_s for item in shop.items]
    assert min(ages_s) > 0
    assert 10 <= sum(age_s < 7 * DAY_S for age_s in ages_s) <= 100
    out = sum(item.availability == "out_of_stock" for item in shop.items)
    assert 1 <= out < len(shop.items) / 5


def test_the_same_seed_gives_the_same_shop_and_another_seed_another() -> None:
    assert make_shop(seed=7) == make_shop(seed=7)
    assert make_shop(seed=7) != make_shop(seed=8)


@pytest.mark.parametrize("seed", range(5))
def test_what_a_creative_is_about_has_products_on_sale(seed: int) -> None:
    shop = make_shop(seed)
    for creative in shop.creatives:
        about = [
            item
            for item in shop.items
            if item.sellable(SAMPLE_NOW_S)
            and (not creative.category or item.category[: len(creative.category)] == creative.category)
            and (not creative.brand or item.brand == creative.brand)
        ]
        assert about, creative.creative_id


def test_campaigns_and_placements_are_known_and_can_be_filled(shop: SampleShop) -> None:
    assert len(shop.creatives) == 24
    assert len(shop.campaigns) == 8
    assert {creative.campaign_id for creative in shop.creatives} == {
        campaign.campaign_id for campaign in shop.campaigns
    }
    slots = {placement.placement_id: placement.slots for placement in shop.placements}
    assert slots["home_hero"] == 4
    for placement, count in slots.items():
        eligible = [creative for creative in shop.creatives if placement in creative.placements]
        assert len({creative.campaign_id for creative in eligible}) >= count
    assert {placement for creative in shop.creatives for placement in creative.placements} == set(slots)


def test_links_lead_into_the_shop(shop: SampleShop) -> None:
    assert all(item.link == f"/shop/item/{item.item_id}" for item in shop.items)
    for creative in shop.creatives:
        assert creative.image_link == f"/shop/pictures/creatives/{creative.creative_id}.svg"
        if creative.category:
            assert creative.link == category_link(creative.category)
