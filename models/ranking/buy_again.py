"""Buy again: which items a visitor's next order will hold, from the orders of that visitor and of the whole shop.

Candidates are the visitor's own items and the items most bought lately; `models.ranking.repurchase` says what speaks
for each, and a ranker that learns from every order of a sample of visitors weighs it. An order teaches once it is over:
when the visitor orders anew, or `ORDER_OPEN_S` after its first line. Nothing is drawn at random.
"""

import zlib
from collections import OrderedDict
from collections.abc import Collection
from hashlib import blake2b
from math import inf
from typing import Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.base.array_state import Stored, restore, store
from models.base.durations import DAY_S
from models.ranking.repurchase import (
    NOT_BOUGHT,
    ORDERS_LEARNED,
    POPULAR,
    REPURCHASE_FEATURES,
    REPURCHASE_QUERY_FEATURES,
    TIMES_BOUGHT,
    TIMES_TAKEN,
    WITHIN_90_DAYS,
    Candidates,
    OrderTimes,
    Repeats,
    learn_order,
    new_repeats,
    rates_again,
    refresh_popular,
    write_repurchase_features,
    write_repurchase_query,
)
from models.ranking.softmax_ranker import Ranker, learn_choice, new_ranker, score_all
from models.visitor.order_history import (
    MAX_ITEM_PURCHASES,
    MAX_TIMES,
    History,
    ItemPurchases,
    buy,
    interval_s,
    take_back,
)

MAX_RANKED: Final = MAX_ITEM_PURCHASES + POPULAR
"""More items no list can hold."""
BUY_AGAIN_LEARNING_RATE: Final = 0.04
"""Step of the ranker."""
MAX_BUYERS: Final = 5_000
MAX_BUY_AGAIN_ITEMS: Final = 50_000
MAX_CATEGORIES: Final = 5_000
"""Categories told apart; what comes after them counts as without one."""
MAX_BASKET_ITEMS: Final = 500
"""Items of one order that are learned."""
ORDER_OPEN_S: Final = 1_800.0
JUST_S: Final = 60.0
"""For so long after an order its items are not listed. One order in 20 follows the last within five minutes."""
AWAY_S: Final = 60 * DAY_S
"""A visitor away for longer is met as after so long: rhythms say no more by then."""
ONCE_HIDDEN_S: Final = 30 * DAY_S
"""For so long an item bought once is not offered again, unless `LEAST_AGAIN` says that people buy it again."""
LEAST_AGAIN: Final = 0.01
"""Share of the orders of those who have bought an item that hold it again."""
STALE_S: Final = 400 * DAY_S
_REFRESH_ORDERS: Final = 200
_FIRST_CAPACITY: Final = 1_024
_LATEST_S: Final = 1e11
_FORMAT: Final = 1
_NONE: Final = [-1] * MAX_TIMES

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(History)


class RankedItems(NamedTuple):
    """An item of a list; `purchases` is what the visitor has of it, None for one never bought."""

    item_id: str
    score: float
    purchases: ItemPurchases | None

    @property
    def reason(self) -> str:
        """Say why, in words."""
        return "often bought in the shop" if self.purchases is None else reason_of(self.purchases)


class AskedOrder(NamedTuple):
    """Candidates of one visitor at one moment, with their features and scores."""

    ids: list[str]
    candidates: Candidates
    features: NDArray[np.float32]
    query: NDArray[np.float32]
    scores: NDArray[np.float32]
    at_s: float


class StoredModel(msgspec.Struct):
    """A model as bytes."""

    names: list[str]
    repeats: list[Stored]
    ranker: list[Stored]


