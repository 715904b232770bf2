"""Rejected events: how many this process refused, until the count is kept with the site's others."""

from collections import Counter
from threading import Lock

from store.visitors.profiles import ProfileStore


class RejectedEvents:
    """Counts events the intake refused; a process that is killed loses what it has not stored.

    Parameters
    ----------
    profiles
        Keeps each site's counts of events.
    """

    def __init__(self, profiles: ProfileStore) -> None:
        self._profiles = profiles
        self._waiting: Counter[str] = Counter()
        self._lock = Lock()

    def add(self, site: str, events: int) -> None:
        """Note events of a site; nothing is stored yet."""
        with self._lock:
            self._waiting[site] += events

    def store(self) -> None:
        """Add what is waiting to the stored counts; what the store does not take waits on. Raises its errors."""
        with self._lock:
            waiting, self._waiting = self._waiting, Counter()
        while waiting:
            site, events = waiting.popitem()
            try:
                self._profiles.count_rejected(site, events)
            except Exception:
                waiting[site] = events
                with self._lock:
                    self._waiting.update(waiting)
                raise
