"""Click counts: how often each creative was shown and clicked in each context, fading; all the click model knows.

Sums do not ask in which order they were made, and what was added can be mended later: that is why the model keeps them
and is fitted anew when it is read, instead of stepping along with every impression.
"""

from array import array
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.bandit.click_context import ECHO, Context
from models.bandit.click_weights import ClickWeights, features_of, parent_of, prior_of
from models.bandit.logistic_fit import Cells, Prior, fit
from models.base.decay import Fading
from models.base.durations import DAY_S

CLICK_HALF_LIFE_S: Final = 14 * DAY_S
MAX_CELLS: Final = 32_768

_KEPT: Final = ("affinity:", "slot:", ECHO)
"""What a folded cell still knows of its context."""


class ClickCell(msgspec.Struct, array_like=True, frozen=True):
    """One creative in one context: faded shows and clicks. `used` tells which of two cells was taught later."""

    creative_id: str
    shared: tuple[str, ...]
    own: tuple[str, ...]
    shows: float
    clicks: float
    used: int


class ClickCounts:
    """Shows and clicks by creative and context; each counts half after `half_life_s`.

    Beyond `max_cells` the least recently taught eighth is folded into cells that know only affinity, campaign echo and
    slot; where that is not enough, they go. That bounds memory and the time of a fit.
    """

    def __init__(self, half_life_s: float = CLICK_HALF_LIFE_S, max_cells: int = MAX_CELLS) -> None:
        if max_cells < 8:
            raise ValueError(f"max_cells must be at least 8, got {max_cells}")
        self.clock = Fading(half_life_s)
        self.max_cells = max_cells
        self.latest_s = 0.0
        self._used = 0
        self._clear()

    def _clear(self) -> None:
        self._rows: dict[tuple[str, Context], int] = {}
        self._names: dict[str, int] = {}
        self._starts = array("q", [0])
        self._features = array("i")
        self._shows, self._clicks, self._last_used = array("d"), array("d"), array("q")

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, creative_id: str, context: Context, shows: float, clicks: float, at_s: float) -> None:
        """Count impressions shown at `at_s` (epoch seconds), late or not, and how many of them were clicked."""
        factor = self.clock.rebase(at_s)
        if factor != 1.0:
            for row in range(len(self._shows)):
                self._shows[row] *= factor
                self._clicks[row] *= factor
        self.latest_s = max(self.latest_s, at_s)
        weight = self.clock.weight(at_s)
        self._used += 1
        self._add(creative_id, context, shows * weight, clicks * weight, self._used)
        if len(self._rows) > self.max_cells:
            self._shrink()

    def _add(self, creative_id: str, context: Context, shows: float, clicks: float, used: int) -> None:
        row = self._rows.get((creative_id, context))
        if row is None:
            row = self._rows[creative_id, context] = len(self._rows)
            for name in features_of(creative_id, context):
                self._features.append(self._names.setdefault(name, len(self._names)))
            self._starts.append(len(self._features))
            for column in (self._shows, self._clicks):
                column.append(0.0)
            self._last_used.append(0)
        self._shows[row] += shows
        self._clicks[row] += clicks
        self._last_used[row] = max(self._last_used[row], used)

    def _shrink(self) -> None:
        """Fold the least recently taught eighth; where too many are left, the least recently taught go."""
        cells = sorted(self.cells(), key=lambda cell: cell.used)
        old = len(cells) // 8
        self._clear()
        for cell in cells[:old]:
            coarse = Context(*(tuple(n for n in part if n.startswith(_KEPT)) for part in (cell.shared, cell.own)))
            self._add(cell.creative_id, coarse, cell.shows, cell.clicks, cell.used)
        self.refill(cells[old:])
        if len(self._rows) > self.max_cells - old // 2:
            kept = sorted(self.cells(), key=lambda cell: cell.used)[-(self.max_cells - old) :]
            self._clear()
            self.refill(kept)

    def cells(self) -> list[ClickCell]:
        """Everything counted, in units of the clock."""
        return [
            ClickCell(
                creative_id, context.shared, context.own, self._shows[row], self._clicks[row], self._last_used[row]
            )
            for (creative_id, context), row in self._rows.items()
        ]

    def refill(self, cells: Iterable[ClickCell]) -> None:
        """Take in what `cells` gave."""
        for cell in cells:
            self._add(cell.creative_id, Context(cell.shared, cell.own), cell.shows, cell.clicks, cell.used)
            self._used = max(self._used, cell.used)

    def fit(self, impressions: int = 0) -> ClickWeights:
        """Fit the weights to all that is counted, as of the latest impression; changes nothing here."""
        if not self._rows:
            return ClickWeights(impressions=impressions)
        scale = 1.0 / self.clock.weight(self.latest_s)
        names = list(self._names)
        priors = np.array([prior_of(name) for name in names])
        group, parent = self._groups(names)
        counted = Cells(
            np.array(self._starts),
            np.array(self._features),
            np.array(self._shows) * scale,
            np.array(self._clicks) * scale,
        )
        weights, variances = fit(counted, Prior(priors[:, 0].copy(), priors[:, 1].copy(), group, parent))
        return ClickWeights(
            weights=dict(zip(names, weights.tolist(), strict=True)),
            variances={
                name: variance
                for name, variance in zip(names, variances.tolist(), strict=True)
                if name.startswith("creative:")
            },
            impressions=impressions,
        )

    def _groups(self, names: Sequence[str]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Give each feature's group, and each group's parent, as the fit takes them."""
        numbers: dict[tuple[str, str], int] = {}
        group = [-1 if (key := parent_of(name)) is None else numbers.setdefault(key, len(numbers)) for name in names]
        parent = [self._names[name] for name, _ in numbers]
        return np.array(group, np.int32), np.array(parent, np.int32)
