"""Learner: all models of one site, taught by every event of its log exactly once.

The learner knows the log position it has reached in each partition; an event at or below it is passed over. What it has
learned and those positions are saved together, so that a restart goes on where the saved state stands.
"""

import zlib
from collections import OrderedDict
from functools import partial
from typing import Final, Literal, NamedTuple

import msgspec
import numpy as np

from models.bandit.click_context import Arrival, context_of, slot_in, slot_of
from models.bandit.click_model import ClickModel, SavedClicks
from models.bandit.creative_affinity import RECENT_ITEMS, affinity, bucket_of, latest_items
from models.base.bucketing import in_holdout
from models.base.durations import DAY_S, HOUR_S
from models.catalog.assortment import Assortment
from models.catalog.strategies import STRATEGIES
from models.events.bots import FLOOD_EVENTS, allowance, counted_at_s, sent_by_bot
from models.events.decision_ids import answered_by
from models.events.event_ids import is_recent, with_id
from models.events.events import Event, EventItem, order_id_of, promotions_of
from models.events.impressions import was_seen
from models.events.names import (
    NOTICES,
    ORDERED_EVENTS,
    PROFILE_EVENTS,
    PROMOTION_EVENTS,
    UNDONE_EVENTS,
    VISITOR_DELETED,
)
from models.events.sessions import SESSION_GAP_S, is_open, with_open
from models.events.subjects import creative_subject
from models.events.traffic_source import Touch
from models.learner.open_impressions import OpenImpression, clicked_once, seen_once
from models.learner.order_ledger import LedgerEntry, OrderChange, OrderLedger, Wanted
from models.learner.progressive_validation import Progress, Shown
from models.learner.progressive_validation import SavedProgress as SavedProgress
from models.learner.sender_caps import SenderCaps
from models.learner.snapshot import Neighbours, Snapshot
from models.ranking.buy_again import BuyAgain
from models.ranking.co_purchase import CoPurchase, StoredCoPurchase
from models.ranking.item_event import ItemEvent
from models.ranking.next_item import NextItem
from models.ranking.popularity import Popularity
from models.ranking.teaching_room import SavedRoom
from models.visitor.campaign_echo import campaign_of, without_echo
from models.visitor.profile import WEIGHTS

BOUGHT_HALF_LIFE_S: Final = 30 * DAY_S
TRENDING_HALF_LIFE_S: Final = 6 * HOUR_S
POPULAR_HALF_LIFE_S: Final = 7 * DAY_S
SOLD_HALF_LIFE_S: Final = 30 * DAY_S
OWN_WEIGHT: Final = 0.3
"""What a move along our own recommendation teaches, against 1 for a move the visitor made alone."""
RANKED_EVERY: Final = 8
"""Of events in a hurry, so many pass for each that teaches the ranker."""
MAX_LEARNER_VISITORS: Final = 20_000
MAX_LEARNED_ITEMS: Final = 200_000

MAX_ORDER_ITEMS: Final = 50
"""Items of one order that further events of the same order are paired with."""
_LEDGER_EVENTS: Final = ORDERED_EVENTS | UNDONE_EVENTS

_WEIGHTS: Final = {name: WEIGHTS[name] for name in ("view_item", "add_to_wishlist", "add_to_cart", "purchase")}
_FORMAT: Final = 9


class _Path(msgspec.Struct, array_like=True):
    """Where one visitor has been lately: `items` newest first; `clicked` is the item of our lists just clicked.

    `session` numbers the visitor's sessions; `allowed` is how many events may teach as of `counted_at_s`.
    """

    items: list[str] = []
    session_id: str = ""
    last_at_s: float = 0.0
    session: int = 0
    session_at_s: float = 0.0
    allowed: float = FLOOD_EVENTS
    clicked: str = ""
    event_ids: bytes = b""
    arrival: Arrival = msgspec.field(default_factory=Arrival)
    impressions: list[OpenImpression] = []
    open_sessions: dict[str, float] = {}
    counted_at_s: float = 0.0


class _Saved(msgspec.Struct):
    format: int
    version: int
    events: int
    positions: dict[int, int]
    names: list[str]
    bought: StoredCoPurchase
    again: bytes
    popularity: list[tuple[float | None, bytes]]
    clicks: SavedClicks
    paths: list[tuple[str, _Path]]
    engine_paths: bytes
    progress: SavedProgress
    flooded: int
    latest_s: float
    orders: list[LedgerEntry] = []
    rooms: list[SavedRoom] = []


