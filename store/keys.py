"""Every key of the store: its name, and how long it lives.

A key starts with its site. What belongs to a visitor carries the visitor's log partition as hash tag, so that a
micro-batch of one partition stays on one node of a cluster; what belongs to a site as a whole carries the site.

What others name (visitors, items, orders) ends a key, behind words of ours that stand before nothing else: no visitor's
id is ever another key's name.
"""

from dataclasses import dataclass
from typing import Final, Literal

from models.base.durations import DAY_S, HOUR_S

LetterKind = Literal["set-aside", "rejected"]
PENDING_LIFETIME_S: Final = 120
"""How long an accepted event waits for the stream to reach it before the API stops laying it over the profile."""
COUNTS_LIFETIME_S: Final = 400 * DAY_S
CATALOG_LIFETIME_S: Final = 400 * DAY_S
MODELS_LIFETIME_S: Final = 400 * DAY_S
LEADER_LIFETIME_S: Final = 4
UNREADABLE_LIFETIME_S: Final = 30 * DAY_S
"""How long what cannot be read is kept, beside its place, where it is too large for a dead letter."""
MEMBERSHIPS_LIFETIME_S: Final = 400 * DAY_S
SEGMENTS_LIFETIME_S: Final = 400 * DAY_S
TRIGGERS_LIFETIME_S: Final = 400 * DAY_S
API_KEYS_LIFETIME_S: Final = 10 * 366 * DAY_S
"""From the last change of any of a site's keys: what opens a shop must not end by itself."""
ERASURES_LIFETIME_S: Final = 3 * 366 * DAY_S
"""Of the receipt of an erasure, which names nobody."""
ON_SITE_LIFETIME_S: Final = 7 * DAY_S
ON_SITE_NEWS_LIFETIME_S: Final = HOUR_S
PRESENT_LIFETIME_S: Final = HOUR_S
WANTED_LIFETIME_S: Final = 60 * DAY_S
MAILING_LIFETIME_S: Final = DAY_S
"""How long the pages of a mailing can be asked for."""


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long a shop keeps what it knows of people, in seconds; each from the last write, where nothing else is said.

    Parameters
    ----------
    profile_s
        Of a profile, and all that tells whose the visitor's devices and orders are.
    timeline_s
        Of a visitor's touchpoints, at most as long as the profile; 0 for as long.
    restrained_s
        At least, of the profile of a visitor who refused messages or has a complaint open: as long as what could send.
    trigger_state_s
        Of what triggers know of a visitor: as long as a profile, so that nobody is sent the same again; an anniversary
        comes once a year.
    journal_s
        Of a message's entry in the journal.
    outbox_s
        Of a message that is on its way out, or set aside.
    dead_letters_s
        Of a dead letter, from when it was set aside.
    """

    profile_s: float = 365 * DAY_S
    timeline_s: float = 0.0
    restrained_s: float = 400 * DAY_S
    trigger_state_s: float = 400 * DAY_S
    journal_s: float = 400 * DAY_S
    outbox_s: float = 30 * DAY_S
    dead_letters_s: float = 60 * DAY_S


USUAL_LIFETIMES: Final = Lifetimes()


def profile(site: str, partition: int, visitor_id: str) -> str:
    """Visitor profile, `models.visitor.profile`'s stored form. Lives `Lifetimes.profile_s`, and
    `restrained_s` at least where something restrains what may be sent."""
    return f"{site}:{{{partition}}}:profile:{visitor_id}"


def timeline(site: str, partition: int, visitor_id: str) -> str:
    """List of the visitor's touchpoints, `models.visitor.timeline`'s form, as they arrived. Lives
    `Lifetimes.timeline_s`, from the visitor's last event."""
    return f"{site}:{{{partition}}}:timeline:{visitor_id}"


def pending(site: str, partition: int, visitor_id: str) -> str:
    """List of the visitor's latest accepted events, each behind its position."""
    return f"{site}:{{{partition}}}:pending:{visitor_id}"


def links(site: str, partition: int, device_id: str) -> str:
    """Whose a device is since when, `store.visitors.device_links`'s form. Lives as a profile does, from the device's
    last event."""
    return f"{site}:{{{partition}}}:links:{device_id}"


def devices(site: str, partition: int, user_id: str) -> str:
    """Sorted set: every device of the partition that a user held, by when last (epoch seconds of event time). The
    partition is the devices'. Lives as a profile does, from the last event of one of them."""
    return f"{site}:{{{partition}}}:devices-of:{user_id}"


def erasure(site: str, erasure_id: str) -> str:
    """Hash: the receipt of an erasure, `store.visitors.erasures`'s form; it names nobody."""
    return f"{site}:{{{site}}}:erasures:{erasure_id}"


