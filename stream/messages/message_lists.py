"""Message lists: the products a message carries, where its trigger asks for any."""

from typing import TYPE_CHECKING

from models.catalog.assortment import Assortment
from models.triggers.evaluation import TriggerOutcome
from models.visitor.profile import Profile
from store.site.models import ModelStore

if TYPE_CHECKING:
    from models.decisions.recommend import Recommended
    from stream.messages.message_recommender import MessageRecommender


class MessageLists:
    """Gives messages their lists, from the models the learner publishes.

    What makes lists, compiled and a third of the process, is loaded with the first of them.
    """

    def __init__(self, models: ModelStore, holdout_share: float) -> None:
        self._models = models
        self._holdout_share = holdout_share
        self._recommender: MessageRecommender | None = None

    def items(
        self, site: str, visitor_id: str, profile: Profile, outcome: TriggerOutcome, assortment: Assortment
    ) -> list["Recommended"]:
        """Give what is recommended beside what the message is about."""
        if not outcome.trigger.recommend.limit or not assortment.items:
            return []
        if self._recommender is None:
            from stream.messages.message_recommender import MessageRecommender

            self._recommender = MessageRecommender(self._models, self._holdout_share)
        return self._recommender.items(site, visitor_id, profile, outcome, assortment)
