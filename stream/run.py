"""Run: one flow in this process, until it is told to stop."""

import gc
import signal
from collections.abc import Callable

from bytewax.dataflow import Dataflow
from bytewax.errors import BytewaxRuntimeError
from bytewax.run import cli_main

from stream.retry import Stop


def stop_on_signals() -> Stop:
    """Give an event that SIGTERM and SIGINT set."""
    stop = Stop()

    def ask(_: int, __: object) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, ask)
    signal.signal(signal.SIGINT, ask)
    return stop


def run_flow(wire: Callable[[], Dataflow], stop: Stop) -> None:
    """Run a flow in this thread, where signals are heard; raises what a step raised, unwrapped."""
    # A micro-batch makes tens of thousands of objects that live as long as it does: the stock threshold of 700 would
    # collect dozens of times a batch and find nothing.
    gc.freeze()
    gc.set_threshold(200_000, 20, 20)
    try:
        cli_main(wire())  # type: ignore[no-untyped-call]
    except KeyboardInterrupt:
        stop.set()
    except BytewaxRuntimeError as error:
        cause: BaseException = error
        while cause.__cause__ is not None:
            cause = cause.__cause__
        raise cause from error
    finally:
        gc.unfreeze()  # a library that looks for leaks when the process ends would take what is frozen for one
        gc.collect()  # a flow is a circle: what it held would be frozen with the next one, and stay for ever
