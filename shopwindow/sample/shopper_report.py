"""Shopper report: what simulated shoppers did and met, by arm."""

from dataclasses import dataclass, field
from typing import Literal

Arm = Literal["personalized", "holdout"]
MAX_REJECTION_EXAMPLES = 20


def _both_arms() -> dict[Arm, int]:
    return {"personalized": 0, "holdout": 0}


@dataclass(slots=True)
class ShopperReport:
    """What all shoppers did and met.

    A slot impression is one slot of one decision whose `view_promotion` was accepted; a slot click is an accepted
    `select_promotion`, at most one a decision. A list impression is one product in a list whose `view_item_list` was
    accepted; a list click an accepted `select_item` on it. All four are counted by the `holdout` flag of the decision
    that served them.
    """

    visitors: int = 0
    visits: int = 0
    events_in: int = 0
    decisions_out: int = 0
    orders: int = 0
    freshness_ms: list[float] = field(default_factory=list)
    freshness_missed: int = 0  # reports whose newest event no decision had used within the looks of LOOK_AGAIN_S
    slot_impressions: dict[Arm, int] = field(default_factory=_both_arms)
    slot_clicks: dict[Arm, int] = field(default_factory=_both_arms)
    list_impressions: dict[Arm, int] = field(default_factory=_both_arms)
    list_clicks: dict[Arm, int] = field(default_factory=_both_arms)
    errors: int = 0
    error_examples: list[str] = field(default_factory=list)

    @property
    def click_rate(self) -> dict[Arm, float | None]:
        """Slot clicks by slot impressions, 0 to 1, of each arm; None where nothing was shown."""
        return _rate(self.slot_clicks, self.slot_impressions)

    @property
    def list_click_rate(self) -> dict[Arm, float | None]:
        """List clicks by products shown in lists, 0 to 1, of each arm; None where nothing was shown."""
        return _rate(self.list_clicks, self.list_impressions)

    def add_error(self, message: str) -> None:
        """Count an error, and keep its message while there are few."""
        self.errors += 1
        if len(self.error_examples) < MAX_REJECTION_EXAMPLES:
            self.error_examples.append(message)


def _rate(clicks: dict[Arm, int], shown: dict[Arm, int]) -> dict[Arm, float | None]:
    return {arm: clicks[arm] / shown[arm] if shown[arm] else None for arm in shown}
