"""Learned models: the learner's checkpoint and the snapshot the API reads, written together by one leader."""

from secrets import token_hex
from typing import NamedTuple, cast

from store import keys
from store.client import Client
from store.lua import read_script
from store.version import Version, new_stamp, version_of


class _PublishKeys(NamedTuple):
    """KEYS of `publish_models.lua`, in its order."""

    leader: str
    checkpoint: str
    snapshot: str


class _PublishArguments(NamedTuple):
    """ARGV of `publish_models.lua`, in its order."""

    token: str
    lifetime_s: int
    checkpoint: bytes
    version: int
    stamp: str
    snapshot: bytes
    tables: bytes


class _LeadArguments(NamedTuple):
    """ARGV of `take_lead.lua`, in its order."""

    token: str
    lifetime_s: int


class ModelStore:
    """Checkpoints and snapshots in Redis. Only the process that leads a site may write its models."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._token = token_hex(8)
        self._publish = client.register_script(read_script("publish_models"))
        self._lead = client.register_script(read_script("take_lead"))
        self._resign = client.register_script(read_script("resign_lead"))

    def lead(self, site: str) -> bool:
        """Become or stay the leader of a site for `keys.LEADER_LIFETIME_S`; False while another process is."""
        return bool(self._lead(keys=[keys.leader(site)], args=_LeadArguments(self._token, keys.LEADER_LIFETIME_S)))

    def resign(self, site: str) -> None:
        """Let another process lead at once."""
        self._resign(keys=[keys.leader(site)], args=[self._token])

    def publish(self, site: str, checkpoint: bytes, version: int, snapshot: bytes, tables: bytes) -> bool:
        """Replace checkpoint, snapshot and the engine's tables, which belong to both, in one step.

        False, and nothing written, where this process leads no more.
        """
        names = _PublishKeys(keys.leader(site), keys.checkpoint(site), keys.snapshot(site))
        arguments = _PublishArguments(
            self._token, keys.MODELS_LIFETIME_S, checkpoint, version, new_stamp(), snapshot, tables
        )
        return bool(self._publish(keys=names, args=arguments))

    def checkpoint(self, site: str) -> tuple[bytes, bytes] | None:
        """The learner's last saved state: its checkpoint and the engine's tables. For the leader, who alone writes."""
        checkpoint = cast(bytes | None, self._client.get(keys.checkpoint(site)))
        tables = cast(bytes | None, self._client.hget(keys.snapshot(site), "tables"))
        return (checkpoint, tables) if checkpoint is not None and tables is not None else None

    def set_checkpoint_aside(self, site: str) -> None:
        """Keep a checkpoint that cannot be read beside its place, which is free then, for `UNREADABLE_LIFETIME_S`."""
        aside = keys.unreadable_checkpoint(site)
        if self._client.exists(keys.checkpoint(site)):
            self._client.rename(keys.checkpoint(site), aside)
        self._client.expire(aside, keys.UNREADABLE_LIFETIME_S)

    def published(self, site: str) -> tuple[bytes, bytes] | None:
        """The last published snapshot and the engine's tables."""
        snapshot, tables = cast(list[bytes | None], self._client.hmget(keys.snapshot(site), ["snapshot", "tables"]))
        return (snapshot, tables) if snapshot is not None and tables is not None else None

    def snapshot_version(self, site: str) -> Version:
        """Version of the published snapshot, `NO_VERSION` where there is none."""
        return version_of(*self._client.hmget(keys.snapshot(site), ["version", "stamp"]))
