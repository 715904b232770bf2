"""Products over HTTP: odd values are read or named by index, several are taken off at once, a whole catalog is."""

import time
from typing import Any

import pytest

from tests.api.conftest import Api

PATH = "/v1/catalog/items"


def product(item_id: str, **fields: Any) -> dict[str, Any]:
    return {"id": item_id, "title": item_id.title(), "price": "10.00 EUR", **fields}


def put(api: Api, *items: Any, **parameters: Any) -> dict[str, Any]:
    response = api.secret.put(PATH, json={"items": list(items)}, params=parameters)
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


def delete(api: Api, *item_ids: str) -> dict[str, Any]:
    response = api.secret.request("DELETE", PATH, json={"item_ids": list(item_ids)})
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


@pytest.fixture
def empty(other_api: Api) -> Any:
    """A site without products, before and after."""
    for _ in range(2):
        listed = [item["item_id"] for item in other_api.secret.get(PATH, params={"limit": 1000}).json()["items"]]
        if listed:
            delete(other_api, *listed)
        if _ == 0:
            yield other_api


def test_odd_values_are_read_as_a_feeds_are_and_named_by_index(empty: Api) -> None:
    told = put(
        empty,
        product("a", price="2,345.00 USD"),
        product("b", price="1,999 USD", availability="available for order"),
        product("c", sale_price="12 EUR", availability="ask us"),
        {"id": "", "title": "D", "price": 1},
        {"id": "e"},
        product("a", price="7 USD"),
    )
    assert told["accepted"] == 4
    assert [(rejection["index"], rejection["code"]) for rejection in told["rejected"]] == [(3, "item_id_missing")]
    assert [(warning["index"], warning["field"], warning["code"]) for warning in told["warnings"]] == [
        (2, "sale_price", "sale_price_invalid"),
        (2, "availability", "availability_invalid"),
        (4, "item_id", "item_incomplete"),
        (5, "item_id", "item_id_repeated"),
        (2, "price", "currency_unknown"),
    ]
    read = {item["item_id"]: item for item in empty.secret.get(PATH).json()["items"]}
    assert (read["a"]["price"], read["b"]["price"], read["c"]["price"]) == (7.0, 1999.0, 10.0)
    assert "sale_price" not in read["c"]


def test_an_index_is_that_of_all_that_were_sent(empty: Api) -> None:
    items = [product(f"p{number}", price="cheap" if number % 120 == 119 else 1) for number in range(250)]
    told = put(empty, *items)
    assert (told["accepted"], [rejection["index"] for rejection in told["rejected"]]) == (248, [119, 239])


def test_one_product_is_told_what_was_left_out_of_it(empty: Api) -> None:
    answer = empty.secret.put(f"{PATH}/k1", json={"title": "K", "price": "5 EUR", "sale_price": "9 EUR"}).json()
    assert (answer["item_id"], answer["price"]) == ("k1", 5.0)
    assert [warning["code"] for warning in answer["warnings"]] == ["sale_price_invalid"]
    assert "warnings" not in empty.secret.put(f"{PATH}/k1", json={"title": "K", "price": "5 EUR"}).json()
    assert empty.secret.put(f"{PATH}/k1", json={"title": "K", "price": "cheap"}).status_code == 422


def test_several_are_taken_off_at_once_and_unknown_ones_named(empty: Api) -> None:
    put(empty, product("a"), product("b"), product("c/d"))
    assert delete(empty, "a", "nobody", "c/d", "a") == {"deleted": 2, "unknown": ["nobody"]}
    assert [item["item_id"] for item in empty.secret.get(PATH).json()["items"]] == ["b"]
    for body, code in (({}, 422), ({"item_ids": ["x"] * 1001}, 413)):
        assert empty.secret.request("DELETE", PATH, json=body).status_code == code
    assert empty.public.request("DELETE", PATH, json={"item_ids": ["b"]}).status_code == 403


