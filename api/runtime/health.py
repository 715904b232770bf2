"""Health: what keeps this process from what it promises, as `/readyz` and the metrics tell it."""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from typing import Any, Final

from api.http import metrics
from api.intake.log_appender import Appender, Incoming
from store.log.log import LogUnavailableError

_LOGGER = logging.getLogger(__name__)
CATALOG_AND_MODELS: Final = "catalog and models"
STREAM_GAUGES: Final = "stream gauges"
_FIRST_WAIT_S: Final = 0.25
_LONGEST_WAIT_S: Final = 5.0
_FRESH_S: Final = 1.0
"""An answer of the probe counts for so long, whoever asks meanwhile."""
_PROBE_S: Final = 5.0
_LONGEST_TOLD: Final = 200
_PROBE: Final = Incoming("", 0, "", b"probe")


class Health:
    """Troubles of this process by part; empty where all is well."""

    def __init__(self) -> None:
        self._troubles: dict[str, str] = {}

    def failed(self, part: str, error: Exception) -> None:
        """Note that a part does not do its work for now."""
        self._troubles[part] = f"{type(error).__name__}: {error}"[:_LONGEST_TOLD]
        metrics.PART_FAILURES.labels(part).inc()
        metrics.PART_TROUBLED.labels(part).set(1)

    def well(self, part: str) -> None:
        """Note that a part does its work."""
        if self._troubles.pop(part, None) is not None:
            metrics.PART_TROUBLED.labels(part).set(0)

    @property
    def troubles(self) -> dict[str, str]:
        """What is wrong now, by part."""
        return dict(self._troubles)


class IntakeProbe:
    """Whether events are taken, by taking one: a record appended to a log of its own, beside the event log.

    Parameters
    ----------
    intake
        What appends events.
    probes
        Appends to the log of probes.
    """

    def __init__(self, intake: Appender, probes: Appender) -> None:
        self._intake = intake
        self._probes = probes
        self._asking = asyncio.Lock()
        self._found = ""
        self._until_s = 0.0

    async def trouble(self) -> str:
        """Say why events are not taken now; empty where they are."""
        async with self._asking:
            if time.monotonic() >= self._until_s:
                self._found = self._intake.trouble or await self._probed()
                self._until_s = time.monotonic() + _FRESH_S
            return self._found

    async def _probed(self) -> str:
        if time.monotonic() - self._intake.appended_at_s < _FRESH_S:
            return ""
        try:
            async with asyncio.timeout(_PROBE_S):
                await self._probes.append([_PROBE])
        except TimeoutError:
            return f"the event log has not answered for {_PROBE_S:g} s"
        except LogUnavailableError as error:
            return str(error)[:_LONGEST_TOLD]
        return ""


async def go_on(health: Health, part: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Do a part's work again where it raises, until it returns or is cancelled; well again once it has not for long."""
    wait_s = _FIRST_WAIT_S
    while True:
        doing = asyncio.create_task(work())
        try:
            await asyncio.wait({doing}, timeout=_LONGEST_WAIT_S)
            if not doing.done():
                wait_s = _FIRST_WAIT_S
                health.well(part)
            await doing
            return
        except Exception as error:
            _LOGGER.exception("%s failed and begins again", part)
            health.failed(part, error)
        finally:
            doing.cancel()
        await asyncio.sleep(wait_s)
        wait_s = min(2 * wait_s, _LONGEST_WAIT_S)
