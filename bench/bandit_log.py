"""Slot policy on a randomised log: what would another policy have won, and what would ours?

Another policy is judged from its choices' chances by `models.bandit.off_policy`, with the click model the learner
teaches as the reward model. Ours, which learns as it goes, is replayed by rejection sampling [1]_: a logged choice is
kept as often as our policy would have made it, only kept ones are learned, and their click rate is ours.

.. [1] Li et al., "Unbiased Offline Evaluation of Contextual-bandit-based News Article Recommendation Algorithms",
   WSDM 2011.
"""

import csv
import gzip
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import isfinite, sqrt
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bench.errors import InputError
from models.bandit.click_context import Context
from models.bandit.click_model import ClickModel
from models.bandit.click_weights import ClickWeights
from models.bandit.off_policy import MIN_CLICKS, judge_policy
from models.bandit.thompson import chances

MAX_VALUES: Final = 32
"""Different values a context column may have; numbers beyond it go into 8 bins, names beyond the commonest together."""
BINS: Final = 8
MAX_POLICIES: Final = 6
FOLDS: Final = 2
REFIT_SHARE: Final = 0.05
"""The replayed policy learns anew once it has seen so much more, as one that reads a snapshot now and then."""
UNIFORM: Final = "uniform"

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Log:
    """Rows of a log. `action`, `position` and `context` are numbers of `actions`, `positions` and `contexts`; arrays
    have shape `(n_rows,)`. `columns` holds every column as text."""

    columns: dict[str, list[str]]
    action: Ints
    reward: Floats
    propensity: Floats
    position: Ints
    context: Ints
    actions: list[str]
    positions: list[str]
    contexts: list[Context]

    def rows(self, where: Sequence[tuple[str, str]]) -> Ints:
        """Numbers of the rows in which every named column has its value; raises `InputError` where there is none."""
        kept = np.ones(len(self.action), np.bool_)
        for column, value in where:
            kept &= np.array([text == value for text in self.column(column)])
        if not kept.any():
            said = " and ".join(f"{column}={value}" for column, value in where)
            raise InputError(f"no row has {said}" if said else "the log has no rows")
        return np.flatnonzero(kept)

    def column(self, name: str) -> list[str]:
        """Values of a column; raises `InputError` for one that is not there."""
        if name not in self.columns:
            raise InputError(f"the log has no column {name!r}; it has {', '.join(self.columns)}")
        return self.columns[name]


def read_log(
    path: Path, action: str, reward: str, propensity: str, context: Sequence[str] = (), position: str | None = None
) -> Log:
    """Read a log as CSV, gzipped where its name ends in .gz; raises `InputError`."""
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", newline="") as lines:
        rows = csv.reader(lines)
        names = next(rows, [])
        for column in (action, reward, propensity, *context, *([position] if position else [])):
            if column not in names:
                raise InputError(f"{path.name} has no column {column!r}; it has {', '.join(names)}")
        values: list[list[str]] = [[] for _ in names]
        for number, row in enumerate(rows, start=2):
            if len(row) != len(names):
                raise InputError(f"{path.name} row {number}: {len(row)} values for {len(names)} columns")
            for column_values, text in zip(values, row, strict=True):
                column_values.append(text)
    columns = dict(zip(names, values, strict=True))
    if not values or not values[0]:
        raise InputError(f"{path.name} has no rows")
    actions, action_of = _numbered(columns[action])
    positions, position_of = _numbered(columns[position] if position else [""] * len(action_of))
    levels = [_levels(name, columns[name]) for name in context]
    made: dict[tuple[str, ...], int] = {}
    context_of = [made.setdefault(level, len(made)) for level in zip(*levels, strict=True)] if levels else []
    return Log(
        columns=columns,
        action=action_of,
        reward=_read_numbers(path, reward, columns[reward], 0.0, 1.0),
        propensity=_read_numbers(path, propensity, columns[propensity], 0.0, 1.0, above=True),
        position=position_of,
        context=np.array(context_of or [0] * len(action_of), np.int64),
        actions=actions,
        positions=positions,
        contexts=[Context(column, column) for column in made] or [Context()],
    )


def _numbered(values: Sequence[str]) -> tuple[list[str], Ints]:
    numbers: dict[str, int] = {}
    found = np.array([numbers.setdefault(value, len(numbers)) for value in values], np.int64)
    return list(numbers), found


def _read_numbers(
    path: Path, column: str, values: Sequence[str], least: float, most: float, *, above: bool = False
) -> Floats:
    found = np.empty(len(values))
    for index, text in enumerate(values):
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not isfinite(value) or not least <= value <= most or (above and value == least):
            said = f"above {least:g} and at most {most:g}" if above else f"from {least:g} to {most:g}"
            raise InputError(f"{path.name} row {index + 2}: {column} must be a number {said}, got {text!r}")
        found[index] = value
    return found


