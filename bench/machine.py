"""What every benchmark prints beside its figures: the machine, and percentiles."""

import os
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np


def machine() -> dict[str, Any]:
    """Name the processor, its cores and the interpreter."""
    names = [
        line.split(":", 1)[1].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return {
        "cpu": names[0] if names else platform.processor(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
    }


def percentiles(values_ms: Sequence[float]) -> dict[str, float | int | None]:
    """Give p50, p90, p99 and the largest, in milliseconds, and how many there are."""
    if not values_ms:
        return {"n": 0, "p50": None, "p90": None, "p99": None, "max": None}
    p50, p90, p99 = np.percentile(values_ms, (50, 90, 99))
    return {
        "n": len(values_ms),
        "p50": round(float(p50), 3),
        "p90": round(float(p90), 3),
        "p99": round(float(p99), 3),
        "max": round(max(values_ms), 3),
    }
