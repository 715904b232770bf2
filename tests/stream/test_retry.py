"""Retry: a server that is away is waited for, a fault is not, and whoever is told to stop stops."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import redis

from shopwindow.embedded import EmbeddedRedis
from store.client import connect
from stream.retry import Backoff, Stop, retry_until_available

HAMMERED = """
import os, signal, sys
from stream.run import stop_on_signals

stop = stop_on_signals()
print("ready", flush=True)
for _ in range(10_000):
    stop.clear()
    stop.wait(0.00001)
print("alive", flush=True)
os._exit(0)
"""
CODE = """
import sys, threading
from store.log.log import LogUnavailableError
from stream.retry import Stop, retry_until_available

stop = Stop()
threading.Timer(0.3, stop.set).start()

def call():
    raise LogUnavailableError("away")

try:
    retry_until_available(stop, "save profiles", call)
finally:
    print("unwound", flush=True)
"""


def test_a_signal_that_comes_as_the_process_begins_to_wait_stops_it_all_the_same() -> None:
    with subprocess.Popen([sys.executable, "-c", HAMMERED], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "ready\n"
            deadline_s = time.monotonic() + 60
            while process.poll() is None and time.monotonic() < deadline_s:
                process.send_signal(signal.SIGTERM)
                time.sleep(0.001)
            assert (process.poll(), process.stdout.read()) == (0, "alive\n")
        finally:
            process.kill()


def test_a_call_is_made_again_until_its_server_is_there(tmp_path: Path) -> None:
    with EmbeddedRedis(tmp_path) as server:
        port, url = server.port, server.url
    client = connect(url, timeout_s=0.5)
    again = EmbeddedRedis(tmp_path, port=port)
    calls: list[int] = []

    def ask() -> bool:
        calls.append(len(calls))
        if len(calls) == 3:
            again.start()
        return bool(client.ping())

    try:
        assert retry_until_available(Stop(), "ask", ask) is True
        assert len(calls) >= 3
    finally:
        client.close()
        again.stop()


@pytest.mark.parametrize("error", [ValueError("ours"), redis.ResponseError("WRONGTYPE"), KeyError("x")])
def test_what_waiting_does_not_mend_is_raised_at_once(error: Exception) -> None:
    calls: list[int] = []

    def fail() -> None:
        calls.append(1)
        raise error

    with pytest.raises(type(error)):
        retry_until_available(Stop(), "fail", fail)
    assert calls == [1]


def test_a_stop_ends_the_process_in_the_middle_of_a_step() -> None:
    run = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, timeout=60, check=False)
    assert (run.returncode, run.stdout) == (0, ""), "nothing is unwound, so nothing is committed"
    assert "stopped while waiting to save profiles" in run.stderr


def test_an_answer_that_comes_after_the_stop_still_counts() -> None:
    stop = Stop()
    stop.set()
    assert retry_until_available(stop, "ask", lambda: 5) == 5


def test_waits_double_up_to_a_second_and_begin_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    stop, waits = Stop(), list[float]()
    monkeypatch.setattr(stop, "wait", waits.append)
    backoff = Backoff(stop)
    for _ in range(7):
        backoff.wait()
    backoff.reset()
    backoff.wait()
    assert waits == [0.05, 0.1, 0.2, 0.4, 0.8, 1.0, 1.0, 0.05]


def test_a_stop_cuts_a_wait_short() -> None:
    stop = Stop()
    stop.set()
    backoff, started_s = Backoff(stop), time.monotonic()
    for _ in range(20):
        backoff.wait()
    assert time.monotonic() - started_s < 1.0
