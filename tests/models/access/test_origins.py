"""Origins: named ones and those below a domain, each whole; what is no origin is named."""

import pytest

from models.access.origins import ANY_ORIGIN, any_of, parse_origins
from models.base.errors import InvalidError

SHOP = parse_origins(" https://Shop.example,, https://*.shop.example, http://127.0.0.1:8080, http://[::1]:80, null ")


@pytest.mark.parametrize(
    "origin",
    [
        "https://shop.example",
        "https://SHOP.example",
        "https://de.shop.example",
        "https://a.b.shop.example",
        "http://127.0.0.1:8080",
        "http://[::1]:80",
        "null",
    ],
)
def test_what_is_named_or_below_a_name_may_call(origin: str) -> None:
    assert SHOP.allows(origin)
    assert ANY_ORIGIN.allows(origin)


@pytest.mark.parametrize(
    "origin",
    [
        "http://shop.example",
        "https://shop.example:444",
        "https://notshop.example",
        "https://shop.example.evil.example",
        "https://evil.example/.shop.example",
        "https://.evil",
        "https://",
        "https://*.shop.exam",
        "http://127.0.0.1",
        "x",
    ],
)
def test_nothing_else_may(origin: str) -> None:
    assert not SHOP.allows(origin)


@pytest.mark.parametrize(
    "text", ["shop.example", "https://shop.example/", "https://*", "https://a.*.example", "ftp://shop.example", "*"]
)
def test_what_is_no_origin_is_named(text: str) -> None:
    with pytest.raises(InvalidError, match="origins has ") as found:
        parse_origins(f"https://fine.example,{text}")
    assert found.value.code == "origin_invalid"
    assert text in found.value.message
    with pytest.raises(InvalidError, match="origins has 1001 entries, at most 1000"):
        parse_origins("https://a," * 1_001)


def test_sites_together_allow_what_one_of_them_does() -> None:
    both = any_of([SHOP, parse_origins("https://other.example")])
    assert both.allows("https://other.example")
    assert both.allows("https://de.shop.example")
    assert not both.allows("https://third.example")
    assert any_of([SHOP, ANY_ORIGIN]).allows("https://third.example")
