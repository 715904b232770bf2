"""Profile parting: what a part had brought is taken out of a profile again, but for the vectors.

A part goes whole: what it had replaced is as it was before, what came since stays. What cannot be told apart stays too.
"""

from models.events.amounts import whole_if_it_is
from models.visitor.contact_history import parted_contacts
from models.visitor.order_history import take_back
from models.visitor.profile import COUNTED, INTENT, Profile
from models.visitor.record_before import RecordBefore
from models.visitor.satisfaction import parted_satisfaction


def take_out(profile: Profile, part: Profile, before: RecordBefore | None = None) -> None:
    """Take a part out of a profile, whose record said what is in `before` until the part came."""
    profile.events_seen = max(0, profile.events_seen - part.events_seen)
    profile.bot_events = max(0, profile.bot_events - part.bot_events)
    profile.sessions = max(min(1, profile.events_seen), profile.sessions - part.sessions)
    profile.counts = [max(0, count - other) for count, other in zip(profile.counts, part.counts, strict=True)]
    brought = {(seen.item_id, seen.at_s) for seen in part.recent}
    profile.recent = [seen for seen in profile.recent if (seen.item_id, seen.at_s) not in brought]
    quantities = {line.item_id: line.quantity for line in part.cart}
    for line in profile.cart:
        line.quantity = whole_if_it_is(line.quantity - quantities.get(line.item_id, 0))
    profile.cart = [line for line in profile.cart if line.quantity > 0]
    if profile.orders is not None and part.orders is not None:
        for order in part.orders.orders:
            take_back(profile.orders, order.order_id)
        aside = {order.order_id for order in part.orders.set_aside}
        profile.orders.set_aside = [order for order in profile.orders.set_aside if order.order_id not in aside]
        known = profile.orders.orders_seen or profile.orders.set_aside
        profile.orders = profile.orders if known else None
    touches = (part.first_touch, part.last_touch)
    profile.first_touch = None if profile.first_touch in touches else profile.first_touch
    profile.last_touch = None if profile.last_touch in touches else profile.last_touch
    known_before = before or RecordBefore()
    profile.satisfaction = parted_satisfaction(profile.satisfaction, part.satisfaction, known_before.satisfaction)
    profile.contact_history = parted_contacts(
        profile.contact_history, part.contact_history, known_before.contact_history
    )
    if part.intent:
        own = any(count for name, count in zip(COUNTED, profile.counts, strict=True) if name in INTENT)
        profile.intent = known_before.intent or own or bool(profile.history.orders_seen)
