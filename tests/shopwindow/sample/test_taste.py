"""Taste: what a simulated shopper likes more than something else."""

from models.catalog.resources import CatalogItem, Creative
from shopwindow.sample.taste import Taste

TASTE = Taste(frozenset({("Shoes", "Running", "Road")}), "Nordlauf", 1.0)


def product(category: tuple[str, ...], brand: str = "", price: float = 100.0, sale: float | None = None) -> CatalogItem:
    """A product by what taste asks of it."""
    return CatalogItem(item_id="p", category=category, brand=brand, price=price, sale_price=sale)


def test_their_own_leaf_is_liked_best_then_its_neighbours_then_the_rest() -> None:
    categories = [("Shoes", "Running", "Road"), ("Shoes", "Running", "Trail"), ("Shoes", "Formal", "Oxford")]
    assert [TASTE.liking(product(category), 100.0) for category in categories] == [0.75, 0.35, 0.03]


def test_a_price_far_from_what_they_pay_is_liked_less_and_their_brand_more() -> None:
    leaf = ("Shoes", "Running", "Road")
    assert TASTE.liking(product(leaf, price=200.0), 100.0) == TASTE.liking(product(leaf, price=50.0), 100.0) < 0.75
    assert TASTE.liking(product(leaf, price=200.0, sale=100.0), 100.0) == 0.75
    assert TASTE.liking(product(leaf, "Nordlauf"), 100.0) == 1.0  # a likelihood: never above it
    assert TASTE.liking(product(("Toys",), "Nordlauf"), 100.0) == 0.03 * 1.35


def test_a_creative_meets_them_by_its_category_else_by_its_brand() -> None:
    def meets(category: tuple[str, ...], brand: str) -> bool:
        return TASTE.meets(Creative(creative_id="c", campaign_id="k", category=category, brand=brand))

    assert meets(("Shoes",), "")
    assert meets((), "Nordlauf")
    assert not meets(("Toys",), "Nordlauf")
    assert not meets((), "")
