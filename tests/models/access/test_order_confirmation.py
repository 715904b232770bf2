"""Order confirmation: two words, and an error that names any other."""

import pytest

from models.access.order_confirmation import ORDER_CONFIRMATIONS, parse_order_confirmation
from models.base.errors import InvalidError


def test_the_two_words_are_read() -> None:
    assert [parse_order_confirmation(word) for word in ORDER_CONFIRMATIONS] == ["none", "server"]


def test_another_is_named() -> None:
    with pytest.raises(InvalidError, match=r"order_confirmation has value 'both', not one of none, server"):
        parse_order_confirmation("both")
