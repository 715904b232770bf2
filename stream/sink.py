"""Sink: the last step of a flow, in the one worker that runs it."""

from collections.abc import Callable
from typing import TypeVar

from bytewax.outputs import DynamicSink, StatelessSinkPartition

SinkItem = TypeVar("SinkItem")


class LastStep(DynamicSink[SinkItem]):
    """Ends a flow in what `make` gives.

    Parameters
    ----------
    make
        Makes the step, in the worker.
    """

    def __init__(self, make: Callable[[], StatelessSinkPartition[SinkItem]]) -> None:
        self._make = make

    def build(self, step_id: str, worker_index: int, worker_count: int) -> StatelessSinkPartition[SinkItem]:
        """Make the step."""
        return self._make()
