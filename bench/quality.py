"""How good are the next-item lists? The engine and four plain baselines over real shop logs.

    python -m bench.quality --events FILE.csv.gz [--events FILE.csv.gz ...]
    python -m bench.quality --events FILE.csv.gz --delay 0s,2s,60s,10m,1h,24h
    python -m bench.quality --events FILE.csv.gz --ablation

Prequential: each event is first looked for in the list made from everything before it, then learned; the first 20 % of
events only teach. Split: learn until 80 % of the events, freeze, score the sessions that begin after. Lists hold 20
items and never the session's last one. "all" scores every event that is not its session's first; "new" only those on
items not yet in the session, with all items of the session left out of the list.
"""

import argparse
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import numpy as np
import orjson
from numpy.typing import NDArray

from bench.baselines import BASELINES, LIST_SIZE, baseline_ranks
from bench.curve import curve
from bench.errors import InputError
from bench.events_file import Events, Row, read_events
from bench.machine import machine
from models.base.durations import DAY_S, HOUR_S
from models.learner.warm_up import warm
from models.ranking import (
    candidate_table,
    candidates,
    embeddings,
    item_content,
    item_traffic,
    next_item,
    second_order,
    session_neighbours,
    softmax_ranker,
    transitions,
)
from models.ranking.feature_layout import LEARNERS
from models.ranking.item_event import ItemEvent
from models.ranking.next_item import PATH_ITEMS, NextItem

TEACH_ONLY: Final = 0.2
SPLIT_AT: Final = 0.8
SEED: Final = 0
"""Nothing is drawn: engine and baselines give the same lists each time."""
CONSTANTS: Final = {
    module.__name__.removeprefix("models."): {
        name.strip("_").lower(): value
        for name in module.__annotations__
        if isinstance(value := getattr(module, name), int | float | tuple)
    }
    for module in (
        candidate_table,
        candidates,
        item_content,
        embeddings,
        next_item,
        second_order,
        softmax_ranker,
        transitions,
        session_neighbours,
        item_traffic,
    )
}
"""Every number the engine is made with, by the module that holds it."""
_UNITS_S: Final = {"s": 1.0, "m": 60.0, "h": HOUR_S, "d": DAY_S}

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Steps:
    """What a protocol makes of a log: which events teach, which are scored, and which of those are new or cold."""

    learned: Flags
    scored: Flags
    new: Flags
    cold: Flags


def steps_of(events: Events, protocol: str) -> Steps:
    """Lay a protocol over a log."""
    count = len(events)
    first, new, cold = (np.zeros(count, np.bool_) for _ in range(3))
    of_session: dict[int, set[int]] = {}
    known: set[int] = set()
    learned = np.ones(count, np.bool_)
    began_late: set[int] = set()
    split_ts = events.rows[int(count * SPLIT_AT)].ts if count and protocol == "split" else float("inf")
    scored = np.zeros(count, np.bool_)
    for index, (item, session) in enumerate(zip(events.item.tolist(), events.session.tolist(), strict=True)):
        seen = of_session.setdefault(session, set())
        late = events.rows[index].ts >= split_ts
        if not seen and late:
            began_late.add(session)
        first[index], new[index], cold[index] = not seen, item not in seen, item not in known
        learned[index] = not late
        scored[index] = bool(seen) and (
            session in began_late if protocol == "split" else index >= int(count * TEACH_ONLY)
        )
        seen.add(item)
        if learned[index]:
            known.add(item)
    return Steps(learned, scored, new, cold)


def visit_of(row: Row) -> ItemEvent:
    """Give an event as the engine takes it."""
    category = tuple(row.category.split(".")) if row.category else ()
    return ItemEvent(row.session_id, row.item_id, row.ts, row.visitor_id, category, row.brand, row.price)


