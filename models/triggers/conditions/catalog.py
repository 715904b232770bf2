"""Conditions on what the visitor wants: cheaper than it was, or there again.

No event of the visitor arms these: a change of the catalog does, for everybody who wants the item.
"""

from typing import Annotated, ClassVar

from msgspec import Meta

from models.base.durations import DAY_S
from models.catalog.resources import CatalogItem
from models.events.currency import comparable
from models.triggers.about import AboutItem, read_about
from models.triggers.conditions.base import EvaluationContext, TriggerCondition
from models.triggers.trigger_state import Timer, Want


class ItemCondition(TriggerCondition, frozen=True):
    """Waits for a change of an item the visitor wants; it must be still wanted, and on sale."""

    lasts_s: ClassVar[float] = 3 * DAY_S

    def change_text(self, want: Want, item: CatalogItem, context: EvaluationContext) -> str:
        """What has changed, for a person; empty where nothing has."""
        return ""

    def reason(self, context: EvaluationContext) -> str:
        item_id = self.about(context.timer).item_id
        want, item = context.state.want(item_id), context.assortment.items.get(item_id)
        if want is None or item is None or not item.sellable(context.now_s):
            return ""
        return self.change_text(want, item, context)

    def about(self, timer: Timer) -> AboutItem:
        return read_about(timer.about, AboutItem)

    def item_ids(self, context: EvaluationContext) -> list[str]:
        return [self.about(context.timer).item_id]


class PriceDropped(ItemCondition, frozen=True):
    """Something the visitor wants costs less than when it was wanted, by a share of at least `share`."""

    share: Annotated[float, Meta(gt=0, lt=1)] = 0.05

    def change_text(self, want: Want, item: CatalogItem, context: EvaluationContext) -> str:
        now, before = item.current_price(context.now_s), want.price
        if now is None or before is None:
            return ""
        in_words = f"{now:.2f} instead of {before:.2f}"
        if not comparable(want.currency, item.currency):  # the shop changed its currency meanwhile
            reckoned = context.assortment.currency.reckoned
            (now, currency), (before, other) = reckoned(now, item.currency), reckoned(before, want.currency)
            if currency != other:
                return ""
            in_words = f"{now:.2f} instead of {before:.2f} {currency}"
        if now > before * (1.0 - self.share) + 1e-9:
            return ""
        return f"{item.title or item.item_id} costs {in_words}"


class BackInStock(ItemCondition, frozen=True):
    """Something the visitor wants can be bought again."""

    def change_text(self, want: Want, item: CatalogItem, context: EvaluationContext) -> str:
        return f"{item.title or item.item_id} is back in stock"
