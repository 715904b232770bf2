"""Snapshot: what the learner has learned of a site, frozen as arrays for the API to read."""

import zlib
from dataclasses import dataclass, field
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.bandit.click_weights import ClickWeights
from models.ranking.buy_again import Model as AgainModel
from models.ranking.buy_again import StoredModel as StoredAgain
from models.ranking.buy_again import empty_model, model_of
from models.ranking.next_item import NextItem

_FORMAT: Final = 5


class _Stored(msgspec.Struct, frozen=True):
    format: int
    version: int
    events: int
    names: list[str]
    bought: tuple[bytes, bytes, bytes]
    again: StoredAgain
    trending: bytes
    popular: bytes
    sold: bytes
    clicks: ClickWeights


class Neighbours:
    """Item-to-item weights, rows end to end as `CoPurchase.table` gives them."""

    def __init__(self, starts: NDArray[np.int64], others: NDArray[np.int32], weights: NDArray[np.float32]) -> None:
        self.starts, self.others, self.weights = starts, others, weights

    def of(self, number: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Neighbours of one item, strongest first, and their shares; empty where nothing is known."""
        if number + 1 >= len(self.starts):
            return self.others[:0], self.weights[:0]
        start, end = self.starts[number], self.starts[number + 1]
        return self.others[start:end], self.weights[start:end]


@dataclass(kw_only=True, eq=False, slots=True)
class Snapshot:
    """One version of a site's models. `names` gives an item number's id, `number_of` the way back.

    `trending`, `popular` and `sold` are scores by item number, `(len(names),)`.
    """

    version: int
    events: int
    names: list[str]
    engine: NextItem
    bought: Neighbours
    again: AgainModel
    trending: NDArray[np.float32]
    popular: NDArray[np.float32]
    sold: NDArray[np.float32]
    clicks: ClickWeights
    number_of: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        self.number_of = {name: number for number, name in enumerate(self.names)}


def empty_snapshot() -> Snapshot:
    """Give the snapshot of a learner that has seen nothing."""
    none = Neighbours(np.zeros(1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32))
    return Snapshot(
        version=0,
        events=0,
        names=[],
        engine=NextItem(max_sessions=1),
        bought=none,
        again=empty_model(),
        trending=np.zeros(0, np.float32),
        popular=np.zeros(0, np.float32),
        sold=np.zeros(0, np.float32),
        clicks=ClickWeights(),
    )


def encode_snapshot(snapshot: Snapshot) -> bytes:
    """Give the published form of all but the engine, whose own is `NextItem.tables`."""
    bought = snapshot.bought
    stored = _Stored(
        format=_FORMAT,
        version=snapshot.version,
        events=snapshot.events,
        names=snapshot.names,
        bought=(bought.starts.tobytes(), bought.others.tobytes(), bought.weights.tobytes()),
        again=snapshot.again.stored(),
        trending=snapshot.trending.tobytes(),
        popular=snapshot.popular.tobytes(),
        sold=snapshot.sold.tobytes(),
        clicks=snapshot.clicks,
    )
    return zlib.compress(msgspec.msgpack.encode(stored), level=1)


def decode_snapshot(value: bytes, tables: bytes) -> Snapshot:
    """Read the published form and the engine's tables; raises ValueError for another format."""
    stored = msgspec.msgpack.decode(zlib.decompress(value), type=_Stored)
    if stored.format != _FORMAT:
        raise ValueError(f"snapshot has format {stored.format}, this version reads {_FORMAT}")
    return Snapshot(
        version=stored.version,
        events=stored.events,
        names=stored.names,
        engine=NextItem.load(tables),
        bought=_neighbours(stored.bought),
        again=model_of(stored.again),
        trending=np.frombuffer(stored.trending, np.float32),
        popular=np.frombuffer(stored.popular, np.float32),
        sold=np.frombuffer(stored.sold, np.float32),
        clicks=stored.clicks,
    )


def _neighbours(stored: tuple[bytes, bytes, bytes]) -> Neighbours:
    starts, others, weights = stored
    return Neighbours(
        np.frombuffer(starts, np.int64), np.frombuffer(others, np.int32), np.frombuffer(weights, np.float32)
    )