class Model:
    """What is learned: sums by item number, `names` of the numbers, and the ranker. Ranking changes nothing."""

    def __init__(self, names: list[str], repeats: Repeats, ranker: Ranker) -> None:
        self.names = names
        self.number_of = {name: number for number, name in enumerate(names)}
        self.repeats = repeats
        self.ranker = ranker
        self.without: list[int] = []

    def due_items(
        self, history: History, at_s: float, n: int = 20, *, exclude: Collection[str] = ()
    ) -> list[RankedItems]:
        """Give the `n` items most likely in an order at `at_s` (epoch seconds), best first; none without a history."""
        if not history.item_purchases:
            return []
        asked = self.ask(history, at_s)
        rates = rates_again(self.repeats, asked.candidates.number)
        item_purchases = history.item_purchases
        ranked: list[RankedItems] = []
        # Ties by place: the visitor's own before popular items, each in the order kept.
        for row in np.argsort(-asked.scores, kind="stable").tolist():
            purchases = item_purchases[row] if row < len(item_purchases) else None
            if asked.ids[row] in exclude or (
                purchases is not None and _hidden(purchases, asked.at_s, float(rates[row]))
            ):
                continue
            ranked.append(RankedItems(asked.ids[row], float(asked.scores[row]), purchases))
            if len(ranked) >= n:
                break
        return ranked

    def ask(self, history: History, at_s: float) -> AskedOrder:
        orders = OrderTimes(
            at_s=np.array([order.at_s for order in history.orders], dtype=np.float64),
            items=np.array([order.items for order in history.orders], dtype=np.float64),
            seen=float(history.orders_seen),
            items_seen=float(history.items_seen),
        )
        if len(orders.at_s):
            at_s = min(at_s, float(orders.at_s.max()) + AWAY_S)
        ids, candidates = self._candidates(history)
        features = np.zeros((len(ids), len(REPURCHASE_FEATURES)), np.float32)
        query, scores = np.zeros(REPURCHASE_QUERY_FEATURES, np.float32), np.zeros(len(ids), np.float32)
        write_repurchase_query(orders, at_s, query)
        write_repurchase_features(self.repeats, candidates, orders, at_s, features)
        features[:, self.without] = 0.0
        score_all(self.ranker, features, query, len(ids), scores)
        return AskedOrder(ids, candidates, features, query, scores, at_s)

    def _candidates(self, history: History) -> tuple[list[str], Candidates]:
        item_purchases, number_of = history.item_purchases, self.number_of
        ids = [purchases.item_id for purchases in item_purchases]
        known = set(ids)
        popular = [self.names[number] for number in self.repeats.popular.tolist() if number >= 0]
        ids += [item_id for item_id in popular if item_id not in known]
        further = len(ids) - len(item_purchases)
        first_kept = history.orders_seen - len(history.orders)
        places = (
            np.array([(purchases.orders + _NONE)[:MAX_TIMES] for purchases in item_purchases], dtype=np.int64)
            - first_kept
        )
        return ids, Candidates(
            number=np.array([number_of.get(item_id, -1) for item_id in ids], dtype=np.int64),
            times=np.array([purchases.count for purchases in item_purchases] + [0] * further, dtype=np.float64),
            first_s=np.array([purchases.first_at_s for purchases in item_purchases] + [0] * further, dtype=np.float64),
            last_s=np.array([purchases.last_at_s for purchases in item_purchases] + [0] * further, dtype=np.float64),
            orders=np.concatenate([np.maximum(places, -1), np.full((further, MAX_TIMES), -1)]),
        )

    def stored(self) -> StoredModel:
        """Give the stored form."""
        return StoredModel(self.names, store(self.repeats), store(self.ranker))


def model_of(stored: StoredModel) -> Model:
    """Read what `Model.stored` gave."""
    return Model(stored.names, restore(Repeats, stored.repeats), restore(Ranker, stored.ranker))


def empty_model() -> Model:
    """Make a model that has learned nothing: it ranks by how often and how lately."""
    ranker = new_ranker(len(REPURCHASE_FEATURES), REPURCHASE_QUERY_FEATURES)
    ranker.weight[[NOT_BOUGHT, TIMES_BOUGHT, WITHIN_90_DAYS], 0] = (-3.0, 1.0, 0.5)
    return Model([], new_repeats(_FIRST_CAPACITY, _FIRST_CAPACITY), ranker)


def _hidden(purchases: ItemPurchases, at_s: float, rate_again: float) -> bool:
    """Whether an item is not due: ordered this very moment, or bought once and not of a kind that is bought again."""
    age_s = at_s - purchases.last_at_s
    # Clocks differ: an order may lie a little ahead of the reader.
    return abs(age_s) < JUST_S or (purchases.count < 2 and age_s < ONCE_HIDDEN_S and rate_again < LEAST_AGAIN)


