"""Every key of the store: its name, and how long it lives.

A key starts with its site. What belongs to a visitor carries the visitor's log partition as hash tag, so that a
micro-batch of one partition stays on one node of a cluster; what belongs to a site as a whole carries the site.
"""

from typing import Final

_DAY_S: Final = 86_400

PENDING_LIFETIME_S: Final = 120
"""How long an accepted event waits for the stream to reach it before the API stops laying it over the profile."""
COUNTS_LIFETIME_S: Final = 400 * _DAY_S
CATALOG_LIFETIME_S: Final = 400 * _DAY_S
MODELS_LIFETIME_S: Final = 400 * _DAY_S
LEADER_LIFETIME_S: Final = 4
STANDINGS_LIFETIME_S: Final = 400 * _DAY_S
SEGMENTS_LIFETIME_S: Final = 400 * _DAY_S
MAILING_LIFETIME_S: Final = _DAY_S
"""How long the pages of a mailing can be asked for."""


def profile(site: str, partition: int, visitor_id: str) -> str:
    """Visitor profile, `models.profile`'s stored form. Lives `profile_lifetime_days` from its last write."""
    return f"{site}:{{{partition}}}:profile:{visitor_id}"


def timeline(site: str, partition: int, visitor_id: str) -> str:
    """List of the visitor's touchpoints, `models.timeline`'s form, as they arrived. Lives as the profile does."""
    return f"{site}:{{{partition}}}:timeline:{visitor_id}"


def pending(site: str, partition: int, visitor_id: str) -> str:
    """List of the visitor's latest accepted events, each behind its position."""
    return f"{site}:{{{partition}}}:pending:{visitor_id}"


def links(site: str, partition: int, device_id: str) -> str:
    """Whose a device is since when, `store.links`'s form. Lives as a profile does, from the device's last event."""
    return f"{site}:{{{partition}}}:links:{device_id}"


def counts(site: str, partition: int) -> str:
    """Hash of event counts by outcome."""
    return f"{site}:{{{partition}}}:counts"


def catalog(site: str, kind: str) -> str:
    """Hash of things by id: items, creatives, campaigns or placements."""
    return f"{site}:{{{site}}}:catalog:{kind}"


def catalog_version(site: str) -> str:
    """Number that grows with every change of the catalog."""
    return f"{site}:{{{site}}}:catalog:version"


def catalog_changes(site: str) -> str:
    """Sorted set of `kind:id`, each with the version of its last change."""
    return f"{site}:{{{site}}}:catalog:changes"


def snapshot(site: str) -> str:
    """Hash with the published snapshot and its version."""
    return f"{site}:{{{site}}}:models:snapshot"


def checkpoint(site: str) -> str:
    """The learner's saved state."""
    return f"{site}:{{{site}}}:models:checkpoint"


def leader(site: str) -> str:
    """Who may write the site's models."""
    return f"{site}:{{{site}}}:models:leader"


def standings(site: str, partition: int) -> str:
    """Hash: visitor to `models.standing`'s stored form. A field goes when its visitor's profile has."""
    return f"{site}:{{{partition}}}:standings"


def due(site: str, partition: int) -> str:
    """Sorted set: visitors by the time (epoch seconds) at which their standing is looked at again."""
    return f"{site}:{{{partition}}}:standings:due"


def standing_counts(site: str, partition: int) -> str:
    """Hash: visitors in each stage and segment, and behind `at:` when that last changed."""
    return f"{site}:{{{partition}}}:standings:counts"


def notices(site: str, partition: int) -> str:
    """List of events that tell of moved standings, until they are in the log."""
    return f"{site}:{{{partition}}}:standings:notices"


def standings_judged(site: str, partition: int) -> str:
    """Version of the segments by which every standing of the partition has been judged."""
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


def clock(site: str) -> str:
    """Newest event time of the site (epoch seconds), where that is its clock."""
    return f"{site}:{{{site}}}:clock"
