"""API keys: known by a digest, told once, and of scopes that fit together."""

import pytest

from models.access.api_key import SCOPES, digest_of, make_key, parse_key_name, parse_scopes
from models.base.errors import InvalidError


def test_a_key_is_known_by_its_digest_and_told_once() -> None:
    made = make_key("one", ("read",), 5.0, 0.0, key_id="abc", chance="of-chance")
    assert made.secret == "sw_abc_of-chance"
    assert made.key.digest == digest_of(made.secret)
    assert made.secret not in str(made.key)
    assert digest_of("\ud800") != digest_of("?"), "half a character is a key as any other"


def test_scopes_are_read_once_in_their_own_order() -> None:
    assert parse_scopes(["admin", "read", "admin"]) == ("read", "admin")
    assert parse_scopes(["browser", "browser"]) == ("browser",)
    assert parse_scopes([scope for scope in SCOPES if scope != "browser"]) == ("events", "read", "write", "admin")


@pytest.mark.parametrize("raw", [None, [], "read", ["reads"], [["read"]], [None], ["browser", "events"]])
def test_what_are_no_scopes_is_named(raw: object) -> None:
    with pytest.raises(InvalidError) as found:
        parse_scopes(raw)
    assert found.value.code == "scopes_invalid"


@pytest.mark.parametrize("raw", [None, "", "  ", "a\nb", "x" * 61, 7])
def test_what_is_no_name_is_named(raw: object) -> None:
    with pytest.raises(InvalidError, match="name must be 1 to 60 printable characters"):
        parse_key_name(raw)
    assert parse_key_name(" warehouse ") == "warehouse"
