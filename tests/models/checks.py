"""Checks that every model which learns from a stream passes, each model told of by a `Case`."""

import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

Model = TypeVar("Model")


@dataclass(frozen=True)
class Case(Generic[Model]):
    """How a model is made, taught and asked.

    `answers` gives all that can be asked of it as values that compare; `saved` what it keeps, likewise, and `reloaded`
    a model that has only been loaded from that; `size` is what its bound bounds, `most` that bound.
    """

    name: str
    new: Callable[[], Model]
    learn: Callable[[Model, Sequence[Any]], None]
    answers: Callable[[Model], Any]
    reloaded: Callable[[Model], Model]
    state: Callable[[Model], bytes]
    size: Callable[[Model], int]
    most: int
    events: Sequence[Any]
    many: Sequence[Any]


def state_of(model: object) -> bytes:
    """All that a model holds, as bytes."""
    return pickle.dumps(model)


def reloaded(model: Model) -> Model:
    """A copy that shares nothing with the model."""
    copy: Model = pickle.loads(state_of(model))  # noqa: S301 - our own, made a line ago
    return copy


def answers_before_any_learning(case: Case[Any]) -> None:
    """A new model has an answer to every question, and it is the same for two new models."""
    first = case.answers(case.new())
    assert first is not None
    assert first == case.answers(case.new())


def learns(case: Case[Any]) -> None:
    """The events of the case make a difference, so that the other checks are about something."""
    assert case.answers(_taught(case)) != case.answers(case.new())


def repeats_itself(case: Case[Any]) -> None:
    """Two models taught alike hold the same and answer the same."""
    first, second = _taught(case), _taught(case)
    assert case.state(first) == case.state(second)
    assert case.answers(first) == case.answers(second)


def survives_save_and_load(case: Case[Any]) -> None:
    """Saved half-way and loaded, it goes on as one that was never interrupted."""
    half = len(case.events) // 2
    model = case.new()
    case.learn(model, case.events[:half])
    loaded = case.reloaded(model)
    assert case.answers(loaded) == case.answers(model)
    case.learn(loaded, case.events[half:])
    assert case.answers(loaded) == case.answers(_taught(case))


def stays_in_its_bound(case: Case[Any]) -> None:
    """Taught far more than it may keep, it keeps no more, and has not stopped at less than half."""
    model = case.new()
    for start in range(0, len(case.many), 500):
        case.learn(model, case.many[start : start + 500])
        assert case.size(model) <= case.most
    assert case.size(model) > case.most // 2


def reading_changes_nothing(case: Case[Any]) -> None:
    """Whatever is asked of it, and however often, it holds what it held."""
    model = _taught(case)
    before = case.state(model)
    first = case.answers(model)
    assert case.answers(model) == first
    assert case.state(model) == before


CHECKS: Sequence[Callable[[Case[Any]], None]] = (
    answers_before_any_learning,
    learns,
    repeats_itself,
    survives_save_and_load,
    stays_in_its_bound,
    reading_changes_nothing,
)


def _taught(case: Case[Any]) -> Any:
    model = case.new()
    case.learn(model, case.events)
    return model
