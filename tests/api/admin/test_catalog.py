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


def test_what_is_named_and_not_in_the_catalog_is_told_wherever_it_is_put(other_api: Api) -> None:
    put = other_api.secret.put
    other_api.put_items(
        {"item_id": "ref-pot", "title": "Pot", "price": 5, "brand": "Brisa", "category": "Home > Kitchen"}
    )
    put("/v1/campaigns/ref-k", json={}).raise_for_status()
    lists = {"lists": {"trending": {"strategy": "bestsellers", "category": "Kitchenn"}}}
    typo = {"variants": [{"variant_id": "a"}, {"variant_id": "b", **lists}]}
    for path, body, code, meant in (
        ("rules/ref-r", {"action": "boost", "category": "Kitchenn"}, "category_unknown", "Kitchen"),
        ("rules/ref-r", {"action": "bury", "brand": "Brise"}, "brand_unknown", ""),
        ("rules/ref-r", {"action": "pin", "item_ids": ["ref-pots"]}, "item_unknown", "ref-pot"),
        (
            "creatives/ref-c",
            {"campaign_id": "ref-k", "category": "Home > Kitchenne"},
            "category_unknown",
            "Home > Kitchen",
        ),
        ("experiments/ref-x", typo, "category_unknown", "Kitchen"),
        ("segments/ref-s", {"rule": {"not": {"interest": {"category": "Kitchenn"}}}}, "category_unknown", "Kitchen"),
        ("triggers/ref-t", {"when": {"event": {"name": "views_item"}}}, "event_unknown", "view_item"),
    ):
        answered = put(f"/v1/{path}", json=body)
        assert answered.status_code == 200, answered.text
        (warning,) = answered.json()["warnings"]
        assert (warning["code"], f"did you mean {meant}" in warning["message"]) == (code, bool(meant))
        kind, name = path.split("/")
        many = put(f"/v1/{kind}", json={kind: [{f"{kind.removesuffix('s')}_id": name, **body}]}).json()
        assert many["warnings"] == [warning]
        assert other_api.secret.delete(f"/v1/{path}").status_code == 204
    fine = put("/v1/rules/ref-r", json={"action": "boost", "category": "kitchen", "brand": "BRISA"})
    assert "warnings" not in fine.json()
    wrong = put("/v1/rules/ref-r", json={"action": "boost", "strategies": ["foryou"]})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "strategy_invalid")
    other_api.secret.delete("/v1/rules/ref-r")
    other_api.secret.delete("/v1/catalog/items/ref-pot")


def test_what_a_rule_or_a_running_experiment_names_is_not_taken_out_from_under_it(other_api: Api) -> None:
    put, delete = other_api.secret.put, other_api.secret.delete
    put("/v1/campaigns/use-k", json={}).raise_for_status()
    put("/v1/creatives/use-c", json={"campaign_id": "use-k"}).raise_for_status()
    put("/v1/placements/use-p", json={}).raise_for_status()
    put("/v1/segments/use-s", json={"rule": {"stage": "active"}}).raise_for_status()
    changed = {"variant_id": "b", "placements": {"use-p": {"creative_ids": ["use-c"]}}}
    experiment = {"variants": [{"variant_id": "a"}, changed], "audience": {"any": ["use-s"]}}
    put("/v1/experiments/use-x", json=experiment).raise_for_status()
    put("/v1/rules/use-r", json={"action": "bury", "campaign_ids": ["use-k"]}).raise_for_status()
    for path, by in (
        ("creatives/use-c", "experiment use-x"),
        ("placements/use-p", "experiment use-x"),
        ("segments/use-s", "experiment use-x"),
        ("campaigns/use-k", "rule use-r"),
    ):
        refused = delete(f"/v1/{path}")
        assert (refused.status_code, by in refused.json()["detail"]) == (409, True)
        assert refused.json()["code"] == f"{path.partition('s/')[0]}_in_use"
    assert delete("/v1/creatives/use-c?force=true").status_code == 204
    put("/v1/experiments/use-x", json={**experiment, "variants": [{"variant_id": "a"}, {"variant_id": "b"}]})
    assert delete("/v1/experiments/use-x").status_code == 204
    for path in ("placements/use-p", "segments/use-s", "rules/use-r", "campaigns/use-k"):
        assert delete(f"/v1/{path}").status_code == 204