def engine_ranks(events: Events, steps: Steps, without: str = "") -> tuple[Ints, Ints]:
    """Run the engine over a log, without one learner's say; gives the places under "all" and "new", 0 for a miss.

    Without content the engine is not told what items are, either.
    """
    plain = without == "content"
    engine = NextItem(without=[without] if without else ())
    everything, discovery = np.zeros(len(events), np.int64), np.zeros(len(events), np.int64)
    histories, visitors = Latest(), Latest()
    for index, row in enumerate(events.rows):
        if steps.learned[index]:
            visit = visit_of(row)
            if plain:
                visit = visit._replace(category=(), brand="", price=None)
            places = engine.test_then_learn(visit)
            if places is not None and steps.scored[index]:
                everything[index], discovery[index] = places.everything, places.discovery or 0
        if steps.scored[index] and not steps.learned[index]:
            asked = _asked(engine, row, histories.of(row.session_id), visitors.of(row.visitor_id))
            everything[index], discovery[index] = asked
        histories.add(row.session_id, row)
        visitors.add(row.visitor_id, row)
    return everything, discovery


class Latest:
    """The events of each session, or visitor, latest first, as a profile keeps them."""

    def __init__(self) -> None:
        self._rows: dict[str, list[Row]] = {}

    def of(self, key: str) -> list[Row]:
        """Give a key's events; none for an empty key."""
        return self._rows.get(key, [])

    def add(self, key: str, row: Row) -> None:
        """Remember an event; nothing for an empty key."""
        if key:
            self._rows.setdefault(key, []).insert(0, row)


def delayed_ranks(events: Events, steps: Steps, delay_s: float) -> tuple[Ints, Ints]:
    """Run the engine over a log while it learns, and knows of the session, only what is `delay_s` old."""
    engine = NextItem()
    waiting: deque[Row] = deque()
    everything, discovery = np.zeros(len(events), np.int64), np.zeros(len(events), np.int64)
    histories, visitors, current = Latest(), Latest(), Latest()
    for index, row in enumerate(events.rows):
        while waiting and (waiting[0].ts <= row.ts - delay_s if delay_s else True):
            known = waiting.popleft()
            engine.test_then_learn(visit_of(known))
            histories.add(known.session_id, known)
            visitors.add(known.visitor_id, known)
        if steps.scored[index]:
            everything[index], discovery[index] = _asked(
                engine, row, histories.of(row.session_id), visitors.of(row.visitor_id), current.of(row.session_id)
            )
        current.add(row.session_id, row)
        waiting.append(row)
    return everything, discovery


def _asked(
    engine: NextItem, row: Row, session: list[Row], visitor: list[Row], really: list[Row] | None = None
) -> tuple[int, int]:
    """Places of a row's item in the lists asked for it; `really` is the session as it is, where what is known lags."""
    history = [known.item_id for known in session]
    shown = history if really is None else [item.item_id for item in really]
    at_s = session[0].ts if session else None
    dwell_s = session[0].ts - session[1].ts if len(session) > 1 else 0.0
    earlier = list(dict.fromkeys(known.item_id for known in visitor[:PATH_ITEMS]))
    workspace = LIST_SIZE + len(set(shown))
    listed = engine.next_items(history, workspace, exclude=shown[:1], earlier=earlier, at_s=at_s, dwell_s=dwell_s)
    everything = [item_id for item_id, _ in listed]
    discovery = [item_id for item_id in everything if item_id not in shown]
    item = row.item_id
    return (
        everything.index(item) + 1 if item in everything else 0,
        discovery.index(item) + 1 if item in discovery else 0,
    )


def figures(places: tuple[Ints, Ints], steps: Steps) -> dict[str, dict[str, float]]:
    """Give HR@20, MRR@20 and the standard error of the former, under "all" and "new"."""
    found: dict[str, dict[str, float]] = {}
    for name, mine, chosen in (("all", places[0], steps.scored), ("new", places[1], steps.scored & steps.new)):
        at = mine[chosen]
        hit = (at > 0) & (at <= LIST_SIZE)
        count = max(len(at), 1)
        rate = float(hit.sum()) / count
        found[name] = {
            "hr20": round(rate, 5),
            "mrr20": round(float((1.0 / at[hit]).sum()) / count, 5),
            "se": round((rate * (1 - rate) / count) ** 0.5, 5),
        }
    return found


