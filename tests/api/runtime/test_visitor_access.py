"""Visitor access: tokens are taken out of what came, and the nearer one counts."""

import pytest

from api.runtime.visitor_access import NO_TOKENS, Tokens, take_tokens


@pytest.mark.parametrize(
    ("fields", "rest", "tokens"),
    [
        ({"a": 1}, {"a": 1}, Tokens("v", "u")),
        ({"a": 1, "visitor_token": "w"}, {"a": 1}, Tokens("w", "u")),
        ({"user_token": "x", "visitor_token": None}, {}, Tokens("v", "x")),
        ({"visitor_token": 7, "user_token": ""}, {}, Tokens("v", "u")),
        ("text", "text", Tokens("v", "u")),
        (None, None, Tokens("v", "u")),
    ],
)
def test_an_events_own_tokens_go_before_those_of_the_request(fields: object, rest: object, tokens: Tokens) -> None:
    assert take_tokens(fields, Tokens("v", "u")) == (rest, tokens)


def test_there_are_none_where_none_came() -> None:
    assert take_tokens({}) == ({}, NO_TOKENS)
