"""The catalog and what is displayed, over HTTP."""

from typing import Any

import pytest

from tests.api.conftest import Api

KINDS = [
    (
        "/v1/catalog/items",
        "items",
        {"item_id": "x1", "title": "X", "category": "A > B", "price": 3.5, "currency": "EUR"},
    ),
    ("/v1/creatives", "creatives", {"creative_id": "x1", "campaign_id": "xk", "headline": "X", "category": "A"}),
    ("/v1/campaigns", "campaigns", {"campaign_id": "x1", "name": "X"}),
    ("/v1/placements", "placements", {"placement_id": "x1", "slots": 3}),
]


@pytest.mark.parametrize(("path", "kind", "resource"), KINDS)
def test_things_are_put_read_listed_and_deleted(other_api: Api, path: str, kind: str, resource: dict[str, Any]) -> None:
    secret = other_api.secret
    secret.put("/v1/campaigns/xk", json={}).raise_for_status()
    id_field = next(iter(resource))
    answer = secret.put(path, json={kind: [resource, {**resource, id_field: "x2"}, {id_field: ""}]}).json()
    assert answer["accepted"] == 2
    assert [(rejection["index"], rejection["code"]) for rejection in answer["rejected"]] == [(2, f"{id_field}_missing")]
    read = secret.get(f"{path}/x1").json()
    assert read.items() >= resource.items()
    if kind == "campaigns":
        secret.delete("/v1/campaigns/xk")
    page = secret.get(path, params={"limit": 1}).json()
    assert (len(page[kind]), page["total"], page["next"]) == (1, 2, "x1")
    rest = secret.get(path, params={"after": "x1"}).json()
    assert ([resource[id_field] for resource in rest[kind]], rest["next"]) == (["x2"], None)
    changed = {**read}
    del changed[id_field]
    assert secret.put(f"{path}/x2", json=changed).status_code == 200
    assert secret.put(f"{path}/x2", json={**changed, id_field: "x9"}).status_code == 422
    secret.delete("/v1/campaigns/xk")
    for item_id in ("x1", "x2"):
        assert secret.delete(f"{path}/{item_id}").status_code == 204
        assert secret.get(f"{path}/{item_id}").status_code == 404
        again = secret.delete(f"{path}/{item_id}")
        assert (again.status_code, again.headers["content-type"]) == (404, "application/problem+json")
    assert secret.get(path).json()["total"] == 0


@pytest.mark.parametrize(
    ("item", "code", "named"),
    [
        ({}, "item_id_missing", "None"),
        ({"id": "a", "price": "cheap"}, "price_invalid", "cheap"),
        ({"id": "a", "price": -1}, "price_invalid", "-1"),
        ({"id": "x" * 101}, "item_id_invalid", "xxx"),
        ("a", "object_invalid", "'a'"),
    ],
)
def test_a_bad_product_is_named(other_api: Api, item: Any, code: str, named: str) -> None:
    answer = other_api.secret.put("/v1/catalog/items", json={"items": [item]}).json()
    assert answer["accepted"] == 0
    assert answer["rejected"][0]["code"] == code
    assert named in answer["rejected"][0]["message"]


@pytest.mark.parametrize(
    ("path", "body", "named"),
    [
        ("/v1/placements/p", {"slots": 0}, "0"),
        ("/v1/placements/p", {"size": 1}, "size"),
        ("/v1/creatives/c", {"headline": "no campaign"}, "campaign_id"),
        ("/v1/creatives/c", {"campaign_id": "nowhere"}, "nowhere"),
        ("/v1/campaigns/k", {"starts_at": "2026-02-01", "ends_at": "2026-01-01"}, "2026-01-01"),
        ("/v1/campaigns/k", {"enabled": "perhaps"}, "perhaps"),
    ],
)
def test_a_bad_definition_is_a_problem(other_api: Api, path: str, body: Any, named: str) -> None:
    response = other_api.secret.put(path, json=body)
    assert (response.status_code, response.headers["content-type"]) == (422, "application/problem+json")
    assert named in response.json()["detail"]


def test_google_merchant_attributes_are_understood(other_api: Api) -> None:
    item = {
        "id": "g1",
        "title": "Kettle",
        "price": "1299,50 eur",
        "sale_price": "EUR 999",
        "availability": "in stock",
        "product_type": "Home > Kitchen > Kettles",
        "custom_label_0": "winter",
        "is_bundle": "yes",
        "shipping_weight": "3 kg",
    }
    other_api.put_items(item)
    read = other_api.secret.get("/v1/catalog/items/g1").json()
    assert (read["price"], read["sale_price"], read["currency"]) == (1299.5, 999.0, "EUR")
    assert (read["category"], read["custom_labels"], read["is_bundle"]) == (
        "Home > Kitchen > Kettles",
        ["winter"],
        True,
    )
    other_api.secret.delete("/v1/catalog/items/g1")


def test_the_last_of_two_products_with_one_id_counts(other_api: Api) -> None:
    items = [{"id": "twice", "title": title, "price": 1} for title in ("first", "second")]
    answer = other_api.secret.put("/v1/catalog/items", json={"items": items}).json()
    assert (answer["accepted"], answer["rejected"]) == (1, [])
    assert [(warning["index"], warning["code"]) for warning in answer["warnings"]] == [(1, "item_id_repeated")]
    assert other_api.secret.get("/v1/catalog/items/twice").json()["title"] == "second"
    other_api.secret.delete("/v1/catalog/items/twice")


def test_a_thousand_and_one_products_are_too_many(other_api: Api) -> None:
    response = other_api.secret.put("/v1/catalog/items", json={"items": [{"id": str(n)} for n in range(1001)]})
    assert (response.status_code, response.json()["code"]) == (413, "items_too_many")
    assert other_api.secret.get("/v1/catalog/items").json()["total"] == 0


def test_what_names_things_that_are_not_there_is_refused_or_told(other_api: Api) -> None:
    put = other_api.secret.put
    put("/v1/campaigns/ref-k", json={}).raise_for_status()
    put("/v1/creatives/ref-banner", json={"campaign_id": "ref-k"}).raise_for_status()
    put("/v1/placements/ref-hero", json={}).raise_for_status()
    for rule, code in (
        ({"action": "pin", "creative_ids": ["ref-baner"]}, "creative_unknown"),
        ({"action": "boost", "weight": 2, "campaign_ids": ["ref-kk"]}, "campaign_unknown"),
        ({"action": "pin", "creative_ids": ["ref-banner"], "placements": ["ref-heroo"]}, "placement_unknown"),
    ):
        refused = put("/v1/rules/ref", json=rule)
        assert (refused.status_code, refused.json()["code"]) == (422, code)
        assert "did you mean ref-" in refused.json()["detail"]
    typo = {"variant_id": "b", "placements": {"ref-hero": {"creative_ids": ["ref-banner", "ref-banne"]}}}
    refused = put("/v1/experiments/ref-e", json={"variants": [{"variant_id": "a"}, typo]})
    assert (refused.status_code, refused.json()["code"]) == (422, "creative_unknown")
    later = {"creative_id": "ref-later", "campaign_id": "ref-k", "item_ids": ["ref-item"]}
    told = put("/v1/creatives", json={"creatives": [later]}).json()
    assert (told["accepted"], [warning["code"] for warning in told["warnings"]]) == (1, ["item_unknown"])
