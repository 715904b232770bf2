"""Sale calendar: whose price changes by itself, and when, without looking at all items."""

from bisect import bisect_right
from math import isfinite

from models.catalog.resources import CatalogItem


class SaleCalendar:
    """The moments at which sales begin and end, of items whose sale price has dates.

    >>> calendar = SaleCalendar()
    >>> calendar.put(CatalogItem(item_id="a", price=10.0, sale_price=8.0, sale_starts_at_s=100.0, sale_ends_at_s=200.0))
    >>> calendar.changed(after_s=50.0, until_s=100.0), calendar.changed(100.0, 199.0), calendar.changed(0.0, 200.0)
    (['a'], [], ['a'])
    """

    def __init__(self) -> None:
        self._moments_of: dict[str, tuple[float, ...]] = {}
        self._sorted: list[tuple[float, str]] | None = None

    def put(self, item: CatalogItem) -> None:
        """Note an item's sale; one without dates is none of ours."""
        self.remove(item.item_id)
        if item.has_dated_sale:
            moments = (item.sale_starts_at_s, item.sale_ends_at_s)
            self._moments_of[item.item_id] = tuple(at_s for at_s in moments if at_s > 0 and isfinite(at_s))
            self._sorted = None

    def remove(self, item_id: str) -> None:
        """Forget an item's sale; unknown ids are passed over."""
        if self._moments_of.pop(item_id, None) is not None:
            self._sorted = None

    def changed(self, after_s: float, until_s: float) -> list[str]:
        """Ids, sorted, of the items whose sale began or ended after one moment and not after the other."""
        if self._sorted is None:
            self._sorted = sorted((at_s, item_id) for item_id, moments in self._moments_of.items() for at_s in moments)
        first = bisect_right(self._sorted, after_s, key=lambda change: change[0])
        last = bisect_right(self._sorted, until_s, key=lambda change: change[0])
        return sorted({item_id for _, item_id in self._sorted[first:last]})
