"""API keys of a site: kept by digest, bounded, and gone once revoked."""

import pytest

from store import keys
from store.client import Client
from store.site.api_keys import ApiKeyStore, new_key
from store.unreadable import Unreadable


def test_keys_are_kept_by_digest_until_they_are_revoked(
    client: Client, site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.site.api_keys.MAX_KEYS", 2)
    told: list[Unreadable] = []
    store = ApiKeyStore(client, told.append)
    made = [new_key(f"key {number}", ("read",), float(number)) for number in range(3)]
    before = store.version(site)
    assert [store.put_within(site, known.key) for known in made] == [True, True, False]
    assert store.version(site) != before
    assert store.read(site) == [made[0].key, made[1].key]
    assert store.delete(site, made[0].key.key_id)
    assert not store.delete(site, made[0].key.key_id)
    client.hset(keys.api_keys(site), "broken", b"?")
    assert store.read(site) == [made[1].key]
    assert [found.kind for found in told] == ["key"]
    assert made[1].secret.encode() not in str(client.hgetall(keys.api_keys(site))).encode()
    assert client.ttl(keys.api_keys(site)) > 9 * 365 * 86_400
