"""Placeholders: nobody's ids are known as such, and nobody real is taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.events.intake.placeholders import is_placeholder, is_placeholder_user


@pytest.mark.parametrize(
    "text",
    ["undefined", "null", "NULL", " Null ", "[object Object]", "[object Undefined]", "0", "000", "guest", "Guest User",
     "None", "anonymous", "unknown", "test", "-", "--", "nan", "NaN", "N/A", "(not set)", "'undefined'", "",
     "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", "{{customer.id}}", "${userId}",
     "%USER_ID%", "<user id>", "-1", "user-undefined", "customer:null", "undefined_undefined", "0.0",
     "%5Bobject%20Object%5D", "\u200bundefined", "ｎｕｌｌ", "user_id", "nullnull", "undefinedundefined", "[]", "{}",
     "''", "[object Window]", "[object Promise]", "\\N", "#REF!", "*|EMAIL|*", "%%email%%", "__USER_ID__",
     "Optional(nil)",
     "urn:uuid:00000000-0000-0000-0000-000000000000", "user-00000000-0000-0000-0000-000000000000", "GA1.2.undefined",
     "shop-17-undefined", "gid://shop/Customer/null", "null@null.com", "Guest Checkout", "Guest Customer",
     "not provided",
     "your-user-id", "Unbekannt", "invité", "anónimo", "gość", "гость", "неизвестный", "ゲスト", "游客", "게스트",
     "زائر", "επισκέπτης", "onbekend"],
)  # fmt: skip
def test_what_programs_write_for_no_id_is_nobody(text: str) -> None:
    assert is_placeholder(text)


@pytest.mark.parametrize(
    "text",
    ["1", "10", "v-17", "ann", "dev-0", "anna.test", "testament", "nullarbor", "guesthouse-4", "noneedham", "x", "A",
     "00000000-0000-0000-0000-000000000001", "test@shop.example", "GA1.2.100.200", "0a0b", "unknown-soldier", "?", "#",
     "Nan", "Nil", "li.nan", "anna.null", "null-7f3a9", "object-7", "hostess", "visitor-0", "user_10", "mynameis",
     "guest-7"],
)  # fmt: skip
def test_an_id_that_may_be_somebodys_is_left_alone(text: str) -> None:
    assert not is_placeholder(text)


@given(
    st.uuids().map(str) | st.integers(1, 10**18).map(str) | st.from_regex(r"[a-z]{1,6}-[1-9][0-9]{0,8}", fullmatch=True)
)
def test_ids_as_shops_give_them_are_somebodys(text: str) -> None:
    assert not is_placeholder(text)


@given(st.text(max_size=100))
def test_any_text_is_one_or_none(text: str) -> None:
    assert is_placeholder(text) in (True, False)


def test_number_0_is_no_user_and_may_be_a_device() -> None:
    for text in ("customer_0", "user-0", "gid://shop/Customer/0"):
        assert is_placeholder_user(text)
        assert not is_placeholder(text)
    assert not is_placeholder_user("customer_10")
    assert not is_placeholder_user("anna-0")
