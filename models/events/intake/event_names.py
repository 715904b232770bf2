"""Event names: which are known, in whatever letters, and what somebody may have meant by one that is not."""

import re
from functools import lru_cache
from typing import Final

from models.base.suggestions import closest
from models.events.names import (
    CLICKED_MESSAGES,
    OFF_SITE_EVENTS,
    ORDER_EVENTS,
    RECEIVED_EVENTS,
    SCORES,
)
from models.events.presence import ON_SITE_EVENTS

KNOWN_EVENTS: Final = frozenset(
    {
        *ON_SITE_EVENTS,
        *ORDER_EVENTS,
        *OFF_SITE_EVENTS,
        *RECEIVED_EVENTS,
        *CLICKED_MESSAGES,
        *SCORES,
        "chat_message_received",
        "identify",
        "join_group",
        "consent_updated",
        "email_subscribed",
        "email_unsubscribed",
        "message_subscribed",
        "message_unsubscribed",
        "subscribed",
        "unsubscribed",
    }
)
"""Events that mean something to the engine, or to everybody who knows GA4."""


_MAX_NAME: Final = 200
"""Of a name that is looked for in other letters, and remembered."""
_NO_LETTER: Final = re.compile(r"[^a-z0-9]+")


def letters_of(name: str) -> str:
    """Give what a name is where neither case nor what stands between its words counts.

    >>> letters_of("AddToCart") == letters_of("ADD_TO_CART") == letters_of("Add to cart")
    True
    """
    return _NO_LETTER.sub("", name.casefold())


_BY_LETTERS: Final = {letters_of(name): name for name in sorted(KNOWN_EVENTS)}
_OF_OTHERS: Final = {
    "viewcontent": "view_item", "viewedproduct": "view_item", "productdetail": "view_item", "itemview": "view_item",
    "collectionviewed": "view_item_list", "viewcategory": "view_item_list", "impressions": "view_item_list",
    "addedtocart": "add_to_cart", "productaddedtocart": "add_to_cart", "cartadd": "add_to_cart",
    "productremovedfromcart": "remove_from_cart", "initiatecheckout": "begin_checkout",
    "startedcheckout": "begin_checkout", "checkout": "begin_checkout", "paymentinfosubmitted": "add_payment_info",
    "checkoutcompleted": "purchase", "ecommercepurchase": "purchase", "placedorder": "purchase", "order": "purchase",
    "ordered": "purchase", "transaction": "purchase", "orderplaced": "purchase", "searchsubmitted": "search",
    "completeregistration": "sign_up", "register": "sign_up", "registered": "sign_up", "signin": "login",
    "identify": "login",
}  # fmt: skip
"""What other systems call an event, by its letters, and ours: their fields are others, so that it is only asked."""


def known_event(name: str) -> str:
    """Give the known event that a name is but for its letters; empty for any other.

    >>> known_event("View Item"), known_event("PURCHASE"), known_event("recipe_cooked")
    ('view_item', 'purchase', '')
    """
    return _known_event(name) if len(name) <= _MAX_NAME else ""


@lru_cache(maxsize=4_096)
def _known_event(name: str) -> str:
    return name if name in KNOWN_EVENTS else _BY_LETTERS.get(letters_of(name), "")


@lru_cache(maxsize=4_096)
def event_meant(name: str) -> str:
    """Give the known event that an unknown name is most like; empty for a known name, and for one of the shop's own.

    >>> event_meant("viewsitem"), event_meant("view_item"), event_meant("recipe_cooked")
    ('view_item', '', '')
    """
    if name in KNOWN_EVENTS:
        return ""
    letters = letters_of(name)
    return _OF_OTHERS.get(letters) or _BY_LETTERS.get(closest(letters, sorted(_BY_LETTERS)), "")
