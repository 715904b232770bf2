"""Params: what the engine reads is brought into its form, the rest is the shop's own."""

from typing import Any

import pytest

from models.base.errors import InvalidError
from models.events.intake.event_warnings import EventWarning, EventWarnings
from models.events.intake.param_parsing import MAX_PARAMS, READ_PARAMS, ParamReader, read_members


def read_params(name: str, given: Any) -> tuple[dict[str, Any], list[EventWarning]]:
    warnings = EventWarnings()
    reader = ParamReader(name, read_members(given, "params", READ_PARAMS, warnings), warnings)
    reader.read()
    return reader.params, warnings.found


@pytest.mark.parametrize(
    ("name", "given", "kept", "codes"),
    [
        ("purchase", {"value": "8,731.06"}, {"value": 8731.06}, ["read_as"]),
        ("purchase", {"value": "8.731,06 EUR"}, {"value": 8731.06, "currency": "EUR"}, ["read_as"]),
        ("purchase", {"value": "8 EUR", "currency": "usd"}, {"value": 8, "currency": "USD"}, ["read_as"] * 3),
        ("purchase", {"value": "19.90"}, {"value": 19.9}, []),
        ("purchase", {"value": ""}, {}, ["dropped"]),
        ("purchase", {"value": None}, {"value": None}, []),
        ("purchase", {"value": -3}, {"value": 0}, ["read_as"]),
        ("refund", {"value": "-3"}, {"value": 3}, ["read_as"]),
        ("add_to_cart", {"value": -3}, {}, ["dropped"]),
        ("purchase", {"value": True}, {}, ["dropped"]),
        ("purchase", {"value": 1e13}, {}, ["dropped"]),
        ("page_view", {"currency": " eur "}, {"currency": "EUR"}, ["read_as"]),
        ("page_view", {"currency": "€"}, {"currency": "EUR"}, ["read_as"]),
        ("page_view", {"currency": "$"}, {}, ["dropped"]),
        ("page_view", {"currency": 978}, {}, ["dropped"]),
        ("page_view", {"dwell_ms": -1, "engagement_time_msec": "long"}, {}, ["dropped", "dropped"]),
        ("sign_up", {"birthday": ""}, {}, ["dropped"]),
        ("sign_up", {"birthday": "1987-02-30"}, {}, ["dropped"]),
        ("sign_up", {"birthday": "1987-3-9"}, {"birthday": "1987-03-09"}, ["read_as"]),
        ("sign_up", {"birthday": "1987-03-09T00:00:00Z"}, {"birthday": "1987-03-09"}, ["read_as"]),
        ("sign_up", {"birthday": "19870309"}, {"birthday": "1987-03-09"}, ["read_as"]),
        ("sign_up", {"birthday": "9.3.1987"}, {"birthday": "1987-03-09"}, ["read_as"]),
        ("sign_up", {"birthday": "03/29/1987"}, {"birthday": "1987-03-29"}, ["read_as"]),
        ("sign_up", {"birthday": "03/09/1987"}, {}, ["dropped"]),
        ("birthday_given", {"birthday": "9.3.1987"}, {"birthday": "1987-03-09"}, ["read_as"]),
        ("survey_answered", {"nps": 9, "csat": 0}, {"nps": 9}, ["dropped"]),
        ("review_added", {"rating": "4,5"}, {"rating": 4.5}, []),
        ("review_added", {"rating": "4/5"}, {"rating": 4}, []),
        ("review_added", {"rating": 4.2}, {"rating": 4}, ["read_as"]),
        ("consent_updated", {"marketing": "false"}, {"marketing": False}, ["read_as"]),
        ("consent_updated", {"marketing": 1}, {"marketing": True}, ["read_as"]),
        ("consent_updated", {"marketing": "perhaps"}, {}, ["dropped"]),
        ("consent_updated", {"marketing": "Opt-out"}, {"marketing": False}, ["read_as"]),
        ("consent_updated", {"marketing": "unsubscribed"}, {"marketing": False}, ["read_as"]),
        ("consent_updated", {"marketing": " NEIN "}, {"marketing": False}, ["read_as"]),
        ("consent_updated", {"marketing": "opted in"}, {"marketing": True}, ["read_as"]),
        ("search", {"search_term": 4711}, {"search_term": "4711"}, []),
        ("email_opened", {"email_id": 12, "campaign": ["x"]}, {"email_id": "12"}, ["dropped"]),
        ("campaign_cost", {"cost": "1.250,50 €", "source": "x"}, {"cost": 1250.5, "source": "x", "currency": "EUR"},
         ["read_as"]),
        ("page_view", {"$browser": 1, "page name": 2}, {"browser": 1, "page_name": 2}, ["read_as", "read_as"]),
        ("page_view", {"größe": 1, "2nd": 2, "§": 3}, {"gro_e": 1, "_2nd": 2}, ["read_as", "read_as", "dropped"]),
        ("page_view", {"a b": 1, "a_b": 2}, {"a_b": 2}, ["dropped"]),
        ("page_view", None, {}, []),
    ],
)  # fmt: skip
def test_what_the_engine_reads_is_brought_into_its_form(
    name: str, given: Any, kept: dict[str, Any], codes: list[str]
) -> None:
    if name in ("purchase", "refund"):
        given, kept = {"transaction_id": "1", **given}, {"transaction_id": "1", **kept}
    params, found = read_params(name, given)
    assert params == kept
    assert [warning.code for warning in found] == codes