def _levels(column: str, values: Sequence[str]) -> list[str]:
    """Name each row's value of a context column, few names in all."""
    common = Counter(values).most_common()
    if len(common) > MAX_VALUES:
        try:
            numbers = np.array(values, np.float64)
        except ValueError:
            kept = {value for value, _ in common[: MAX_VALUES - 1]}
            values = [value if value in kept else "other" for value in values]
        else:
            edges = np.quantile(numbers, np.arange(1, BINS) / BINS)
            values = [f"bin {bin_number}" for bin_number in np.searchsorted(edges, numbers).tolist()]
    return [f"{column}={value}" for value in values]


def chances_of(log: Log, rows: Ints, target: Ints | None) -> Floats:
    """Give the judged policy's chance of each action in each position, shape `(n_positions, n_actions)`.

    Uniform over the actions known in the position where `target` is None; else the shares of the rows named by it.
    """
    counted = np.zeros((len(log.positions), len(log.actions)))
    of = rows if target is None else target
    np.add.at(counted, (log.position[of], log.action[of]), 1.0)
    if target is None:
        counted = (counted > 0).astype(np.float64)
    total = counted.sum(axis=1, keepdims=True)
    found: Floats = np.divide(counted, total, out=np.zeros_like(counted), where=total > 0)
    return found


def evaluate(
    log: Log, rows: Ints, seed: int, *, target: Ints | None = None, column: str | None = None, path: str = ""
) -> dict[str, Any]:
    """Judge a policy by some rows: the one that made the `target` rows, one with its chances in a column, or uniform.

    Raises `InputError` for a column with something else than chances.
    """
    if column is None:
        by_position = chances_of(log, rows, target)
        mine = by_position[log.position[rows], log.action[rows]]
        logged = chances_of(log, rows, rows) > 0
        present = np.bincount(log.position[rows], minlength=len(log.positions)) / len(rows)
        unsupported = float((present @ (by_position * ~logged)).sum())
    else:
        by_position, unsupported = None, 0.0
        mine = _read_numbers(Path(path), column, log.column(column), 0.0, 1.0)[rows]
    predicted, direct = _expected(log, rows, by_position)
    judged = judge_policy(
        log.reward[rows], log.propensity[rows], mine, predicted, direct, unsupported=unsupported, seed=seed
    )
    found: dict[str, Any] = asdict(judged)
    for name in ("ips", "snips", "dr", "gain"):
        value, low, high = getattr(judged, name)
        found[name] = {"value": round(value, 6), "low": round(low, 6), "high": round(high, 6)}
    if target is not None:
        rate = float(log.reward[target].mean())
        low, high = wilson(float(log.reward[target].sum()), len(target))
        found["target_logged"] = {"value": round(rate, 6), "low": round(low, 6), "high": round(high, 6)}
        found["holds_target"] = {
            name: found[name]["low"] <= rate <= found[name]["high"] for name in ("ips", "snips", "dr")
        }
    return {name: round(value, 6) if isinstance(value, float) else value for name, value in found.items()}


def _expected(log: Log, rows: Ints, by_position: Floats | None) -> tuple[Floats, Floats]:
    """Ask the reward model, fitted on the other rows, for each row's choice and for the judged policy's choices.

    Where only the chance of the logged choice is known, the model does not look at the choice.
    """
    predicted, direct = np.zeros(len(rows)), np.zeros(len(rows))
    fold = np.arange(len(rows)) % FOLDS
    cell = log.context[rows] * len(log.positions) + log.position[rows]
    for held_out in range(FOLDS):
        learned, asked = rows[fold != held_out], fold == held_out
        model = ClickModel(click_window_s=90.0)
        _teach(model, log, learned, action_too=by_position is not None)
        weights = model.weights()
        known: dict[int, Floats] = {}
        for index in np.flatnonzero(asked).tolist():
            number = int(cell[index])
            context, position = divmod(number, len(log.positions))
            if number not in known:
                names = log.actions if by_position is not None else [""]
                known[number] = np.array([weights.predict(name, _at(log, context, position)) for name in names])
            if by_position is None:
                predicted[index] = direct[index] = known[number][0]
            else:
                predicted[index] = known[number][log.action[rows[index]]]
                direct[index] = by_position[position] @ known[number]
    return predicted, direct


def _teach(model: ClickModel, log: Log, rows: Ints, *, action_too: bool) -> None:
    """Teach a click model rows, counted together."""
    counted: dict[tuple[int, int, int], list[float]] = {}
    for row in rows.tolist():
        key = int(log.context[row]), int(log.position[row]), int(log.action[row]) if action_too else -1
        sums = counted.setdefault(key, [0.0, 0.0])
        sums[0] += 1.0
        sums[1] += log.reward[row]
    for (context, position, action), (shows, clicks) in counted.items():
        name = log.actions[action] if action >= 0 else ""
        model.counts.add(name, _at(log, context, position), shows, clicks, at_s=0.0)


