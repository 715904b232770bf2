"""Resident memory: how much of the machine's a process has, for the metrics of every process."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from prometheus_client import Gauge

RESIDENT: Final = Gauge(
    "shopwindow_process_resident_bytes",
    "Memory of each process, as the system counts it.",
    multiprocess_mode="liveall",
)
_STATM: Final = Path("/proc/self/statm")


def resident_bytes() -> int:
    """Bytes of this process in memory now; 0 where the system does not tell."""
    with suppress(OSError, ValueError, IndexError):
        return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0
