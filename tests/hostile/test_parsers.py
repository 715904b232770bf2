"""No text makes a parser slow: each runs in a process of its own, which the system ends when one text takes the seconds
of processor time that what is not linear needs for one so long, and what is linear never does."""

import os
import subprocess
import sys

import pytest

from tests.hostile.parsers import PARSERS
from tests.hostile.texts import LENGTH, texts

SECONDS = 4
"""A twentieth of them is what the slowest text needs; quadratic work takes them on any machine."""
RUN = f"""
import signal, sys
from tests.hostile.parsers import PARSERS
from tests.hostile.texts import texts
parse = PARSERS[sys.argv[1]]
signal.signal(signal.SIGVTALRM, signal.SIG_DFL)  # also inside of one call
for text in texts(every=bool(sys.argv[2])):
    print(ascii(text[:20]), "...", ascii(text[-3:]), flush=True)
    signal.setitimer(signal.ITIMER_VIRTUAL, {SECONDS})
    parse(text)
"""


@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("name", PARSERS)
def test_no_text_makes_a_parser_slow(name: str) -> None:
    """`SHOPWINDOW_TEST_HOSTILE=all` tries every text there is."""
    every = os.environ.get("SHOPWINDOW_TEST_HOSTILE", "")
    done = subprocess.run([sys.executable, "-c", RUN, name, every], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout.splitlines()[-1]}\n{done.stderr[-2_000:]}"


def test_texts_are_long_and_differ() -> None:
    found = list(texts())
    assert len(set(found)) > 190
    assert all(LENGTH * 0.9 < len(text) <= LENGTH + 2 for text in found)
