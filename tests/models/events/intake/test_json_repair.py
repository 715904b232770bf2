"""JSON repair: what programs write that JSON does not have is read, value by value."""

import json
from typing import Any

import msgspec
import orjson
import pytest
from hypothesis import given

from models.base.nesting import MAX_NESTING, is_too_deep
from models.events.intake.event_warnings import EventWarnings
from models.events.intake.json_repair import dumped, has_long_numbers, loads_leniently, repaired
from tests.models.events.raw import JSON


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"a": NaN}', None),
        (b'{"a": -Infinity}', None),
        (b'{"a": 1e999}', None),
        (b'{"a": 12345678901234567890123}', "12345678901234567890123"),
        (b'{"a": "cup \\ud83c"}', "cup \ufffd"),
        (b'{"a": "cup \\udf75\\ud83c!"}', "cup \ufffd\ufffd!"),
        (b'{"a": "cup \\ud83c\\udf75"}', "cup \U0001f375"),
        (b'{"a": "caf\xe9"}', "caf\ufffd"),
        (b'{"a": "two\nlines"}', "two\nlines"),
        (b'\xef\xbb\xbf{"a": 1}', 1),
        (b'{"a": ' + b"9" * 5_000 + b"}", None),
        (b'{"a": ' + b'{"b":[' * 2_000 + b'"]}"' + b"]}" * 2_000 + b"}", "deep"),
    ],
)
def test_what_json_does_not_have_is_read_or_left_out(body: bytes, value: Any) -> None:
    warnings = EventWarnings()
    made = repaired(loads_leniently(body), warnings)["a"]
    assert msgspec.json.decode(msgspec.json.encode(made)) == made
    assert value == "deep" or made == value
    assert bool(warnings.found) == (made is None or "\ufffd" in str(made) or (str(made).isdecimal() and made != 1))


def test_what_scripts_write_is_read_outside_of_texts_alone() -> None:
    body = b'{"a": "undefined,]", "b": [undefined, 1,], "c": undefined,}'
    assert loads_leniently(body) == {"a": "undefined,]", "b": [None, 1], "c": None}


@pytest.mark.parametrize("body", [b"", b"{", b'{"a": }', b"[" * 5_000, b'{"a": "\\ud83"}', b"nul"])
def test_what_is_no_json_at_all_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        loads_leniently(body)


def test_long_numbers_are_told_from_long_texts() -> None:
    assert has_long_numbers(b'{"a": 12345678901234567890}')
    assert has_long_numbers(b"[-12345678901234567890]")
    assert not has_long_numbers(b'{"a": "12345678901234567890", "b": 1234567890123456789}')


def test_a_name_with_half_a_character_is_mended_and_so_are_the_places_under_it() -> None:
    warnings = EventWarnings()
    body = b'{"x\\ud83d": NaN, "y": {"\\udf75z": {"cut": "\\ud83d"}}}'
    assert repaired(loads_leniently(body), warnings) == {"x\ufffd": None, "y": {"\ufffdz": {"cut": "\ufffd"}}}
    assert [warning.field for warning in warnings.found] == ["x\ufffd", "x\ufffd", "y.\ufffdz", "y.\ufffdz.cut"]
    assert msgspec.json.encode(warnings.found)


@pytest.mark.parametrize("depth", [101, 300, 800, 5_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_what_is_nested_too_deep_is_left_out_alone(depth: int, opening: str, closing: str) -> None:
    body = f'{{"near": 1, "deep": {opening * depth}NaN{closing * depth}}}'.encode()
    warnings = EventWarnings()
    made = repaired(loads_leniently(body), warnings)
    assert made["near"] == 1
    assert orjson.loads(orjson.dumps(made)) == made
    assert orjson.loads(dumped({"near": 1, "deep": loads_leniently(body)}))["near"] == 1


def test_anything_that_came_is_dumped_as_it_was_or_nearly() -> None:
    assert dumped({"a": [1, "x"]}) == b'{"a":[1,"x"]}'
    assert orjson.loads(dumped({"a": "\ud83d", "b": 2**70, "\udf75": 1})) == {
        "a": "\ufffd",
        "b": str(2**70),
        "\ufffd": 1,
    }


@given(JSON)
def test_what_is_json_comes_back_as_it_was(value: object) -> None:
    warnings = EventWarnings()
    assert repaired(loads_leniently(json.dumps(value).encode()), warnings) == value or "\ufffd" in str(value)


@pytest.mark.parametrize("body", ['["' + '\\"' * 200_000, '[undefined, "' + '\\"' * 200_000 + "\\", '"' * 300_001])
def test_a_text_that_nobody_closes_is_looked_at_once(body: str) -> None:
    with pytest.raises(ValueError, match=r"delimiter|control|value|Unterminated|Extra"):
        loads_leniently(body.encode())


def test_a_long_name_is_not_written_for_each_value_below_it() -> None:
    warnings = EventWarnings()
    assert repaired({"a" * 200_000: [float("nan")] * 50_000}, warnings) == {"a" * 200_000: [None] * 50_000}
    assert all(len(warning.field) < 100 for warning in warnings.found)


@pytest.mark.parametrize("depth", [MAX_NESTING + 30, 5_000, 200_000])
def test_what_is_too_deep_stays_too_deep_to_be_taken_and_can_be_written(depth: int) -> None:
    loaded = loads_leniently(b'{"events": [{"a": ' + b"[" * depth + b"]" * depth + b"}, {}, undefined]}")
    deep, whole, nothing = loaded["events"]
    assert is_too_deep(repaired(deep, EventWarnings()))
    assert (whole, nothing) == ({}, None)
    assert len(dumped(deep)) < 1_000
