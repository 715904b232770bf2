"""Affinity: how much of what a visitor looked at lately is what a creative is about."""

from collections.abc import Sequence
from typing import Final

from models.catalog.assortment import Assortment, is_about
from models.catalog.item_groups import ItemGroups
from models.catalog.resources import CatalogItem, Creative

RECENT_ITEMS: Final = 10
AFFINITY_BUCKETS: Final = ("none", "low", "some", "high")


def latest_items(recent: Sequence[str], assortment: Assortment) -> list[tuple[CatalogItem, float]]:
    """Give the visitor's latest items that the catalog knows, of a group the latest, each with its weight; the weights
    sum to 1.

    Parameters
    ----------
    recent
        Ids as `models.visitor.profile.recent_items` gives them, newest first; the first `RECENT_ITEMS` count, the one
        at place n with weight 1 / (n + 1).
    assortment
        Knows the items.
    """
    recent = assortment.item_groups.one_each(recent) if assortment.item_groups else recent
    known = [
        (item, 1.0 / (place + 1))
        for place, item_id in enumerate(recent[:RECENT_ITEMS])
        if (item := assortment.item_of(item_id)) is not None
    ]
    total = sum(weight for _, weight in known)
    return [(item, weight / total) for item, weight in known]


def affinity(creative: Creative, latest: Sequence[tuple[CatalogItem, float]], groups: ItemGroups) -> float:
    """Give the share, 0 to 1, of `latest_items` that the creative is about."""
    return sum(weight for item, weight in latest if is_about(creative, item, groups))


def bucket_of(share: float) -> str:
    """Give the name of the bucket a share falls into.

    >>> bucket_of(0.0), bucket_of(0.2), bucket_of(0.5), bucket_of(1.0)
    ('none', 'low', 'some', 'high')
    """
    if share <= 0.0:
        return AFFINITY_BUCKETS[0]
    if share < 1 / 3:
        return AFFINITY_BUCKETS[1]
    return AFFINITY_BUCKETS[2] if share < 2 / 3 else AFFINITY_BUCKETS[3]
