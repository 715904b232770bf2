"""API keys: what each may do, and how it is known again without being kept."""

from hashlib import sha256
from typing import Final, Literal, NamedTuple, get_args

import msgspec

from models.base.errors import InvalidError, show_value

KeyScope = Literal["browser", "events", "read", "write", "admin"]
SCOPES: Final[tuple[KeyScope, ...]] = get_args(KeyScope)
"""In pages: events of a browser's own visitor, decisions. On servers: any event; reading; changing; and keys, erasure
and what was set aside."""
SERVER_SCOPES: Final[frozenset[KeyScope]] = frozenset(SCOPES) - {"browser"}
_PREFIX: Final = "sw"
_LONGEST_NAME: Final = 60


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key as it is kept: `digest` is what it is known by. Times are epoch seconds; `expires_at_s` is 0 for never."""

    key_id: str
    name: str
    scopes: tuple[KeyScope, ...]
    digest: str
    created_at_s: float
    expires_at_s: float = 0.0


class NewKey(NamedTuple):
    """A key that was just made: `secret` is told once and kept nowhere."""

    key: ApiKey
    secret: str


def make_key(
    name: str, scopes: tuple[KeyScope, ...], now_s: float, expires_at_s: float, *, key_id: str, chance: str
) -> NewKey:
    """Make a key of an id and at least 256 bits of chance, so that a digest without salt tells nothing of it."""
    secret = f"{_PREFIX}_{key_id}_{chance}"
    return NewKey(
        ApiKey(
            key_id=key_id,
            name=name,
            scopes=scopes,
            digest=digest_of(secret),
            created_at_s=now_s,
            expires_at_s=expires_at_s,
        ),
        secret,
    )


def digest_of(secret: str) -> str:
    """Give what a key is known by: SHA-256, in hexadecimal."""
    return sha256(secret.encode(errors="surrogatepass")).hexdigest()


def parse_scopes(raw: object) -> tuple[KeyScope, ...]:
    """Read scopes, each once, in their own order; raises `InvalidError`."""
    if not isinstance(raw, list) or not raw:
        raise InvalidError("scopes_invalid", f"scopes must be a list of {', '.join(SCOPES)}, got {show_value(raw)}")
    for scope in raw:
        if scope not in SCOPES:
            raise InvalidError("scopes_invalid", f"scope {show_value(scope)} is none of {', '.join(SCOPES)}")
    if "browser" in raw and len(set(raw)) > 1:
        raise InvalidError("scopes_invalid", "a browser's key is read by everybody: it has the scope browser alone")
    return tuple(scope for scope in SCOPES if scope in raw)


def parse_key_name(raw: object) -> str:
    """Read a key's name; raises `InvalidError`."""
    if not isinstance(raw, str) or not raw.strip() or len(raw) > _LONGEST_NAME or not raw.isprintable():
        raise InvalidError(
            "name_invalid", f"name must be 1 to {_LONGEST_NAME} printable characters, got {show_value(raw)}"
        )
    return raw.strip()
