"""Fields: what fits is read, what does not is named with its value, and nothing else is ever answered."""

from math import inf, nan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.base.errors import InvalidError
from models.base.fields import Fields, parse_object, reject_unknown_fields

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(max_size=15),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
READERS: dict[str, Any] = {
    "text": lambda fields, default: fields.text("field", default, 5),
    "flag": lambda fields, default: fields.flag("field", default),
    "whole": lambda fields, default: fields.whole("field", default, 1, 9),
    "number": lambda fields, default: fields.number("field", default, 0.5, 9.5),
}


@pytest.mark.parametrize("reader", READERS)
def test_what_is_not_there_is_its_default(reader: str) -> None:
    assert READERS[reader](Fields({}), "as it was") == "as it was"
    assert READERS[reader](Fields({"field": None}), None) is None
    with pytest.raises(InvalidError):
        READERS[reader](Fields({"field": None}), "as it was")


@pytest.mark.parametrize(
    ("reader", "value"),
    [("text", ""), ("text", "seven"[:5]), ("flag", False), ("whole", 1), ("whole", 9), ("number", 0.5), ("number", 9)],
)
def test_what_fits_is_read_to_the_last_value(reader: str, value: Any) -> None:
    assert READERS[reader](Fields({"field": value}), None) == value


@pytest.mark.parametrize(
    ("reader", "value", "complaint"),
    [
        ("text", 7, "must be text, got 7"),
        ("text", "sevens", "must be text of at most 5 characters, not 6, got 'sevens'"),
        ("flag", 1, "must be true or false, got 1"),
        ("whole", 0, "must be a whole number from 1 to 9, got 0"),
        ("whole", True, "must be a whole number from 1 to 9, got True"),
        ("whole", 2.0, "must be a whole number from 1 to 9, got 2.0"),
        ("number", 9.6, "must be a number from 0.5 to 9.5, got 9.6"),
        ("number", nan, "must be a number from 0.5 to 9.5, got nan"),
        ("number", True, "must be a number from 0.5 to 9.5, got True"),
    ],
)
def test_what_does_not_fit_is_named_with_its_place(reader: str, value: Any, complaint: str) -> None:
    with pytest.raises(InvalidError) as found:
        READERS[reader](Fields({"field": value}, "list[3]."), None)
    assert (found.value.code, found.value.message) == ("field_invalid", f"list[3].field {complaint}")
    with pytest.raises(InvalidError) as found:
        READERS[reader](Fields({"field": value}, code="parameter_invalid"), None)
    assert found.value.code == "parameter_invalid"


@given(value=JSON, reader=st.sampled_from(sorted(READERS)))
def test_any_value_is_read_or_refused(value: Any, reader: str) -> None:
    assert _read(reader, value) in (value, None)


def _read(reader: str, value: Any) -> Any:
    try:
        return READERS[reader](Fields({"field": value}), None)
    except InvalidError:
        return None


def test_a_list_has_its_bounds_and_an_id_its_type() -> None:
    fields = Fields({"ids": ["a", "b"], "odd": ["a", 7], "none": None})
    assert fields.ids("ids", 2) == ("a", "b")
    assert fields.ids("missing", 2) == fields.ids("none", 2) == fields.array("missing", 2) == ()
    for read, message in (
        (lambda: fields.ids("ids", 1), "ids must be a list of at most 1, got"),
        (lambda: fields.ids("odd", 2), "odd must be a list of ids, got 7"),
        (lambda: fields.array("ids", 9, least=3), "ids must be a list of 3 to 9, got"),
        (lambda: fields.array("none", 9), "none must be a list of at most 9, got None"),
        (lambda: fields.mapping("ids", 9), "ids must be an object of at most 9, got"),
    ):
        with pytest.raises(InvalidError, match=message):
            read()


def test_a_word_is_one_of_the_choices() -> None:
    fields = Fields({"policy": "random", "odd": ["random"]})
    assert fields.choice("policy", None, ("thompson", "random")) == "random"
    assert fields.choice("missing", "thompson", ("thompson", "random")) == "thompson"
    for name in ("odd", "missing"):
        with pytest.raises(InvalidError, match=f"{name} must be one of thompson, random, got"):
            fields.choice(name, None, ("thompson", "random"))


@pytest.mark.parametrize("unset", [None, 0, inf])
def test_the_first_moment_that_is_set_counts(unset: Any) -> None:
    names = ("starts_at", "starts_at_s")
    assert Fields({"starts_at": unset}).moment(names, 5.0) == 5.0
    assert Fields({"starts_at": unset, "starts_at_s": 1e9}).moment(names, 5.0) == 1e9
    assert Fields({"starts_at": "2001-09-09T01:46:40Z", "starts_at_s": 2e9}).moment(names, 5.0) == 1e9
    with pytest.raises(InvalidError, match="starts_at must be an ISO 8601 time, got 'soon'"):
        Fields({"starts_at": "soon"}).moment(names, 5.0)


def test_an_object_has_the_fields_it_may_have() -> None:
    assert parse_object({"a": 1}, "a thing", ("b", "a")) == {"a": 1}
    with pytest.raises(InvalidError, match="a thing must be a JSON object, got 7"):
        parse_object(7, "a thing")
    with pytest.raises(InvalidError, match="a thing has no field 'c'; it has b, a"):
        parse_object({"c": 1}, "a thing", ("b", "a"))
    with pytest.raises(InvalidError, match="a thing has no field 'c'; it has a, b"):
        reject_unknown_fields({"c": 1}, frozenset({"b", "a"}), "a thing")


def test_an_id_of_ones_own_has_sixty_plain_letters() -> None:
    assert Fields({"segment_id": "kitchen-lovers_2.0"}).own_id("segment_id") == "kitchen-lovers_2.0"
    for value in ("", "a b", "x" * 61, "küche", None, 7):
        with pytest.raises(InvalidError, match=r"here: segment_id must be 1 to 60 of .* got"):
            Fields({"segment_id": value}, "here: ").own_id("segment_id")
