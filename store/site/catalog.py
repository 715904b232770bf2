"""Catalog: what a site sells and shows, with a version that tells every process what has changed."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple, cast, get_args

import msgspec

from models.catalog.assortment import Assortment
from models.catalog.resources import (
    Campaign,
    CatalogItem,
    CatalogResource,
    Creative,
    Experiment,
    MerchandisingRule,
    Placement,
    ResourceKind,
)
from models.events.currency import NO_CURRENCY, SiteCurrency
from store import keys
from store.client import Client
from store.lua import read_script

RESOURCE_KINDS: Final[tuple[ResourceKind, ...]] = get_args(ResourceKind)
_TYPES: Final[dict[ResourceKind, type[CatalogResource]]] = {
    "items": CatalogItem,
    "creatives": Creative,
    "campaigns": Campaign,
    "placements": Placement,
    "rules": MerchandisingRule,
    "experiments": Experiment,
    "currency": SiteCurrency,
}
_ID_FIELDS: Final[dict[ResourceKind, str]] = {
    "items": "item_id",
    "creatives": "creative_id",
    "campaigns": "campaign_id",
    "placements": "placement_id",
    "rules": "rule_id",
    "experiments": "experiment_id",
    "currency": "currency_id",
}
_DECODERS: Final = {kind: msgspec.msgpack.Decoder(kind_type) for kind, kind_type in _TYPES.items()}
_MAX_PER_READ: Final = 5_000


class _WriteKeys(NamedTuple):
    """KEYS of `write_catalog.lua`, in its order."""

    resources: str
    changes: str
    version: str


class _WriteArguments(NamedTuple):
    """ARGV of `write_catalog.lua`, in its order; pairs of id and value follow."""

    lifetime_s: int
    kind: ResourceKind


def id_of(kind: ResourceKind, resource: CatalogResource) -> str:
    """Give a thing's id."""
    value: str = getattr(resource, _ID_FIELDS[kind])
    return value


class CatalogStore:
    """Catalogs in Redis; blocking.

    Parameters
    ----------
    client
        Blocking client.
    currency
        What counts for sites that have set none of their own.
    """

    def __init__(self, client: Client, currency: SiteCurrency = NO_CURRENCY) -> None:
        self._client = client
        self._currency = currency
        self._write = client.register_script(read_script("write_catalog"))

    def put(self, site: str, kind: ResourceKind, resources: Sequence[CatalogResource], now_s: float) -> None:
        """Add or replace things; an item keeps the time it was first added."""
        if not resources:
            return
        if kind == "items":
            known = self.get(site, kind, [id_of(kind, resource) for resource in resources])
            resources = [
                msgspec.structs.replace(
                    resource, added_at_s=known[resource.item_id].added_at_s if resource.item_id in known else now_s
                )
                for resource in resources
                if isinstance(resource, CatalogItem)
            ]
        self._change(site, kind, [(id_of(kind, resource), msgspec.msgpack.encode(resource)) for resource in resources])

    def delete(self, site: str, kind: ResourceKind, resource_id: str) -> bool:
        """Take a thing out; False where there was none."""
        return self._change(site, kind, [(resource_id, b"")]) > 0

    def delete_items(self, site: str, item_ids: Sequence[str]) -> int:
        """Take several items out at once; gives how many there were."""
        return self._change(site, "items", [(item_id, b"") for item_id in item_ids]) if item_ids else 0

    def _change(self, site: str, kind: ResourceKind, values: Sequence[tuple[str, bytes]]) -> int:
        names = _WriteKeys(keys.catalog(site, kind), keys.catalog_changes(site), keys.catalog_version(site))
        flat = [part for pair in values for part in pair]
        changed: int = self._write(keys=names, args=[*_WriteArguments(keys.CATALOG_LIFETIME_S, kind), *flat])
        return changed

    def get(self, site: str, kind: ResourceKind, ids: Sequence[str]) -> dict[str, Any]:
        """Read things by id; unknown ids are left out."""
        found = cast(list[bytes | None], self._client.hmget(keys.catalog(site, kind), list(ids))) if ids else []
        return {
            resource_id: _DECODERS[kind].decode(value)
            for resource_id, value in zip(ids, found, strict=True)
            if value is not None
        }

    def version(self, site: str) -> int:
        """Version of a site's catalog, 0 where there is none."""
        return int(self._client.get(keys.catalog_version(site)) or 0)

    def new_assortment(self, *, offers_adult: bool = False) -> Assortment:
        """Give an assortment of nothing yet, to be brought to a site's catalog."""
        return Assortment(offers_adult=offers_adult, currency=self._currency)

    def refresh(self, site: str, assortment: Assortment, known_version: int) -> int:
        """Bring an assortment from a known version to the present one, and give that version."""
        version, changes = self.changes(site, known_version)
        assortment.follow(changes)
        return version

    def changed_items(self, site: str, known_version: int) -> list[str]:
        """Give the ids of the items that were put or taken out after a version."""
        raw = cast(list[bytes], self._client.zrangebyscore(keys.catalog_changes(site), f"({known_version}", "+inf"))
        return [member.decode().removeprefix("items:") for member in raw if member.startswith(b"items:")]

    def changes(
        self, site: str, known_version: int
    ) -> tuple[int, list[tuple[ResourceKind, str, CatalogResource | None]]]:
        """Read what has changed after a version: the version it leads to, and each thing, None where deleted."""
        name = keys.catalog_changes(site)
        raw = self._client.zrangebyscore(name, f"({known_version}", "+inf", withscores=True)
        members = cast(list[tuple[bytes, float]], raw)
        found: list[tuple[ResourceKind, str, CatalogResource | None]] = []
        for kind in RESOURCE_KINDS:
            prefix = f"{kind}:".encode()
            ids = [member[len(prefix) :].decode() for member, _ in members if member.startswith(prefix)]
            for start in range(0, len(ids), _MAX_PER_READ):
                some = ids[start : start + _MAX_PER_READ]
                known = self.get(site, kind, some)
                found += [(kind, resource_id, known.get(resource_id)) for resource_id in some]
        return max((int(score) for _, score in members), default=known_version), found
