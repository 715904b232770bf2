"""Keys: whatever visitors, items and orders are called, no two things share a name; a partition lies on one node."""

import inspect
from collections.abc import Callable
from itertools import product

import pytest
from redis.crc import key_slot

from store import keys

SITES = ("shop", "0", "log", "s-1")
PARTITIONS = (0, 1)
MESSAGE_IDS = ("3-5e0c3b1c1f2a4d5e6f708192", "0-000000000000000000000000")
WAYS = ("webhook", "topic")
KINDS = ("items", "creatives", "campaigns", "placements", "rules", "experiments", "currency")
FUNCTIONS: list[Callable[..., str]] = [
    function for _, function in inspect.getmembers(keys, inspect.isfunction) if function.__module__ == keys.__name__
]


def words_of_ours() -> set[str]:
    """Every word that a key has of us, and all that follow each other in one."""
    found: set[str] = set()
    for function in FUNCTIONS:
        parts = function(**dict.fromkeys(inspect.signature(function).parameters, "x")).split(":")[2:]
        found |= {
            ":".join(parts[first:last]) for first in range(len(parts)) for last in range(first + 1, len(parts) + 1)
        }
    return found


HOSTILE = sorted(
    words_of_ours()
    | {
        "present",
        "at:x",
        "of:x",
        ":",
        "::",
        "{",
        "}",
        "{0}",
        "{shop}",
        "}:{",
        " ",
        "\x00",
        "\n",
        "*",
        "0",
        "v",
        "é",
        "x:",
    }
)


def every_key(function: Callable[..., str]) -> list[tuple[str, tuple[object, ...]]]:
    """The keys of a function, for each site and partition, by every word where a word is not ours to choose."""
    choices: dict[str, tuple[object, ...]] = {
        "site": SITES,
        "partition": PARTITIONS,
        "message_id": MESSAGE_IDS,
        "way": WAYS,
        "kind": KINDS,
        "letter_kind": ("set-aside", "rejected"),
        "segment_id": ("buyers", "due", "version"),
        "name": ("0123456789abcdef",),
    }
    given = [choices.get(name, tuple(HOSTILE)) for name in inspect.signature(function).parameters]
    return [(function(*values), values) for values in product(*given)]


def test_no_two_things_share_a_name_whatever_they_are_called() -> None:
    seen: dict[str, tuple[str, tuple[object, ...]]] = {}
    for function in FUNCTIONS:
        for key, values in every_key(function):
            assert key not in seen, f"{key!r} is {function.__name__}{values} and {seen[key]}"
            seen[key] = function.__name__, values
    assert len(seen) > 10_000


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)
def test_what_a_partition_has_lies_together_whatever_it_is_called(function: Callable[..., str]) -> None:
    for key, values in every_key(function):
        site, tag = values[0], values[0]
        if "partition" in inspect.signature(function).parameters:
            tag = values[1]
        assert key.startswith(f"{site}:")
        assert key_slot(key.encode()) == key_slot(f"{{{tag}}}".encode())
