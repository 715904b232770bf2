"""API keys of a site beside those of the settings: made, listed and revoked while everything runs."""

from secrets import token_hex, token_urlsafe
from typing import Final

import msgspec

from models.access.api_key import ApiKey, KeyScope, NewKey, make_key
from store import keys
from store.client import Client
from store.unreadable import OnUnreadable, log_unreadable, read_or_tell
from store.version import Version
from store.versioned_hash import HashKeys, VersionedHash

MAX_KEYS: Final = 100
_KEYS: Final = HashKeys(keys.api_keys, keys.api_keys_version, keys.api_keys_stamp)
_decoder = msgspec.msgpack.Decoder(ApiKey)


def new_key(name: str, scopes: tuple[KeyScope, ...], now_s: float, expires_at_s: float = 0.0) -> NewKey:
    """Make a key by chance; it is nowhere yet."""
    return make_key(name, scopes, now_s, expires_at_s, key_id=token_hex(6), chance=token_urlsafe(32))


class ApiKeyStore:
    """API keys in Redis, by what they are known by and never as they are; blocking."""

    def __init__(self, client: Client, on_unreadable: OnUnreadable = log_unreadable) -> None:
        self._on_unreadable = on_unreadable
        self._hash = VersionedHash(client, _KEYS, keys.API_KEYS_LIFETIME_S)

    def version(self, site: str) -> Version:
        """Version of a site's keys."""
        return self._hash.version(site)

    def read(self, site: str) -> list[ApiKey]:
        """Give a site's keys, oldest first."""
        found = [
            key
            for name, value in self._hash.values(site).items()
            if (key := read_or_tell(_decoder.decode, value, "key", site, name, self._on_unreadable)) is not None
        ]
        return sorted(found, key=lambda key: (key.created_at_s, key.key_id))

    def put_within(self, site: str, api_key: ApiKey) -> bool:
        """Add or replace a key; False, and nothing is changed, where there would be more than `MAX_KEYS`."""
        return self._hash.put_within(site, [(api_key.key_id, msgspec.msgpack.encode(api_key))], MAX_KEYS)

    def delete(self, site: str, key_id: str) -> bool:
        """Take a key out, which opens nothing any more; False where there was none."""
        return self._hash.delete(site, key_id)
