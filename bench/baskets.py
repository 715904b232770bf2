"""Baskets: the purchase lines of an events file, put together, in order of time.

Columns `ts` (epoch seconds), `visitor_id`, `item_id`, and, where present, `session_id`, `event_type`, `category`. Lines
of one session are one basket; without session, those of one visitor at one time. Events other than purchase are
ignored; a file without `event_type` holds nothing else.
"""

import csv
from pathlib import Path
from typing import NamedTuple

from bench.errors import InputError
from bench.events_file import number_in, text_of, told


class Basket(NamedTuple):
    """One order: when its first line was (epoch seconds), and its items with their categories, "" for none."""

    basket_id: str
    visitor_id: str
    at_s: float
    items: dict[str, str]


def read_baskets(path: Path) -> tuple[int, list[Basket]]:
    """Give the number of purchase lines and the baskets, ordered by time; raises `InputError` naming what is wrong."""
    baskets: dict[tuple[str, str], Basket] = {}
    count = 0
    with told(path), text_of(path) as lines:
        table = csv.DictReader(lines)
        missing = {"ts", "visitor_id", "item_id"} - set(table.fieldnames or ())
        if missing:
            raise InputError(f"{path.name} has no column {', '.join(sorted(missing))}")
        for line in table:
            if line["item_id"] and line["visitor_id"] and (line.get("event_type") or "purchase") == "purchase":
                count += 1
                basket_id = line.get("session_id") or line["ts"]
                key = line["visitor_id"], basket_id
                basket = baskets.get(key)
                if basket is None:
                    at_s = number_in(path.name, table.line_num, line, "ts")
                    basket = baskets[key] = Basket(basket_id, line["visitor_id"], at_s, {})
                basket.items.setdefault(line["item_id"], line.get("category") or "")
    return count, sorted(baskets.values(), key=lambda basket: basket.at_s)
