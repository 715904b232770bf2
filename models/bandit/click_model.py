"""Click model: what each creative's impressions teach, once their outcome is known.

An impression opens when a creative was seen. A click within `click_window_s` makes it clicked, none makes it ignored; a
click that comes later still, while the impression is remembered, turns it into a clicked one, and the model is exactly
what a click in time would have made of it.
"""

from collections import OrderedDict, deque
from typing import Final, NamedTuple

import msgspec

from models.bandit.click_context import Context
from models.bandit.click_counts import ClickCell, ClickCounts
from models.bandit.click_weights import ClickWeights
from models.base.durations import DAY_S
from models.events.sessions import SESSION_GAP_S

VISIT_S: Final = SESSION_GAP_S
"""One visitor judges one creative once in so long; a click up to then belongs to that impression."""
MAX_A_DAY: Final = 24
"""Impressions one visitor may teach within `DAY_S`: nobody takes over the model, however often they click."""
MAX_LABELS: Final = 1_000
MAX_OPEN: Final = 20_000
MAX_CLOSED: Final = 20_000
MAX_CLICK_VISITORS: Final = 20_000

_Key = tuple[str, str]


class Impression(msgspec.Struct, array_like=True):
    """A creative seen by a visitor.

    `since_s` is the model's clock, which never runs back, when it opened; `expected` the chance of a click, 0 to 1, by
    the model published then.
    """

    visitor_id: str
    creative_id: str
    context: Context
    shown_at_s: float
    since_s: float = 0.0
    clicked: bool = False
    expected: float = 0.0


class Label(NamedTuple):
    """An impression whose outcome became known; `undone` where a late click turned ignored into clicked."""

    impression: Impression
    undone: bool


class Allowance(msgspec.Struct, array_like=True):
    """What one visitor has taught since `since_s`."""

    since_s: float
    taught: int


class SavedClicks(msgspec.Struct):
    """All that a click model holds."""

    cells: list[ClickCell] = []
    landmark_s: float | None = None
    latest_s: float = 0.0
    now_s: float = 0.0
    impressions: int = 0
    clicks: int = 0
    late_clicks: int = 0
    passed_over: int = 0
    contexts: list[Context] = []
    opened: list[tuple[str, str, int, float, float, bool, float]] = []
    closed: list[tuple[str, str, int, float, float, bool, float]] = []
    allowances: list[tuple[str, Allowance]] = []


