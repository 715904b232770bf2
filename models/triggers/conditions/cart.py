"""Conditions on what was begun and not finished: a cart, a look around, a page."""

from collections.abc import Sequence
from typing import Annotated, ClassVar, Final
from zoneinfo import ZoneInfo

from msgspec import Meta

from models.base.durations import HOUR_S, Duration, written_duration
from models.events.currency import CurrencySum, sums_by_currency
from models.events.events import Event
from models.triggers.about import About, AboutPage, read_about
from models.triggers.conditions.base import PROFILE_READ, EvaluationContext, EventNames, TimerRequest, TriggerCondition
from models.triggers.trigger_state import Timer, TriggerState
from models.visitor.cart import CartLine
from models.visitor.profile import Profile

SAME_PAGE_S: Final = 2.0
"""Events so close to the one that opened a page belong to its opening."""


class CartLeft(TriggerCondition, frozen=True):
    """Something lies in the cart, `after` its last change; of at least `value_min`, in the site's base currency."""

    after: Duration = Duration(2 * HOUR_S)
    value_min: Annotated[float, Meta(ge=0)] = 0.0
    single: ClassVar[bool] = True

    @property
    def arming_events(self) -> Sequence[str]:
        return (PROFILE_READ,)

    def timers_for_profile(self, state: TriggerState, profile: Profile, zone: ZoneInfo) -> list[TimerRequest]:
        """A cart that changed since the last order."""
        newest_s = max((line.at_s for line in profile.cart), default=0.0)
        if not profile.cart or newest_s <= state.cart_over_s:
            return []
        since_s = max(newest_s, state.cart_at_s)
        return [TimerRequest(_cart_subject(state), since_s + self.after, About(), since_s)]

    def still_valid(self, state: TriggerState, timer: Timer) -> bool:
        """Whether no order and no empty cart has ended the cart it was armed for."""
        return timer.subject == _cart_subject(state)

    def reason(self, context: EvaluationContext) -> str:
        lines = _buyable(context)
        amounts = (CurrencySum(line.currency, 1, (line.price or 0.0) * line.quantity, 0.0) for line in lines)
        value = sums_by_currency(amounts, context.assortment.currency)[0]
        if not lines or value.total < self.value_min:
            return ""
        return f"{len(lines)} items in the cart, unchanged for {written_duration(self.after)}"

    def item_ids(self, context: EvaluationContext) -> list[str]:
        return [line.item_id for line in _buyable(context)]


class BrowseLeft(TriggerCondition, frozen=True):
    """Products were looked at, at least `views`, and `after` the last look nothing was put into the cart or ordered."""

    after: Duration = Duration(4 * HOUR_S)
    views: Annotated[int, Meta(ge=1, le=100)] = 1
    single: ClassVar[bool] = True

    @property
    def arming_events(self) -> Sequence[str]:
        return ("view_item",)

    def timers_for(self, state: TriggerState, event: Event, zone: ZoneInfo) -> list[TimerRequest]:
        """Once a visit, from the last look."""
        visit = state.browsing
        if visit is None or visit.views < self.views:
            return []
        return [TimerRequest(f"visit:{visit.started_at_s:.3f}", visit.last_at_s + self.after, About(), visit.last_at_s)]

    def still_valid(self, state: TriggerState, timer: Timer) -> bool:
        """Whether neither cart nor order came after the visit began."""
        visit = state.browsing
        return visit is not None and max(state.cart_at_s, state.cart_over_s) < visit.started_at_s

    def reason(self, context: EvaluationContext) -> str:
        visit = context.state.browsing
        if visit is None or context.profile.cart:
            return ""
        return f"looked at {visit.views} products {written_duration(self.after)} ago, and put none into the cart"

    def item_ids(self, context: EvaluationContext) -> list[str]:
        seen = context.state.browsing.item_ids if context.state.browsing else []
        return context.assortment.item_groups.one_each(seen)


class Hesitation(TriggerCondition, frozen=True):
    """The visitor opened a page by one of `events`, and did nothing more for `after`."""

    after: Duration = Duration(60.0)
    events: EventNames = ("view_item", "view_cart", "begin_checkout")
    single: ClassVar[bool] = True
    lasts_s: ClassVar[float] = 600.0
    waits_when_late: ClassVar[bool] = False

    @property
    def arming_events(self) -> Sequence[str]:
        return self.events

    def timers_for(self, state: TriggerState, event: Event, zone: ZoneInfo) -> list[TimerRequest]:
        """Once a visit and page."""
        item_id = event.items[0].item_id if event.items else ""
        subject = f"page:{state.visit_at_s:.0f}:{event.event}:{item_id if event.event == 'view_item' else ''}"
        page = AboutPage(event=event.event, item_id=item_id, at_s=event.at_s)
        return [TimerRequest(subject, event.at_s + self.after, page, event.at_s)]

    def still_valid(self, state: TriggerState, timer: Timer) -> bool:
        """Whether nothing was done since but what opens a page."""
        return state.acted_at_s <= self.about(timer).at_s + SAME_PAGE_S

    def reason(self, context: EvaluationContext) -> str:
        page = self.about(context.timer)
        return f"{written_duration(self.after)} on a page without doing anything ({page.event})"

    def about(self, timer: Timer) -> AboutPage:
        return read_about(timer.about, AboutPage)

    def item_ids(self, context: EvaluationContext) -> list[str]:
        page = self.about(context.timer)
        return [page.item_id] if page.item_id else []


def _buyable(context: EvaluationContext) -> list[CartLine]:
    """Lines of the cart that can be bought now: not what the catalog does not have, where there is one."""
    if not context.assortment.items:
        return list(context.profile.cart)
    item_of = context.assortment.item_of
    return [
        line
        for line in context.profile.cart
        if (item := item_of(line.item_id)) is not None and item.sellable(context.now_s)
    ]


def _cart_subject(state: TriggerState) -> str:
    return f"cart:{state.cart_since_s:.3f}"