def reason_of(purchases: ItemPurchases) -> str:
    """Say how often a visitor bought an item, and about how regularly.

    >>> weekly = ItemPurchases("milk", 5, 0, 4 * 14 * DAY_S, [])
    >>> reason_of(weekly), reason_of(ItemPurchases("salt", 1, 0, 0, []))
    ('you bought it 5 times, about every 14 days', 'you bought it once')
    """
    gap_s = interval_s(purchases)
    if gap_s is None:
        return "you bought it once"
    days = round(gap_s / DAY_S)
    if days < 1:
        return f"you bought it {purchases.count} times"
    return f"you bought it {purchases.count} times, about every {'day' if days == 1 else f'{days} days'}"


class _Open(msgspec.Struct, array_like=True):
    """An order that may go on: when its first line was, and its items with their categories."""

    order_id: str
    at_s: float
    items: dict[str, str]


class _Saved(msgspec.Struct):
    format: int
    max_items: int
    max_visitors: int
    rate: float
    level: int
    latest_s: float
    model: StoredModel
    categories: list[str]
    visitors: list[tuple[str, bytes]]
    open: list[tuple[str, _Open]]


class BuyAgain:
    """Learns buying again from orders.

    Visitors are a sample by hash [1]_: when there are too many, those not seen for `STALE_S` go, then half of the
    hashes. Whoever stays has been followed from the first order on.

    Parameters
    ----------
    max_items
        Items known at a time, about 150 bytes each; beyond it the least bought tenth goes. At least 5,000.
    max_visitors
        Visitors followed, at most 5 KB each. At least 1.
    rate
        Step of the ranker. Above 0.
    without
        Features of `models.ranking.repurchase` to blank, to see what each is worth; not saved.

    >>> again = BuyAgain()
    >>> for week in range(3):
    ...     again.learn_one("v", f"order {week}", {"milk": "Dairy"}, at_s=week * 604_800.0)
    >>> [found.reason for found in again.due_items("v", at_s=3 * 604_800.0)]
    ['you bought it 3 times, about every 7 days']

    .. [1] Gibbons, "Distinct Sampling for Highly-Accurate Answers to Distinct Values Queries", VLDB 2001.
    """

    def __init__(
        self,
        max_items: int = MAX_BUY_AGAIN_ITEMS,
        max_visitors: int = MAX_BUYERS,
        rate: float = BUY_AGAIN_LEARNING_RATE,
        without: Collection[int] = (),
    ) -> None:
        if max_items < 10 * MAX_BASKET_ITEMS:
            raise ValueError(f"max_items must be at least {10 * MAX_BASKET_ITEMS}, got {max_items}")
        if max_visitors < 1:
            raise ValueError(f"max_visitors must be at least 1, got {max_visitors}")
        if rate <= 0:
            raise ValueError(f"rate must be above 0, got {rate}")
        self.max_items, self.max_visitors, self.rate = max_items, max_visitors, rate
        self.model = empty_model()
        self.model.without = sorted(without)
        self.level = 0
        self.latest_s = -inf
        self._categories: dict[str, int] = {}
        self._visitors: dict[str, bytes] = {}
        self._open: OrderedDict[str, _Open] = OrderedDict()

    def learn_one(self, visitor_id: str, order_id: str, items: dict[str, str], at_s: float) -> None:
        """Learn an order, or further lines of it: item ids with their categories, "" for none.

        Raises ValueError for a time that is no epoch time in seconds.
        """
        if not abs(at_s) < _LATEST_S:
            raise ValueError(f"at_s must be epoch seconds, got {at_s}")
        self.latest_s = max(self.latest_s, at_s)
        while self._open and next(iter(self._open.values())).at_s < self.latest_s - ORDER_OPEN_S:
            self._close(next(iter(self._open)))
        if not items or not self._sampled(visitor_id):
            return
        known = self._open.get(visitor_id)
        if known is not None and known.order_id == order_id and order_id:
            known.items = _bounded({**known.items, **items})
            return
        if known is not None:
            self._close(visitor_id)
        history = self.history(visitor_id)
        if order_id and any(order.order_id == order_id for order in history.orders):
            self._further(visitor_id, history, order_id, items, at_s)
            return
        self._open[visitor_id] = _Open(order_id, at_s, _bounded(items))
        if len(self._open) > self.max_visitors:
            self._close(next(iter(self._open)))

    def take_back(self, visitor_id: str, order_id: str, item_ids: Collection[str] = ()) -> None:
        """Take an order, or the items named of it, out of the visitor's history; what it taught stays."""
        known = self._open.get(visitor_id)
        if known is not None and known.order_id == order_id:
            known.items = {item_id: category for item_id, category in known.items.items() if item_ids}
            for item_id in item_ids:
                known.items.pop(item_id, None)
            if not known.items:
                del self._open[visitor_id]
        elif visitor_id in self._visitors:
            history = self.history(visitor_id)
            take_back(history, order_id, item_ids)
            self._visitors[visitor_id] = _encoder.encode(history)

    def forget(self, visitor_id: str) -> None:
        """Drop all that is kept of a visitor."""
        self._open.pop(visitor_id, None)
        self._visitors.pop(visitor_id, None)

    def history(self, visitor_id: str) -> History:
        """Give a visitor's orders that are over."""
        stored = self._visitors.get(visitor_id)
        return History() if stored is None else _decoder.decode(stored)

    def due_items(self, visitor_id: str, at_s: float, n: int = 20) -> list[RankedItems]:
        """Give the `n` items most likely in a followed visitor's next order, after the one that is open."""
        history = self.history(visitor_id)
        known = self._open.get(visitor_id)
        if known is not None:
            buy(history, known.order_id, list(known.items), known.at_s)
        return self.model.due_items(history, at_s, n)

    def frozen(self) -> Model:
        """Give a copy of the model that no further learning changes."""
        model, count = self.model, len(self.model.names)
        old, ranker = model.repeats, model.ranker
        repeats = Repeats(
            item=old.item[:count].copy(),
            seen_s=old.seen_s[:count].copy(),
            category_of=old.category_of[:count].copy(),
            category=old.category[: len(self._categories)].copy(),
            total=old.total.copy(),
            popular=old.popular.copy(),
        )
        return Model(list(model.names), repeats, Ranker(ranker.weight.copy(), ranker.squares.copy()))

    def _sampled(self, visitor_id: str) -> bool:
        return _hash(visitor_id) >> (64 - self.level) == 0

    def _close(self, visitor_id: str) -> None:
        """Learn an order that is over, and make it part of the visitor's history."""
        order = self._open.pop(visitor_id)
        history = self.history(visitor_id)
        self._make_room(len(order.items))
        taken = np.array([self._number(*item) for item in order.items.items()], dtype=np.int64)
        model = self.model
        offered, gap_days = np.zeros(0, np.int64), np.zeros(0)
        if history.item_purchases:
            asked = model.ask(history, order.at_s)
            wanted = np.array([item_id in order.items for item_id in asked.ids])
            if wanted.any():
                # A softmax over the candidates; every order counts alike, its items share it.
                chance = np.exp(asked.scores - asked.scores.max())
                slopes = (chance / chance.sum() - wanted / wanted.sum()).astype(np.float32)
                learn_choice(model.ranker, asked.features, asked.query, slopes, self.rate)
            own = len(history.item_purchases)
            offered = asked.candidates.number[:own]
            gap_days = np.maximum(order.at_s - asked.candidates.last_s[:own], 0.0) / DAY_S
            gap_days[~wanted[:own]] = -1.0
        learn_order(model.repeats, taken, offered, gap_days, order.at_s)
        orders = int(model.repeats.total[ORDERS_LEARNED])
        if orders < _REFRESH_ORDERS or orders % _REFRESH_ORDERS == 0:
            refresh_popular(model.repeats, len(model.names), self.latest_s)
        buy(history, order.order_id, list(order.items), order.at_s)
        self._visitors[visitor_id] = _encoder.encode(history)
        if len(self._visitors) > self.max_visitors:
            self._drop_visitors()

    def _further(self, visitor_id: str, history: History, order_id: str, items: dict[str, str], at_s: float) -> None:
        """Add lines of an order that was over already: to the visitor's history alone."""
        buy(history, order_id, list(items), at_s)
        self._visitors[visitor_id] = _encoder.encode(history)

    def _drop_visitors(self) -> None:
        for visitor_id in sorted(self._visitors):
            orders = self.history(visitor_id).orders
            if not orders or max(order.at_s for order in orders) < self.latest_s - STALE_S:
                del self._visitors[visitor_id]
        # With a tenth to spare, so that the next newcomer does not ask for this again.
        while len(self._visitors) > max(1, self.max_visitors * 9 // 10):
            self.level += 1
            self._visitors = {name: kept for name, kept in self._visitors.items() if self._sampled(name)}
            self._open = OrderedDict((name, kept) for name, kept in self._open.items() if self._sampled(name))

    def _number(self, item_id: str, category: str) -> int:
        model = self.model
        number = model.number_of.get(item_id)
        if number is None:
            number = model.number_of[item_id] = len(model.names)
            model.names.append(item_id)
        if category:
            known = self._categories.get(category, -1)
            if known < 0 and len(self._categories) < MAX_CATEGORIES:
                known = self._categories[category] = len(self._categories)
            model.repeats.category_of[number] = known
        return number

    def _make_room(self, items: int) -> None:
        """See that so many new items, and as many new categories, find a place in the arrays."""
        model = self.model
        if len(model.names) + items > self.max_items:
            self._drop_least_bought()
        old = model.repeats
        item_rows, category_rows = len(old.seen_s), len(old.category)
        if len(model.names) + items > item_rows:
            item_rows = min(2 * (item_rows + items), self.max_items)
        if len(self._categories) + items > category_rows:
            category_rows = min(2 * (category_rows + items), MAX_CATEGORIES + items)
        if (item_rows, category_rows) == (len(old.seen_s), len(old.category)):
            return
        new = new_repeats(item_rows, category_rows)
        new.item[: len(old.item)] = old.item
        new.seen_s[: len(old.item)] = old.seen_s
        new.category_of[: len(old.item)] = old.category_of
        new.category[: len(old.category)] = old.category
        model.repeats = new._replace(total=old.total, popular=old.popular)

    def _drop_least_bought(self) -> None:
        """Keep nine tenths of the items, by orders then id, and number them anew."""
        model = self.model
        old, names = model.repeats, model.names
        bought = old.item[:, TIMES_TAKEN]
        order = sorted(range(len(names)), key=lambda number: (-bought[number], names[number]))
        kept = np.array(sorted(order[: self.max_items * 9 // 10]), dtype=np.int64)
        new = new_repeats(len(old.seen_s), len(old.category))
        new.item[: len(kept)] = old.item[kept]
        new.seen_s[: len(kept)] = old.seen_s[kept]
        new.category_of[: len(kept)] = old.category_of[kept]
        repeats = new._replace(category=old.category, total=old.total)
        self.model = Model([names[number] for number in kept.tolist()], repeats, model.ranker)
        refresh_popular(repeats, len(kept), self.latest_s)

    def save(self) -> bytes:
        """Give everything `load` needs to go on."""
        saved = _Saved(
            format=_FORMAT,
            max_items=self.max_items,
            max_visitors=self.max_visitors,
            rate=self.rate,
            level=self.level,
            latest_s=self.latest_s,
            model=self.model.stored(),
            categories=list(self._categories),
            visitors=list(self._visitors.items()),
            open=list(self._open.items()),
        )
        return zlib.compress(msgspec.msgpack.encode(saved), level=1)

    @classmethod
    def load(cls, value: bytes) -> "BuyAgain":
        """Go on from what `save` gave; raises ValueError for another format."""
        saved = msgspec.msgpack.decode(zlib.decompress(value), type=_Saved)
        if saved.format != _FORMAT:
            raise ValueError(f"saved buy again has format {saved.format}, this version reads {_FORMAT}")
        again = cls(saved.max_items, saved.max_visitors, saved.rate)
        again.model = model_of(saved.model)
        again.level, again.latest_s = saved.level, saved.latest_s
        again._categories = {name: number for number, name in enumerate(saved.categories)}
        again._visitors = dict(saved.visitors)
        again._open = OrderedDict(saved.open)
        return again


def _bounded(items: dict[str, str]) -> dict[str, str]:
    return dict(list(items.items())[:MAX_BASKET_ITEMS])


def _hash(visitor_id: str) -> int:
    return int.from_bytes(blake2b(visitor_id.encode(), digest_size=8).digest(), "big")
