"""Archive row: one event as the archive keeps it, with what reports ask of it worked out beforehand."""

from typing import Any, Final

import msgspec

from models.base.bucketing import in_holdout
from models.base.texts import text_or_empty
from models.events.bots import bot_class_of
from models.events.currency import told_in
from models.events.decision_ids import answered_by
from models.events.device import device_of
from models.events.event_amount import amount_of
from models.events.events import Event, order_id_of, promotions_of, score_of
from models.events.impressions import was_seen
from models.events.names import (
    EXPERIMENT_EXPOSED,
    PROMOTION_EVENTS,
    SEGMENT_ENTERED,
    SEGMENT_LEFT,
    STAGE_CHANGED,
)
from models.events.presence import alive
from models.events.region import region_of
from models.events.traffic_source import Origin, channel_of, origin_of

_SCORES: Final = ("cost", "rating", "nps", "csat")
_ORIGIN: Final = Origin.__struct_fields__


def row_of(partition: int, position: int, event: Event, holdout_share: float, generation: int = 0) -> dict[str, Any]:
    """Give an event's row; positions count within a generation of the log.

    `amount` and `currency` are `models.events.event_amount`'s, None and empty where no amount is known; `cost` is in
    the same currency;
    `channel` and the other words on a visit's source are None where the event tells of none; times are epoch seconds.
    """

    def param(name: str) -> str:
        return text_or_empty(event.params.get(name))

    rate, currency = told_in(event)
    scores = {name: score_of(event.params, name) for name in _SCORES}
    answer = answered_by(event.params)
    amount, origin = amount_of(event), origin_of(event)
    if event.event == "campaign_cost":
        source, medium, campaign = (param(name) for name in ("source", "medium", "campaign"))
        channel = param("channel") or channel_of(source, medium, campaign)
        origin = Origin(channel, source, medium, campaign)
        scores["cost"] = None if scores["cost"] is None else scores["cost"] * rate
    bot = bot_class_of(event)
    exposed, staged = event.event == EXPERIMENT_EXPOSED, event.event == STAGE_CHANGED
    return {
        "log_partition": partition,
        "position": position,
        "generation": generation,
        "event": event.event,
        "visitor_id": event.visitor_id,
        "sender_id": event.sender_id,
        "user_id": event.user_id,
        "session_id": event.session_id,
        "event_id": event.event_id,
        "at_s": event.at_s,
        "accepted_at_s": event.accepted_at_s,
        "off_site": not alive(event),
        "holdout": in_holdout(event.site, event.sender_id, holdout_share),
        "order_id": order_id_of(event),
        "amount": amount.value if amount else None,
        "valued": score_of(event.params, "value") is not None,
        "currency": currency if amount or scores["cost"] is not None else "",
        "claimed": event.claimed,
        **scores,
        "decision_id": answer.decision_id,
        "list": answer.listed,
        "seen": was_seen(event),
        "bot": bot is not None,
        "bot_class": bot or "",
        **{name: param(f"{name}_id") if exposed else "" for name in ("experiment", "variant")},
        "segment": param("segment_id") if event.event in (SEGMENT_ENTERED, SEGMENT_LEFT) else "",
        **{name: param(of) if staged else "" for name, of in (("stage_from", "from"), ("stage", "to"))},
        **{name: getattr(origin, name) if origin else None for name in _ORIGIN},
        "region": region_of(event),
        "device": device_of(event),
        "items": [
            {
                "item_id": item.item_id,
                "name": item.name,
                "brand": item.brand,
                "category": " > ".join(item.category),
                "price": item.price,
                "quantity": item.quantity,
            }
            for item in event.items
        ],
        "promotions": [
            {"campaign": campaign, "creative": creative, "slot": slot}
            for campaign, creative, slot in (promotions_of(event) if event.event in PROMOTION_EVENTS else ())
        ],
        "params": msgspec.json.encode(event.params).decode(),
    }
