"""Allocator: a process that was busy in many threads has little left of it."""

import subprocess
import sys

import pytest

from store.allocator import give_memory_back

BUSY = """
import sys, threading
from random import Random
from store.allocator import give_memory_back
from store.resident_memory import resident_bytes

if sys.argv[1] == "yes":
    assert give_memory_back()
kept = []

def work(seed):
    random = Random(seed)
    for _ in range(30):
        pieces = []
        for _ in range(60):
            pieces.append(bytes(random.choice([40_000, 200_000, 700_000, 2_000_000])))
            kept.append(bytes(700))
        del pieces

before = resident_bytes()
threads = [threading.Thread(target=work, args=(seed,)) for seed in range(14)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print((resident_bytes() - before) // 1_000_000)
"""


def left_mb(asked: str) -> int:
    run = subprocess.run([sys.executable, "-c", BUSY, asked], capture_output=True, text=True, check=True, timeout=120)
    return int(run.stdout)


@pytest.mark.skipif(not give_memory_back(), reason="this system's C library keeps no arenas")
def test_what_busy_threads_let_go_goes_back() -> None:
    assert left_mb("yes") < min(300, left_mb("no"))
