"""Campaign echo: a campaign's promise is kept on the page it leads to, for the visit it led to.

Who came by a running campaign sees its creatives in the first slot and its products at the head of "for you". A tenth
of the visitors, by a stable hash, get no echo, so that what it brings is measured.
"""

from typing import Final

from models.base.bucketing import visitor_share
from models.catalog.assortment import Assortment
from models.catalog.resources import Campaign
from models.events.traffic_source import Touch
from models.visitor.profile import Profile

SLOT_SHARE: Final = 0.9
"""How often the first slot is drawn from the campaign's own creatives; else as ever, so that all are tried."""
ECHO_PLACES: Final = 3
"""Products of the campaign at the head of "for you"."""
WITHOUT_SHARE: Final = 0.1
"""Visitors who get no echo."""


def campaign_of(touch: Touch | None, assortment: Assortment, now_s: float) -> Campaign | None:
    """Give the running campaign a touch came by: its id, its name or one of its aliases is the touch's campaign.

    A touch that names none is known by `source/medium`, such as the `google/cpc` of a click that carries a gclid alone.
    """
    if touch is None:
        return None
    named = (touch.campaign or f"{touch.source}/{touch.medium}").casefold()
    exact = assortment.campaigns.get(touch.campaign)
    if exact is not None and exact.running(now_s):
        return exact
    for _, campaign in sorted(assortment.campaigns.items()):
        known = (campaign.campaign_id, campaign.name, *campaign.aliases)
        if campaign.running(now_s) and named in (name.casefold() for name in known if name):
            return campaign
    return None


def echoed_campaign(profile: Profile, assortment: Assortment, now_s: float) -> Campaign | None:
    """Give the running campaign that led to the visit the visitor is in; None for a visit that came otherwise."""
    touch = profile.last_touch
    if touch is None or touch.at_s < profile.session.started_at_s:
        return None
    return campaign_of(touch, assortment, now_s)


def without_echo(site: str, visitor_id: str) -> bool:
    """Whether a visitor gets no echo: by a stable hash, the same at every visit and for every campaign."""
    return visitor_share("echo", site, visitor_id) < WITHOUT_SHARE
