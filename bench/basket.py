"""How well is the next basket foretold? The strategy `buy_again` and three plain baselines over a purchase log.

    python -m bench.basket --events FILE.csv.gz
    python -m bench.basket --events FILE.csv.gz --ablation

Prequential: each basket is first looked for in the list of 20 made from everything before it, then learned. The first
20 % of baskets only teach; only baskets of visitors who have bought before are scored. HR@20: share of baskets of which
any item is listed; recall@20: mean share of a basket's distinct items that are. The last line is one JSON object.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Collection, Sequence
from hashlib import blake2b
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import numpy as np
import orjson
from numpy.typing import NDArray

from bench.baskets import Basket, read_baskets
from bench.errors import InputError
from bench.machine import machine
from models.ranking import buy_again, repurchase
from models.ranking.buy_again import BuyAgain
from models.visitor import order_history
from models.visitor.order_history import History, buy

LIST_SIZE: Final = 20
TEACH_ONLY: Final = 0.2
SEED: Final = 0
"""Nothing is drawn: the lists are the same each time."""
CONSTANTS: Final = {
    "rate": buy_again.BUY_AGAIN_LEARNING_RATE,
    "max_visitors": buy_again.MAX_BUYERS,
    "max_items": buy_again.MAX_BUY_AGAIN_ITEMS,
    "order_open_s": buy_again.ORDER_OPEN_S,
    "just_s": buy_again.JUST_S,
    "away_s": buy_again.AWAY_S,
    "once_hidden_s": buy_again.ONCE_HIDDEN_S,
    "least_again": buy_again.LEAST_AGAIN,
    "max_habits": order_history.MAX_ITEM_PURCHASES,
    "max_orders": order_history.MAX_ORDERS,
    "max_times": order_history.MAX_TIMES,
    "useful_half_life_s": order_history.USEFUL_HALF_LIFE_S,
    "popular": repurchase.POPULAR,
    "half_lives_days": list(repurchase.HALF_LIVES_DAYS),
    "item_prior": repurchase.ITEM_PRIOR,
    "category_prior": repurchase.CATEGORY_PRIOR,
    "item_gaps_prior": repurchase.ITEM_GAPS_PRIOR,
    "category_gaps_prior": repurchase.CATEGORY_GAPS_PRIOR,
    "usual_gap_days": repurchase.USUAL_GAP_DAYS,
}
GROUPS: Final[dict[str, tuple[int, ...]]] = {
    "how often": (1,),
    "how lately (7, 30, 90 days)": (2, 3, 4),
    "age": (5,),
    "last order, orders since": (6, 7),
    "rhythm": (8, 9, 10),
    "category": (11, 12, 13, 14, 21),
    "bought alone": (15, 20),
    "taken again by all": (16,),
    "popularity": (17,),
    "trend": (18, 19),
}
"""Features left out together by `--ablation`."""

Figures = NDArray[np.float64]


def scored(baskets: Sequence[Basket]) -> list[bool]:
    """Tell which baskets count: past the first fifth, of visitors who have bought before."""
    seen: set[str] = set()
    counts = []
    for index, basket in enumerate(baskets):
        counts.append(index >= int(len(baskets) * TEACH_ONLY) and basket.visitor_id in seen)
        seen.add(basket.visitor_id)
    return counts


def found(basket: Basket, listed: Collection[str]) -> tuple[float, float]:
    """Give whether any item of the basket is listed, and which share of them is."""
    hits = len(basket.items.keys() & set(listed))
    return float(hits > 0), hits / len(basket.items)


def engine(baskets: Sequence[Basket], counts: Sequence[bool], without: Collection[int] = ()) -> Figures:
    """Run the engine over a log as it is served: the list comes from the profile's own history of the visitor."""
    again = BuyAgain(without=without)
    histories: dict[str, History] = {}
    figures = []
    for basket, counting in zip(baskets, counts, strict=True):
        history = histories.setdefault(basket.visitor_id, History())
        if counting:
            listed = again.model.due_items(history, basket.at_s, LIST_SIZE)
            figures.append(found(basket, [item.item_id for item in listed]))
        buy(history, basket.basket_id, list(basket.items), basket.at_s)
        again.learn_one(basket.visitor_id, basket.basket_id, basket.items, basket.at_s)
    return np.array(figures).reshape(-1, 2)


