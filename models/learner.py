"""Learner: all models of one site, taught by every event of its log exactly once.

The learner knows the log position it has reached in each partition; an event at or below it is passed over. What it has
learned and those positions are saved together, so that a restart goes on where the saved state stands.
"""

import zlib
from collections import OrderedDict
from collections.abc import Sequence
from hashlib import blake2b
from typing import Final

import msgspec
import numpy as np

from models.affinity import RECENT_ITEMS, affinity, bucket_of, latest_items
from models.assortment import Assortment
from models.clicks import ClickModel, ClickWeights, Pending
from models.covisitation import CoVisitation
from models.events import VISITOR_DELETED, Event, order_id_of, promotions_of
from models.popularity import Popularity
from models.profile import MAX_EVENT_IDS, SESSION_GAP_S
from models.snapshot import Neighbours, Snapshot
from models.subjects import creative_of, creative_subject

VIEWED_HALF_LIFE_S: Final = 5 * 86_400.0
BOUGHT_HALF_LIFE_S: Final = 30 * 86_400.0
TRENDING_HALF_LIFE_S: Final = 6 * 3_600.0
POPULAR_HALF_LIFE_S: Final = 7 * 86_400.0
OWN_WEIGHT: Final = 0.3
"""What a move along our own recommendation teaches, against 1 for a move the visitor made alone."""
MAX_VISITORS: Final = 20_000
MAX_ITEMS: Final = 200_000

MAX_ORDER_ITEMS: Final = 50
"""Items of one order that further events of the same order are paired with."""

_WEIGHTS: Final = {"view_item": 1.0, "add_to_wishlist": 2.0, "add_to_cart": 3.0, "purchase": 5.0}
_FORMAT: Final = 1


class _Path(msgspec.Struct, array_like=True):
    """Where one visitor has been lately: `items` newest first; `clicked` is the item of our lists just clicked."""

    items: list[str] = []
    session_id: str = ""
    last_at_s: float = 0.0
    session_length: int = 0
    clicked: str = ""
    order_id: str = ""
    ordered: list[str] = []
    event_ids: list[bytes] = []


class _Table(msgspec.Struct):
    landmark_s: float | None
    rows: bytes
    others: bytes
    weights: bytes


class _Saved(msgspec.Struct):
    format: int
    version: int
    events: int
    positions: dict[int, int]
    names: list[str]
    viewed: _Table
    bought: _Table
    popularity: list[tuple[float | None, bytes]]
    clicks: ClickWeights
    pending: list[Pending]
    paths: list[tuple[str, _Path]]
    latest_s: float


