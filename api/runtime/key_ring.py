"""Key ring: what each key opens, found by its digest: a request looks at one key, however many there are."""

from collections.abc import Sequence
from typing import NamedTuple

from api.http.config import SiteConfig
from models.access.api_key import SERVER_SCOPES, ApiKey, KeyScope, digest_of
from store.site.api_keys import ApiKeyStore
from store.version import Version


class Grant(NamedTuple):
    """What a key opens: a site, and what may be done there until a time (epoch seconds, 0 for ever)."""

    site: str
    key_id: str
    scopes: frozenset[KeyScope]
    expires_at_s: float = 0.0

    @property
    def is_browsers(self) -> bool:
        """Whether everybody who looks at the page can have it."""
        return "browser" in self.scopes


class KeyRing:
    """The keys of all sites: those of the settings, and those made since.

    Parameters
    ----------
    sites
        Sites and their keys of the settings: one for browsers, and one that opens everything else.
    """

    def __init__(self, sites: Sequence[SiteConfig]) -> None:
        self._sites = {site.site: site for site in sites}
        self._given: dict[str, Grant] = {}
        for site in sites:
            self._given[digest_of(site.public_key)] = Grant(site.site, "public", frozenset({"browser"}))
            self._given[digest_of(site.secret_key)] = Grant(site.site, "secret", SERVER_SCOPES)
        self._made: dict[str, dict[str, Grant]] = {}
        self._versions: dict[str, Version] = {}
        self._grants = dict(self._given)

    def config_of(self, site: str) -> SiteConfig:
        """Give what the settings say of a site."""
        return self._sites[site]

    def grant_of(self, key: str, now_s: float) -> Grant | None:
        """Give what a key opens now (epoch seconds); None for one that opens nothing."""
        grant = self._grants.get(digest_of(key))
        return None if grant is None or 0 < grant.expires_at_s <= now_s else grant

    def follow(self, site: str, store: ApiKeyStore) -> None:
        """Bring a site's keys to what is stored now; blocking."""
        version = store.version(site)
        if version != self._versions.get(site):
            self.replace(site, store.read(site))
            self._versions[site] = version

    def replace(self, site: str, api_keys: Sequence[ApiKey]) -> None:
        """Take these for a site's keys beside those of the settings."""
        self._made[site] = {
            api_key.digest: Grant(site, api_key.key_id, frozenset(api_key.scopes), api_key.expires_at_s)
            for api_key in api_keys
        }
        made = {digest: grant for grants in self._made.values() for digest, grant in grants.items()}
        self._grants = made | self._given  # swapped in whole
