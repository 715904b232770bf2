"""Segment's spec: its e-commerce, mail and lifecycle events, read as ours.

A Segment event keeps its own properties in `params`; what ours names differently is added beside them.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from models.events.intake.event_names import known_event, letters_of
from models.events.names import TRANSACTION_EVENTS

NAMES: Final[dict[str, str]] = {
    "Products Searched": "search",
    "Product List Viewed": "view_item_list",
    "Product List Filtered": "view_item_list",
    "Promotion Viewed": "view_promotion",
    "Promotion Clicked": "select_promotion",
    "Product Clicked": "select_item",
    "Product Viewed": "view_item",
    "Product Added": "add_to_cart",
    "Product Removed": "remove_from_cart",
    "Product Added to Wishlist": "add_to_wishlist",
    "Wishlist Product Added to Cart": "add_to_cart",
    "Cart Viewed": "view_cart",
    "Checkout Started": "begin_checkout",
    "Checkout Step Completed": "add_shipping_info",
    "Payment Info Entered": "add_payment_info",
    "Order Created": "order_created",
    "Order Paid": "order_paid",
    "Order Completed": "purchase",
    "Order Shipped": "order_shipped",
    "Order Fulfilled": "order_shipped",
    "Order Delivered": "order_delivered",
    "Order Returned": "order_returned",
    "Order Refunded": "refund",
    "Order Cancelled": "order_cancelled",
    "Product Shared": "share",
    "Cart Shared": "share",
    "Product Reviewed": "review_added",
    "Email Sent": "email_sent",
    "Email Delivered": "email_delivered",
    "Email Opened": "email_opened",
    "Email Link Clicked": "email_clicked",
    "Email Clicked": "email_clicked",
    "Email Bounced": "email_bounced",
    "Email Marked as Spam": "email_unsubscribed",
    "Unsubscribed": "email_unsubscribed",
    "Push Notification Sent": "message_sent",
    "Push Notification Received": "message_delivered",
    "Push Notification Opened": "message_opened",
    "Push Notification Tapped": "message_clicked",
    "SMS Sent": "message_sent",
    "SMS Delivered": "message_delivered",
    "SMS Clicked": "message_clicked",
    "Live Chat Conversation Started": "chat_started",
    "Live Chat Message Sent": "chat_message_sent",
    "Live Chat Message Received": "chat_message_received",
    "Live Chat Conversation Ended": "chat_ended",
    "Call Ended": "call_ended",
    "Signed Up": "sign_up",
    "Account Created": "sign_up",
    "Signed In": "login",
    "Signed Out": "logout",
    "Page Viewed": "page_view",
    "Loaded a Page": "page_view",
}
"""Segment's name to ours."""
_BY_LETTERS: Final = {letters_of(theirs): ours for theirs, ours in NAMES.items()}
_MAX_NAME: Final = 200
_PRODUCT_EVENTS: Final = frozenset(
    {"view_item", "add_to_cart", "remove_from_cart", "select_item", "add_to_wishlist", "review_added"}
)
_ITEM_FIELDS: Final = {
    "product_id": "item_id",
    "sku": "item_id",
    "name": "item_name",
    "brand": "item_brand",
    "category": "item_category",
    "variant": "item_variant",
    "price": "price",
    "quantity": "quantity",
    "position": "index",
}
_PARAMS: Final = (
    ("query", "search_term"),
    ("creative", "creative_name"),
    ("position", "creative_slot"),
    ("email_subject", "subject"),
    ("link_url", "link"),
    ("url", "page_location"),
    ("referrer", "page_referrer"),
    ("title", "page_title"),
    ("review_body", "comment"),
    ("campaign_name", "campaign"),
    ("list_id", "item_list_id"),
)
"""A property of Segment's, and our param that says the same; ours wins where both are given."""


def translated(raw: dict[str, Any]) -> dict[str, Any]:
    """Give an event under our name, with our params and items; the same object where its name is none of Segment's.

    >>> translated({"event": "Order Completed", "params": {"order_id": "7", "products": [{"product_id": "a"}]}})
    {'event': 'purchase', 'params': {'order_id': '7'}, 'items': [{'item_id': 'a'}]}
    """
    given = raw.get("event")
    name = _ours(given) if isinstance(given, str) and len(given) <= _MAX_NAME else ""
    if not name:
        return raw
    made = {**raw, "event": name}
    params = raw.get("params")
    if not isinstance(params, dict):
        return made
    params = dict(params)
    products = params.pop("products", None)
    if isinstance(products, list) and made.get("items") is None:
        made["items"] = [_item(product) if isinstance(product, dict) else product for product in products]
    elif name in _PRODUCT_EVENTS and made.get("items") is None and ("product_id" in params or "sku" in params):
        made["items"] = [_item(params)]
    if "value" not in params and name in TRANSACTION_EVENTS:
        amount = params.get("revenue", params.get("total"))
        if amount is not None:
            params["value"] = amount
    for theirs, ours in _PARAMS:
        if theirs in params and ours not in params and _meant(name, ours):
            params[ours] = str(params[theirs]) if ours == "creative_slot" else params[theirs]
    theirs = letters_of(str(given))
    if theirs.startswith(("sms", "pushnotification")):
        params.setdefault("channel", "sms" if theirs.startswith("sms") else "push")
    made["params"] = params
    return made


@lru_cache(maxsize=4_096)
def _ours(name: str) -> str:
    """Our name for one of Segment's, in whatever letters; empty for one of ours, and for any other."""
    return NAMES.get(name) or ("" if known_event(name) else _BY_LETTERS.get(letters_of(name), ""))


def _meant(name: str, param: str) -> bool:
    """Whether a param of ours makes sense for an event; `position` is a slot of promotions alone."""
    if param.startswith("creative_"):
        return name in ("view_promotion", "select_promotion")
    if param in ("page_location", "page_referrer", "page_title"):
        return name == "page_view"
    return True


def _item(product: Mapping[str, Any]) -> dict[str, Any]:
    """Give a product as GA4 shapes an item."""
    made: dict[str, Any] = {}
    for theirs, ours in _ITEM_FIELDS.items():
        value = product.get(theirs)
        if value is not None and ours not in made:
            made[ours] = value
    if isinstance(made.get("item_category"), str) and ">" in made["item_category"]:
        levels = [level.strip() for level in made.pop("item_category").split(">")][:5]
        made.update(
            {f"item_category{number or ''}": level for number, level in zip((0, 2, 3, 4, 5), levels, strict=False)}
        )
    return {**{key: value for key, value in product.items() if key.startswith("item_")}, **made}
