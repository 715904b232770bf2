"""Sale calendar: whose price changed between two moments, as items come, change and go."""

from hypothesis import given
from hypothesis import strategies as st

from models.catalog.resources import CatalogItem
from models.catalog.sale_calendar import SaleCalendar


def sale(item_id: str, starts_at_s: float = 0.0, ends_at_s: float = float("inf")) -> CatalogItem:
    return CatalogItem(
        item_id=item_id, price=10.0, sale_price=5.0, sale_starts_at_s=starts_at_s, sale_ends_at_s=ends_at_s
    )


def test_an_item_put_again_or_taken_out_leaves_nothing_behind() -> None:
    calendar = SaleCalendar()
    calendar.put(sale("a", 10.0, 20.0))
    calendar.put(sale("b", 15.0))
    calendar.put(sale("c"))
    assert calendar.changed(9.0, 15.0) == ["a", "b"]
    calendar.put(sale("a", 30.0))
    calendar.remove("b")
    calendar.remove("unknown")
    assert (calendar.changed(0.0, 29.0), calendar.changed(0.0, 30.0)) == ([], ["a"])


@given(
    sales=st.lists(st.tuples(st.integers(1, 20), st.integers(1, 20)), max_size=8),
    after_s=st.integers(0, 22),
    lasts_s=st.integers(0, 22),
)
def test_it_names_all_whose_price_differs(sales: list[tuple[int, int]], after_s: int, lasts_s: int) -> None:
    calendar, items = SaleCalendar(), []
    for number, (starts, lasts) in enumerate(sales):
        items.append(sale(f"i{number}", starts, starts + lasts))
        calendar.put(items[-1])
    changed = set(calendar.changed(after_s, after_s + lasts_s))
    differ = {item.item_id for item in items if item.current_price(after_s) != item.current_price(after_s + lasts_s)}
    assert differ <= changed
