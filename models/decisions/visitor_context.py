"""Visitor context: whom lists and slots are chosen for, and when."""

from dataclasses import dataclass

from models.decisions.targeting import TargetingContext, targeting_of
from models.visitor.profile import Profile


@dataclass(frozen=True, slots=True)
class VisitorContext:
    """One visitor at the moment of a decision.

    Parameters
    ----------
    profile
        The visitor; a new `Profile` for one we do not know.
    now_s
        Epoch seconds: what is shown must be on sale, running, in force now.
    visitor_id
        By which draws and holds are made; empty for nobody known.
    holdout
        The visitor is kept unpersonalized: only what knows nothing of the visitor answers.
    echo
        Campaign that led to this visit and is to be echoed; empty for none.
    known_targeting
        What rules ask of the visitor; None for what the profile tells.
    """

    profile: Profile
    now_s: float
    visitor_id: str = ""
    holdout: bool = False
    echo: str = ""
    known_targeting: TargetingContext | None = None

    @property
    def targeting(self) -> TargetingContext:
        """What rules ask of the visitor."""
        return targeting_of(self.profile) if self.known_targeting is None else self.known_targeting
