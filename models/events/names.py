"""Names of events, and the sets of them that mean the same to whoever reads an event."""

from typing import Final

VISITOR_DELETED: Final = "_visitor_deleted"
"""Our own event, appended when a visitor is erased; no outside name can start with an underscore."""
VISITOR_IDENTIFIED: Final = "_visitor_identified"
"""Our own event to a device's profile: it belongs to `user_id` from now on, or to nobody known where that is empty."""
VISITOR_LINKED: Final = "_visitor_linked"
"""Our own event to a visitor's profile: `device_id` is theirs now."""
VISITOR_JOINED: Final = "_visitor_joined"
"""Our own event to a visitor's profile: what `device_id` learned before it was known whose it is."""
IDENTITY_EVENTS: Final = frozenset({VISITOR_IDENTIFIED, VISITOR_LINKED, VISITOR_JOINED})
"""Events of whose a device is: they say nothing of what anybody did."""
ORDER_TOLD: Final = "_order_told"
"""Our own event to a visitor's profile: what was told under another id of an order the visitor knows."""
PROFILE_EVENTS: Final = IDENTITY_EVENTS | {ORDER_TOLD}
"""Our own events that only profiles and triggers learn from: they say nothing that another event does not say."""
SEGMENT_ENTERED: Final = "segment_entered"
SEGMENT_LEFT: Final = "segment_left"
STAGE_CHANGED: Final = "stage_changed"
EXPERIMENT_EXPOSED: Final = "experiment_exposed"
COMPLAINT_RESOLVED: Final = "complaint_resolved"
"""What was wrong has been made good: the visitor may be promoted to again."""
TRIGGER_STATE_JOINED: Final = "_watch_joined"
"""Our own event: what triggers knew of a device goes to the visitor it belongs to (`models.triggers.trigger_state`)."""
PROFILE_RETURNED: Final = "_profile_returned"
"""Our own event: a profile that was lost is put back (`store.visitors.profile_returns`). It says nothing but that."""
NOTICES: Final = frozenset(
    {SEGMENT_ENTERED, SEGMENT_LEFT, STAGE_CHANGED, EXPERIMENT_EXPOSED, TRIGGER_STATE_JOINED, PROFILE_RETURNED}
)
"""Our own events too: what became of a visitor's profile, which variant of an experiment a visitor met, told to whoever
reads the log. No sender may use the names; profiles and models learn nothing from them."""
ITEM_EVENTS: Final = frozenset(
    {
        "view_item_list",
        "select_item",
        "view_item",
        "add_to_wishlist",
        "add_to_cart",
        "remove_from_cart",
        "begin_checkout",
        "purchase",
    }
)
"""Events that mean nothing without items. GA4 asks items of a few more, whose items we can do without."""
PROMOTION_EVENTS: Final = frozenset({"view_promotion", "select_promotion"})
ORDER_EVENTS: Final = frozenset(
    {
        "purchase",
        "refund",
        "order_created",
        "order_paid",
        "order_shipped",
        "order_out_for_delivery",
        "order_delivered",
        "order_returned",
        "order_cancelled",
    }
)
ORDERED_EVENTS: Final = frozenset({"order_created", "order_paid", "purchase"})
"""Events that make an order; whichever comes first tells of it, the others of the same order."""
PAID_EVENTS: Final = frozenset({"order_paid", "purchase"})
"""Events that pay an order: before one of them it is worth nothing yet."""
UNDONE_EVENTS: Final = frozenset({"order_cancelled", "order_returned", "refund"})
"""Events that take an order back, or the items of it that they name."""
TRANSACTION_EVENTS: Final = frozenset({"purchase", "refund"})
"""Order events whose order GA4 calls a transaction, and whose `value` it defines."""
SEARCH_EVENTS: Final = frozenset({"search"})
CLICKED_MESSAGES: Final = frozenset({"email_clicked", "message_clicked"})
"""Clicks that bring the visitor to the shop: a visit may begin with one."""
OFF_SITE_EVENTS: Final = frozenset(
    {
        "email_sent",
        "email_delivered",
        "email_opened",
        "email_bounced",
        "email_unsubscribed",
        "message_sent",
        "message_delivered",
        "message_opened",
        "call_ended",
        "complaint_made",
        COMPLAINT_RESOLVED,
        "order_shipped",
        "order_out_for_delivery",
        "order_delivered",
        "order_returned",
        "birthday_given",
        "loyalty_updated",
        "campaign_cost",
    }
)
"""Events that happen while the visitor is not in the shop: they belong to no session."""
SENT_EVENTS: Final = frozenset({"email_sent", "message_sent"})
RECEIVED_EVENTS: Final = SENT_EVENTS | {"email_delivered", "message_delivered", "email_bounced"}
"""What the shop did to a visitor who did nothing: no sign of life."""
SERVER_EVENTS: Final = frozenset(
    (ORDER_EVENTS - {"purchase"})
    | {
        "campaign_cost",
        "email_sent",
        "email_delivered",
        "email_opened",
        "email_clicked",
        "email_bounced",
        "message_sent",
        "message_delivered",
        "call_ended",
        COMPLAINT_RESOLVED,
        "loyalty_updated",
    }
)
"""Events taken from the shop's servers alone: of orders, mails and costs a browser knows nothing."""
REFUSING_EVENTS: Final = frozenset({"email_unsubscribed", "message_unsubscribed", "unsubscribed"})
"""Events that refuse promotional messages."""
AGREEING_EVENTS: Final = frozenset({"email_subscribed", "message_subscribed", "subscribed"})
CONSENT_EVENTS: Final = frozenset({"consent", "consent_updated"})
"""Events whose `params.marketing` says whether promotional messages are agreed to."""
AGREEMENT_EVENTS: Final = REFUSING_EVENTS | AGREEING_EVENTS | CONSENT_EVENTS
SHOP_RECORDS: Final = (
    ORDER_EVENTS | SENT_EVENTS | AGREEMENT_EVENTS | {"complaint_made", COMPLAINT_RESOLVED, "campaign_cost"}
)
"""What a shop's servers tell of it is the shop's own record, whatever the visitor's browser may store: orders, what
holds messages back, and costs, which are of nobody."""
SCORES: Final[dict[str, tuple[tuple[str, int, int], ...]]] = {
    "review_added": (("rating", 1, 5),),
    "survey_answered": (("nps", 0, 10), ("csat", 1, 5)),
}
"""Answers on a scale: param, least and most. An event needs one; each is a whole number, of a rating also a half."""
