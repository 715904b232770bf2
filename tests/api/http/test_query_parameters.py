"""Parameters: text becomes what a route asks for, or is refused with its name and value."""

from collections.abc import Callable
from typing import Any

import pytest
from starlette.requests import Request

from api.http.query_parameters import Parameters, RequestFields, parse_moment
from models.base.errors import InvalidError


def _given(query: str) -> Parameters:
    return Parameters(
        Request({"type": "http", "method": "GET", "path": "/", "query_string": query.encode(), "headers": []})
    )


def test_what_is_given_is_read() -> None:
    given = _given("limit=12&refill=False&explain=1&threshold=49.5&exclude=a,b&exclude=c&exclude=&visitor_id=v")
    assert (given.value("visitor_id"), given.value("item_id")) == ("v", "")
    assert (given.whole("limit", 10, 1, 100), given.whole("count", None, 1, 24)) == (12, None)
    assert (given.flag("refill", True), given.flag("explain", False), given.flag("other", True)) == (False, True, True)
    assert (given.amount("threshold", 0.0), given.amount("other", 0.0)) == (49.5, 0.0)
    assert given.listed_ids("exclude") == {"a", "b", "c"}


@pytest.mark.parametrize(
    ("query", "read"),
    [
        ("limit=0", lambda given: given.whole("limit", 10, 1, 100)),
        ("limit=101", lambda given: given.whole("limit", 10, 1, 100)),
        ("limit=1.5", lambda given: given.whole("limit", 10, 1, 100)),
        ("limit=%C2%B2", lambda given: given.whole("limit", 10, 1, 100)),
        ("limit=" + "9" * 5_000, lambda given: given.whole("limit", 10, 1, 100)),
        ("limit=", lambda given: given.whole("limit", 10, 1, 100)),
        ("refill=perhaps", lambda given: given.flag("refill", True)),
        ("threshold=-1", lambda given: given.amount("threshold", 0.0)),
        ("threshold=nan", lambda given: given.amount("threshold", 0.0)),
        ("threshold=much", lambda given: given.amount("threshold", 0.0)),
    ],
)
def test_what_does_not_fit_is_named(query: str, read: Callable[[Parameters], Any]) -> None:
    with pytest.raises(InvalidError, match=query.partition("=")[0]) as found:
        read(_given(query))
    assert found.value.code == "parameter_invalid"


def test_an_amount_in_a_body_may_be_text() -> None:
    assert RequestFields({"threshold": "50"}).amount("threshold", 0.0) == 50.0
    with pytest.raises(InvalidError, match=r"list\.threshold must be a number"):
        RequestFields({"threshold": True}, "list.").amount("threshold", 0.0)


def test_a_moment_is_text_or_seconds() -> None:
    assert parse_moment("2001-09-09T01:46:40Z", "from", 4e9) == parse_moment("1000000000", "from", 4e9) == 1e9
    with pytest.raises(InvalidError, match="from must be an ISO 8601 time or epoch seconds, got 'yesterday'"):
        parse_moment("yesterday", "from", 4e9)
