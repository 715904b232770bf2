"""Payload: what an action carries, how it is signed, and the event that tells it was sent."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from models.base.timestamps import iso
from models.catalog.assortment import Assortment
from models.events.events import Event
from models.triggers.about import NOT_FOR_MESSAGES, AboutOrder
from models.triggers.evaluation import Recipient, TriggerOutcome
from models.triggers.trigger_state import TriggerState

if TYPE_CHECKING:  # what makes lists compiles kernels; a message only carries one
    from models.decisions.recommend import Recommended

_PREFIX: Final = "whsec_"  # of a secret in base64
MESSAGE_TYPE: Final = "trigger.fired"


def body_of(
    outcome: TriggerOutcome,
    recipient: Recipient,
    state: TriggerState,
    recommended: Sequence["Recommended"],
    assortment: Assortment,
) -> dict[str, Any]:
    """Give what an action carries, the same over every channel: who, why, about what, the offer and the products."""
    trigger = outcome.trigger
    about: dict[str, Any] = msgspec.to_builtins(outcome.about)
    order = state.find_order(outcome.about.order_id) if isinstance(outcome.about, AboutOrder) else None
    return {
        "type": MESSAGE_TYPE,
        "timestamp": iso(outcome.at_s),
        "data": {
            "message_id": outcome.message_id,
            "site": recipient.site,
            "visitor_id": recipient.visitor_id,
            "user_id": state.user_id or None,
            "trigger_id": trigger.trigger_id,
            "kind": trigger.kind,
            "purpose": trigger.purpose,
            "priority": trigger.priority,
            "campaign": trigger.campaign,
            "why": outcome.why,
            "due_at": iso(outcome.timer.meant_s),
            "expires_at": iso(outcome.timer.expires_s),
            "message": msgspec.to_builtins(trigger.message),
            "offer": trigger.offer or None,
            "about": {
                **{name: value for name, value in about.items() if name not in NOT_FOR_MESSAGES},
                **(
                    {
                        "order_value": order.value,
                        "currency": order.currency or assortment.currency.base or None,
                        "expected_at": _maybe(order.expected_s),
                    }
                    if order
                    else {}
                ),
                "items": [_item(item_id, assortment, outcome.at_s) for item_id in outcome.item_ids if item_id],
            },
            "recommended": [
                {
                    **_item(recommended_item.item.item_id, assortment, outcome.at_s),
                    "reason": recommended_item.reason,
                    "tier": recommended_item.tier,
                }
                for recommended_item in recommended
            ],
        },
    }


def sent_event(outcome: TriggerOutcome, recipient: Recipient, state: TriggerState, accepted_at_s: float) -> Event:
    """Give the event that tells of a message sent; its id is the message's, so that it counts once."""
    trigger = outcome.trigger
    params: dict[str, Any] = {
        "message_id": outcome.message_id,
        "trigger_id": trigger.trigger_id,
        "campaign": trigger.campaign,
        "channel": trigger.channel,
        "purpose": trigger.purpose,
        "why": outcome.why,
    }
    if trigger.message.subject or trigger.message.headline:
        params["subject"] = trigger.message.subject or trigger.message.headline
    return Event(
        site=recipient.site,
        event="message_sent",
        visitor_id=recipient.visitor_id,
        at_s=outcome.at_s,
        accepted_at_s=accepted_at_s,
        event_id=outcome.message_id,
        user_id=state.user_id,
        params=params,
        by_engine=True,
    )


def signature(secret: str, message_id: str, timestamp_s: int, body: bytes) -> str:
    """Sign a webhook in the Standard Webhooks manner: HMAC-SHA256 over id, timestamp and body.

    A secret of the form `whsec_<base64>` is decoded; any other is taken as it is.

    >>> signature("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
    ...           b'{"test": 2432232314}')
    'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
    """
    signed = f"{message_id}.{timestamp_s}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(_key(secret), signed, hashlib.sha256).digest()).decode()


def _key(secret: str) -> bytes:
    if secret.startswith(_PREFIX):
        try:
            return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
        except binascii.Error:
            return secret.encode()
    return secret.encode()


def _maybe(at_s: float) -> str | None:
    return iso(at_s) if at_s else None


def _item(item_id: str, assortment: Assortment, at_s: float) -> dict[str, Any]:
    item = assortment.item_of(item_id)
    if item is None:
        return {"item_id": item_id}
    return {
        "item_id": item.item_id,
        "title": item.title,
        "price": item.price,
        "sale_price": item.sale_price_at(at_s),
        "currency": item.currency,
        "link": item.link,
        "image_link": item.image_link,
        "availability": item.availability,
    }