def test_a_whole_catalog_takes_off_what_is_gone_but_not_most_of_it_unforced(empty: Api) -> None:
    put(empty, *(product(name) for name in "abcd"))
    told = put(empty, product("a"), product("b"), product("c", price="cheap"), whole=True)
    assert (told["accepted"], told["removed"], len(told["rejected"])) == (2, 1, 1)
    assert [item["item_id"] for item in empty.secret.get(PATH).json()["items"]] == ["a", "b", "c"], "c was named"
    refused = empty.secret.put(PATH, json={"items": [product("a", price="1 EUR")]}, params={"whole": True})
    assert (refused.status_code, refused.json()["code"]) == (409, "whole_refused")
    assert "2 of 3 products would be taken off" in refused.json()["detail"]
    assert empty.secret.get(f"{PATH}/a").json()["price"] == 10.0, "nothing was changed"
    assert put(empty, product("a"), whole=True, force=True)["removed"] == 2
    assert "removed" not in put(empty, product("a"))


def test_a_sale_has_an_effect_while_it_lasts_and_pre_orders_are_offered(empty: Api) -> None:
    sale = {"sale_price": "6.00 EUR", "product_type": "Lamps"}
    dates = {
        "past": "2020-04-01T09:00-0800/2020-05-01T23:59-0800",
        "now": "2020-04-01T09:00-0800/2098-05-01T23:59-0800",
        "future": "2098-04-01/2098-05-01",
    }
    put(empty, *(product(name, sale_price_effective_date=when, **sale) for name, when in dates.items()))
    put(empty, product("pre", availability="preorder", availability_date="2098-01-01"))
    put(empty, product("back", availability="backorder", availability_date="2098-01-01T00:00+0100"))
    put(empty, product("grown-up", adult="yes"))
    offered = {item["item_id"]: item for item in empty.recommend(visitor_id="n1", strategy="new", limit=10)["items"]}
    assert offered.keys() == {"past", "now", "future", "pre", "back"}
    assert [offered[name]["sale_price"] for name in dates] == [None, 6.0, None]
    assert empty.ids(visitor_id="n1", strategy="clearance", limit=10) == ["now"]


def test_a_sale_begins_while_nobody_touches_the_catalog(empty: Api) -> None:
    starts_at_s = time.time() + 1.5
    put(empty, product("soon", sale_price="6 EUR", sale_starts_at=starts_at_s, product_type="Lamps"))

    def on_sale() -> list[str]:
        return empty.ids(visitor_id="n2", strategy="clearance", limit=10)

    assert on_sale() == []
    while time.time() <= starts_at_s + 0.05:
        time.sleep(0.05)
    assert on_sale() == ["soon"]


def test_a_currency_without_a_rate_is_named_once(empty: Api) -> None:
    prices = {"m1": "5 EUR", "m2": "6 EUR", "m3": "70 SEK", "m4": "80 SEK", "m5": "9 EUR"}
    items = [{"item_id": item_id, "title": item_id, "link": "l", "price": price} for item_id, price in prices.items()]

    def warned() -> list[dict[str, Any]]:
        answer = empty.secret.put(PATH, json={"items": items}).json()
        assert (answer["accepted"], answer["rejected"]) == (5, [])
        return [warning for warning in answer["warnings"] if warning["code"] == "currency_unknown"]

    (told,) = warned()
    assert (told["index"], told["field"]) == (2, "price")
    assert told["message"].startswith("prices in SEK are never compared with those in EUR, nor added to them")
    empty.secret.put("/v1/currency", json={"base": "EUR", "rates": {"SEK": 0.1}}).raise_for_status()
    assert warned() == []
    empty.secret.put("/v1/currency", json={}).raise_for_status()


def test_fields_go_by_the_names_that_feeds_and_shop_systems_have(empty: Api) -> None:
    told = put(
        empty,
        {"itemId": "a", "name": "Cup", "regular_price": "12 EUR", "salePrice": "9 EUR", "itemGroupId": "g", "stock": 0,
         "imageLink": "/a.jpg", "url": "/a", "productTypes": ["Home > Cups", "Gifts"], "vendor": "Brisa",
         "customLabel0": "new", "parent_id": 7},
        {"item_id": "b", "title": None, "name": "Mug", "price": "", "list_price": 8, "parent_id": 0, "sku": "other"},
    )  # fmt: skip
    assert (told["accepted"], told["warnings"]) == (2, [])
    read = {item["item_id"]: item for item in empty.secret.get(PATH).json()["items"]}
    cup = {"title": "Cup", "price": 12.0, "sale_price": 9.0, "currency": "EUR", "item_group_id": "g", "link": "/a",
           "availability": "out_of_stock", "image_link": "/a.jpg", "category": "Home > Cups", "brand": "Brisa",
           "custom_labels": ["new"]}  # fmt: skip
    assert {name: read["a"].get(name) for name in cup} == cup
    assert (read["b"]["title"], read["b"]["price"], read["b"].get("item_group_id", "")) == ("Mug", 8.0, "")


