"""Open streams: how many pages wait for messages at a process, by address, key and visitor."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from api.http.edge.limits import Limits
from api.http.problems import too_many

_WAIT_S: Final = 5.0


class OpenStreams:
    """Counts the pages that wait.

    Parameters
    ----------
    limits
        How many there may be.
    """

    def __init__(self, limits: Limits) -> None:
        self._most = (
            ("address", limits.streams_per_address),
            ("key", limits.streams_per_key),
            ("visitor", limits.streams_per_visitor),
        )
        self._open: Counter[tuple[str, ...]] = Counter()

    def __len__(self) -> int:
        return len(self._open)

    def check(self, sender: str, site: str, visitor_id: str) -> None:
        """Raise `ProblemError` where one page more would be too many."""
        for (kind, most), of in zip(self._most, self._keys(sender, site, visitor_id), strict=True):
            if most and of[-1] and self._open[of] >= most:
                detail = f"{self._open[of]} pages of the {kind} {of[-1]!r} wait for messages, at most {most}"
                raise too_many("streams_too_many", detail, _WAIT_S)

    @contextmanager
    def opened(self, sender: str, site: str, visitor_id: str) -> Iterator[None]:
        """Count a page while it waits."""
        keys = self._keys(sender, site, visitor_id)
        self._open.update(keys)
        try:
            yield
        finally:
            for key in keys:
                self._open[key] -= 1
                if not self._open[key]:
                    del self._open[key]

    @staticmethod
    def _keys(sender: str, site: str, visitor_id: str) -> tuple[tuple[str, ...], ...]:
        return ("address", sender), ("key", site), ("visitor", site, visitor_id)
