"""Versioned hash: a bounded hash of a site's things, with a version that is another after every change of them."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, cast

from store.client import Client
from store.lua import read_script
from store.version import Version, new_stamp, version_of

_ANY_NUMBER: Final = 1_000_000


class HashKeys(NamedTuple):
    """Give the keys of a site's hash, of its version and of that one's stamp; all lie in one slot."""

    hash: Callable[[str], str]
    version: Callable[[str], str]
    stamp: Callable[[str], str]


class _WriteArguments(NamedTuple):
    """ARGV of `write_versioned_hash.lua`, in its order; pairs of field and value follow."""

    lifetime_s: int
    most_fields: int
    stamp_of_chance: str


class _BesideArguments(NamedTuple):
    """ARGV of `put_beside_version.lua`, in its order; without a value where the version grows alone."""

    lifetime_s: int
    stamp_of_chance: str
    value: bytes


class VersionedHash:
    """Hashes of one kind of thing, one for each site, in Redis; blocking.

    Parameters
    ----------
    client
        Blocking client.
    key_names
        Name a site's keys.
    lifetime_s
        How long they stay after the last change.
    """

    def __init__(self, client: Client, key_names: HashKeys, lifetime_s: int) -> None:
        self._client = client
        self._keys = key_names
        self._lifetime_s = lifetime_s
        self._write = client.register_script(read_script("grow_version", "write_versioned_hash"))
        self._put_beside = client.register_script(read_script("grow_version", "put_beside_version"))

    def version(self, site: str) -> Version:
        """Version of a site's things, `NO_VERSION` where nothing was ever set."""
        return version_of(*self._client.mget([self._keys.version(site), self._keys.stamp(site)]))

    def values(self, site: str) -> dict[str, bytes]:
        """Read what the hash holds, by field."""
        found = cast(dict[bytes, bytes], self._client.hgetall(self._keys.hash(site)))
        return {field.decode(): value for field, value in found.items()}

    def put_within(self, site: str, pairs: Sequence[tuple[str, bytes]], most: int) -> bool:
        """Set fields; False, and nothing is changed, where there would be more than `most`."""
        return not pairs or self.set_and_delete(site, most, pairs) >= 0

    def delete(self, site: str, field: str) -> bool:
        """Take a field out; False where there was none."""
        return self.set_and_delete(site, _ANY_NUMBER, [(field, b"")]) > 0

    def put_beside(self, site: str, key: str, value: bytes) -> None:
        """Set a key that has the version of the hash, and its lifetime."""
        arguments = _BesideArguments(self._lifetime_s, new_stamp(), value)
        self._put_beside(keys=[self._keys.version(site), self._keys.stamp(site), key], args=arguments)

    def raise_version(self, site: str) -> None:
        """Tell of a change of what lies elsewhere."""
        arguments = _BesideArguments(self._lifetime_s, new_stamp(), b"")
        self._put_beside(keys=[self._keys.version(site), self._keys.stamp(site)], args=arguments[:-1])

    def set_and_delete(self, site: str, most_fields: int, pairs: Sequence[tuple[str, bytes]]) -> int:
        """Set fields, and delete those given an empty value; a value that is there already changes nothing.

        Gives how many fields changed, or -1, with nothing written, where there would be more than `most_fields`.
        """
        flat = [part for pair in pairs for part in pair]
        changed: int = self._write(
            keys=[self._keys.hash(site), self._keys.version(site), self._keys.stamp(site)],
            args=[*_WriteArguments(self._lifetime_s, most_fields, new_stamp()), *flat],
        )
        return changed
