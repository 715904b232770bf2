"""Interest sketch: one visitor's fading interests as three vectors of the feature basis, at three half-lives.

Weights are kept as of a landmark time and grow instead of everything else fading (forward decay [1]_), so an event,
late or in order, is one addition, and a value that no event touches is never rounded again. Stored values are 16-bit,
scaled by a power of two per vector; rounding is dithered by log position, so that it neither drifts nor stalls over
thousands of writes, and a replay rounds alike.

.. [1] Cormode et al., "Forward Decay: A Practical Time Decay Model for Streaming Systems", ICDE 2009.
"""

import struct
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.base.durations import DAY_S
from models.catalog.feature_hashing import DIM

HALF_LIVES_S: Final = (900.0, DAY_S, 2_592_000.0)
"""15 minutes, 24 hours, 30 days."""
HALF_LIFE_NAMES: Final = ("15m", "24h", "30d")
REBASE_AFTER_S: Final = 36_000.0
"""Event time after which the landmark moves up: 40 of the shortest half-lives, far from overflow."""

_HEAD: Final = struct.Struct("<d3h")
_MAP_BYTES: Final = 3 * DIM // 8
_LIMIT: Final = 32_767.0
_RATES: Final = 1.0 / np.array(HALF_LIVES_S)
# Two irrational steps spread the dither evenly over positions and over the vector (golden and plastic ratio).
_BY_POSITION: Final = 0.618_033_988_749_894_9
_BY_PLACE: Final = np.multiply(np.arange(3 * DIM).reshape(3, DIM), 0.754_877_666_246_692_8, dtype=np.float64)


class Sketches:
    """The sketches of several visitors, decoded side by side: `values` has shape `(n, 3, DIM)`.

    Parameters
    ----------
    stored
        As `encode` gave them; empty bytes for a visitor without interests.
    """

    def __init__(self, stored: Sequence[bytes]) -> None:
        count = len(stored)
        self.values: NDArray[np.float64] = np.zeros((count, 3, DIM))
        self.landmark_s: NDArray[np.float64] = np.zeros(count)
        known = [row for row, value in enumerate(stored) if value]
        if not known:
            return
        heads = np.array([_HEAD.unpack_from(stored[row]) for row in known])
        maps = np.frombuffer(b"".join(stored[row][_HEAD.size : _HEAD.size + _MAP_BYTES] for row in known), np.uint8)
        mask = np.unpackbits(maps).reshape(len(known), 3, DIM).astype(bool)
        dense = np.zeros((len(known), 3, DIM))
        dense[mask] = np.frombuffer(b"".join(stored[row][_HEAD.size + _MAP_BYTES :] for row in known), "<i2")
        self.values[known] = np.ldexp(dense, heads[:, 1:].astype(np.int64)[:, :, None])
        self.landmark_s[known] = heads[:, 0]

    def add(
        self, rows: Sequence[int], vectors: NDArray[np.float32], weights: Sequence[float], at_s: Sequence[float]
    ) -> None:
        """Add events: `vectors` of shape `(m, DIM)` to the visitors `rows`, each fading from its own event time."""
        if not rows:
            return
        row, time = np.asarray(rows), np.asarray(at_s, dtype=np.float64)
        newest = np.full(len(self.values), -np.inf)
        np.maximum.at(newest, row, time)
        self._rebase(newest)
        lag = np.maximum((time - self.landmark_s[row])[:, None] * _RATES, -1000.0)
        factor = np.exp2(lag) * np.asarray(weights)[:, None]
        np.add.at(self.values, row, factor[:, :, None] * vectors[:, None, :].astype(np.float64))

    def _rebase(self, newest_s: NDArray[np.float64]) -> None:
        """Move landmarks up to the newest event where that lies far ahead, and set them where there is none."""
        fresh: NDArray[np.bool_] = np.logical_not(self.values.any(axis=(1, 2)))
        ahead = newest_s - self.landmark_s
        moving: NDArray[np.bool_] = np.isfinite(newest_s) & (fresh | (ahead > REBASE_AFTER_S))
        if moving.any():
            fade = np.exp2(np.maximum(-ahead[moving][:, None] * _RATES, -1000.0))
            self.values[moving] *= np.where(fresh[moving][:, None], 0.0, fade)[:, :, None]
            self.landmark_s[moving] = newest_s[moving]

    def encode(self, positions: Sequence[int]) -> list[bytes]:
        """Give the bytes to store for each visitor; `positions` are the log positions they reflect."""
        phase = np.asarray(positions, dtype=np.float64) * _BY_POSITION % 1.0
        exponent = np.zeros((len(self.values), 3), np.int64)
        stored = np.zeros(self.values.shape, np.int16)
        _round(self.values, phase, _BY_PLACE, exponent, stored)
        mask = stored != 0
        maps = np.packbits(mask.reshape(len(stored), -1), axis=1)
        ends = np.cumsum(mask.sum(axis=(1, 2)))
        flat = stored[mask].astype("<i2").tobytes()
        encoded: list[bytes] = []
        start = 0
        for row, end in enumerate(ends.tolist()):
            if end == start:
                encoded.append(b"")
                continue
            head = _HEAD.pack(self.landmark_s[row], *exponent[row].tolist())
            encoded.append(head + maps[row].tobytes() + flat[2 * start : 2 * end])
            start = end
        return encoded

    def as_of(self, row: int, at_s: float) -> NDArray[np.float64]:
        """Give one visitor's vectors at a moment, shape `(3, DIM)`."""
        fade = np.exp2(np.clip((self.landmark_s[row] - at_s) * _RATES, -1000.0, 1000.0))
        faded: NDArray[np.float64] = self.values[row] * fade[:, None]
        return faded


