"""Snapshots: a site's published models in memory, swapped in as they change."""

from models.learner.snapshot import Snapshot, decode_snapshot, empty_snapshot
from store.site.models import ModelStore
from store.unreadable import OnUnreadable, Unreadable, log_unreadable
from store.version import NO_VERSION, Version


class SnapshotFollower:
    """Keeps one site's newest snapshot that can be read; blocking.

    Parameters
    ----------
    models
        Where it is published.
    site
        Whose.
    on_unreadable
        Told of one that cannot be read, once; the one before it stays until the learner publishes the next.

    Attributes
    ----------
    snapshot
        That of the last look; an empty one before.
    """

    def __init__(self, models: ModelStore, site: str, on_unreadable: OnUnreadable = log_unreadable) -> None:
        self.snapshot: Snapshot = empty_snapshot()
        self._models = models
        self._site = site
        self._on_unreadable = on_unreadable
        self._version: Version = NO_VERSION

    def look(self) -> bool:
        """Look for a newer snapshot; whether there is one."""
        version = self._models.snapshot_version(self._site)
        if version == self._version:
            return False
        stored = self._models.published(self._site)
        self._version = version
        try:
            self.snapshot = decode_snapshot(*stored) if stored is not None else empty_snapshot()
        except Exception as error:
            self._on_unreadable(Unreadable("snapshot", self._site, str(version), stored[0] if stored else b"", error))
            return False
        return True
