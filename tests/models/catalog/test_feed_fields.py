"""Feed fields: text, flags and ids as feeds and spreadsheets write them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.base.errors import InvalidError
from models.catalog.feed_fields import FeedFields, parse_category


@pytest.mark.parametrize(
    ("value", "line"), [(None, ""), ("", ""), ("  two   words ", "two words"), (7, "7"), (1.5, "1.5")]
)
def test_a_line_is_text_or_a_number(value: Any, line: str) -> None:
    assert FeedFields({"title": value}).line("title") == line
    assert FeedFields({}).line("title") == ""


@pytest.mark.parametrize(
    ("value", "flag"), [(None, True), ("", True), ("Yes", True), (" true ", True), ("no", False), (False, False)]
)
def test_a_flag_is_a_word_too(value: Any, flag: bool) -> None:
    assert FeedFields({"enabled": value}).flag("enabled", True) is flag


def test_an_id_is_what_the_first_name_says() -> None:
    assert FeedFields({"id": 7}).identifier("item_id", "id") == "7"
    assert FeedFields({"item_id": "a", "id": 7}).identifier("item_id", "id") == "a"
    assert FeedFields({"item_id": " a\n"}).identifier("item_id") == "a"
    assert FeedFields({"item_id": 12.0}).identifier("item_id") == "12"
    for value, code in ((None, "missing"), (" ", "missing"), ("a\nb", "invalid"), (1.5, "invalid"), (True, "invalid")):
        with pytest.raises(InvalidError) as found:
            FeedFields({"item_id": value, "id": "b"}).identifier("item_id", "id")
        assert found.value.code == f"item_id_{code}"


def test_a_link_runs_nothing() -> None:
    assert FeedFields({"link": "/p/1"}).link("link") == "/p/1"
    with pytest.raises(InvalidError, match="link must be a web address or a path, got 'JavaScript:alert"):
        FeedFields({"link": " JavaScript:alert(1)"}).link("link")


@given(levels=st.lists(st.text("abc ", min_size=1, max_size=5), max_size=7))
def test_a_category_means_the_same_as_text_and_as_a_list(levels: list[str]) -> None:
    assert parse_category(" > ".join(levels)) == parse_category(levels)
    assert len(parse_category(levels)) <= 5
