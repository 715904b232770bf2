"""Page parameters: what a page that asks for a decision says of itself, in an address or a body."""

from collections.abc import Mapping
from typing import Any, Final

from api.http.query_parameters import described
from models.base.texts import text_or_empty
from models.catalog.feed_fields import parse_category
from models.decisions.page_context import NO_PAGE, PageContext
from models.events.intake.event_warnings import EventWarnings
from models.events.intake.param_parsing import READ_CONTEXT, read_members

_LONGEST: Final = 8_192
PAGE_LOCATION: Final = described(
    "page_location",
    "The page's address, with its utm parameters and click ids: where nothing is known of the visitor, the campaign "
    "that it names is echoed.",
    examples=["https://shop.example/?utm_campaign=spring"],
)
_FIELDS: Final = frozenset({"page_location", "item_id", "category", "context"})


def page_context(given: Mapping[str, Any]) -> PageContext:
    """Read what a page says of itself; an address or context that is none is left out.

    Raises `InvalidError` for a category that is none.
    """
    if _FIELDS.isdisjoint(given):
        return NO_PAGE
    return PageContext(
        text_or_empty(given.get("page_location"))[:_LONGEST],
        text_or_empty(given.get("item_id")),
        parse_category(given.get("category"), "category"),
        read_members(given.get("context"), "context", READ_CONTEXT, EventWarnings()),
    )
