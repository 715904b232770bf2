"""Banner caps: which banners a visitor is spared, by the contact policy that messages are held to as well."""

from collections import Counter
from typing import Final, NamedTuple

from models.catalog.assortment import Assortment
from models.visitor.contact_history import Contact, ContactHistory, contacts_of
from models.visitor.contact_policy import WINDOWS_S, ContactPolicy, quiet_until_s, room
from models.visitor.holds import COMPLAINT_OPEN, QUIET_HOURS, hold_words

_BANNER: Final = "banner"


class BannerLimits(NamedTuple):
    """Creatives left out for now and, of the promotional ones, how many there is room for, None for all.

    `holds` are codes of `models.visitor.holds`.
    """

    left_out: frozenset[str] = frozenset()
    promotional: frozenset[str] = frozenset()
    room: int | None = None
    holds: tuple[str, ...] = ()

    @property
    def why(self) -> str:
        """What holds them back, for a person; empty for nothing."""
        return "; ".join(hold_words(code) for code in self.holds)


FREE: Final = BannerLimits()


def limits_for(
    policy: ContactPolicy, history: ContactHistory | None, assortment: Assortment, now_s: float, promoted: int = 0
) -> BannerLimits:
    """Say which promotional creatives a visitor is not to see now, and how many more.

    Parameters
    ----------
    policy, history, assortment
        What the site says, what reached the visitor, and what there is.
    now_s
        Epoch seconds of the site's clock.
    promoted
        Promotional creatives chosen for the same page already.

    Returns
    -------
    BannerLimits
        Where there is room for fewer than there are campaigns, those of lower priority are left out.
    """
    suspended = history is not None and history.suspended(policy.low_rating)
    caps = [cap for cap in policy.caps if _BANNER in cap.channels]
    quiet = quiet_until_s(policy, _BANNER, now_s) is not None
    if not (suspended or caps or quiet):
        return FREE
    if suspended or quiet:
        return nothing_promoted(assortment, COMPLAINT_OPEN if suspended else QUIET_HOURS)
    promotional = _promotional(assortment)
    contacts = [contact for contact in contacts_of(history) if _counts(contact, assortment)]
    left = max(0, room(policy, contacts, _BANNER, now_s) - promoted)
    out: set[str] = set()
    holds: list[str] = []
    for cap in caps:
        if not cap.each_campaign:
            continue
        since_s = now_s - WINDOWS_S[cap.per]
        seen = Counter(
            contact.campaign for contact in contacts if contact.channel in cap.channels and contact.at_s > since_s
        )
        full = {campaign for campaign, count in seen.items() if count >= cap.most}
        own = {creative_id for creative_id in promotional if assortment.creatives[creative_id].campaign_id in full}
        if own:
            out |= own
            holds.append(cap.code)
    if left == 0:
        holds += [cap.code for cap in caps if not cap.each_campaign]
        return BannerLimits(promotional, promotional, 0, tuple(holds))
    return BannerLimits(
        frozenset(out | _outranked(promotional - out, assortment, left)), promotional, left, tuple(holds)
    )


def nothing_promoted(assortment: Assortment, hold: str) -> BannerLimits:
    """Hold all promotional creatives back, for a reason given as a code of `models.visitor.holds`."""
    promotional = _promotional(assortment)
    return BannerLimits(promotional, promotional, 0, (hold,))


def _promotional(assortment: Assortment) -> frozenset[str]:
    campaigns = assortment.campaigns
    return frozenset(
        creative_id
        for creative_id, creative in assortment.creatives.items()
        if (campaign := campaigns.get(creative.campaign_id)) is None or campaign.promotional
    )


def _counts(contact: Contact, assortment: Assortment) -> bool:
    campaign = assortment.campaigns.get(contact.campaign) if contact.channel == _BANNER else None
    return campaign is None or campaign.promotional


def _outranked(creative_ids: frozenset[str] | set[str], assortment: Assortment, left: int) -> set[str]:
    """Creatives of campaigns whose priority is below that of the last one there is room for."""
    priorities = {
        creative.campaign_id: campaign.priority
        for creative_id in creative_ids
        if (campaign := assortment.campaigns.get((creative := assortment.creatives[creative_id]).campaign_id))
        is not None
    }
    if len(priorities) <= left:
        return set()
    least = sorted(priorities.values(), reverse=True)[left - 1]
    return {
        creative_id
        for creative_id in creative_ids
        if priorities.get(assortment.creatives[creative_id].campaign_id, least) < least
    }