def test_the_id_is_another_name_s_only_where_no_product_has_our_own(empty: Api) -> None:
    assert put(empty, {"sku": "s1", "title": "A", "price": 1})["accepted"] == 1
    told = put(empty, product("a"), {"sku": "s2", "title": "B", "price": 1})
    assert [rejection["code"] for rejection in told["rejected"]] == ["item_id_missing"]


def test_a_misspelt_field_is_asked_about_once(empty: Api) -> None:
    told = put(empty, product("a", sale_pirce="5 EUR", weight=3), product("b", sale_pirce="6 EUR", availabilty="no"))
    assert [(warning["index"], warning["field"], warning["code"]) for warning in told["warnings"]] == [
        (0, "sale_pirce", "field_unknown"),
        (1, "availabilty", "field_unknown"),
    ]
    assert told["warnings"][0]["message"].endswith("did you mean 'sale_price'?")


def put_text(api: Api, body: str, path: str = PATH) -> dict[str, Any]:
    response = api.secret.put(path, content=body.encode(), headers={"Content-Type": "application/json"})
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def test_what_json_does_not_have_costs_no_product(empty: Api) -> None:
    told = put_text(
        empty,
        '{"items": [{"id": "a", "title": "Pot \\ud83d", "price": 5}, {"id": "b", "title": "Lid", "price": 4,'
        ' "sale_price": NaN}, {"id": 123456789012345678901234567890, "title": "Pan", "price": Infinity},]}',
    )
    assert (told["accepted"], told["rejected"]) == (3, [])
    assert [(warning["index"], warning["field"], warning["code"]) for warning in told["warnings"]] == [
        (0, "title", "read_as"),
        (1, "sale_price", "dropped"),
        (2, "id", "read_as"),
        (2, "price", "dropped"),
        (2, "item_id", "item_incomplete"),
    ]
    read = {item["item_id"]: item["title"] for item in empty.secret.get(PATH).json()["items"]}
    assert read == {"a": "Pot \ufffd", "b": "Lid", "123456789012345678901234567890": "Pan"}
    single = put_text(empty, '{"title": "Pot \\udc00", "price": 5}', f"{PATH}/c")
    assert (single["title"], [warning["code"] for warning in single["warnings"]]) == ("Pot \ufffd", ["read_as"])
    body = b'{"item_ids": [123456789012345678901234567890, "nobody"]}'
    assert empty.secret.request("DELETE", PATH, content=body).json() == {"deleted": 1, "unknown": ["nobody"]}


def test_currency_and_locale_of_a_request_are_those_of_its_prices(empty: Api) -> None:
    told = put(empty, product("a", price="1.299"), product("b", price="5 USD"), currency="eur", locale="de-DE")
    assert {warning["code"] for warning in told["warnings"]} <= {"currency_unknown"}
    read = {item["item_id"]: item for item in empty.secret.get(PATH).json()["items"]}
    assert [(read[name]["price"], read[name]["currency"]) for name in "ab"] == [(1299.0, "EUR"), (5.0, "USD")]
    single = empty.secret.put(f"{PATH}/c", json={"title": "C", "price": "99 kr"}, params={"locale": "nb-NO"})
    assert single.json()["currency"] == "NOK"
    for parameters in ({"currency": "coins"}, {"currency": "$"}, {"locale": "xx-YY"}, {"locale": "german"}):
        (name, value), *_ = parameters.items()
        refused = empty.secret.put(PATH, json={"items": []}, params=parameters)
        assert (refused.status_code, refused.json()["code"]) == (422, f"{name}_invalid")
        assert repr(value) in refused.json()["detail"]