class ClickModel:
    """Learns impressions as clicked or ignored.

    Parameters
    ----------
    click_window_s
        Seconds after which an impression without a click counts as ignored. Above 0.
    """

    def __init__(self, click_window_s: float) -> None:
        if click_window_s <= 0:
            raise ValueError(f"click_window_s must be above 0, got {click_window_s}")
        self.click_window_s = click_window_s
        self.counts = ClickCounts()
        self.opened: OrderedDict[_Key, Impression] = OrderedDict()
        self.closed: OrderedDict[_Key, Impression] = OrderedDict()
        self.impressions = 0
        self.clicks = 0
        self.late_clicks = 0
        self.passed_over = 0
        self.published = ClickWeights()
        self._labelled: deque[Label] = deque(maxlen=MAX_LABELS)
        self._allowances: OrderedDict[str, Allowance] = OrderedDict()
        self._now_s = 0.0

    def show_one(self, visitor_id: str, creative_id: str, context: Context, at_s: float) -> None:
        """Open an impression seen at `at_s` (epoch seconds), unless this visitor has judged the creative just now."""
        self.expire(at_s)
        key = visitor_id, creative_id
        if key in self.opened or key in self.closed:
            return
        if not self._may_teach(visitor_id):
            self.passed_over += 1
            return
        expected = self.published.predict(creative_id, context)
        self.opened[key] = Impression(visitor_id, creative_id, context, at_s, self._now_s, expected=expected)
        if len(self.opened) > MAX_OPEN:
            self._close(self.opened.popitem(last=False)[1])

    def click_one(self, visitor_id: str, creative_id: str) -> None:
        """Learn a click; one on an impression never heard of, or no longer remembered, teaches nothing."""
        key = visitor_id, creative_id
        impression = self.opened.pop(key, None)
        if impression is not None:
            impression.clicked = True
            self._close(impression)
            return
        impression = self.closed.get(key)
        if impression is not None and not impression.clicked:
            impression.clicked = True
            self.clicks += 1
            self.late_clicks += 1
            self.counts.add(creative_id, impression.context, 0.0, 1.0, impression.shown_at_s)
            self._labelled.append(Label(impression, undone=True))

    def take_labels(self) -> list[Label]:
        """Give the labels since last asked, the latest `MAX_LABELS` at most."""
        labelled = list(self._labelled)
        self._labelled.clear()
        return labelled

    def expire(self, now_s: float) -> None:
        """Learn as ignored what was shown before `now_s - click_window_s`; forget what is over."""
        self._now_s = max(self._now_s, now_s)
        while self.opened and next(iter(self.opened.values())).since_s <= self._now_s - self.click_window_s:
            self._close(self.opened.popitem(last=False)[1])
        while self.closed and next(iter(self.closed.values())).since_s <= self._now_s - VISIT_S:
            self.closed.popitem(last=False)

    def forget(self, visitor_id: str) -> None:
        """Forget an erased visitor; what was counted is nobody's."""
        self._allowances.pop(visitor_id, None)
        for kept in (self.opened, self.closed):
            for key in [key for key in kept if key[0] == visitor_id]:
                del kept[key]

    def weights(self) -> ClickWeights:
        """Fit the model to what is learned so far."""
        return self.counts.fit(self.impressions)

    def _close(self, impression: Impression) -> None:
        self.impressions += 1
        self.clicks += impression.clicked
        clicked = float(impression.clicked)
        self.counts.add(impression.creative_id, impression.context, 1.0, clicked, impression.shown_at_s)
        self.closed[impression.visitor_id, impression.creative_id] = impression
        self._labelled.append(Label(impression, undone=False))
        if len(self.closed) > MAX_CLOSED:
            self.closed.popitem(last=False)

    def _may_teach(self, visitor_id: str) -> bool:
        allowance = self._allowances.pop(visitor_id, None)
        if allowance is None or self._now_s - allowance.since_s >= DAY_S:
            allowance = Allowance(self._now_s, 0)
        self._allowances[visitor_id] = allowance
        if len(self._allowances) > MAX_CLICK_VISITORS:
            self._allowances.popitem(last=False)
        if allowance.taught >= MAX_A_DAY:
            return False
        allowance.taught += 1
        return True

    def save(self) -> SavedClicks:
        """Give all that `load` needs to go on."""
        numbers: dict[Context, int] = {}

        def plain(impression: Impression) -> tuple[str, str, int, float, float, bool, float]:
            number = numbers.setdefault(impression.context, len(numbers))
            return (
                impression.visitor_id,
                impression.creative_id,
                number,
                impression.shown_at_s,
                impression.since_s,
                impression.clicked,
                impression.expected,
            )

        opened, closed = ([plain(impression) for impression in kept.values()] for kept in (self.opened, self.closed))
        return SavedClicks(
            cells=self.counts.cells(),
            landmark_s=self.counts.clock.landmark_s,
            latest_s=self.counts.latest_s,
            now_s=self._now_s,
            impressions=self.impressions,
            clicks=self.clicks,
            late_clicks=self.late_clicks,
            passed_over=self.passed_over,
            contexts=list(numbers),
            opened=opened,
            closed=closed,
            allowances=list(self._allowances.items()),
        )

    @classmethod
    def load(cls, saved: SavedClicks, click_window_s: float) -> "ClickModel":
        """Go on from what `save` gave."""
        model = cls(click_window_s)
        model.counts.clock.landmark_s, model.counts.latest_s = saved.landmark_s, saved.latest_s
        model.counts.refill(saved.cells)
        for kept, rows in ((model.opened, saved.opened), (model.closed, saved.closed)):
            for visitor_id, creative_id, number, shown_at_s, since_s, clicked, expected in rows:
                context = saved.contexts[number]
                impression = Impression(visitor_id, creative_id, context, shown_at_s, since_s, clicked, expected)
                kept[visitor_id, creative_id] = impression
        model._now_s = saved.now_s
        model.impressions, model.clicks = saved.impressions, saved.clicks
        model.late_clicks, model.passed_over = saved.late_clicks, saved.passed_over
        model._allowances = OrderedDict(saved.allowances)
        return model
