"""Click model: chance that a seen creative is clicked, learned from every impression once its outcome is known."""

from math import exp, log
from typing import Final

import msgspec
from river import linear_model, optim
from river.utils import VectorDict

PRIOR_CLICK_RATE: Final = 0.05
PRIOR_WEIGHTS: Final = {"affinity:low": 0.4, "affinity:some": 0.8, "affinity:high": 1.2}
"""Before any click is seen: people click what they have been looking at. Log odds; learning moves them."""
LEARNING_RATE: Final = 0.1
INTERCEPT_RATE: Final = 0.02
MAX_PENDING: Final = 20_000


class ClickWeights(msgspec.Struct, frozen=True):
    """The learned model as plain numbers: what the API predicts with; reading it never writes."""

    intercept: float = log(PRIOR_CLICK_RATE / (1 - PRIOR_CLICK_RATE))
    weights: dict[str, float] = msgspec.field(default_factory=lambda: dict(PRIOR_WEIGHTS))

    def predict(self, features: tuple[str, ...]) -> float:
        """Chance of a click, 0 to 1, for an impression with these features."""
        score = self.intercept + sum(self.weights.get(name, 0.0) for name in features)
        return 1.0 / (1.0 + exp(-max(-30.0, min(30.0, score))))


def click_features(creative_id: str, bucket: str) -> tuple[str, ...]:
    """Give what the model knows of an impression: the creative, the visitor's affinity, and both together."""
    return f"creative:{creative_id}", f"affinity:{bucket}", f"creative:{creative_id}|affinity:{bucket}"


class Pending(msgspec.Struct, array_like=True):
    """An impression whose outcome is open. `slot` is where it stood; position is learned apart from the creative."""

    visitor_id: str
    creative_id: str
    bucket: str
    slot: str
    shown_at_s: float


class ClickModel:
    """Online logistic regression over impressions; no click within `click_window_s` is a negative label.

    Parameters
    ----------
    click_window_s
        Seconds after which an impression without a click counts as ignored. Above 0.
    weights
        Where to start from; the prior click rate by default.
    """

    def __init__(self, click_window_s: float, weights: ClickWeights | None = None) -> None:
        if click_window_s <= 0:
            raise ValueError(f"click_window_s must be above 0, got {click_window_s}")
        self.click_window_s = click_window_s
        start = weights or ClickWeights()
        self._model = linear_model.LogisticRegression(
            optimizer=optim.SGD(LEARNING_RATE), intercept_init=start.intercept, intercept_lr=INTERCEPT_RATE
        )
        self._model._weights = VectorDict(start.weights)
        self.pending: dict[tuple[str, str], Pending] = {}
        self.impressions = 0
        self.clicks = 0

    def show_one(self, impression: Pending) -> None:
        """Remember an impression; one already open for this visitor and creative stays as it is."""
        self.pending.setdefault((impression.visitor_id, impression.creative_id), impression)
        if len(self.pending) > MAX_PENDING:
            self._learn(self.pending.pop(next(iter(self.pending))), clicked=False)

    def click_one(self, visitor_id: str, creative_id: str) -> None:
        """Learn a click; one on an impression we never heard of, or heard of too long ago, teaches nothing."""
        impression = self.pending.pop((visitor_id, creative_id), None)
        if impression is not None:
            self._learn(impression, clicked=True)

    def expire(self, now_s: float) -> None:
        """Learn every impression shown before `now_s - click_window_s` as ignored; oldest first."""
        while self.pending:
            key = next(iter(self.pending))
            if self.pending[key].shown_at_s > now_s - self.click_window_s:
                return
            self._learn(self.pending.pop(key), clicked=False)

    def _learn(self, impression: Pending, *, clicked: bool) -> None:
        self.impressions += 1
        self.clicks += clicked
        features = dict.fromkeys(click_features(impression.creative_id, impression.bucket), 1.0)
        if impression.slot:
            features[f"slot:{impression.slot}"] = 1.0
        self._model.learn_one(features, clicked)

    def weights(self) -> ClickWeights:
        """Give the model as plain numbers."""
        return ClickWeights(float(self._model.intercept), {str(k): float(v) for k, v in self._model.weights.items()})
