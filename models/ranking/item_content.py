"""Item content: what items are, by category, brand and price, so that an item few have touched has neighbours too.

An item has up to `TOKEN_KINDS` tokens: its category, the category with its brand, the category with its price band, its
brand, and the first level of its category. Each token keeps the latest events on its items.
"""

from collections.abc import Callable, Sequence
from math import log
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.base.array_state import Renumbering, kept_rows
from models.base.jit import kernel
from models.catalog.feature_hashing import price_band

TOKEN_KINDS: Final = 5
LEAF, LEAF_BRAND, LEAF_BAND, BRAND, TOP_LEVEL = range(TOKEN_KINDS)
RING: Final = 128


class Content(NamedTuple):
    """Per item `tokens` `(items, KINDS)`, -1 unknown, and `price`, natural logarithm, nan unknown."""

    tokens: NDArray[np.int32]
    price: NDArray[np.float32]


class Rings(NamedTuple):
    """Per token the latest items `(tokens, RING)`, -1 for none, and how many events it had."""

    ring: NDArray[np.int32]
    rung: NDArray[np.int64]


def new_content(items: int) -> Content:
    """Make empty facts for item numbers below `items`."""
    return Content(tokens=np.full((items, TOKEN_KINDS), -1, np.int32), price=np.full(items, np.nan, np.float32))


def new_rings(tokens: int) -> Rings:
    """Make empty rings for token numbers below `tokens`."""
    return Rings(ring=np.full((tokens, RING), -1, np.int32), rung=np.zeros(tokens, np.int64))


def set_facts(
    c: Content,
    item: int,
    category: Sequence[str],
    brand: str,
    price: float | None,
    number_of: Callable[[str], int],
) -> None:
    """Take over what is known of an item; `number_of` numbers a token's text. What is not known stays as it was."""
    tokens = c.tokens[item]
    path = " > ".join(category)
    band = "" if price is None else str(price_band(price))
    if path:
        tokens[LEAF] = number_of(f"category:{path}")
        tokens[TOP_LEVEL] = number_of(f"top:{category[0]}")
        if brand:
            tokens[LEAF_BRAND] = number_of(f"category:{path}|brand:{brand}")
        if band:
            tokens[LEAF_BAND] = number_of(f"category:{path}|price:{band}")
    elif brand and band:
        tokens[LEAF_BAND] = number_of(f"brand:{brand}|price:{band}")
    if brand:
        tokens[BRAND] = number_of(f"brand:{brand}")
    if price is not None:
        c.price[item] = log(max(price, 0.01))


@kernel
def learn_rings(r: Rings, tokens: NDArray[np.int32], item: int) -> None:
    """Remember an event on an item with each of its tokens."""
    for kind in range(TOKEN_KINDS):
        token = tokens[kind]
        if token >= 0:
            r.ring[token, r.rung[token] % RING] = item
            r.rung[token] += 1


def renumber_tokens(c: Content, r: Rings, numbers: Renumbering) -> None:
    """Keep only some tokens, under new numbers."""
    for array in r:
        kept_rows(array, numbers.kept)
    r.ring[len(numbers.kept) :] = -1
    r.rung[len(numbers.kept) :] = 0
    known = (c.tokens >= 0) & (c.tokens < len(numbers.new_of))
    c.tokens[:] = np.where(known, numbers.new_of[np.where(known, c.tokens, 0)], -1)


def renumber_content(c: Content, r: Rings, numbers: Renumbering) -> None:
    """Keep only some items, under new numbers."""
    for array in (c.tokens, c.price):
        kept_rows(array, numbers.kept)
    c.tokens[len(numbers.kept) :] = -1
    c.price[len(numbers.kept) :] = np.nan
    r.ring[:] = np.where(r.ring >= 0, numbers.new_of[r.ring], -1)
