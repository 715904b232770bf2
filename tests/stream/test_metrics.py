"""Metrics of flows: the lag is that of the event that waited longest."""

import time

import msgspec
from prometheus_client import REGISTRY

from stream.metrics import observe_lag
from tests.models.makers import event


def lag(flow: str) -> tuple[float, float]:
    """How often the lag was noted, and the sum of what was."""
    count, whole = (
        REGISTRY.get_sample_value(f"shopwindow_stream_lag_seconds_{part}", {"flow": flow}) for part in ("count", "sum")
    )
    return count or 0.0, whole or 0.0


def test_the_oldest_event_of_a_batch_counts() -> None:
    now_s = time.time()
    waited = [msgspec.structs.replace(event("page_view"), accepted_at_s=now_s - seconds) for seconds in (40.0, 1.0)]
    observe_lag("test-oldest", list(enumerate(waited)))
    count, whole = lag("test-oldest")
    assert count == 1
    assert 40.0 <= whole < 70.0


def test_no_event_is_no_lag_and_a_clock_ahead_of_ours_is_none_either() -> None:
    observe_lag("test-none", [])
    assert lag("test-none") == (0.0, 0.0)
    observe_lag("test-none", [(1, msgspec.structs.replace(event("page_view"), accepted_at_s=time.time() + 900))])
    assert lag("test-none") == (1.0, 0.0)
