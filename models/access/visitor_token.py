"""Visitor tokens: who holds one may speak for a visitor, since the API or the shop's own server has signed it.

A token is `<expires>.<signature>`: epoch seconds until which it counts, and HMAC-SHA256 with the site's token secret,
in hexadecimal, of the lines `site`, `visitor_id` and `expires`. It always stands beside the id it is for. One that a
browser was given at first contact says so in `expires`: it speaks for a device, and never for a known visitor, whose id
anybody may have asked for before there was one.
"""

import hmac
from hashlib import sha256
from typing import Final, Literal, get_args

TokenMode = Literal["off", "known", "all"]
TOKEN_MODES: Final[tuple[TokenMode, ...]] = get_args(TokenMode)
"""Whom a browser may speak for without a token: anybody; whoever is not known by a user id; nobody."""
_LONGEST: Final = 100
_OF_DEVICES: Final = "d"
"""Ends `expires` in a token that was given at first contact."""
_PURPOSE: Final = b"shopwindow visitor tokens"


def token_secret_of(secret_key: str) -> str:
    """Give the token secret of a site that has set none: made of its secret key, which the shop's servers know.

    >>> token_secret_of("secret-key-of-the-shop")[:16]
    '399e9e893cf0e055'
    """
    return hmac.new(secret_key.encode(), _PURPOSE, sha256).hexdigest()


def mint_token(secret: str, site: str, visitor_id: str, expires_s: int, *, of_device: bool = False) -> str:
    """Sign that whoever holds this may speak for a visitor, or for a device alone, until a time (epoch seconds).

    >>> mint_token("of-the-shop", "shop", "customer-7", 1_800_000_000)[:27]
    '1800000000.2b53a3ae8a556bc3'
    """
    expires = f"{expires_s}{_OF_DEVICES if of_device else ''}"
    return f"{expires}.{_signature(secret, site, visitor_id, expires)}"


def is_token_of(token: str, secret: str, site: str, visitor_id: str, now_s: float, *, as_device: bool = False) -> bool:
    """Whether a token is one of a visitor's, and counts now (epoch seconds); of a device alone only `as_device`."""
    if not token or len(token) > _LONGEST or not token.isascii():
        return False
    expires, dot, signature = token.partition(".")
    digits = expires.removesuffix(_OF_DEVICES) if as_device else expires
    if not dot or not digits.isdigit() or len(digits) > 12 or int(digits) < now_s:
        return False
    return hmac.compare_digest(signature, _signature(secret, site, visitor_id, expires))


def _signature(secret: str, site: str, visitor_id: str, expires: str) -> str:
    return hmac.new(secret.encode(), f"{site}\n{visitor_id}\n{expires}".encode(), sha256).hexdigest()
