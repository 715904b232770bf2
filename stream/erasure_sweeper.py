"""Erasure sweeper: once every flow has come past an erasure, what held the places of the erased goes too.

Until then those places say that nothing of before is to be learned. Flows tell each other of what they erase: after
they have come past the erasure's own events, they come past whatever was in the log then, and once more.
"""

import logging
import time
from collections.abc import Iterable
from typing import Final

from store.log.log import EventLog
from store.messages.trigger_states import TriggerStore
from store.visitors.erasures import ERASING_FLOWS, ErasureStore, OpenErasure
from store.visitors.profiles import ProfileStore

_ROUNDS: Final = 3
_LOGGER = logging.getLogger(__name__)


class ErasureSweeper:
    """Finishes erasures.

    Parameters
    ----------
    erasures
        Receipts.
    profiles, triggers
        Where the places are.
    log
        Whose groups' commits tell how far flows have come.
    """

    def __init__(self, erasures: ErasureStore, profiles: ProfileStore, triggers: TriggerStore, log: EventLog) -> None:
        self.erasures = erasures
        self._profiles = profiles
        self._triggers = triggers
        self._log = log

    def sweep(self, sites: Iterable[str]) -> None:
        """Look at each open erasure once; raises what the stores and the log raise."""
        for site in sites:
            opened = self.erasures.open_of(site)
            come = {flow: self._log.committed(flow) for flow in ERASING_FLOWS} if opened else {}
            for erasure_id, erasure in opened.items():
                if erasure.is_passed(come):
                    self._advance(site, erasure_id, erasure)

    def _advance(self, site: str, erasure_id: str, erasure: OpenErasure) -> None:
        erasure.rounds += 1
        erasure.targets = dict(enumerate(self._log.ends()))
        if erasure.rounds > 1:
            for partition, visitor_id in erasure.ids:
                try:
                    self._profiles.forget_erased(site, partition, visitor_id, erasure.user_id)
                    self._triggers.forget_erased(site, partition, visitor_id)
                except ValueError:  # it cannot be read; whoever loads it next sets it aside
                    _LOGGER.exception("the place of an erased visitor of site %s stays", site)
        if erasure.rounds >= _ROUNDS:
            self.erasures.finish(site, erasure_id, time.time())
        else:
            self.erasures.keep_open(site, erasure_id, erasure)
