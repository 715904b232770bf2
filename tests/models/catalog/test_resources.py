"""Resources: what an item costs at a moment, and when it may be offered."""

import math

from models.catalog.resources import CatalogItem

SALE = CatalogItem(item_id="a", price=10.0, sale_price=8.0, sale_starts_at_s=100.0, sale_ends_at_s=200.0)


def test_a_sale_holds_from_its_first_moment_until_its_end() -> None:
    assert [SALE.current_price(at_s) for at_s in (99.0, 100.0, 199.0, 200.0)] == [10.0, 8.0, 8.0, 10.0]
    assert SALE.shown_at(150.0) is SALE
    assert (SALE.shown_at(250.0).sale_price, SALE.shown_at(250.0).price) == (None, 10.0)


def test_a_sale_without_dates_always_holds() -> None:
    always = CatalogItem(item_id="a", price=10.0, sale_price=8.0)
    assert (always.current_price(0.0), always.current_price(1e12)) == (8.0, 8.0)
    assert CatalogItem(item_id="a", price=10.0).current_price(5.0) == 10.0
    dated = [SALE, always, CatalogItem(item_id="a", sale_starts_at_s=1.0)]
    assert [item.has_dated_sale for item in dated] == [True, False, False]


def test_a_pre_order_is_sold_today_and_an_expired_item_never() -> None:
    assert CatalogItem(item_id="a", availability="preorder").sellable(5.0)
    assert CatalogItem(item_id="a", availability="backorder").sellable(5.0)
    assert not CatalogItem(item_id="a", availability="out_of_stock").sellable(5.0)
    assert not CatalogItem(item_id="a", expires_at_s=5.0).sellable(5.0)
    assert CatalogItem(item_id="a").expires_at_s == math.inf
