"""Profile healer: a profile that a request could not read is set aside, once, beside the request."""

import asyncio

from models.visitor.profile import Profile
from store.log.log import partition_of
from store.unreadable import OnUnreadable, Unreadable
from store.visitors.profiles import ProfileStore


class ProfileHealer:
    """Told of what a reader of visitors cannot read: has the store put another profile in its place.

    Parameters
    ----------
    profiles
        Tells of a profile that it replaces.
    partitions
        Of the event log.
    on_unreadable
        Told of everything else.
    """

    def __init__(self, profiles: ProfileStore, partitions: int, on_unreadable: OnUnreadable) -> None:
        self._profiles = profiles
        self._partitions = partitions
        self._on_unreadable = on_unreadable
        self._healing: dict[tuple[str, str], asyncio.Future[list[Profile]]] = {}

    def __call__(self, found: Unreadable) -> None:
        """Take note; called in the event loop."""
        place = (found.site, found.name)
        if found.kind != "profile":
            self._on_unreadable(found)
        elif place not in self._healing:
            partition = partition_of(found.site, found.name, self._partitions)
            loading = asyncio.get_running_loop().run_in_executor(
                None, self._profiles.load, found.site, partition, [found.name]
            )
            self._healing[place] = loading
            loading.add_done_callback(lambda _: self._healing.pop(place, None))
