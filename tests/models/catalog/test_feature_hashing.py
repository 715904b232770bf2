"""Features: one fixed basis, in which items that share something lie close, and from which tokens are read back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.catalog.feature_hashing import (
    DIM,
    SKETCH_ROWS,
    band_limits,
    matrix_of,
    places_of,
    price_band,
    tokens_of,
    vector_of,
    weights_of,
)
from models.events.events import EventItem
from tests.models.makers import item

TOKENS = st.lists(st.text(max_size=8).map(lambda text: f"category:{text}"), max_size=6, unique=True).map(tuple)


def test_the_basis_never_moves() -> None:
    """What is stored of a visitor is read with the same places years later."""
    assert places_of("category:Shoes") == ((10, -1.0), (28, 1.0), (46, 1.0), (49, 1.0))


@given(token=st.text())
def test_a_token_has_one_place_in_each_row(token: str) -> None:
    assert [place // (DIM // SKETCH_ROWS) for place, _ in places_of(token)] == list(range(SKETCH_ROWS))


@given(price=st.floats(0.01, 1e9))
def test_a_price_lies_in_its_band(price: float) -> None:
    lowest, above = band_limits(price_band(price))
    assert lowest * (1 - 1e-9) <= price <= above * (1 + 1e-9)


def test_an_item_says_what_it_has_and_the_sale_price_counts() -> None:
    assert tokens_of(item(4, sale_price=4.0, color="Red")) == (
        "category:Sport",
        "category:Sport > Sport 1",
        "brand:brand 0",
        "price:4",
        "color:red",
    )
    assert tokens_of(EventItem(item_id="a")) == ()


@given(rows=st.lists(TOKENS, max_size=6))
def test_many_items_at_once_are_the_items_one_by_one(rows: list[tuple[str, ...]]) -> None:
    frequency = {token: 1 + len(token) for tokens in rows for token in tokens}
    matrix = matrix_of(rows, frequency)
    assert matrix.shape == (len(rows), DIM)
    for row, tokens in zip(matrix, rows, strict=True):
        assert row == pytest.approx(vector_of(tokens, frequency), abs=1e-6)


@given(tokens=TOKENS)
def test_a_point_has_length_1_or_0(tokens: tuple[str, ...]) -> None:
    length = float(np.linalg.norm(vector_of(tokens)))
    assert length == pytest.approx(1.0) or (length == 0.0 and vector_of(tokens).any() == 0)
    assert tokens or length == 0.0


def test_items_that_share_more_lie_closer() -> None:
    near, far, base = vector_of(tokens_of(item(6))), vector_of(tokens_of(item(1))), vector_of(tokens_of(item(0)))
    assert near @ base > 0.5 > far @ base


def test_a_token_is_read_back_from_a_sum_of_items() -> None:
    total = np.sum([vector_of(tokens_of(item(number * 6))) for number in range(5)], axis=0)
    here, absent = weights_of(["category:Home", "category:Garden"], total)
    assert here > 1.5
    assert abs(absent) < 0.5
    assert len(weights_of([], total)) == 0
