"""Message lists: the products a message carries, where its trigger asks for any."""

from typing import TYPE_CHECKING

from models.catalog.assortment import Assortment
from models.triggers.evaluation import TriggerOutcome
from models.visitor.profile import Profile
from store.site.models import ModelStore

if TYPE_CHECKING:
    from models.decisions.recommend import Recommended
    from stream.recommending import Recommending


class MessageLists:
    """Gives messages their lists, from the models the learner publishes.

    What makes lists, compiled and a third of the process, is loaded with the first of them.
    """

    def __init__(self, models: ModelStore, holdout_share: float) -> None:
        self._models = models
        self._holdout_share = holdout_share
        self._recommending: Recommending | None = None

    def items(
        self, site: str, visitor_id: str, profile: Profile, outcome: TriggerOutcome, assortment: Assortment
    ) -> list["Recommended"]:
        """Give what is recommended beside what the message is about."""
        if not outcome.trigger.recommend.limit or not assortment.items:
            return []
        if self._recommending is None:
            from stream.recommending import Recommending

            self._recommending = Recommending(self._models, self._holdout_share)
        return self._recommending.items(site, visitor_id, profile, outcome, assortment)
