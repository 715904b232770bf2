"""Address tag: what stands for a network address where no address may stand: the same for one address for a while."""

import hmac
from functools import lru_cache
from hashlib import sha256
from typing import Final

from models.base.durations import DAY_S

_LASTS_S: Final = 7 * DAY_S
_LENGTH: Final = 10


def address_tag(secret: str, address: str, at_s: float) -> str:
    """Give what stands for an address at a time (epoch seconds): 40 bits of HMAC-SHA256 with a secret of the site.

    Each week has tags of its own, so that nobody is followed by theirs for long.

    >>> address_tag("of-the-shop", "192.0.2.7", 1_800_000_000.0)
    'd0815d3bce'
    """
    return _tag(secret, address, int(at_s // _LASTS_S))


@lru_cache(maxsize=8_192)
def _tag(secret: str, address: str, week: int) -> str:
    return hmac.new(secret.encode(), f"address tag\n{week}\n{address}".encode(), sha256).hexdigest()[:_LENGTH]