def baselines(baskets: Sequence[Basket], counts: Sequence[bool]) -> dict[str, Figures]:
    """Run the baselines: what all buy most, what the visitor bought most (ties: latest), and what latest.

    They keep everything a visitor ever bought.
    """
    count: dict[str, Counter[str]] = {}
    last: dict[str, dict[str, int]] = {}
    popular, top = Counter[str](), list[str]()
    figures: dict[str, list[tuple[float, float]]] = {"pop": [], "personal": [], "recent": []}
    line = 0
    for basket, counting in zip(baskets, counts, strict=True):
        mine, when = count.setdefault(basket.visitor_id, Counter()), last.setdefault(basket.visitor_id, {})
        if counting:
            figures["pop"].append(found(basket, top))
            often = sorted(mine, key=lambda item: (-mine[item], -when[item]))
            figures["personal"].append(found(basket, often[:LIST_SIZE]))
            lately = sorted(when, key=when.__getitem__, reverse=True)
            figures["recent"].append(found(basket, lately[:LIST_SIZE]))
        for item in basket.items:
            mine[item] += 1
            popular[item] += 1
            when[item] = line
            line += 1
        # Counts only grow: whoever is among the first now was so before, or is in this basket.
        top = sorted({*top, *basket.items}, key=lambda item: (-popular[item], item))[:LIST_SIZE]
    return {name: np.array(figure).reshape(-1, 2) for name, figure in figures.items()}


def summary(figures: Figures) -> dict[str, float]:
    """Give HR@20, recall@20, and their standard errors."""
    if not len(figures):
        return {"hr20": 0.0, "recall20": 0.0, "hr20_se": 0.0, "recall20_se": 0.0}
    means = figures.mean(axis=0)
    errors = figures.std(axis=0) / len(figures) ** 0.5
    values = dict(zip(("hr20", "recall20", "hr20_se", "recall20_se"), [*means, *errors], strict=True))
    return {name: round(float(value), 5) for name, value in values.items()}


def fit_part(baskets: Sequence[Basket]) -> list[Basket]:
    """Give the part constants are chosen on: visitors with an even hash, the first half of their baskets by time."""
    even = [basket for basket in baskets if blake2b(basket.visitor_id.encode(), digest_size=8).digest()[-1] % 2 == 0]
    return even[: len(even) // 2]


def main() -> int:
    """Run the benchmark and print its result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=Path, required=True, metavar="FILE.csv.gz")
    parser.add_argument("--fit", action="store_true", help="only the part that constants are chosen on")
    parser.add_argument("--ablation", action="store_true", help="leave each group of features out in turn")
    parser.add_argument("--json", action="store_true", help="the object is printed in any case")
    arguments = parser.parse_args()
    try:
        lines, baskets = read_baskets(arguments.events)
    except InputError as error:
        print(f"bench.basket: {error}", file=sys.stderr)
        return 2
    baskets = fit_part(baskets) if arguments.fit else baskets
    counts = scored(baskets)
    engine(baskets[:3], counts[:3])  # compiles what will be timed
    started = perf_counter()
    mine = engine(baskets, counts)
    seconds = perf_counter() - started
    result: dict[str, Any] = {
        "name": arguments.events.parent.name,
        "lines": lines,
        "baskets": sum(counts),
        "baskets_all": len(baskets),
        "engine": summary(mine),
        "baselines": {name: summary(baseline) for name, baseline in baselines(baskets, counts).items()},
        "baskets_per_s": round(len(baskets) / seconds),
        "seed": SEED,
        "constants": CONSTANTS,
        "machine": machine(),
    }
    print(f"{lines} lines, {len(baskets)} baskets, {sum(counts)} scored, {result['baskets_per_s']} baskets/s")
    for name, figures in [*result["baselines"].items(), ("engine", result["engine"])]:
        print(_row(name, figures), flush=True)
    if arguments.ablation:
        result["without"] = {name: summary(engine(baskets, counts, group)) for name, group in GROUPS.items()}
        for name, figures in result["without"].items():
            print(_row(f"- {name}", figures), flush=True)
    print(orjson.dumps(result).decode())
    return 0


def _row(name: str, scores: dict[str, float]) -> str:
    return (
        f"  {name:32} HR@20 {scores['hr20']:.4f} ±{scores['hr20_se']:.4f}   "
        f"recall@20 {scores['recall20']:.4f} ±{scores['recall20_se']:.4f}"
    )


if __name__ == "__main__":
    sys.exit(main())
