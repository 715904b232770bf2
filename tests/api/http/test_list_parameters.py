"""Asked lists: what a body asks for becomes a query, or is refused with its place."""

from typing import Any

import pytest

from api.http.list_parameters import parse_ids, parse_list
from models.base.errors import InvalidError
from models.decisions.recommend import Query


def test_a_list_goes_by_its_name_or_its_strategy() -> None:
    assert parse_list({}, "list") == ("for_you", Query("for_you", limit=10))
    name, query = parse_list(
        {"name": "side", "strategy": "similar", "item_id": "p1", "limit": 4, "category": "Home > Kitchen"}, "list"
    )
    assert (name, query.strategy, query.item_id, query.limit) == ("side", "similar", "p1", 4)
    assert query.category == ("Home", "Kitchen")


@pytest.mark.parametrize(
    ("part", "code", "named"),
    [
        ("for_you", "lists_invalid", "lists[2] must be"),
        ({"kind": "x"}, "field_unknown", "lists[2] has no field 'kind'; it has category, exclude, item_id"),
        ({"strategy": "best"}, "strategy_invalid", "'best'"),
        ({"limit": 0}, "parameter_invalid", "lists[2].limit must be a whole number from 1 to 100, got 0"),
        ({"limit": True}, "parameter_invalid", "got True"),
        ({"name": 7}, "lists_invalid", "lists[2].name must be text, got 7"),
        ({"item_id": ["p1"]}, "lists_invalid", "lists[2].item_id"),
        ({"refill": None}, "lists_invalid", "lists[2].refill must be true or false, got None"),
        ({"exclude": "p1"}, "ids_invalid", "lists[2].exclude"),
        ({"threshold": -1}, "parameter_invalid", "lists[2].threshold"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(part: Any, code: str, named: str) -> None:
    with pytest.raises(InvalidError) as found:
        parse_list(part, "lists[2]")
    assert found.value.code == code
    assert named in found.value.message


def test_ids_are_none_or_some_of_them() -> None:
    assert parse_ids(None, "exclude") == []
    assert parse_ids(["a", ""], "exclude") == ["a", ""]
    for value in ("a", [1], ["a"] * 3):
        with pytest.raises(InvalidError, match="exclude must be a list of"):
            parse_ids(value, "exclude", 2)