def open_erasures(site: str) -> str:
    """Hash: erasures that flows have not all come past, by id, with whom they are of: gone once they have."""
    return f"{site}:{{{site}}}:open-erasures"


def order_tellers(site: str, partition: int, order_id: str) -> str:
    """Set of the ids under which an order was told of; the partition is that of the order's id. Lives as a profile
    does, from when the order was last told of."""
    return f"{site}:{{{partition}}}:tellers:{order_id}"


def order_owed(site: str, partition: int, order_id: str) -> str:
    """Set of those of an order's tellers who have not heard yet what was told before they came. Lives as those do."""
    return f"{site}:{{{partition}}}:owed:{order_id}"


def order_told(site: str, partition: int, order_id: str) -> str:
    """List of what was told of an order, `store.visitors.order_tellers`'s form, oldest first. Lives as its tellers
    do."""
    return f"{site}:{{{partition}}}:told:{order_id}"


def order_alias(site: str, partition: int, transaction_id: str) -> str:
    """The order that a payment's id was told with; the partition is that of the payment's id. Lives as an order's
    tellers do."""
    return f"{site}:{{{partition}}}:order-of:{transaction_id}"


def counts(site: str, partition: int) -> str:
    """Hash of event counts by outcome."""
    return f"{site}:{{{partition}}}:counts"


def catalog(site: str, kind: str) -> str:
    """Hash of things by id: items, creatives, campaigns or placements."""
    return f"{site}:{{{site}}}:catalog:{kind}"


def catalog_version(site: str) -> str:
    """Number that grows with every change of the catalog."""
    return f"{site}:{{{site}}}:catalog:version"


def catalog_stamp(site: str) -> str:
    """Stamp of the catalog's version."""
    return f"{site}:{{{site}}}:catalog:stamp"


def catalog_stamps(site: str) -> str:
    """Sorted set: stamps of the catalog's latest versions, each with its number."""
    return f"{site}:{{{site}}}:catalog:stamps"


def catalog_changes(site: str) -> str:
    """Sorted set of `kind:id`, each with the version of its last change."""
    return f"{site}:{{{site}}}:catalog:changes"


def api_keys(site: str) -> str:
    """Hash of a site's API keys by id, each with its digest."""
    return f"{site}:{{{site}}}:keys"


def api_keys_version(site: str) -> str:
    """Number that grows with every change of them."""
    return f"{site}:{{{site}}}:keys:version"


def api_keys_stamp(site: str) -> str:
    """Stamp of that version."""
    return f"{site}:{{{site}}}:keys:stamp"


def known(site: str, partition: int, visitor_id: str) -> str:
    """Is there where somebody goes by this user id: a browser needs a token to speak for them. Lives as a profile does,
    from the last event that named it."""
    return f"{site}:{{{partition}}}:known:{visitor_id}"


def dead_letters(site: str, letter_kind: LetterKind) -> str:
    """Stream of a site's dead letters: what the intake rejected, or what flows set aside. An empty site stands for
    none that is served."""
    return f"{site}:{{{site}}}:dead-letters:{letter_kind}"


def dead_letters_replayed(site: str, letter_kind: LetterKind) -> str:
    """How far the letters of a kind were tried again: the id of the last."""
    return f"{site}:{{{site}}}:dead-letters:replayed:{letter_kind}"


def snapshot(site: str) -> str:
    """Hash with the published snapshot and its version."""
    return f"{site}:{{{site}}}:models:snapshot"


def checkpoint(site: str) -> str:
    """The learner's saved state."""
    return f"{site}:{{{site}}}:models:checkpoint"


def unreadable_checkpoint(site: str) -> str:
    """A checkpoint that could not be read."""
    return f"{site}:{{{site}}}:models:unreadable"


def leader(site: str) -> str:
    """Who may write the site's models."""
    return f"{site}:{{{site}}}:models:leader"


def memberships(site: str, partition: int) -> str:
    """Hash: visitor to `models.segments.membership`'s stored form. A field goes when its visitor's profile has."""
    return f"{site}:{{{partition}}}:standings"


def due(site: str, partition: int) -> str:
    """Sorted set: visitors by the time (epoch seconds) at which their membership is looked at again."""
    return f"{site}:{{{partition}}}:standings:due"


def membership_counts(site: str, partition: int) -> str:
    """Hash: visitors in each stage and segment, and behind `at:` when that last changed."""
    return f"{site}:{{{partition}}}:standings:counts"


def notices(site: str, partition: int) -> str:
    """List of events that tell of moved memberships, until they are in the log."""
    return f"{site}:{{{partition}}}:standings:notices"


