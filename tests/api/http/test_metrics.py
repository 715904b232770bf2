"""Metrics of the API: counted by what they are asked about, and of all processes together."""

import os
import subprocess
import sys
from pathlib import Path

from prometheus_client import REGISTRY

from api.http.metrics import count_decision, exposition, observe_request

CODE = """
import sys
from api.http import metrics

metrics.count_decision("shop", "for_you", "session")
metrics.LAG.labels("profile").set(float(sys.argv[1]))
sys.stdout.write(metrics.exposition().decode())
"""


def value(name: str, **labels: str) -> float:
    """What stands under a name."""
    return REGISTRY.get_sample_value(f"shopwindow_{name}", labels) or 0.0


def test_requests_and_decisions_are_counted_by_their_labels() -> None:
    labels = {"route": "/v1/test-metrics", "tier": "session", "status": "200"}
    for seconds in (0.002, 0.004, 9.0):
        observe_request("/v1/test-metrics", "session", 200, seconds)
    observe_request("/v1/test-metrics", "", 404, 0.001)
    assert value("request_seconds_count", **labels) == 3.0
    assert value("request_seconds_bucket", le="0.005", **labels) == 2.0
    count_decision("test-site", "for_you", "session")
    count_decision("test-site", "for_you", "popular")
    assert value("decisions_total", site="test-site", kind="for_you", tier="session") == 1.0
    assert b'shopwindow_decisions_total{kind="for_you",site="test-site",tier="popular"} 1.0' in exposition()


def test_processes_that_share_a_directory_are_counted_together(tmp_path: Path) -> None:
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}

    def run(lag: int) -> str:
        command = [sys.executable, "-c", CODE, str(lag)]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=True).stdout

    run(5)
    told = run(3)
    assert 'shopwindow_decisions_total{kind="for_you",site="shop",tier="session"} 2.0' in told
    assert 'shopwindow_log_lag_events{flow="profile"} 3.0' in told, "of a gauge what was said last counts"
