"""Run: a flow's own error comes out as it was raised, and signals become a stop."""

import gc
import os
import signal
import weakref
from collections.abc import Iterator

import bytewax.operators as op
import pytest
from bytewax.dataflow import Dataflow
from bytewax.testing import TestingSink, TestingSource

from stream.retry import Stop
from stream.run import run_flow, stop_on_signals


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Leave signals and the collector as they were."""
    signals = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    threshold = gc.get_threshold()
    yield
    gc.set_threshold(*threshold)
    for number, handler in signals.items():
        signal.signal(number, handler)


class Held:
    """What a flow works with."""


def dividing(values: list[int], found: list[float]) -> Dataflow:
    """A flow that divides 60 by each value."""
    flow = Dataflow("dividing")
    numbers = op.input("read", flow, TestingSource(values))
    op.output("write", op.map("divide", numbers, lambda value: 60 / value), TestingSink(found))
    return flow


def test_a_flow_runs_to_its_end_and_nothing_stays_frozen() -> None:
    found: list[float] = []
    run_flow(lambda: dividing([1, 2, 3], found), Stop())
    assert found == [60.0, 30.0, 20.0]
    assert gc.get_freeze_count() == 0


def test_what_a_flow_held_is_gone_with_it_though_a_flow_is_a_circle() -> None:
    held: list[weakref.ref[Held]] = []

    def wire() -> Dataflow:
        everything = Held()
        held.append(weakref.ref(everything))
        flow = Dataflow("holding")
        numbers = op.input("read", flow, TestingSource([1]))
        op.output("write", op.map("hold", numbers, lambda value: (value, everything)), TestingSink([]))
        return flow

    for _ in range(3):
        run_flow(wire, Stop())
    assert [each() for each in held] == [None, None, None]


def test_what_a_step_raised_comes_out_unwrapped() -> None:
    with pytest.raises(ZeroDivisionError):
        run_flow(lambda: dividing([1, 0], []), Stop())
    assert gc.get_freeze_count() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_sets_the_stop_and_ends_nothing_else(number: signal.Signals) -> None:
    stop = stop_on_signals()
    assert not stop.is_set()
    os.kill(os.getpid(), number)
    assert stop.wait(5)
