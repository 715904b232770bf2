"""The triggers every site begins with."""

from typing import Any, Final

from models.triggers.trigger import Trigger, parse_trigger

DEFAULT_TRIGGERS: Final[tuple[dict[str, Any], ...]] = (
    {
        "trigger_id": "service-recovery",
        "name": "Something went wrong: make it good",
        "when": {"unhappy": {}},
        "purpose": "service",
        "priority": 100,
        "message": {"template": "service-recovery", "subject": "We are sorry. What can we do?"},
        "recommend": {"limit": 0},
    },
    {
        "trigger_id": "order-shipped",
        "name": "Your order is on its way",
        "when": {"order_shipped": {}},
        "purpose": "service",
        "priority": 95,
        "message": {"template": "order-shipped", "subject": "Your order is on its way"},
    },
    {
        "trigger_id": "delivery-near",
        "name": "Your order is about to be delivered",
        "when": {"delivery_near": {"before": "24h"}},
        "purpose": "service",
        "priority": 94,
        "message": {"template": "delivery-near", "subject": "Your order is about to arrive"},
        "recommend": {"limit": 0},
    },
    {
        "trigger_id": "order-delivered",
        "name": "Your order was delivered",
        "when": {"order_delivered": {}},
        "purpose": "service",
        "priority": 93,
        "message": {"template": "order-delivered", "subject": "Your order has arrived. Is everything right?"},
        "recommend": {"strategy": "cross_sell"},
    },
    {
        "trigger_id": "order-unpaid",
        "name": "Order not paid: a friendly word",
        "when": {"order_unpaid": {"after": "10m"}},
        "purpose": "service",
        "priority": 90,
        "message": {"template": "order-unpaid", "subject": "Your order is waiting for its payment"},
        "recommend": {"limit": 0},
    },
    {
        "trigger_id": "order-unpaid-offer",
        "name": "Order not paid for a day: an offer",
        "when": {"order_unpaid": {"after": "24h"}},
        "priority": 85,
        "message": {"template": "order-unpaid-offer", "subject": "Your order, with something off"},
        "offer": {"kind": "discount", "percent": 10, "valid_hours": 48},
    },
    {
        "trigger_id": "cart-left",
        "name": "Cart left",
        "when": {"cart_left": {"after": "2h"}},
        "priority": 80,
        "message": {"template": "cart-left", "subject": "Still in your cart"},
        "recommend": {"strategy": "cross_sell"},
    },
    {
        "trigger_id": "back-in-stock",
        "name": "Back in stock",
        "when": {"back_in_stock": {}},
        "priority": 75,
        "message": {"template": "back-in-stock", "subject": "Back in stock"},
        "recommend": {"strategy": "similar"},
    },
    {
        "trigger_id": "price-drop",
        "name": "Price drop",
        "when": {"price_drop": {"share": 0.05}},
        "priority": 70,
        "message": {"template": "price-drop", "subject": "Now for less"},
        "recommend": {"strategy": "similar"},
    },
    {
        "trigger_id": "welcome",
        "name": "Welcome",
        "when": {"welcome": {}},
        "priority": 65,
        "message": {"template": "welcome", "subject": "Welcome"},
    },
    {
        "trigger_id": "birthday",
        "name": "Birthday",
        "when": {"birthday": {"at": "09:00"}},
        "priority": 60,
        "message": {"template": "birthday", "subject": "Happy birthday"},
        "offer": {"kind": "gift", "valid_hours": 168},
    },
    {
        "trigger_id": "anniversary-100-days",
        "name": "100 days a customer",
        "when": {"anniversary": {"days": 100}},
        "priority": 55,
        "message": {"template": "anniversary-100-days", "subject": "100 days together"},
    },
    {
        "trigger_id": "anniversary-1-year",
        "name": "A year a customer",
        "when": {"anniversary": {"days": 365}},
        "priority": 56,
        "message": {"template": "anniversary-1-year", "subject": "A year together"},
        "offer": {"kind": "gift", "valid_hours": 168},
    },
    {
        "trigger_id": "win-back-dormant",
        "name": "Win back: dormant",
        "when": {"stage": {"is": ["dormant"]}},
        "priority": 45,
        "message": {"template": "win-back-dormant", "subject": "We have not seen you for a while"},
        "offer": {"kind": "gift", "valid_hours": 336},
    },
    {
        "trigger_id": "win-back-lost",
        "name": "Win back: lost",
        "when": {"stage": {"is": ["lost"]}},
        "priority": 46,
        "message": {"template": "win-back-lost", "subject": "A gift, if you come back"},
        "offer": {"kind": "gift", "valid_hours": 336},
    },
    {
        "trigger_id": "browse-left",
        "name": "Browse left",
        "when": {"browse_left": {"after": "4h"}},
        "priority": 30,
        "message": {"template": "browse-left", "subject": "What you looked at"},
    },
    {
        "trigger_id": "hesitation",
        "name": "Hesitation on a page",
        "when": {"hesitation": {"after": "60s"}},
        "actions": ["on_site"],
        "priority": 40,
        "message": {"headline": "Can we help?", "text": "Ask us, or have a look at these."},
        "recommend": {"strategy": "similar"},
    },
)
"""Triggers every site has, until it puts its own in their place or switches them off."""


def default_triggers() -> dict[str, Trigger]:
    """Give the triggers every site begins with, by id."""
    return {str(raw["trigger_id"]): parse_trigger(raw) for raw in DEFAULT_TRIGGERS}
