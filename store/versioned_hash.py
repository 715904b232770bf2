"""Versioned hash: a bounded hash of a site's things, with a number that grows with every change of them."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, cast

from store.client import Client
from store.lua import read_script

_ANY_NUMBER: Final = 1_000_000


class _WriteArguments(NamedTuple):
    """ARGV of `write_versioned_hash.lua`, in its order; pairs of field and value follow."""

    lifetime_s: int
    most_fields: int


class VersionedHash:
    """Hashes of one kind of thing, one for each site, in Redis; blocking.

    Parameters
    ----------
    client
        Blocking client.
    key_of, version_key_of
        Give the key of a site's hash, and of its version; both lie in one slot.
    lifetime_s
        How long both stay after the last change.
    """

    def __init__(
        self, client: Client, key_of: Callable[[str], str], version_key_of: Callable[[str], str], lifetime_s: int
    ) -> None:
        self._client = client
        self._key_of = key_of
        self._version_key_of = version_key_of
        self._lifetime_s = lifetime_s
        self._write = client.register_script(read_script("write_versioned_hash"))

    def version(self, site: str) -> int:
        """Version of a site's things, 0 where nothing was ever set."""
        return int(self._client.get(self._version_key_of(site)) or 0)

    def values(self, site: str) -> list[bytes]:
        """Read what the hash holds, in no order."""
        return list(cast(dict[bytes, bytes], self._client.hgetall(self._key_of(site))).values())

    def put_within(self, site: str, pairs: Sequence[tuple[str, bytes]], most: int) -> bool:
        """Set fields; False, and nothing is changed, where there would be more than `most`."""
        return not pairs or self.set_and_delete(site, most, pairs) >= 0

    def delete(self, site: str, field: str) -> bool:
        """Take a field out; False where there was none."""
        return self.set_and_delete(site, _ANY_NUMBER, [(field, b"")]) > 0

    def put_beside(self, site: str, key: str, value: bytes) -> None:
        """Set a key that has the version of the hash, and its lifetime."""
        with self._client.pipeline() as pipe:
            pipe.set(key, value, ex=self._lifetime_s)
            pipe.incr(self._version_key_of(site))
            pipe.expire(self._version_key_of(site), self._lifetime_s)
            pipe.execute()

    def raise_version(self, site: str) -> None:
        """Tell of a change of what lies elsewhere."""
        self._client.incr(self._version_key_of(site))
        self._client.expire(self._version_key_of(site), self._lifetime_s)

    def set_and_delete(self, site: str, most_fields: int, pairs: Sequence[tuple[str, bytes]]) -> int:
        """Set fields, and delete those given an empty value; a value that is there already changes nothing.

        Gives how many fields changed, or -1, with nothing written, where there would be more than `most_fields`.
        """
        flat = [part for pair in pairs for part in pair]
        changed: int = self._write(
            keys=[self._key_of(site), self._version_key_of(site)],
            args=[*_WriteArguments(self._lifetime_s, most_fields), *flat],
        )
        return changed
