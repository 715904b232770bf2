"""Wanted: who wants which item, and what the item was like when the triggers looked last."""

from collections.abc import Mapping, Sequence
from typing import cast

from store import keys
from store.client import Client
from store.version import Version, parse_version


class ItemWatcherStore:
    """The index from items to the visitors who want them, in Redis; blocking. It is written with the trigger states."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def compared_version(self, site: str, partition: int) -> Version | None:
        """Version of the catalog up to which items have been compared; None where none ever was."""
        return parse_version(self._client.get(keys.wanted_version(site, partition)))

    def set_compared_version(self, site: str, partition: int, version: Version) -> None:
        """Note up to which version of the catalog items have been compared."""
        self._client.set(keys.wanted_version(site, partition), str(version), ex=keys.TRIGGERS_LIFETIME_S)

    def known(self, site: str, partition: int, item_ids: Sequence[str]) -> dict[str, bytes]:
        """Give what is known of those of the items that anybody wants."""
        if not item_ids:
            return {}
        found = cast(list[bytes | None], self._client.hmget(keys.wanted_known(site, partition), list(item_ids)))
        return {item_id: value for item_id, value in zip(item_ids, found, strict=True) if value is not None}

    def set_known(self, site: str, partition: int, known: Mapping[str, bytes]) -> None:
        """Remember what items are like now."""
        with self._client.pipeline(transaction=False) as pipe:
            for item_id, value in known.items():
                pipe.hset(keys.wanted_known(site, partition), item_id, value)
            pipe.execute()

    def visitors(self, site: str, partition: int, item_id: str, since_s: float) -> list[str]:
        """Give who has wanted an item since a time (epoch seconds)."""
        name = keys.wanted(site, partition, item_id)
        return [member.decode() for member in cast(list[bytes], self._client.zrangebyscore(name, since_s, "+inf"))]
