"""Export of a visitor: everything that stands anywhere of them, each row once, and only for a key that may."""

import httpx

from tests.api.conftest import Api, event, new_visitor


def export(api: Api, visitor: str) -> httpx.Response:
    """Ask for it."""
    return api.secret.get(f"/v1/visitors/{visitor}/export")


def test_everything_kept_of_a_visitor_is_given(api: Api) -> None:
    mail, device = f"{new_visitor()}@shop.example", new_visitor()
    api.post(event("view_item", device, "p1"), event("login", device, user_id=mail))
    bought = {"transaction_id": f"o-{device}", "value": 9.0, "currency": "EUR"}
    api.post(event("purchase", mail, "p2", params=bought))
    api.public.post("/v1/events", json={"events": [event("search", device)]})
    api.wait_until_learned()
    for asked in (mail, device):
        found = export(api, asked).json()
        assert (found["visitor_id"], found["ids"]) == (mail, [mail, device])
        assert found["profile"]["value"]["orders"] == 1
        assert found["profile"]["stage"]["why"]
        assert set(found["stored"]) == {mail, device}
        assert {entry["event"] for entry in found["timeline"]} >= {"view_item", "purchase"}
        assert [letter["code"] for letter in found["dead_letters"]] == ["search_term_missing"]
        rows = [(row["event"], row["visitor_id"]) for row in found["archive"]]
        assert ("purchase", mail) in rows
        assert len(rows) == len(set(map(str, found["archive"])))
    erasure = api.secret.delete(f"/v1/visitors/{mail}")
    assert erasure.status_code == 204


def test_nobody_is_unknown_and_a_browser_may_not_ask(api: Api, other_api: Api) -> None:
    visitor = new_visitor()
    api.post(event("view_item", visitor, "p1"))
    api.wait_until_learned()
    assert export(api, visitor).status_code == 200
    for answered in (export(api, new_visitor()), export(other_api, visitor)):
        assert (answered.status_code, answered.json()["code"]) == (404, "visitor_unknown")
    assert api.public.get(f"/v1/visitors/{visitor}/export").status_code == 403
