"""Feature hashing: every catalog item as a point in one fixed hashed basis, so that no stored vector ever goes stale.

A token names something an item has (a category level, a brand, a price band, an attribute). Each token lands on one of
`HASH_BUCKETS` places in each of `SKETCH_ROWS` rows with a sign, a count sketch [1]_; an item is the weighted sum of its
tokens, L2-normalised. What a sum of items holds of a token is read back as the median over the rows.

.. [1] Charikar et al., "Finding Frequent Items in Data Streams", ICALP 2002.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from math import floor, log2
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.catalog.resources import MAX_LEVELS, CatalogItem
from models.events.events import EventItem

DIM: Final = 64
SKETCH_ROWS: Final = 4
HASH_BUCKETS: Final = DIM // SKETCH_ROWS
BANDS_PER_DOUBLING: Final = 2
NAMESPACE_WEIGHTS: Final = {"category": 1.0, "brand": 0.7, "price": 0.3}
"""What a token of each namespace counts beside its rarity. Others, such as a colour, count `ATTRIBUTE_WEIGHT`: a rare
price band or colour must not outweigh what a product is."""
ATTRIBUTE_WEIGHT: Final = 0.3

Vector = NDArray[np.float32]


@lru_cache(maxsize=65_536)
def places_of(token: str) -> tuple[tuple[int, float], ...]:
    """Give the `SKETCH_ROWS` places of a token, each with its sign."""
    digest = blake2b(token.encode(), digest_size=2 * SKETCH_ROWS).digest()
    return tuple(
        (row * HASH_BUCKETS + digest[2 * row] % HASH_BUCKETS, 1.0 if digest[2 * row + 1] & 1 else -1.0)
        for row in range(SKETCH_ROWS)
    )


def price_band(price: float) -> int:
    """Give the half-octave a price falls into: 0 for 1.00, 2 for 2.00, 4 for 4.00.

    >>> price_band(1.0), price_band(2.0), price_band(99.0), price_band(0.0)
    (0, 2, 13, -14)
    """
    return floor(log2(max(price, 0.01)) * BANDS_PER_DOUBLING)


def band_limits(band: int) -> tuple[float, float]:
    """Give the lowest price of a band and the lowest above it."""
    return 2 ** (band / BANDS_PER_DOUBLING), 2 ** ((band + 1) / BANDS_PER_DOUBLING)


def tokens_of(item: CatalogItem | EventItem) -> tuple[str, ...]:
    """Give what an item has, as `namespace:value`; the namespace is the salt that keeps equal values apart."""
    tokens = category_tokens(item.category)
    if item.brand:
        tokens.append(f"brand:{item.brand.casefold()}")
    if item.price is not None:
        price = item.price
        if isinstance(item, CatalogItem) and item.sale_price is not None and not item.has_dated_sale:
            price = item.sale_price  # one that begins and ends by itself must not move the item's point
        tokens.append(f"price:{price_band(price)}")
    if isinstance(item, CatalogItem):
        for name in ("color", "gender", "age_group", "material"):
            if value := getattr(item, name):
                tokens.append(f"{name}:{value.casefold()}")
    return tuple(tokens)


def category_tokens(category: Sequence[str]) -> list[str]:
    """Give one token a level, each with the whole path above it.

    >>> category_tokens(("Home", "Kitchen"))
    ['category:Home', 'category:Home > Kitchen']
    """
    return [f"category:{' > '.join(category[: level + 1])}" for level in range(min(len(category), MAX_LEVELS))]


def token_weight(token: str, document_frequency: Mapping[str, int]) -> float:
    """Give what a token counts in an item's point, before the point is scaled to length 1."""
    namespace = token.partition(":")[0]
    rarity: float = max(document_frequency.get(token, 1), 1) ** -0.5
    return NAMESPACE_WEIGHTS.get(namespace, ATTRIBUTE_WEIGHT) * rarity


def vector_of(tokens: Iterable[str], document_frequency: Mapping[str, int] | None = None) -> Vector:
    """Give the point of one item, shape `(DIM,)`, length 1, or 0 for no tokens.

    Parameters
    ----------
    tokens
        As `tokens_of` gives them.
    document_frequency
        In how many catalog items each token stands; a token counts 1 / √frequency, times its namespace's weight.
    """
    frequency = document_frequency or {}
    vector = np.zeros(DIM, dtype=np.float32)
    for token in tokens:
        weight = token_weight(token, frequency)
        for place, sign in places_of(token):
            vector[place] += sign * weight
    length = float(np.linalg.norm(vector))
    return vector / np.float32(length) if length > 0 else vector


def matrix_of(rows: Sequence[tuple[str, ...]], document_frequency: Mapping[str, int]) -> NDArray[np.float32]:
    """Give `vector_of` of many items at once, shape `(len(rows), DIM)`."""
    lengths = [len(tokens) for tokens in rows]
    names = sorted({token for tokens in rows for token in tokens})
    if not names:
        return np.zeros((len(rows), DIM), dtype=np.float32)
    number = {name: index for index, name in enumerate(names)}
    places = np.array([[place for place, _ in places_of(name)] for name in names], dtype=np.int64)
    signs = np.array([[sign for _, sign in places_of(name)] for name in names])
    signs *= np.array([token_weight(name, document_frequency) for name in names])[:, None]
    token = np.array([number[name] for tokens in rows for name in tokens], dtype=np.int64)
    row = np.repeat(np.arange(len(rows)), lengths)
    flat = (row[:, None] * DIM + places[token]).ravel()
    matrix = np.bincount(flat, weights=signs[token].ravel(), minlength=len(rows) * DIM).reshape(-1, DIM)
    norm = np.linalg.norm(matrix, axis=1, keepdims=True)
    return (matrix / np.where(norm > 0, norm, 1.0)).astype(np.float32)


def weights_of(tokens: Sequence[str], vector: NDArray[np.floating]) -> NDArray[np.float64]:
    """Read tokens back from a sum of items: the median over each token's rows, shape `(len(tokens),)`."""
    if not tokens:
        return np.zeros(0)
    places = np.array([[place for place, _ in places_of(token)] for token in tokens])
    signs = np.array([[sign for _, sign in places_of(token)] for token in tokens])
    estimates: NDArray[np.float64] = np.median(np.asarray(vector, dtype=np.float64)[places] * signs, axis=1)
    return estimates
