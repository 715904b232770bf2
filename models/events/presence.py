"""Presence: which events say that the visitor was on the site; what servers and mail tools tell makes no visit."""

from typing import Final

from models.events.events import Event
from models.events.names import CLICKED_MESSAGES, ITEM_EVENTS, NOTICES, PROMOTION_EVENTS, SEARCH_EVENTS

ON_SITE_EVENTS: Final = (
    ITEM_EVENTS
    | PROMOTION_EVENTS
    | SEARCH_EVENTS
    | frozenset(
        {
            "add_payment_info",
            "add_shipping_info",
            "app_open",
            "begin_checkout",
            "campaign_details",
            "chat_ended",
            "chat_message_sent",
            "chat_started",
            "click",
            "file_download",
            "first_open",
            "first_visit",
            "form_start",
            "form_submit",
            "generate_lead",
            "login",
            "logout",
            "message_dismissed",
            "order_created",
            "page_view",
            "remove_from_wishlist",
            "screen_view",
            "scroll",
            "select_content",
            "session_start",
            "share",
            "sign_up",
            "user_engagement",
            "video_complete",
            "video_progress",
            "video_start",
            "view_cart",
            "view_search_results",
        }
    )
)
"""Events that nobody causes who is not on the site. Any other is on it where it names a session or a page."""
_SERVER_CHANNEL: Final = "server"
"""Segment's word, in `context.channel`, for what a server told."""
_NEVER: Final = NOTICES | frozenset({"campaign_cost"})


def was_on_site(event: Event) -> bool:
    """Whether an event says that the visitor was on the site: such events make visits and are signs of life.

    >>> seen = Event(site="shop", event="page_view", visitor_id="v", at_s=0.0, accepted_at_s=0.0)
    >>> paid = Event(site="shop", event="order_paid", visitor_id="v", at_s=0.0, accepted_at_s=0.0)
    >>> was_on_site(seen), was_on_site(paid)
    (True, False)
    """
    name = event.event
    if name in _NEVER or name.startswith("_") or event.by_engine or event.context.get("channel") == _SERVER_CHANNEL:
        return False
    return name in ON_SITE_EVENTS or bool(event.session_id) or _names_page(event)


def alive(event: Event) -> bool:
    """Whether an event is a sign of life: on the site, or on the way there by a clicked mail or message."""
    return event.event in CLICKED_MESSAGES or was_on_site(event)


def _names_page(event: Event) -> bool:
    if event.params.get("page_location"):
        return True
    page = event.context.get("page")
    return isinstance(page, dict) and bool(page.get("url") or page.get("path"))