def _at(log: Log, context: int, position: int) -> Context:
    of = log.contexts[context]
    return Context((*of.shared, f"slot:{log.positions[position]}"), of.own)


def replay(log: Log, rows: Ints, seed: int) -> dict[str, Any]:
    """Replay our policy over rows by rejection sampling, in their order; gives matches and their click rate.

    A row is kept with the chance π(a|x) · c / p, c being the least p of all rows: over uniform logs that is π(a|x).
    """
    random = np.random.default_rng(seed)
    least = float(log.propensity[rows].min())
    choices = [np.unique(log.action[rows[log.position[rows] == place]]) for place in range(len(log.positions))]
    model, weights, learn_at = ClickModel(click_window_s=90.0), ClickWeights(), 0.0
    known: dict[tuple[int, int], dict[int, float]] = {}
    matched, clicks = 0, 0.0
    for row, luck in zip(rows.tolist(), random.random(len(rows)).tolist(), strict=True):
        context, position = int(log.context[row]), int(log.position[row])
        if (context, position) not in known:
            at = _at(log, context, position)
            names = [log.actions[number] for number in choices[position].tolist()]
            terms = [weights.terms(name, at) for name in names]
            shares = chances([term.score for term in terms], [term.deviation for term in terms])
            known[context, position] = dict(zip(choices[position].tolist(), shares, strict=True))
        share = known[context, position][int(log.action[row])]
        if luck >= share * least / log.propensity[row]:
            continue
        matched += 1
        clicks += float(log.reward[row])
        model.counts.add(log.actions[log.action[row]], _at(log, context, position), 1.0, log.reward[row], at_s=0.0)
        if matched >= learn_at:
            weights, learn_at = model.weights(), matched + max(1.0, matched * REFIT_SHARE)
            known.clear()
    low, high = wilson(clicks, matched)
    enough = clicks >= MIN_CLICKS
    return {
        "rows": len(rows),
        "matched": matched,
        "clicks": round(clicks, 6),
        "click_rate": {
            "value": round(clicks / matched, 6) if matched else None,
            "low": round(low, 6),
            "high": round(high, 6),
        },
        "logged": round(float(log.reward[rows].mean()), 6),
        "verdict": _against(float(log.reward[rows].mean()), low, high) if enough else "refused",
        "reasons": [] if enough else [f"{clicks:.0f} clicks on matched rows, {MIN_CLICKS} are needed"],
    }


def _against(logged: float, low: float, high: float) -> str:
    if low > logged:
        return "better"
    return "worse" if high < logged else "not told apart"


def wilson(clicks: float, shows: int) -> tuple[float, float]:
    """Give the 95 % interval of a click rate (Wilson, 1927).

    >>> [round(bound, 3) for bound in wilson(10, 100)]
    [0.055, 0.174]
    """
    if not shows:
        return 0.0, 1.0
    z, rate = 1.959964, clicks / shows
    middle = (rate + z * z / (2 * shows)) / (1 + z * z / shows)
    half = z / (1 + z * z / shows) * sqrt(rate * (1 - rate) / shows + z * z / (4 * shows * shows))
    return max(0.0, middle - half), min(1.0, middle + half)


def measure(
    log: Log,
    seed: int,
    where: Sequence[tuple[str, str]] = (),
    target: Sequence[tuple[str, str]] = (),
    target_column: str | None = None,
    policy: str | None = None,
    path: str = "",
) -> dict[str, Any]:
    """Replay ours and judge the policy asked for; where none is, each policy named in `policy` by the others' rows."""
    rows = log.rows(where)
    evaluations: list[dict[str, Any]] = []
    if policy and not where and not target and target_column is None:
        names = list(dict.fromkeys(log.column(policy)))[:MAX_POLICIES]
        pairs = [(logging, other) for logging in names for other in names if logging != other]
        for logging, other in pairs:
            judged = evaluate(log, log.rows([(policy, logging)]), seed, target=log.rows([(policy, other)]))
            evaluations.append({"log": f"{policy}={logging}", "target": f"{policy}={other}", **judged})
        replays = {f"{policy}={name}": replay(log, log.rows([(policy, name)]), seed) for name in names}
        return {"replay": replays, "evaluations": evaluations}
    said = " ".join(f"{column}={value}" for column, value in where) or "all rows"
    if target_column is not None:
        judged = evaluate(log, rows, seed, column=target_column, path=path)
        evaluations.append({"log": said, "target": f"column {target_column}", **judged})
    elif target:
        judged = evaluate(log, rows, seed, target=log.rows(target))
        evaluations.append({"log": said, "target": " ".join(f"{column}={value}" for column, value in target), **judged})
    else:
        evaluations.append({"log": said, "target": UNIFORM, **evaluate(log, rows, seed)})
    return {"replay": {said: replay(log, rows, seed)}, "evaluations": evaluations}
