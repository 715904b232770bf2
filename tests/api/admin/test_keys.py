"""/v1/keys: made with scopes, told once, kept by digest, and revoked while everything runs."""

import time

import httpx

from shopwindow.embedded_stack import EmbeddedStack
from store import keys
from store.client import connect
from tests.api.conftest import Api, event, new_visitor


def asks(api: Api, key: str, method: str = "GET", path: str = "/v1/status", **given: object) -> httpx.Response:
    """Ask with a key."""
    return httpx.request(method, api.url + path, headers={"Authorization": f"Bearer {key}"}, **given)  # type: ignore[arg-type]


def test_a_key_is_made_listed_rotated_and_revoked(api: Api, other_api: Api, stack: EmbeddedStack) -> None:
    made = api.secret.post("/v1/keys", json={"name": "warehouse", "scopes": ["events"]})
    assert made.status_code == 201
    first = made.json()
    sent = asks(
        api,
        first["key"],
        "POST",
        "/v1/events",
        json={"events": [event("order_shipped", new_visitor(), params={"order_id": "o"})]},
    )
    assert (sent.status_code, sent.json()["accepted"]) == (202, 1)
    refused = asks(api, first["key"])
    assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")
    assert f"key {first['key_id']} has events" in refused.json()["detail"]
    second = api.secret.post(f"/v1/keys/{first['key_id']}/rotate").json()
    assert (second["name"], second["scopes"]) == ("warehouse", ["events"])
    listed = api.secret.get("/v1/keys").json()["keys"]
    assert {first["key_id"], second["key_id"]} <= {key["key_id"] for key in listed}
    assert all("key" not in key for key in listed)
    assert api.secret.delete(f"/v1/keys/{first['key_id']}").status_code == 204
    assert api.secret.delete(f"/v1/keys/{first['key_id']}").status_code == 404
    assert asks(api, first["key"]).status_code == 401
    assert asks(api, second["key"]).status_code == 403
    assert second["key_id"] not in {key["key_id"] for key in other_api.secret.get("/v1/keys").json()["keys"]}
    client = connect(stack.settings.redis_url)
    stored = client.hgetall(keys.api_keys(api.keys.site))
    assert second["key"].encode() not in str(stored).encode()
    client.close()


def test_a_key_ends_by_itself_where_it_is_to(api: Api) -> None:
    ends_at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 2.5))
    made = api.secret.post("/v1/keys", json={"name": "guest", "scopes": ["read"], "expires_at": ends_at}).json()
    assert asks(api, made["key"]).status_code == 200
    deadline_s = time.monotonic() + 20
    while asks(api, made["key"]).status_code != 401:
        assert time.monotonic() < deadline_s
        time.sleep(0.1)


def test_what_is_no_key_to_make_is_refused_by_name(api: Api) -> None:
    for body, code in (
        ({"name": "", "scopes": ["read"]}, "name_invalid"),
        ({"name": "a", "scopes": []}, "scopes_invalid"),
        ({"name": "a", "scopes": ["everything"]}, "scopes_invalid"),
        ({"name": "a", "scopes": ["browser", "admin"]}, "scopes_invalid"),
        ({"name": "a", "scopes": ["read"], "expires_at": "2001-01-01"}, "expires_at_invalid"),
    ):
        refused = api.secret.post("/v1/keys", json=body)
        assert (refused.status_code, refused.json()["code"]) == (422, code)
    reader = api.secret.post("/v1/keys", json={"name": "reader", "scopes": ["read", "write"]}).json()
    for method in ("GET", "POST"):
        assert asks(api, reader["key"], method, "/v1/keys").json()["code"] == "scope_missing"
