"""Isolation: one visitor's or one event's error ends no flow; what fails is found by halving, and the rest goes on.

Only what a server refuses for now is waited for, by whoever does the work; whatever else is raised is somebody's own.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final, TypeVar

from models.base.durations import HOUR_S
from models.events.events import Event
from store.log.log import LogUnavailableError
from store.refusals import UNAVAILABLE
from stream.metrics import SITE_FAILURES

POSTPONED_S: Final = HOUR_S
"""When a visitor for whom time could not be let pass is looked at again."""
_LOGGER = logging.getLogger(__name__)
Task = TypeVar("Task")
Done = TypeVar("Done")


def done_apart(
    parts: Sequence[Task], work: Callable[[Sequence[Task]], Done], refuse: Callable[[Task, Exception], None]
) -> list[Done]:
    """Do work on all parts together; where it raises, on halves of them, down to those that it cannot be done on.

    Gives what came of each portion it was done on; `refuse` is told of each other part, and why. What a server that is
    away raises is nobody's own, and raised.
    """
    if not parts:
        return []
    try:
        return [work(parts)]
    except (*UNAVAILABLE, LogUnavailableError):
        raise
    except Exception as error:
        if len(parts) == 1:
            _LOGGER.exception("what cannot be done is set aside")
            refuse(parts[0], error)
            return []
    half = len(parts) // 2
    return done_apart(parts[:half], work, refuse) + done_apart(parts[half:], work, refuse)


def learned_apart(
    events: Mapping[str, list[tuple[int, Event]]],
    learn: Callable[[Mapping[str, list[tuple[int, Event]]]], Done],
    refuse: Callable[[tuple[int, Event], Exception], None],
) -> list[Done]:
    """Learn events of visitors, each with its position; those that cannot be learned are refused, and no other.

    Gives what came of each portion that was learned.
    """
    done: list[Done] = []

    def learn_each(visitor_id: str, _: Exception) -> None:
        def learn_some(some: Sequence[tuple[int, Event]]) -> None:
            done.append(learn({visitor_id: list(some)}))

        for told in events[visitor_id]:  # in order, one by one: a later one may build on an earlier
            done_apart([told], learn_some, refuse)

    def learn_visitors(visitor_ids: Sequence[str]) -> None:
        done.append(learn({visitor_id: events[visitor_id] for visitor_id in visitor_ids}))

    done_apart(list(events), learn_visitors, learn_each)
    return done


@contextmanager
def site_apart(site: str) -> Iterator[None]:
    """Count what is wrong with one site, and go on with the next."""
    try:
        yield
    except (*UNAVAILABLE, LogUnavailableError):
        raise
    except Exception:
        _LOGGER.exception("site %s is left for now", site)
        SITE_FAILURES.labels(site).inc()