def measure(events: Events, protocol: str) -> dict[str, Any]:
    """Measure engine and baselines over one log."""
    steps = steps_of(events, protocol)
    scored = int(steps.scored.sum())
    ranks = baseline_ranks(events.item, events.session, steps.learned, steps.scored)
    started = perf_counter()
    mine = engine_ranks(events, steps)
    seconds = perf_counter() - started
    return {
        "name": events.name,
        "protocol": protocol,
        "events": len(events),
        "steps": scored,
        "steps_new": int((steps.scored & steps.new).sum()),
        "cold": round(float(steps.cold[steps.scored].mean()), 4) if scored else 0.0,
        "events_per_s": round(len(events) / seconds),
        "engine": figures(mine, steps),
        "baselines": {name: figures(ranks[name], steps) for name in BASELINES},
    }


def seconds_of(text: str) -> float:
    """Read a duration such as `2s`, `10m`, `1h`."""
    number, unit = text[:-1], text[-1:]
    if unit not in _UNITS_S or not number.isascii() or not number.replace(".", "", 1).isdigit():
        raise argparse.ArgumentTypeError(f"a delay is a number and s, m, h or d, got {text!r}")
    return float(number) * _UNITS_S[unit]


def delays_of(text: str) -> dict[str, float]:
    """Read durations separated by commas, by their text."""
    return {part: seconds_of(part) for part in text.split(",")}


def main() -> int:
    """Run the benchmark and print its result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=Path, action="append", required=True, metavar="FILE.csv.gz")
    parser.add_argument("--protocol", choices=("prequential", "split"), default="prequential")
    parser.add_argument(
        "--delay", type=delays_of, metavar="0s,2s,...", help="learn and know the session this late (prequential)"
    )
    parser.add_argument("--svg", type=Path, metavar="FILE", help="draw HR@20 by delay there")
    parser.add_argument("--ablation", action="store_true", help="leave each learner out in turn")
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    arguments = parser.parse_args()
    if arguments.delay and arguments.protocol != "prequential":
        parser.error("--delay goes with the prequential protocol")
    if arguments.svg and not arguments.delay:
        parser.error("--svg draws what --delay measures")
    warm()
    sets = []
    for path in arguments.events:
        try:
            events = read_events(path)
        except InputError as error:
            print(f"bench.quality: {error}", file=sys.stderr)
            return 2
        measured = measure(events, arguments.protocol)
        _print(measured)
        steps = steps_of(events, arguments.protocol)
        if arguments.ablation:
            measured["without"] = {name: figures(engine_ranks(events, steps, name), steps) for name in LEARNERS}
            for name, row in measured["without"].items():
                print(_line(f"- {name}", row), flush=True)
        if arguments.delay:
            measured["delay"] = {
                text: figures(delayed_ranks(events, steps, delay_s), steps) for text, delay_s in arguments.delay.items()
            }
            for text, row in measured["delay"].items():
                print(_line(f"{text} late", row), flush=True)
        sets.append(measured)
    if arguments.svg:
        arguments.svg.write_text(_drawn(sets, list(arguments.delay)))
    for module, values in CONSTANTS.items():
        print(f"{module}:", ", ".join(f"{name} {value}" for name, value in values.items()))
    print(f"seed {SEED}")
    if arguments.json:
        print(orjson.dumps({"sets": sets, "constants": CONSTANTS, "seed": SEED, "machine": machine()}).decode())
    return 0


def _drawn(sets: Sequence[Mapping[str, Any]], delays: list[str]) -> str:
    series = {
        f"{dataset['name']}, {view}": [dataset["delay"][text][view]["hr20"] for text in delays]
        for dataset in sets
        for view in ("all", "new")
    }
    return curve("HR@20 when learning and the session lag by ...", delays, series)


def _print(measured: Mapping[str, Any]) -> None:
    print(
        f"{measured['name']}, {measured['protocol']}: {measured['events']} events, {measured['steps']} steps, "
        f"{measured['steps_new']} new, cold {measured['cold']:.1%}, {measured['events_per_s']} events/s"
    )
    print(f"  {'':34}{'all':24}new")
    for name, figures in [*measured["baselines"].items(), ("engine", measured["engine"])]:
        print(_line(name, figures), flush=True)


def _line(name: str, scores: Mapping[str, Mapping[str, float]]) -> str:
    columns = [f"{part['hr20']:.3f}/{part['mrr20']:.3f} ±{part['se']:.4f}" for part in (scores["all"], scores["new"])]
    return f"  {name:34}{columns[0]:24}{columns[1]}"


if __name__ == "__main__":
    sys.exit(main())
