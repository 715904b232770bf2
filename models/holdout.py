"""Holdout: visitors kept unpersonalized, so that what personalization brings can be measured."""

from hashlib import blake2b


def in_holdout(site: str, visitor_id: str, share: float) -> bool:
    """Whether a visitor is kept unpersonalized: by a stable hash, the same at every visit.

    >>> in_holdout("demo", "v1", 0.0), in_holdout("demo", "v1", 1.0)
    (False, True)
    """
    if not visitor_id or share <= 0.0:
        return False
    digest = blake2b(f"holdout\x1f{site}\x1f{visitor_id}".encode(), digest_size=7).digest()
    return int.from_bytes(digest, "big") / 2**56 < share
