"""Bucketing: stable shares of visitors by hash, such as the holdout that is kept unpersonalized."""

from hashlib import blake2b


def in_holdout(site: str, visitor_id: str, share: float) -> bool:
    """Whether a visitor is kept unpersonalized: by a stable hash, the same at every visit.

    >>> in_holdout("demo", "v1", 0.0), in_holdout("demo", "v1", 1.0)
    (False, True)
    """
    if not visitor_id or share <= 0.0:
        return False
    return visitor_share("holdout", site, visitor_id) < share


def visitor_share(what: str, site: str, visitor_id: str) -> float:
    """Give a visitor's place in a division of a site, 0 to below 1: the same each time, another for each `what`."""
    digest = blake2b(f"{what}\x1f{site}\x1f{visitor_id}".encode(), digest_size=7).digest()
    return int.from_bytes(digest, "big") / 2**56
