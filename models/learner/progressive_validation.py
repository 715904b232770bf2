"""Progressive validation: how good the models are, measured on the live stream, each event before it is learned.

The same figures as the quality benchmark's prequential ones, fading, so that they tell of lately; a drift detector
watches them. Beside them what visitors were shown and clicked, by slot and by list, personalized and held out.
"""

from typing import Any, Final, Literal, NamedTuple

import msgspec
from river.drift import ADWIN

from models.learner.open_impressions import ClickCredit
from models.ranking.item_event import Ranks

LIST_SIZE: Final = 20
KEEP: Final = 1.0 - 1.0 / 2_000.0
"""What a step counts after the next one: the figures tell of the latest few thousand."""
MAX_TALLIES: Final = 500
"""Slots and lists told apart; names beyond it are counted under `other`."""

View = Literal["all", "new"]
VIEWS: Final[tuple[View, ...]] = ("all", "new")


class Measure(msgspec.Struct, array_like=True):
    """Fading sums over steps: how many, how many were among the first 20, and 1 / rank of those."""

    steps: float = 0.0
    hits: float = 0.0
    reciprocal: float = 0.0

    def add(self, place: int) -> None:
        """Count a step whose item stood at `place`, from 1; 0 for nowhere."""
        hit = 0 < place <= LIST_SIZE
        self.steps = self.steps * KEEP + 1.0
        self.hits = self.hits * KEEP + hit
        self.reciprocal = self.reciprocal * KEEP + (1.0 / place if hit else 0.0)

    @property
    def hit_rate(self) -> float:
        """HR@20, 0 to 1; 0 before any step."""
        return self.hits / self.steps if self.steps else 0.0

    @property
    def mean_reciprocal_rank(self) -> float:
        """MRR@20, 0 to 1; 0 before any step."""
        return self.reciprocal / self.steps if self.steps else 0.0


class Shown(NamedTuple):
    """What impressions are counted by: `kind` is `slot`, `list` or `campaign`, `name` which one, `group` who saw it.

    Of a campaign all slots count that its visitors see on the visit it led to, by whether it was echoed.
    """

    kind: Literal["slot", "list", "campaign"]
    name: str
    group: Literal["personalized", "holdout", "echo", "no_echo"]


class OutcomeTally(msgspec.Struct, array_like=True):
    """Impressions and clicks, and of those labelled how many clicks the click model expected."""

    impressions: int = 0
    clicks: int = 0
    labelled: int = 0
    clicked: int = 0
    expected: float = 0.0


class SavedProgress(msgspec.Struct):
    """What `Progress.save` gives."""

    measures: dict[View, Measure]
    tallies: list[tuple[Shown, OutcomeTally]]
    falls: int


class Progress:
    """Figures of one site. The detector begins anew after a restart; the figures do not."""

    def __init__(self, saved: SavedProgress | None = None) -> None:
        self.measures: dict[View, Measure] = saved.measures if saved else {view: Measure() for view in VIEWS}
        self.tallies: dict[Shown, OutcomeTally] = dict(saved.tallies) if saved else {}
        self.falls = saved.falls if saved else 0
        self._detector: Any = ADWIN()  # type: ignore[no-untyped-call]

    def step(self, places: Ranks) -> None:
        """Count where the item of a visitor's own move stood in the list made before it."""
        self.measures["all"].add(places.everything)
        if places.discovery is not None:
            self.measures["new"].add(places.discovery)
        before = self._detector.estimation
        self._detector.update(0 < places.everything <= LIST_SIZE)
        if self._detector.drift_detected and self._detector.estimation < before:
            self.falls += 1

    def shown(self, shown: Shown, impressions: int = 1) -> None:
        """Count impressions that were seen."""
        self._tally(shown).impressions += impressions

    def clicked(self, shown: Shown, credit: ClickCredit) -> None:
        """Count a click for what it counts for."""
        tally = self._tally(shown)
        tally.impressions += credit.impressions
        tally.clicks += credit.clicks

    def learn_label(self, shown: Shown, expected: float, clicked: bool) -> None:
        """Count an impression whose outcome is known, and the chance, 0 to 1, that the model gave a click."""
        tally = self._tally(shown)
        tally.labelled += 1
        tally.clicked += clicked
        tally.expected += expected

    def undone(self, shown: Shown) -> None:
        """Count a click that came after its impression was taken for ignored."""
        self._tally(shown).clicked += 1

    def _tally(self, shown: Shown) -> OutcomeTally:
        tally = self.tallies.get(shown)
        if tally is None:
            if len(self.tallies) >= MAX_TALLIES:
                shown = shown._replace(name="other")
            tally = self.tallies.setdefault(shown, OutcomeTally())
        return tally

    def save(self) -> SavedProgress:
        """Give the figures."""
        return SavedProgress(self.measures, list(self.tallies.items()), self.falls)