def test_of_too_many_params_those_the_engine_reads_stay() -> None:
    own = {f"own{number}": number for number in range(MAX_PARAMS + 5)}
    params, found = read_params("purchase", {**own, "transaction_id": "1", "value": 3})
    assert len(params) == MAX_PARAMS
    assert (params["transaction_id"], params["value"], "own47" in params, "own48" in params) == ("1", 3, True, False)
    assert [warning.field for warning in found] == ["params"]


@pytest.mark.parametrize(
    ("given", "order_id"),
    [({"transaction_id": 17}, "17"), ({"transaction_id": 17.0}, "17"), ({"transaction_id": " 17 "}, "17")],
)
def test_an_order_goes_by_text(given: dict[str, Any], order_id: str) -> None:
    assert read_params("purchase", given)[0] == {"transaction_id": order_id}


def test_an_order_id_that_is_long_goes_by_the_same_digest_everywhere() -> None:
    bought, found = read_params("purchase", {"transaction_id": "x" * 300})
    paid, _ = read_params("order_paid", {"order_id": "x" * 300})
    assert bought["transaction_id"] == paid["order_id"] != "x" * 300
    assert [warning.code for warning in found] == ["shortened"]


def test_an_empty_transaction_id_leaves_the_order_id_to_name_the_order() -> None:
    params, _ = read_params("purchase", {"transaction_id": "", "order_id": "7"})
    assert params == {"order_id": "7"}


def test_a_cost_that_is_no_amount_is_refused() -> None:
    with pytest.raises(InvalidError, match="much"):
        read_params("campaign_cost", {"cost": "much", "source": "x"})


def test_params_that_are_in_form_are_not_copied() -> None:
    given = {"value": 3.5, "currency": "EUR", "own": [1]}
    reader = ParamReader("add_to_cart", given, EventWarnings())
    reader.read()
    assert reader.params is given


@pytest.mark.parametrize("odd", [{"value": "free"}, {"value": ""}, {"currency": "?"}, {"viewable": "perhaps"}])
def test_what_is_left_out_costs_nothing_where_items_were_taken_out_before(odd: dict[str, Any]) -> None:
    reader = ParamReader("view_item", {"items": [], **odd, "coupon": "X"}, EventWarnings())
    reader.leave_out("items")
    reader.read()
    assert reader.params == {"coupon": "X"}