def _round(
    values: NDArray[np.float64],
    phase: NDArray[np.float64],
    by_place: NDArray[np.float64],
    exponent: NDArray[np.int64],
    stored: NDArray[np.int16],
) -> None:
    """Write each vector's power of two `(n, 3)` and its values in units of that `(n, 3, DIM)`, dithered by `phase`."""
    largest = np.abs(values).max(axis=2)
    fraction, power = np.frexp(largest / _LIMIT)
    # The least power that brings the largest value within the limit: frexp's own, but for an exact power of two.
    power = np.minimum(np.maximum(power - (fraction == 0.5), -30_000), 30_000)
    exponent[:] = np.where(largest > 0.0, power, 0)
    dithered = phase[:, None, None] + by_place
    dithered -= np.floor(dithered)
    dithered += np.ldexp(values, -exponent[:, :, None])
    np.floor(dithered, out=dithered)
    stored[:] = np.where(largest[:, :, None] > 0.0, np.minimum(np.maximum(dithered, -_LIMIT), _LIMIT), 0.0)


def joined_sketches(groups: Sequence[Sequence[bytes]]) -> list[bytes]:
    """Give the sum of each group of stored sketches; where one alone says something, as it is."""
    told = [[sketch for sketch in group if sketch] for group in groups]
    made = [group[0] if group else b"" for group in told]
    several = [place for place, group in enumerate(told) if len(group) > 1]
    if not several:
        return made
    sketches = Sketches([sketch for place in several for sketch in told[place]])
    group = np.repeat(np.arange(len(several)), [len(told[place]) for place in several])
    newest = np.full(len(several), -np.inf)
    np.maximum.at(newest, group, sketches.landmark_s)
    fade = np.exp2(np.maximum((sketches.landmark_s - newest[group])[:, None] * _RATES, -1000.0))
    total = np.zeros((len(several), 3, DIM))
    np.add.at(total, group, sketches.values * fade[:, :, None])
    sketches.values, sketches.landmark_s = total, newest
    for place, stored in zip(several, sketches.encode([0] * len(several)), strict=True):
        made[place] = stored
    return made


def directions(stored: bytes) -> NDArray[np.float64]:
    """Give the three vectors of one stored sketch at length 1 each (or 0), shape `(3, DIM)`: where, not how much."""
    values = Sketches([stored]).values[0]
    length = np.linalg.norm(values, axis=1, keepdims=True)
    scaled: NDArray[np.float64] = values / np.where(length > 0, length, 1.0)
    return scaled
