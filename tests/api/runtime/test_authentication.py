"""Keys: each opens its own site, a public one no more than a browser may, and what is no key is told so."""

import asyncio
import base64
from types import SimpleNamespace

import pytest
from starlette.requests import Request

from api.http.config import ApiConfig, SiteConfig
from api.http.edge.limits import Limits
from api.http.edge.sender_limits import SenderLimits
from api.http.problems import ProblemError
from api.runtime.authentication import needs_secret, public_site, secret_site, sending_site
from tests.api.conftest import Api, event

CONFIG = ApiConfig(
    sites=(SiteConfig("alpha", "public-a", "secret-a"), SiteConfig("beta", "public-b", "secret-b")),
    redis_url="redis://127.0.0.1",
)
SITES = {"alpha": "the site alpha", "beta": "the site beta"}


def request(authorization: str = "", query: str = "") -> Request:
    """A request with what says who asks."""
    headers = [(b"authorization", authorization.encode())] if authorization else []
    scope = {"type": "http", "method": "GET", "path": "/v1/status", "query_string": query.encode(), "headers": headers}
    state = SimpleNamespace(config=CONFIG, sites=SITES, senders=SenderLimits(Limits()))
    return Request({**scope, "state": {"shopwindow": state}})


def basic(user: str) -> str:
    """A basic authorization."""
    return "Basic " + base64.b64encode(user.encode()).decode()


@pytest.mark.parametrize(
    ("authorization", "query", "found"),
    [
        ("Bearer public-a", "", ("the site alpha", False)),
        ("bearer  secret-b ", "", ("the site beta", True)),
        (basic("public-b:"), "", ("the site beta", False)),
        (basic("secret-a:any:thing"), "", ("the site alpha", True)),
        ("", "key=public-a", ("the site alpha", False)),
        ("Bearer public-b", "key=public-a", ("the site beta", False)),
    ],
)
def test_a_key_says_which_site_and_whether_it_is_the_secret_one(
    authorization: str, query: str, found: tuple[object, bool]
) -> None:
    asked = request(authorization, query)
    assert sending_site(asked) == found
    assert public_site(asked) == found[0]


@pytest.mark.parametrize(
    ("authorization", "query", "code"),
    [
        ("", "", "key_missing"),
        ("Bearer ", "", "key_missing"),
        ("Digest public-a", "", "key_missing"),
        ("Bearer nobody", "", "key_unknown"),
        ("Bearer public", "", "key_unknown"),
        ("Basic not-base64!", "", "key_undecodable"),
        ("Basic " + base64.b64encode(b"\xff:").decode(), "", "key_undecodable"),
    ],
)
def test_what_is_no_key_is_refused_with_a_challenge(authorization: str, query: str, code: str) -> None:
    for ask in (sending_site, public_site):
        with pytest.raises(ProblemError) as found:
            ask(request(authorization, query))
        assert (found.value.status, found.value.code) == (401, code)
        assert found.value.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_secret_is_not_taken_from_an_address_where_it_is_needed() -> None:
    found: object = asyncio.run(secret_site(request("Bearer secret-a")))
    assert found == SITES["alpha"]
    with pytest.raises(ProblemError) as in_address:
        asyncio.run(secret_site(request(query="key=secret-a")))
    assert in_address.value.code == "key_missing"
    with pytest.raises(ProblemError) as public:
        asyncio.run(secret_site(request("Bearer public-a")))
    assert (public.value.status, public.value.code) == (403, "key_public")
    assert public.value.detail == "GET /v1/status needs the secret key, got the public one"
    assert needs_secret(request(), "the event campaign_cost").detail.startswith("the event campaign_cost needs")


def test_keys_open_what_they_should(api: Api, other_api: Api) -> None:
    body = {"events": [event("page_view", "v")]}
    assert api.secret.post("/v1/events", json=body).status_code == 202
    no_key = api.public.post("/v1/events", json=body, headers={"Authorization": ""})
    assert (no_key.status_code, no_key.json()["code"]) == (401, "key_missing")
    wrong = api.public.post("/v1/events", json=body, headers={"Authorization": "Bearer nobody"})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "key_unknown")
    assert api.public.post("/v1/events", json=body, auth=(api.keys.public_key, "")).status_code == 202
    beacon = api.public.post(f"/v1/events?key={api.keys.public_key}", json=body, headers={"Authorization": ""})
    assert beacon.status_code == 202
    for method, path in [
        ("GET", "/v1/visitors/v"),
        ("DELETE", "/v1/visitors/v"),
        ("GET", "/v1/catalog/items"),
        ("PUT", "/v1/catalog/items"),
        ("GET", "/v1/creatives"),
        ("PUT", "/v1/campaigns"),
        ("DELETE", "/v1/placements/hero"),
        ("GET", "/v1/status"),
        ("GET", "/v1/dead-letters"),
        ("POST", "/v1/dead-letters/replay"),
    ]:
        refused = api.public.request(method, path)
        assert (refused.status_code, refused.json()["code"]) == (403, "key_public"), path
        in_address = api.public.request(method, f"{path}?key={api.keys.secret_key}", headers={"Authorization": ""})
        assert in_address.status_code == 401, path
