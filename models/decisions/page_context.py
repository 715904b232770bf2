"""Page context: what a page says of itself, which is all there is to go by where nothing is known of its visitor.

It makes a profile that lives as long as the answer: of a visitor who has looked at what the page shows, and has come by
what its address names. Nothing of it is kept.
"""

from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from models.catalog.assortment import Assortment
from models.events.events import Event, EventItem
from models.events.subjects import creative_subject
from models.visitor.profile import Profile, RecentItem
from models.visitor.profile_batch import Change, learn


@dataclass(frozen=True, slots=True)
class PageContext:
    """What a page tells: its address, the item or category it shows, and `context` as an event has it."""

    location: str = ""
    item_id: str = ""
    category: tuple[str, ...] = ()
    context: dict[str, Any] = field(default_factory=dict)

    def profile(self, assortment: Assortment, now_s: float) -> Profile:
        """Give the profile of a visitor of whom the page is all that is known, as of `now_s` (epoch seconds)."""
        item = assortment.item_of(self.item_id) if self.item_id else None
        looked = Event(
            site="",
            event="view_item" if item is not None else "page_view",
            visitor_id="",
            at_s=now_s,
            accepted_at_s=now_s,
            params={"page_location": self.location} if self.location else {},
            items=(EventItem(item_id=self.item_id, brand=item.brand, category=item.category),) if item else (),
            context=self.context,
        )
        profiles = [Profile()]
        learn(profiles, [Change(0, 1, looked)], assortment.vector_of_item)
        about = creative_subject(self._creative_id(assortment)) if self.category else ""
        recent = [RecentItem(about, now_s)] if assortment.item_of(about) is not None else []
        # Of no visitor: what was learned is the page's, and counts as no event.
        return msgspec.structs.replace(profiles[0], position=0, events_seen=0, recent=[*recent, *profiles[0].recent])

    def _creative_id(self, assortment: Assortment) -> str:
        """The creative that speaks of the page's category most closely; empty where none does."""
        about = [
            (-len(creative.category), creative_id)
            for creative_id, creative in assortment.creatives.items()
            if creative.category and creative.category == self.category[: len(creative.category)]
        ]
        return min(about)[1] if about else ""


NO_PAGE: Final = PageContext()