class Learner:
    """Models of one site.

    Parameters
    ----------
    click_window_s
        Seconds after which an impression without a click counts as ignored.
    max_items
        Items kept; beyond it the least popular tenth goes. Bounds memory whatever ids events name. At least 4,000, so
        that one event of the largest size fits into a tenth.
    """

    def __init__(self, click_window_s: float = 90.0, max_items: int = MAX_ITEMS) -> None:
        if max_items < 4_000:
            raise ValueError(f"max_items must be at least 4000, got {max_items}")
        self.max_items = max_items
        self.positions: dict[int, int] = {}
        self.version = 0
        self.events = 0
        self.names: list[str] = []
        self.numbers: dict[str, int] = {}
        self.viewed = CoVisitation(VIEWED_HALF_LIFE_S)
        self.bought = CoVisitation(BOUGHT_HALF_LIFE_S, reverse_share=1.0)
        self.trending = Popularity(TRENDING_HALF_LIFE_S)
        self.popular = Popularity(POPULAR_HALF_LIFE_S)
        self.clicks = ClickModel(click_window_s)
        self._paths: OrderedDict[str, _Path] = OrderedDict()
        self._latest_s = 0.0

    def learn_one(self, partition: int, position: int, event: Event, assortment: Assortment) -> bool:
        """Learn an event at its place in the log; False where it was learned before, or is a client's retry."""
        if position <= self.positions.get(partition, 0):
            return False
        self.positions[partition] = position
        if event.event == VISITOR_DELETED:
            self._paths.pop(event.visitor_id, None)
            return True
        path = self._path(event)
        if event.event_id:
            digest = blake2b(event.event_id.encode(), digest_size=8).digest()
            if digest in path.event_ids:
                return False
            path.event_ids = [*path.event_ids[-MAX_EVENT_IDS + 1 :], digest]
        self.events += 1
        self._latest_s = max(self._latest_s, event.accepted_at_s)
        self.clicks.expire(self._latest_s)
        self._learn_items(event, path)
        self._learn_slots(event, path, assortment)
        return True

    def _path(self, event: Event) -> _Path:
        path = self._paths.pop(event.visitor_id, None) or _Path()
        self._paths[event.visitor_id] = path
        if len(self._paths) > MAX_VISITORS:
            self._paths.popitem(last=False)
        renamed = bool(event.session_id and path.session_id and event.session_id != path.session_id)
        if renamed or event.at_s - path.last_at_s > SESSION_GAP_S:
            path.session_length = 0
        path.session_id = event.session_id or path.session_id
        path.last_at_s = max(path.last_at_s, event.at_s)
        return path

    def _learn_items(self, event: Event, path: _Path) -> None:
        if event.event == "select_item" and event.params.get("decision_id"):
            path.clicked = event.items[0].item_id
        weight = _WEIGHTS.get(event.event)
        if weight is None:
            return
        ids = list(dict.fromkeys(item.item_id for item in event.items))
        if len(self.names) + len(ids) + RECENT_ITEMS + MAX_ORDER_ITEMS > self.max_items:
            self._drop_least_popular()
        for item_id in ids:
            number = self._number(item_id)
            own = OWN_WEIGHT if path.clicked == item_id else 1.0
            self.trending.learn_one(number, weight * own, event.at_s)
            self.popular.learn_one(number, weight * own, event.at_s)
            if not path.items or path.items[0] != item_id:
                if event.event != "purchase" and own == 1.0:
                    before = [other for other in path.items[: path.session_length] if creative_of(other) is None]
                    self.viewed.learn_one(number, [self._number(other) for other in before], event.at_s)
                path.items = [item_id, *(other for other in path.items if other != item_id)][:RECENT_ITEMS]
                path.session_length = min(path.session_length + 1, RECENT_ITEMS)
        path.clicked = ""
        if event.event == "purchase":
            order_id = order_id_of(event)
            before = path.ordered if path.order_id == order_id else []
            new = [item_id for item_id in ids if item_id not in before]
            numbers = [self._number(item_id) for item_id in (*before, *new)]
            self.bought.learn_together(numbers[len(before) :], event.at_s, numbers[: len(before)])
            path.order_id, path.ordered = order_id, [*before, *new][-MAX_ORDER_ITEMS:]

    def _learn_slots(self, event: Event, path: _Path, assortment: Assortment) -> None:
        if event.event not in ("view_promotion", "select_promotion"):
            return
        latest = latest_items(path.items, assortment)
        for _, creative_id, slot in promotions_of(event):
            creative = assortment.creatives.get(creative_id)
            if creative is None:
                continue  # ids that nobody defined would grow the model without bound
            if event.event == "select_promotion":
                self.clicks.click_one(event.visitor_id, creative_id)
                subject = creative_subject(creative_id)
                path.items = [subject, *(other for other in path.items if other != subject)][:RECENT_ITEMS]
                path.session_length = min(path.session_length + 1, RECENT_ITEMS)
            else:
                bucket = bucket_of(affinity(creative, latest))
                slot = slot if len(slot) <= 100 else ""
                impression = Pending(event.visitor_id, creative_id, bucket, slot, event.accepted_at_s)
                self.clicks.show_one(impression)

    def _number(self, item_id: str) -> int:
        number = self.numbers.get(item_id)
        if number is None:
            number = self.numbers[item_id] = len(self.names)
            self.names.append(item_id)
        return number

    def _drop_least_popular(self) -> None:
        """Keep nine tenths of the items, by popularity then id, and number them anew."""
        scores = self.popular.scores(len(self.names))
        order = sorted(range(len(self.names)), key=lambda number: (-scores[number], self.names[number]))
        kept = sorted(order[: self.max_items * 9 // 10])
        new = {old: number for number, old in enumerate(kept)}
        self.names = [self.names[old] for old in kept]
        self.numbers = {name: number for number, name in enumerate(self.names)}
        for popularity in (self.trending, self.popular):
            padded = np.zeros(max(len(popularity.weights), max(kept) + 1))
            padded[: len(popularity.weights)] = popularity.weights
            popularity.weights = padded[kept]
        for table in (self.viewed, self.bought):
            table.rows = {
                new[item]: {new[other]: weight for other, weight in row.items() if other in new}
                for item, row in table.rows.items()
                if item in new
            }

    def snapshot(self) -> Snapshot:
        """Freeze what the API reads; each call gives the next version."""
        self.version += 1
        count = len(self.names)
        return Snapshot(
            version=self.version,
            events=self.events,
            names=list(self.names),
            viewed=Neighbours(*self.viewed.table(count)),
            bought=Neighbours(*self.bought.table(count)),
            trending=self.trending.scores(count),
            popular=self.popular.scores(count),
            clicks=self.clicks.weights(),
        )

    def save(self) -> bytes:
        """Give everything `load` needs to go on: models, positions, visitors' paths, open impressions."""
        saved = _Saved(
            format=_FORMAT,
            version=self.version,
            events=self.events,
            positions=self.positions,
            names=self.names,
            viewed=_save_table(self.viewed),
            bought=_save_table(self.bought),
            popularity=[(p.clock.landmark_s, p.weights.tobytes()) for p in (self.trending, self.popular)],
            clicks=self.clicks.weights(),
            pending=list(self.clicks.pending.values()),
            paths=list(self._paths.items()),
            latest_s=self._latest_s,
        )
        return zlib.compress(msgspec.msgpack.encode(saved), level=1)

    @classmethod
    def load(cls, value: bytes, click_window_s: float = 90.0, max_items: int = MAX_ITEMS) -> "Learner":
        """Go on from what `save` gave; raises ValueError for another format."""
        saved = msgspec.msgpack.decode(zlib.decompress(value), type=_Saved)
        if saved.format != _FORMAT:
            raise ValueError(f"saved learner has format {saved.format}, this version reads {_FORMAT}")
        learner = cls(click_window_s, max_items)
        learner.version, learner.events = saved.version, saved.events
        learner.positions = saved.positions
        learner.names = saved.names
        learner.numbers = {name: number for number, name in enumerate(saved.names)}
        _load_table(learner.viewed, saved.viewed)
        _load_table(learner.bought, saved.bought)
        for popularity, (landmark_s, weights) in zip(
            (learner.trending, learner.popular), saved.popularity, strict=True
        ):
            popularity.clock.landmark_s = landmark_s
            popularity.weights = np.frombuffer(weights, np.float64).copy()
        learner.clicks = ClickModel(click_window_s, saved.clicks)
        learner.clicks.pending = {(one.visitor_id, one.creative_id): one for one in saved.pending}
        learner._paths = OrderedDict(saved.paths)
        learner._latest_s = saved.latest_s
        return learner


def _save_table(table: CoVisitation) -> _Table:
    pairs: Sequence[tuple[int, int, float]] = [
        (item, other, weight) for item, row in table.rows.items() for other, weight in row.items()
    ]
    return _Table(
        landmark_s=table.clock.landmark_s,
        rows=np.array([pair[0] for pair in pairs], dtype=np.int32).tobytes(),
        others=np.array([pair[1] for pair in pairs], dtype=np.int32).tobytes(),
        weights=np.array([pair[2] for pair in pairs], dtype=np.float64).tobytes(),
    )


def _load_table(table: CoVisitation, saved: _Table) -> None:
    table.clock.landmark_s = saved.landmark_s
    rows = np.frombuffer(saved.rows, np.int32).tolist()
    others = np.frombuffer(saved.others, np.int32).tolist()
    weights = np.frombuffer(saved.weights, np.float64).tolist()
    for item, other, weight in zip(rows, others, weights, strict=True):
        table.rows.setdefault(item, {})[other] = weight
