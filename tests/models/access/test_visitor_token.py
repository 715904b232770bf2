"""Visitor tokens: of one visitor, one site and one time, signed as any server can sign them."""

import hmac
from hashlib import sha256

import pytest

from models.access.visitor_token import is_token_of, mint_token, token_secret_of


def test_a_token_is_what_the_documentation_says_a_server_signs() -> None:
    signature = hmac.new(b"secret", b"shop\ncustomer-7\n1800000000", sha256).hexdigest()
    assert mint_token("secret", "shop", "customer-7", 1_800_000_000) == f"1800000000.{signature}"


def test_a_token_counts_for_what_it_was_signed_for_alone() -> None:
    token = mint_token("secret", "shop", "customer-7", 2_000)
    assert is_token_of(token, "secret", "shop", "customer-7", 1_999.9)
    assert not is_token_of(token, "secret", "shop", "customer-7", 2_000.1)
    assert not is_token_of(token, "secret", "shop", "customer-8", 1_000.0)
    assert not is_token_of(token, "secret", "other", "customer-7", 1_000.0)
    assert not is_token_of(token, "secrets", "shop", "customer-7", 1_000.0)


def test_a_token_of_a_device_speaks_for_no_visitor_and_cannot_be_made_into_one() -> None:
    token = mint_token("secret", "shop", "customer-7", 2_000, of_device=True)
    assert is_token_of(token, "secret", "shop", "customer-7", 1_999.9, as_device=True)
    assert not is_token_of(token, "secret", "shop", "customer-7", 2_000.1, as_device=True)
    assert not is_token_of(token, "secret", "shop", "customer-7", 1_000.0)
    assert not is_token_of(token.replace("d.", "."), "secret", "shop", "customer-7", 1_000.0)
    by_server = mint_token("secret", "shop", "device-7", 2_000)
    assert is_token_of(by_server, "secret", "shop", "device-7", 1_000.0, as_device=True)


@pytest.mark.parametrize(
    "token", ["", ".", "x", "2000", "2000.", ".abc", "-1.abc", "2e3.abc", "9" * 13 + ".a", "²000.a", "a" * 9_999]
)
def test_what_is_no_token_is_nobodys(token: str) -> None:
    assert not is_token_of(token, "secret", "shop", "customer-7", 0.0)


def test_the_secret_of_tokens_is_made_of_the_secret_key_and_is_another() -> None:
    assert token_secret_of("a") != token_secret_of("b")
    assert "secret-key" not in token_secret_of("secret-key")
