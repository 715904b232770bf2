"""Attribution: which touches on the way to an order get the credit for it."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

DIRECT: Final = "direct"


class ConversionPath(NamedTuple):
    """The touches before an order, oldest first; `revenue` is None for a way that led to no order."""

    touches: tuple[str, ...]
    revenue: float | None


class Credit(NamedTuple):
    """Orders and revenue that a touch is credited with; fractions where several share."""

    orders: float
    revenue: float


NOTHING: Final = Credit(0.0, 0.0)


def without_direct(touches: Sequence[str], direct: frozenset[str] = frozenset({DIRECT})) -> tuple[str, ...]:
    """Leave out direct visits, which nobody sent, unless there are no others (GA4's rule).

    >>> without_direct(["email", "direct"]), without_direct(["direct", "direct"])
    (('email',), ('direct', 'direct'))
    """
    kept = tuple(touch for touch in touches if touch not in direct)
    return kept or tuple(touches)


def first_touch(paths: Sequence[ConversionPath]) -> dict[str, Credit]:
    """Credit the first touch of each path that led to an order."""
    return _one_touch(paths, 0)


def last_touch(paths: Sequence[ConversionPath]) -> dict[str, Credit]:
    """Credit the last touch of each path that led to an order."""
    return _one_touch(paths, -1)


def _one_touch(paths: Sequence[ConversionPath], place: int) -> dict[str, Credit]:
    found: dict[str, Credit] = {}
    for touches, revenue in paths:
        if revenue is not None and touches:
            before = found.get(touches[place], NOTHING)
            found[touches[place]] = Credit(before.orders + 1, before.revenue + revenue)
    return found


def markov(paths: Sequence[ConversionPath]) -> dict[str, Credit]:
    """Share all orders by how many would be missing without each touch: first-order Markov removal effects [1]_.

    Ways that led to no order count. Removal effects are scaled to sum to all orders and all revenue.

    >>> shares = markov([ConversionPath(("a", "b"), 10.0), ConversionPath(("a",), None), ConversionPath(("b",), 20.0)])
    >>> {touch: (round(credit.orders, 4), round(credit.revenue, 4)) for touch, credit in shares.items()}
    {'a': (0.6667, 10.0), 'b': (1.3333, 20.0)}

    .. [1] Anderl et al., "Mapping the customer journey", IJRM 2016.
    """
    effects = removal_effects(paths)
    orders = sum(revenue is not None for touches, revenue in paths if touches)
    revenue = sum(path.revenue for path in paths if path.revenue is not None and path.touches)
    whole = sum(effects.values())
    if not whole:
        return {}
    return {touch: Credit(effect / whole * orders, effect / whole * revenue) for touch, effect in effects.items()}


def removal_effects(paths: Sequence[ConversionPath]) -> dict[str, float]:
    """Give the share of orders, 0 to 1, that would be missing without each touch."""
    steps: dict[tuple[str, str], int] = {}
    touches = sorted({touch for path in paths for touch in path.touches})
    # Names of touches get a mark that the states without one cannot have.
    for path in paths:
        if not path.touches:
            continue
        way = ["start", *(f"-{touch}" for touch in path.touches), "none" if path.revenue is None else "order"]
        for step in pairwise(way):
            steps[step] = steps.get(step, 0) + 1
    states = {name: number for number, name in enumerate(["start", *(f"-{touch}" for touch in touches)])}
    moves, ends = _chances(steps, states)
    with_all = _reaches(moves, ends)
    if with_all <= 0.0:
        return dict.fromkeys(touches, 0.0)
    effects: dict[str, float] = {}
    for touch in touches:
        number = states[f"-{touch}"]
        less, ends_less = moves.copy(), ends.copy()
        less[number, :] = 0.0  # whoever would come here is lost
        less[:, number] = 0.0
        ends_less[number] = 0.0
        effects[touch] = max(0.0, 1.0 - _reaches(less, ends_less) / with_all)
    return effects


def _chances(
    steps: Mapping[tuple[str, str], int], states: Mapping[str, int]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Chances of moving between states (n, n), and of ordering from each (n,)."""
    moves, ends = np.zeros((len(states), len(states))), np.zeros(len(states))
    left = np.zeros(len(states))
    for (origin, aim), count in steps.items():
        left[states[origin]] += count
        if aim == "order":
            ends[states[origin]] += count
        elif aim in states:
            moves[states[origin], states[aim]] += count
    left[left == 0] = 1.0
    return moves / left[:, None], ends / left


def _reaches(moves: NDArray[np.float64], ends: NDArray[np.float64]) -> float:
    """Chance of ever ordering from the start, which is state 0."""
    return float(np.linalg.solve(np.eye(len(ends)) - moves, ends)[0])
