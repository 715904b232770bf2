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
from store.unreadable import OnUnreadable, log_unreadable, read_or_tell
from store.version import NO_VERSION, Version, new_stamp, version_of

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
_MAX_STAMPS: Final = 10_000
"""Changes after which whoever has not looked reads all things again."""


class _WriteKeys(NamedTuple):
    """KEYS of `write_catalog.lua`, in its order."""

    resources: str
    changes: str
    version: str
    stamp: str
    stamps: str


class _WriteArguments(NamedTuple):
    """ARGV of `write_catalog.lua`, in its order; pairs of id and value follow."""

    lifetime_s: int
    kind: ResourceKind
    stamp_of_chance: str
    most_stamps: int


class CatalogChanges(NamedTuple):
    """What leads from a known version to `version`: each thing that changed, None where deleted.

    Where `whole`, the known version is none that led here: the store has come back from a copy, or was emptied. Then
    these are all things there are, and what is known of others counts no more.
    """

    version: Version
    whole: bool
    resources: list[tuple[ResourceKind, str, CatalogResource | None]]


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
    on_unreadable
        Told of things that cannot be read; they are taken for not there.
    """

    def __init__(
        self, client: Client, currency: SiteCurrency = NO_CURRENCY, on_unreadable: OnUnreadable = log_unreadable
    ) -> None:
        self._client = client
        self._on_unreadable = on_unreadable
        self._currency = currency
        self._write = client.register_script(read_script("grow_version", "write_catalog"))

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
        names = _WriteKeys(
            resources=keys.catalog(site, kind),
            changes=keys.catalog_changes(site),
            version=keys.catalog_version(site),
            stamp=keys.catalog_stamp(site),
            stamps=keys.catalog_stamps(site),
        )
        arguments = _WriteArguments(keys.CATALOG_LIFETIME_S, kind, new_stamp(), _MAX_STAMPS)
        changed: int = self._write(keys=names, args=[*arguments, *(part for pair in values for part in pair)])
        return changed

    def get(self, site: str, kind: ResourceKind, ids: Sequence[str]) -> dict[str, Any]:
        """Read things by id; unknown ids are left out."""
        found = cast(list[bytes | None], self._client.hmget(keys.catalog(site, kind), list(ids))) if ids else []
        read = _DECODERS[kind].decode
        resources: dict[str, Any] = {}
        for resource_id, value in zip(ids, found, strict=True):
            if value is not None:
                name = f"{kind} {resource_id}"
                resource = read_or_tell(read, value, "resource", site, name, self._on_unreadable)
                if resource is not None:
                    resources[resource_id] = resource
        return resources

    def version(self, site: str) -> Version:
        """Version of a site's catalog, `NO_VERSION` where there is none."""
        return version_of(*self._client.mget([keys.catalog_version(site), keys.catalog_stamp(site)]))

    def new_assortment(self, *, offers_adult: bool = False) -> Assortment:
        """Give an assortment of nothing yet, to be brought to a site's catalog."""
        return Assortment(offers_adult=offers_adult, currency=self._currency)

    def refresh(self, site: str, assortment: Assortment, known: Version) -> tuple[Assortment, Version]:
        """Bring an assortment from a known version to the present one, and give both; it is another assortment where
        the catalog begins anew."""
        changes = self.changes(site, known)
        if changes.whole:
            assortment = self.new_assortment(offers_adult=assortment.offers_adult)
        assortment.follow(changes.resources)
        return assortment, changes.version

    def changed_items(self, site: str, known: Version) -> list[str]:
        """Give the ids of the items that were put or taken out after a version; all where it is none of this
        catalog's."""
        _, whole, members = self._changed(site, known)
        if whole:
            return self._ids(site, "items")
        return [member.decode().removeprefix("items:") for member in members if member.startswith(b"items:")]

    def _ids(self, site: str, kind: ResourceKind) -> list[str]:
        return sorted(name.decode() for name in cast(list[bytes], self._client.hkeys(keys.catalog(site, kind))))

    def changes(self, site: str, known: Version) -> CatalogChanges:
        """Read what has changed after a version."""
        version, whole, members = self._changed(site, known)
        found: list[tuple[ResourceKind, str, CatalogResource | None]] = []
        for kind in RESOURCE_KINDS:
            if whole:
                ids = self._ids(site, kind)
            else:
                prefix = f"{kind}:".encode()
                ids = [member[len(prefix) :].decode() for member in members if member.startswith(prefix)]
            for start in range(0, len(ids), _MAX_PER_READ):
                some = ids[start : start + _MAX_PER_READ]
                stored = self.get(site, kind, some)
                found += [(kind, resource_id, stored.get(resource_id)) for resource_id in some]
        return CatalogChanges(version, whole, found)

    def _changed(self, site: str, known: Version) -> tuple[Version, bool, list[bytes]]:
        """The present version, whether all things are to be read, and else which have changed, as `kind:id`."""
        with self._client.pipeline(transaction=False) as pipe:
            pipe.get(keys.catalog_version(site))
            pipe.get(keys.catalog_stamp(site))
            pipe.zscore(keys.catalog_stamps(site), known.stamp)
            pipe.zrangebyscore(keys.catalog_changes(site), f"({known.number}", "+inf")
            number, stamp, led_here, members = pipe.execute()
        version = version_of(number, stamp)
        whole = known not in (NO_VERSION, version) and (known.number >= version.number or led_here is None)
        return version, whole, members
