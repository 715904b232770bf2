"""Key ring: what opens a site is found by its digest, and follows what is stored."""

from api.http.config import SiteConfig
from api.runtime.key_ring import KeyRing
from shopwindow.embedded import EmbeddedRedis
from store.client import connect
from store.site.api_keys import ApiKeyStore, new_key

SITES = (SiteConfig("alpha", "public-a", "secret-a"), SiteConfig("beta", "public-b", "secret-b"))


def test_the_keys_of_the_settings_open_their_sites_for_good() -> None:
    ring = KeyRing(SITES)
    public, secret = ring.grant_of("public-a", 0.0), ring.grant_of("secret-b", 0.0)
    assert public is not None
    assert (public.site, public.is_browsers) == ("alpha", True)
    assert secret is not None
    assert (secret.site, secret.is_browsers, len(secret.scopes)) == ("beta", False, 4)
    assert ring.grant_of("", 0.0) is None
    assert ring.config_of("beta") is SITES[1]


def test_keys_made_and_revoked_are_followed(redis_server: EmbeddedRedis) -> None:
    client = connect(redis_server.url)
    store, ring = ApiKeyStore(client), KeyRing(SITES)
    made = new_key("one", ("read",), 1.0, 50.0)
    store.put_within("alpha", made.key)
    ring.follow("alpha", store)
    grant = ring.grant_of(made.secret, 49.0)
    assert grant is not None
    assert grant.scopes == {"read"}
    assert ring.grant_of(made.secret, 50.0) is None
    ring.follow("beta", store)
    assert ring.grant_of(made.secret, 49.0) == grant
    store.delete("alpha", made.key.key_id)
    ring.follow("alpha", store)
    assert ring.grant_of(made.secret, 49.0) is None
    assert ring.grant_of("public-a", 49.0) is not None
    client.close()
