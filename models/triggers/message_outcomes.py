"""What came of messages: opened, clicked, dismissed, ordered after."""

from typing import Final, NamedTuple

from models.base.durations import DAY_S
from models.base.texts import text_or_empty
from models.events.bots import sent_by_bot
from models.events.events import Event, order_id_of, score_of
from models.events.names import CLICKED_MESSAGES, ORDERED_EVENTS, UNDONE_EVENTS
from models.triggers.trigger_state import TriggerState
from models.visitor.contact_history import is_message_id

MESSAGE_OUTCOMES: Final = ("delivered", "opened", "clicked", "dismissed")
"""What may come of a message before an order, in that order."""
_FIELD_OF: Final = {
    "email_delivered": "delivered_at_s",
    "message_delivered": "delivered_at_s",
    "email_opened": "opened_at_s",
    "message_opened": "opened_at_s",
    **dict.fromkeys(CLICKED_MESSAGES, "clicked_at_s"),
    "message_dismissed": "dismissed_at_s",
}
SEEN: Final = frozenset({"opened_at_s", "clicked_at_s", "dismissed_at_s"})
"""After which an on-site message is shown no more."""
ORDER: Final = "order:"
UNDONE: Final = "undone:"


class MessageOutcome(NamedTuple):
    """One field to be written beside a message in the journal, unless it is there already."""

    message_id: str
    field: str
    value: str


def message_outcomes_of(event: Event, state: TriggerState, attribution_days: float) -> list[MessageOutcome]:
    """Give what an event says came of the messages a visitor was sent.

    An order is noted beside every message sent within `attribution_days` before it: it says that it followed, not why.
    What a bot did says nothing: mail scanners follow every link.
    """
    if sent_by_bot(event):
        return []
    name = event.event
    if name in ORDERED_EVENTS:
        order_id, value = order_id_of(event), score_of(event.params, "value")
        if event.claimed:
            return []
        order = state.find_order(order_id)
        if value is None and not event.items and order is not None:
            value = order.value
        if value is None:
            value = sum((item.price or 0.0) * item.quantity for item in event.items)
        told = f"{event.at_s:.3f} {value:.2f} {text_or_empty(event.params.get('currency'))}".rstrip()
        since_s = event.at_s - attribution_days * DAY_S
        return [
            MessageOutcome(message.message_id, f"{ORDER}{order_id}", told)
            for message in state.sent
            if since_s <= message.at_s <= event.at_s
        ]
    if name in UNDONE_EVENTS and not event.items:
        return [
            MessageOutcome(message.message_id, f"{UNDONE}{order_id_of(event)}", f"{event.at_s:.3f}")
            for message in state.sent
        ]
    named = event.params.get("message_id") or event.params.get("email_id")
    field = _FIELD_OF.get(name, "")
    if not field or not isinstance(named, str) or not is_message_id(named):
        return []
    return (
        [MessageOutcome(named, field, f"{event.at_s:.3f}")]
        if any(message.message_id == named for message in state.sent)
        else []
    )
