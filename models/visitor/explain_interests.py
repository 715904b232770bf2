"""Interests explained: a visitor's interests in words, read back from the sketch."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.catalog.assortment import Assortment
from models.catalog.feature_hashing import band_limits, token_weight, tokens_of, weights_of
from models.visitor.interest_sketch import HALF_LIFE_NAMES, directions
from models.visitor.profile import MAX_RECENT, Profile

TOP_INTERESTS: Final = 5
LEAST_SHARE: Final = 0.05
"""A token of a remembered item counts from this share of the vector's length on."""
LEAST_OLD_SHARE: Final = 0.25
"""Any other token: below it chance meetings in the basis say as much."""
_NAMES: Final = {"category": "categories", "brand": "brands", "price": "price_bands"}


def explain_interests(profile: Profile, assortment: Assortment) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """Give the strongest categories, brands and price bands at each half-life.

    Returns
    -------
    dict
        By half-life ("15m", "24h", "30d"), then `categories`, `brands`, `price_bands`: at most `TOP_INTERESTS` each,
        with a `weight` that is the token's share, 0 to 1, of all that is found in its kind.
    """
    vectors = directions(profile.sketch)
    tokens, least = _candidates(profile, assortment)
    frequency = {token: len(assortment.with_token(token)) for token in tokens}
    scale = 1.0 / np.array([token_weight(token, frequency) for token in tokens])
    explained: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for name, vector in zip(HALF_LIFE_NAMES, vectors, strict=True):
        found = weights_of(tokens, vector)
        weights = np.where(found > least, found * scale, 0.0)
        explained[name] = {plural: _strongest(tokens, weights, kind) for kind, plural in _NAMES.items()}
    return explained


def _candidates(profile: Profile, assortment: Assortment) -> tuple[list[str], NDArray[np.float64]]:
    """Tokens that may stand behind the sketch, and the share each must reach.

    Those of the remembered items come first; where more was looked at than is remembered, all the catalog's follow.
    """
    items = (assortment.item_of(seen.item_id) for seen in profile.recent)
    recent = {token for item in items if item is not None for token in tokens_of(item)}
    others = set(assortment.tokens()) - recent if len(profile.recent) >= MAX_RECENT else set()
    tokens = sorted(recent | others)
    return tokens, np.array([LEAST_SHARE if token in recent else LEAST_OLD_SHARE for token in tokens])


def _strongest(tokens: list[str], weights: np.ndarray[Any, Any], kind: str) -> list[dict[str, Any]]:
    prefix = f"{kind}:"
    own = [index for index, token in enumerate(tokens) if token.startswith(prefix) and weights[index] > 0]
    total = sum(weights[index] for index in own)
    own.sort(key=lambda index: (-weights[index], tokens[index]))
    return [
        {**_value(kind, tokens[index].removeprefix(prefix)), "weight": round(float(weights[index] / total), 3)}
        for index in own[:TOP_INTERESTS]
    ]


def _value(kind: str, value: str) -> dict[str, Any]:
    if kind != "price":
        return {kind: value}
    lowest, above = band_limits(int(value))
    return {"from": round(lowest, 2), "below": round(above, 2)}