class SavedLearner(NamedTuple):
    """What `Learner.load` needs to go on; `tables` is also what the API makes lists from."""

    checkpoint: bytes
    tables: bytes


class Learner:
    """Models of one site.

    Parameters
    ----------
    click_window_s
        Seconds after which an impression without a click counts as ignored.
    max_items
        Items and groups kept; beyond it the least popular tenth goes. Bounds memory whatever ids events name. At least
        4,000, so that one event of the largest size leaves most of them.
    holdout_share
        Share of visitors kept unpersonalized, 0 to 1, to count clicks apart.
    """

    def __init__(
        self, click_window_s: float = 90.0, max_items: int = MAX_LEARNED_ITEMS, holdout_share: float = 0.0
    ) -> None:
        if max_items < 4_000:
            raise ValueError(f"max_items must be at least 4000, got {max_items}")
        self.max_items = max_items
        self.holdout_share = holdout_share
        self.positions: dict[int, int] = {}
        self.version = 0
        self.events = 0
        self.names: list[str] = []
        self.numbers: dict[str, int] = {}
        self.engine = NextItem()
        self.progress = Progress()
        self.flooded = 0
        self.bought = CoPurchase(BOUGHT_HALF_LIFE_S)
        self.again = BuyAgain()
        self.trending = Popularity(TRENDING_HALF_LIFE_S)
        self.popular = Popularity(POPULAR_HALF_LIFE_S)
        self.sold = Popularity(SOLD_HALF_LIFE_S)
        self.clicks = ClickModel(click_window_s)
        self.orders = OrderLedger()
        self.caps = SenderCaps(TRENDING_HALF_LIFE_S, POPULAR_HALF_LIFE_S, SOLD_HALF_LIFE_S)
        self._paths: OrderedDict[str, _Path] = OrderedDict()
        self._latest_s = 0.0

    def learn_event(
        self, partition: int, position: int, event: Event, assortment: Assortment, *, hurried: bool = False
    ) -> bool:
        """Learn an event at its place in the log; False where there is nothing in it to learn.

        That is so where it was learned before, is a client's retry or a bot's, or tells what became of a profile. Of
        `hurried` events, one of `RANKED_EVERY` teaches the ranker; all are counted.
        """
        if position <= self.positions.get(partition, 0):
            return False
        self.positions[partition] = position
        if event.event in NOTICES or event.event in PROFILE_EVENTS:
            return False
        if event.event == VISITOR_DELETED:
            self._paths.pop(event.visitor_id, None)
            self.engine.forget(event.visitor_id)
            self.again.forget(event.visitor_id)
            self.clicks.forget(event.visitor_id)
            self.orders.forget(event.visitor_id)
            self.caps.forget(event.visitor_id)
            return True
        if sent_by_bot(event):
            return False
        path = self._path(event)
        if is_recent(path.event_ids, event.event_id):
            return False
        path.event_ids = with_id(path.event_ids, event.event_id)
        self.events += 1
        self._latest_s = max(self._latest_s, event.accepted_at_s)
        self.clicks.expire(self._latest_s)
        if path.allowed < 1.0:
            self.flooded += 1
            return True
        path.allowed -= 1.0
        path.arrival.learn_one(event)
        self._count_lists(event, path)
        if event.event in _LEDGER_EVENTS:
            self._learn_order(event, assortment)
        self._learn_items(event, path, assortment, not hurried or self.events % RANKED_EVERY == 0)
        self._learn_slots(event, path, assortment)
        self._count_labels(event.site)
        return True

    def _path(self, event: Event) -> _Path:
        path = self._paths.pop(event.sender_id, None) or _Path()
        self._paths[event.sender_id] = path
        if len(self._paths) > MAX_LEARNER_VISITORS:
            self._paths.popitem(last=False)
        renamed = bool(event.session_id and path.session_id and event.session_id != path.session_id)
        if event.session_id:
            renamed = renamed and not is_open(path.open_sessions, event.session_id, event.at_s)
            path.open_sessions = with_open(path.open_sessions, event.session_id, event.at_s)
        if renamed or event.at_s - path.last_at_s > SESSION_GAP_S:
            path.session += 1
            path.session_at_s = event.at_s
        path.session_id = event.session_id or path.session_id
        counted = counted_at_s(event)
        path.allowed = allowance(path.allowed, max(0.0, counted - path.counted_at_s))
        path.counted_at_s = max(path.counted_at_s, counted)
        path.last_at_s = max(path.last_at_s, event.at_s)
        return path

    def _count_lists(self, event: Event, path: _Path) -> None:
        """Count how often each of our lists was seen, and clicked."""
        if event.event not in ("view_item_list", "select_item"):
            return
        decision_id, strategy = answered_by(event.params)
        if decision_id and strategy in STRATEGIES:
            shown = self._shown("list", strategy, event.site, event.sender_id)
            if event.event == "view_item_list":
                path.impressions = seen_once(path.impressions, (decision_id, strategy))
                self.progress.shown(shown)
            else:
                path.impressions, credit = clicked_once(path.impressions, (decision_id, strategy))
                self.progress.clicked(shown, credit)

    def _count_labels(self, site: str) -> None:
        """Count what became of impressions, against what the click model expected of them."""
        for impression, undone in self.clicks.take_labels():
            shown = self._shown("slot", slot_in(impression.context), site, impression.visitor_id)
            if undone:
                self.progress.undone(shown)
            else:
                self.progress.learn_label(shown, impression.expected, impression.clicked)

    def _shown(self, kind: Literal["slot", "list"], name: str, site: str, visitor_id: str) -> Shown:
        held_out = in_holdout(site, visitor_id, self.holdout_share)
        return Shown(kind, name, "holdout" if held_out else "personalized")

    def _learn_items(self, event: Event, path: _Path, assortment: Assortment, ranked: bool) -> None:
        if event.event == "select_item" and event.params.get("decision_id"):
            path.clicked = event.items[0].item_id
        weight = _WEIGHTS.get(event.event)
        if weight is None:
            return
        items = {item.item_id: item for item in event.items}
        group_of = assortment.item_groups.group_of
        known: list[str] = []
        ids = list(items)
        if event.event == "purchase":
            order_id = order_id_of(event)
            known = self.orders.purchased(order_id)
            ids = [item_id for item_id in ids if item_id not in known and self.orders.keeps(order_id, item_id)]
            if event.claimed and not order_id:  # nobody can confirm it
                return
        self._make_room(len({*ids, *map(group_of, ids)}), assortment)
        clicked = group_of(path.clicked)
        met: set[str] = set()
        bought: list[str] = []
        for item_id in ids:
            group_id = group_of(item_id)
            own = OWN_WEIGHT if clicked == group_id else 1.0
            if self._want(event, item_id, weight * own) > weight * own / 2:
                bought.append(item_id)
            path.items = [item_id, *(other for other in path.items if other != item_id)][:RECENT_ITEMS]
            if group_id in met:
                continue
            met.add(group_id)
            visit = _visit(event, path, items[item_id], assortment)
            places = self.engine.test_then_learn(visit, own, ranked=ranked)
            if places is not None and own == 1.0:
                self.progress.step(places)
        path.clicked = ""
        if event.event == "purchase" and bought:
            self._learn_bought(bought, known, event.at_s, assortment)

    def _learn_bought(self, item_ids: list[str], known: list[str], at_s: float, assortment: Assortment) -> None:
        """Teach what was bought together, beside what is `known` of the same order."""
        group_of = assortment.item_groups.group_of
        before = dict.fromkeys(group_of(item_id) for item_id in known)
        numbers_before = [self._number(group_id) for group_id in list(before)[-MAX_ORDER_ITEMS:]]
        numbers = [
            self._number(group_id) for group_id in dict.fromkeys(map(group_of, item_ids)) if group_id not in before
        ]
        self.bought.learn_together(numbers, at_s, numbers_before)

    def _want(self, event: Event, item_id: str, weight: float) -> float:
        """Teach that an item is wanted; gives with what weight, as far as its visitor's word counts."""
        number = self._number(item_id)
        trending = self.caps.trending(event, item_id, weight)
        popular = self.caps.popular(event, item_id, weight)
        self.trending.learn_one(number, trending.weight, event.at_s)
        self.popular.learn_one(number, popular.weight, event.at_s)
        if event.event in ORDERED_EVENTS:
            wanted = Wanted(trending.weight, popular.weight, event.at_s)
            self.orders.note_wanted(order_id_of(event), item_id, wanted)
        return popular.of_visitor

    def _learn_order(self, event: Event, assortment: Assortment) -> None:
        """Teach what is bought, and bought again; what was taken back is taken off."""
        change = self.orders.take_in(event, partial(self.caps.sold, event))
        self._make_room(len({*change.units, *change.confirmed}), assortment)
        for item_id, units in change.units.items():
            if units > 0 or item_id in self.numbers:
                self.sold.learn_one(self._number(item_id), units, change.at_s)
        for item_id, wanted in change.unwanted.items():
            if item_id in self.numbers:
                self.trending.learn_one(self._number(item_id), -wanted.trending, wanted.at_s)
                self.popular.learn_one(self._number(item_id), -wanted.popular, wanted.at_s)
        if change.confirmed:  # a browser told of the purchase before
            for item_id in change.confirmed:
                self._want(event, item_id, _WEIGHTS["purchase"])
            self._learn_bought(change.confirmed, change.before, change.at_s, assortment)
        if change.visitor_id:  # not erased since
            self._learn_again(event, change, assortment)

    def _learn_again(self, event: Event, change: OrderChange, assortment: Assortment) -> None:
        group_of = assortment.item_groups.group_of
        if event.event in ORDERED_EVENTS:
            named = {item.item_id: item for item in event.items}
            known = {item_id: assortment.item_of(item_id) or named.get(item_id) for item_id in change.new}
            again = {group_of(item_id): " > ".join(item.category) if item else "" for item_id, item in known.items()}
            self.again.learn_one(change.visitor_id, change.order_id, again, change.at_s)
        elif change.gone:
            left = {group_of(item_id) for item_id in (*change.before, *change.new)}
            gone = [group_id for group_id in map(group_of, change.gone) if group_id not in left]
            if gone:
                self.again.take_back(change.visitor_id, change.order_id, gone)

    def _learn_slots(self, event: Event, path: _Path, assortment: Assortment) -> None:
        if event.event not in PROMOTION_EVENTS:
            return
        latest = latest_items(path.items, assortment)
        echo = self._echo(event, path, assortment)
        for _, creative_id, slot in promotions_of(event):
            creative = assortment.creatives.get(creative_id)
            if creative is None:
                continue  # ids that nobody defined would grow the model without bound
            known = slot_of(slot, assortment.placements)
            shown = self._shown("slot", known, event.site, event.sender_id)
            impression = (answered_by(event.params).decision_id, slot, creative_id)
            if event.event == "select_promotion":
                path.impressions, credit = clicked_once(path.impressions, impression)
                self.progress.clicked(shown, credit)
                if echo is not None:
                    self.progress.clicked(echo, credit)
                if credit.clicks:
                    self.clicks.click_one(event.sender_id, creative_id)
                subject = creative_subject(creative_id)
                path.items = [subject, *(other for other in path.items if other != subject)][:RECENT_ITEMS]
            elif was_seen(event):
                path.impressions = seen_once(path.impressions, impression)
                self.progress.shown(shown)
                if echo is not None:
                    self.progress.shown(echo)
                bucket = bucket_of(affinity(creative, latest, assortment.item_groups))
                context = context_of(bucket, path.arrival, creative.campaign_id, event.at_s, known)
                self.clicks.show_one(event.sender_id, creative_id, context, event.accepted_at_s)

    def _echo(self, event: Event, path: _Path, assortment: Assortment) -> Shown | None:
        """What this visit's campaign is counted under; None for a visit that no running campaign led to."""
        arrival = path.arrival
        if arrival.touch_at_s < path.session_at_s or not arrival.touch_at_s:
            return None
        touch = Touch(arrival.source, arrival.medium, arrival.campaign, arrival.touch_at_s)
        campaign = campaign_of(touch, assortment, event.at_s)
        if campaign is None or in_holdout(event.site, event.sender_id, self.holdout_share):
            return None
        group: Literal["echo", "no_echo"] = "no_echo" if without_echo(event.site, event.sender_id) else "echo"
        return Shown("campaign", campaign.campaign_id, group)

    def _number(self, item_id: str) -> int:
        number = self.numbers.get(item_id)
        if number is None:
            number = self.numbers[item_id] = len(self.names)
            self.names.append(item_id)
        return number

    def _make_room(self, items: int, assortment: Assortment) -> None:
        """See to it that so many items, and what an event brings besides, have room."""
        room = items + RECENT_ITEMS + MAX_ORDER_ITEMS
        if len(self.names) + room > self.max_items:
            self._drop_least_popular(min(self.max_items * 9 // 10, self.max_items - room), assortment)

    def _drop_least_popular(self, most: int, assortment: Assortment) -> None:
        """Keep so many of the items, by popularity then id, and number them anew; a group is wanted as its items are
        together."""
        scores = self.popular.scores(len(self.names))
        if assortment.item_groups:
            for number, name in enumerate(self.names):
                group_id = assortment.item_groups.group_of(name)
                if group_id != name and group_id in self.numbers:
                    scores[self.numbers[group_id]] += scores[number]
        order = sorted(range(len(self.names)), key=lambda number: (-scores[number], self.names[number]))
        kept = sorted(order[:most])
        new = {old: number for number, old in enumerate(kept)}
        self.names = [self.names[old] for old in kept]
        self.numbers = {name: number for number, name in enumerate(self.names)}
        for popularity in (self.trending, self.popular, self.sold):
            padded = np.zeros(max(len(popularity.weights), max(kept) + 1))
            padded[: len(popularity.weights)] = popularity.weights
            popularity.weights = padded[kept]
        self.bought.renumber(new)

    def snapshot(self) -> Snapshot:
        """Give what the API reads; each call gives the next version. The engine is the one that goes on learning."""
        self.version += 1
        self.clicks.published = self.clicks.weights()
        count = len(self.names)
        return Snapshot(
            version=self.version,
            events=self.events,
            names=list(self.names),
            engine=self.engine,
            bought=Neighbours(*self.bought.table(count)),
            again=self.again.frozen(),
            trending=self.trending.scores(count),
            popular=self.popular.scores(count),
            sold=self.sold.scores(count),
            clicks=self.clicks.published,
        )

    def save(self) -> SavedLearner:
        """Give everything `load` needs to go on: models, positions, visitors' paths, open impressions."""
        saved = _Saved(
            format=_FORMAT,
            version=self.version,
            events=self.events,
            positions=self.positions,
            names=self.names,
            bought=self.bought.stored(),
            again=self.again.save(),
            popularity=[(p.clock.landmark_s, p.weights.tobytes()) for p in (self.trending, self.popular, self.sold)],
            clicks=self.clicks.save(),
            paths=list(self._paths.items()),
            engine_paths=self.engine.paths(),
            progress=self.progress.save(),
            flooded=self.flooded,
            latest_s=self._latest_s,
            orders=self.orders.entries(),
            rooms=self.caps.save(),
        )
        return SavedLearner(zlib.compress(msgspec.msgpack.encode(saved), level=1), self.engine.tables())

    @classmethod
    def load(
        cls,
        value: SavedLearner,
        click_window_s: float = 90.0,
        max_items: int = MAX_LEARNED_ITEMS,
        holdout_share: float = 0.0,
    ) -> "Learner":
        """Go on from what `save` gave; raises ValueError for another format."""
        saved = msgspec.msgpack.decode(zlib.decompress(value.checkpoint), type=_Saved)
        if saved.format != _FORMAT:
            raise ValueError(f"saved learner has format {saved.format}, this version reads {_FORMAT}")
        learner = cls(click_window_s, max_items, holdout_share)
        learner.engine = NextItem.load(value.tables, saved.engine_paths)
        learner.progress = Progress(saved.progress)
        learner.flooded = saved.flooded
        learner.version, learner.events = saved.version, saved.events
        learner.positions = saved.positions
        learner.names = saved.names
        learner.numbers = {name: number for number, name in enumerate(saved.names)}
        learner.bought.restore(saved.bought)
        learner.again = BuyAgain.load(saved.again)
        for popularity, (landmark_s, weights) in zip(
            (learner.trending, learner.popular, learner.sold), saved.popularity, strict=True
        ):
            popularity.clock.landmark_s = landmark_s
            popularity.weights = np.frombuffer(weights, np.float64).copy()
        learner.clicks = ClickModel.load(saved.clicks, click_window_s)
        learner.clicks.published = learner.clicks.weights()
        learner._paths = OrderedDict(saved.paths)
        learner._latest_s = saved.latest_s
        learner.orders = OrderLedger(saved.orders)
        learner.caps.restore(saved.rooms)
        return learner


def _visit(event: Event, path: _Path, item: EventItem, assortment: Assortment) -> ItemEvent:
    """An event on an item as the engine takes it, which learns groups: what it is, by catalog, else by event."""
    known = assortment.item_of(item.item_id) or item
    session_id, group_id = f"{event.sender_id}\x1f{path.session}", assortment.item_groups.group_of(item.item_id)
    return ItemEvent(session_id, group_id, event.at_s, event.sender_id, known.category, known.brand, known.price)
