"""API connection: a process opens as many files as its connections need, and takes no more than it can open."""

import subprocess
import sys

import pytest

CODE = """
import resource
from api.http.edge.limits import Limits
from shopwindow.processes.api_connection import within_files
resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))
found = within_files(Limits(connections={asked}))
print(found.connections, *resource.getrlimit(resource.RLIMIT_NOFILE))
"""


@pytest.mark.parametrize(
    ("soft", "hard", "asked", "connections", "files"),
    [
        (500, 5_000, 1_000, 1_000, 1_256),
        (500, 800, 1_000, 544, 800),
        (900, 1_800, 0, 1_544, 1_800),
        (5_000, 5_000, 100, 100, 5_000),
        (200, 200, 100, 1, 200),
    ],
)
def test_connections_fit_into_files(soft: int, hard: int, asked: int, connections: int, files: int) -> None:
    code = CODE.format(soft=soft, hard=hard, asked=asked)
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=100)
    assert said.stdout.split() == [str(connections), str(files), str(hard)]
