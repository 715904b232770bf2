"""Versioned: a bounded hash of a site's things, with a number that grows with every change of them."""

from collections.abc import Sequence
from typing import NamedTuple

from store.client import Client
from store.lua import read_script


class _WriteArguments(NamedTuple):
    """ARGV of `write_versioned_hash.lua`, in its order; pairs of field and value follow."""

    lifetime_s: int
    most_fields: int


class VersionedHash:
    """Writes hashes that have a version beside them."""

    def __init__(self, client: Client) -> None:
        self._write = client.register_script(read_script("write_versioned_hash"))

    def write(
        self, name: str, version_name: str, lifetime_s: int, most_fields: int, pairs: Sequence[tuple[str, bytes]]
    ) -> int:
        """Set fields, and delete those given an empty value; a value that is there already changes nothing.

        Gives how many fields changed, or -1, with nothing written, where there would be more than `most_fields`.
        """
        flat = [part for pair in pairs for part in pair]
        changed: int = self._write(keys=[name, version_name], args=[*_WriteArguments(lifetime_s, most_fields), *flat])
        return changed