def memberships_judged(site: str, partition: int) -> str:
    """Version of the segments by which every membership of the partition has been judged."""
    return f"{site}:{{{partition}}}:standings:judged"


def segments(site: str) -> str:
    """Hash of segments by id, as JSON."""
    return f"{site}:{{{site}}}:segments"


def mailing(site: str, segment_id: str, name: str) -> str:
    """List of the visitors who were in a segment when a mailing began."""
    return f"{site}:{{{site}}}:mailing:{segment_id}:{name}"


def thresholds(site: str) -> str:
    """The site's own thresholds, as JSON; where there are none, the settings' count."""
    return f"{site}:{{{site}}}:segments:thresholds"


def segments_version(site: str) -> str:
    """Number that grows with every change of segments or thresholds."""
    return f"{site}:{{{site}}}:segments:version"


def segments_stamp(site: str) -> str:
    """Stamp of that version."""
    return f"{site}:{{{site}}}:segments:stamp"


def clock(site: str) -> str:
    """Newest event time of the site (epoch seconds), where that is its clock."""
    return f"{site}:{{{site}}}:clock"


def triggers(site: str) -> str:
    """Hash of the site's own triggers by id, as JSON."""
    return f"{site}:{{{site}}}:triggers"


def contact_policy(site: str) -> str:
    """The site's own contact policy, as JSON; where there is none, the settings' counts."""
    return f"{site}:{{{site}}}:triggers:policy"


def triggers_version(site: str) -> str:
    """Number that grows with every change of triggers or contact policy."""
    return f"{site}:{{{site}}}:triggers:version"


def triggers_stamp(site: str) -> str:
    """Stamp of that version."""
    return f"{site}:{{{site}}}:triggers:stamp"


def trigger_state(site: str, partition: int, visitor_id: str) -> str:
    """What triggers know of a visitor, `models.triggers.trigger_state`'s stored form."""
    return f"{site}:{{{partition}}}:watch:{visitor_id}"


def timers(site: str, partition: int) -> str:
    """Sorted set: visitors by the time (epoch seconds) at which their triggers are looked at next."""
    return f"{site}:{{{partition}}}:triggers:timers"


def trigger_notices(site: str, partition: int) -> str:
    """List of events that tell of messages sent, until they are in the log."""
    return f"{site}:{{{partition}}}:triggers:notices"


def journal(site: str, partition: int) -> str:
    """Sorted set: journal entries by time."""
    return f"{site}:{{{partition}}}:journal"


def journal_of(site: str, partition: int, visitor_id: str) -> str:
    """Sorted set: one visitor's journal entries by time."""
    return f"{site}:{{{partition}}}:journal:of:{visitor_id}"


def journal_entry(site: str, partition: int, message_id: str) -> str:
    """Hash: one journal entry, what was sent and what came of it."""
    return f"{site}:{{{partition}}}:journal:{message_id}"


def outbox(site: str, partition: int, way: str) -> str:
    """Sorted set: messages to be delivered one way, by the time (epoch seconds) of the next try."""
    return f"{site}:{{{partition}}}:outbox:{way}"


def outbox_bodies(site: str, partition: int) -> str:
    """Hash: bodies of messages in an outbox or set aside, behind `way:id`; tries made behind `tries:way:id`."""
    return f"{site}:{{{partition}}}:outbox:bodies"


def undelivered(site: str, partition: int) -> str:
    """Sorted set: messages set aside after the last try, as `way:id`, by time."""
    return f"{site}:{{{partition}}}:outbox:undelivered"


def on_site(site: str, partition: int, visitor_id: str) -> str:
    """Stream: messages shown to a visitor on the site."""
    return f"{site}:{{{partition}}}:onsite:{visitor_id}"


def on_site_news(site: str, partition: int) -> str:
    """Stream: visitors for whom there is a new on-site message."""
    return f"{site}:{{{partition}}}:onsite-news"


def present(site: str, partition: int) -> str:
    """Sorted set: visitors with an open page, by the time (epoch seconds, wall clock) until which it counts as open."""
    return f"{site}:{{{partition}}}:onsite-present"


def wanted(site: str, partition: int, item_id: str) -> str:
    """Sorted set: visitors who want an item, by the time they did last."""
    return f"{site}:{{{partition}}}:wanted:of:{item_id}"


def wanted_known(site: str, partition: int) -> str:
    """Hash: of every item somebody wants, its price and whether it could be bought, as the triggers saw it last."""
    return f"{site}:{{{partition}}}:wanted:known"


def wanted_version(site: str, partition: int) -> str:
    """Version of the catalog up to which wanted items have been compared."""
    return f"{site}:{{{partition}}}:wanted:version"
