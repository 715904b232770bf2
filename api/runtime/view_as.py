"""View as: a visitor as rules are tried on one: a known one, a made-up one, or a known one somewhere else."""

from collections.abc import Sequence
from dataclasses import replace
from math import inf
from typing import Any, Final

import msgspec

from api.http.list_parameters import parse_ids
from api.runtime.decision import Decision
from models.base.errors import InvalidError, show_value
from models.base.fields import reject_unknown_fields
from models.base.timestamps import parse_time
from models.catalog.rule_parsing import DEVICES
from models.events.events import Event, EventItem
from models.events.traffic_source import Touch
from models.visitor.profile import Profile
from models.visitor.profile_batch import Change, learn

FIELDS: Final = frozenset({"segments", "region", "device", "at", "campaign", "items"})
_MAX_ITEMS: Final = 24


def view_as(decision: Decision, raw: Any, known_segments: frozenset[str]) -> Decision:
    """Give a decision as it would be made for a visitor who is in these `segments`, in this `region`, on this `device`,
    `at` this time, come by this `campaign`, having looked at these `items`, the latest last; what is not given stays.

    Raises `InvalidError` that names the field and the value.
    """
    if not isinstance(raw, dict):
        raise InvalidError("view_as_invalid", f"view_as must be a JSON object, got {show_value(raw)}")
    reject_unknown_fields(raw, FIELDS, "view_as")
    visitor = decision.visitor
    now_s = visitor.now_s if raw.get("at") is None else _time(raw["at"])
    targeting, profile = visitor.targeting, visitor.profile
    if "segments" in raw:
        segments = parse_ids(raw["segments"], "view_as.segments")
        for segment in segments:
            if segment not in known_segments:
                raise InvalidError("segment_unknown", f"view_as.segments: there is no segment {show_value(segment)}")
        targeting = targeting._replace(segments=frozenset(segments))
    if "region" in raw:
        if not isinstance(raw["region"], str):
            raise InvalidError("region_invalid", f"view_as.region must be text, got {show_value(raw['region'])}")
        targeting = targeting._replace(region=raw["region"])
    if "device" in raw:
        if raw["device"] not in DEVICES:
            raise InvalidError(
                "device_invalid", f"view_as.device must be one of {', '.join(DEVICES)}, got {show_value(raw['device'])}"
            )
        targeting = targeting._replace(device=raw["device"])
    profile = msgspec.structs.replace(profile, device=targeting.device, region=targeting.region)
    if "items" in raw:
        profile = _having_seen(decision, profile, parse_ids(raw["items"], "view_as.items", _MAX_ITEMS), now_s)
    campaign, echo = decision.subject.campaign, visitor.echo
    if "campaign" in raw:
        campaign = echo = _campaign(decision, raw["campaign"], now_s)
        touch = Touch("", "", campaign, now_s)
        profile = msgspec.structs.replace(profile, first_touch=profile.first_touch or touch, last_touch=touch)
    seen_as = replace(visitor, profile=profile, known_targeting=targeting, now_s=now_s, echo=echo)
    return replace(decision, subject=replace(decision.subject, visitor=seen_as, campaign=campaign))


def _having_seen(decision: Decision, profile: Profile, item_ids: Sequence[str], now_s: float) -> Profile:
    """Give a profile that has learned, as the stream would, that these items were looked at just now."""
    assortment = decision.site.assortment
    changes = []
    for number, item_id in enumerate(item_ids, start=1):
        known = assortment.item_of(item_id)
        if known is None:
            raise InvalidError("item_unknown", f"view_as.items: there is no item {show_value(item_id)}")
        looked = Event(
            site=decision.site.name,
            event="view_item",
            visitor_id=decision.visitor.visitor_id,
            at_s=now_s - (len(item_ids) - number),
            accepted_at_s=now_s,
            items=(EventItem(item_id=item_id, brand=known.brand, category=known.category),),
        )
        changes.append(Change(0, profile.position + number, looked))
    profiles = [profile]
    learn(profiles, changes, assortment.vector_of_item)
    return profiles[0]


def _time(value: Any) -> float:
    try:
        return parse_time(value, now_s=inf)
    except InvalidError as error:
        raise InvalidError("at_invalid", f"view_as.at must be an ISO 8601 time, got {show_value(value)}") from error


def _campaign(decision: Decision, value: Any, now_s: float) -> str:
    campaign = decision.site.assortment.campaigns.get(value) if isinstance(value, str) else None
    if campaign is None:
        raise InvalidError("campaign_unknown", f"view_as.campaign: there is no campaign {show_value(value)}")
    return campaign.campaign_id if campaign.running(now_s) else ""
