"""Keys: each opens its own site and does what its scopes say, and what is no key is told so."""

import asyncio
import base64
import time
from types import SimpleNamespace

import pytest
from starlette.requests import Request

from api.http.config import SiteConfig
from api.http.edge.limits import Limits
from api.http.edge.sender_limits import SenderLimits
from api.http.problems import ProblemError
from api.runtime.authentication import Caller, asking, needs_secret, secret_site, sending
from api.runtime.key_ring import KeyRing
from models.access.api_key import KeyScope, NewKey
from store.site.api_keys import new_key
from tests.api.conftest import Api, event

SITES = (SiteConfig("alpha", "public-a", "secret-a"), SiteConfig("beta", "public-b", "secret-b"))


def state(*made: NewKey) -> SimpleNamespace:
    """What requests share, with keys made for the first site."""
    ring = KeyRing(SITES)
    ring.replace("alpha", [known.key for known in made])
    sites = {"alpha": "the site alpha", "beta": "the site beta"}
    return SimpleNamespace(key_ring=ring, sites=sites, senders=SenderLimits(Limits()))


def request(
    authorization: str = "", query: str = "", method: str = "GET", shared: SimpleNamespace | None = None
) -> Request:
    """A request with what says who asks."""
    scope = {
        "type": "http",
        "method": method,
        "path": "/v1/status",
        "query_string": query.encode(),
        "headers": [(b"authorization", authorization.encode())] if authorization else [],
        "client": ("192.0.2.1", 4711),
        "state": {"shopwindow": shared or state()},
    }
    return Request(scope)


def basic(user: str) -> str:
    """A basic authorization."""
    return "Basic " + base64.b64encode(user.encode()).decode()


@pytest.mark.parametrize(
    ("authorization", "query", "site", "is_browser"),
    [
        ("Bearer public-a", "", "the site alpha", True),
        ("bearer  secret-b ", "", "the site beta", False),
        (basic("public-b:"), "", "the site beta", True),
        (basic("secret-a:any:thing"), "", "the site alpha", False),
        ("", "key=public-a", "the site alpha", True),
        ("Bearer public-b", "key=public-a", "the site beta", True),
    ],
)
def test_a_key_says_which_site_and_whether_it_is_a_browsers(
    authorization: str, query: str, site: str, is_browser: bool
) -> None:
    for ask in (asking, sending):
        caller: Caller = ask(request(authorization, query))
        assert (str(caller.site), caller.is_browser) == (site, is_browser)


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
        ("", "key=secret-a", "key_in_address"),
    ],
)
def test_what_is_no_key_is_refused_with_a_challenge(authorization: str, query: str, code: str) -> None:
    for ask in (sending, asking):
        with pytest.raises(ProblemError) as found:
            ask(request(authorization, query))
        assert (found.value.status, found.value.code) == (401, code)
        assert found.value.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_browsers_key_changes_and_reads_nothing_of_the_shops() -> None:
    assert str(asyncio.run(secret_site(request("Bearer secret-a")))) == "the site alpha"
    with pytest.raises(ProblemError) as public:
        asyncio.run(secret_site(request("Bearer public-a")))
    assert (public.value.status, public.value.code) == (403, "key_public")
    assert public.value.detail == "GET /v1/status needs the secret key, got the public one"
    assert needs_secret(request(), "the event campaign_cost").detail.startswith("the event campaign_cost needs")


@pytest.mark.parametrize(
    ("scopes", "reads", "writes", "asks", "sends"),
    [
        (("browser",), False, False, True, True),
        (("events",), False, False, False, True),
        (("read",), True, False, True, False),
        (("write",), False, True, False, False),
        (("events", "read"), True, False, True, True),
        (("admin",), False, False, False, False),
    ],
)
def test_a_key_does_what_its_scopes_say(
    scopes: tuple[KeyScope, ...], reads: bool, writes: bool, asks: bool, sends: bool
) -> None:
    made = new_key("one", scopes, time.time())
    shared = state(made)

    def allowed(call: object, method: str) -> bool:
        asked = request(f"Bearer {made.secret}", method=method, shared=shared)
        try:
            answer = call(asked)  # type: ignore[operator]
            if asyncio.iscoroutine(answer):
                asyncio.run(answer)
        except ProblemError as problem:
            return (problem.status, problem.code) != (403, "key_public" if scopes == ("browser",) else "scope_missing")
        return True

    found = (
        allowed(secret_site, "GET"),
        allowed(secret_site, "PUT"),
        allowed(asking, "GET"),
        allowed(sending, "POST"),
    )
    assert found == (reads, writes, asks, sends)


def test_a_key_that_has_expired_opens_nothing() -> None:
    made = new_key("one", ("read",), time.time(), time.time() - 1)
    with pytest.raises(ProblemError) as found:
        asking(request(f"Bearer {made.secret}", shared=state(made)))
    assert found.value.code == "key_unknown"


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
        ("GET", "/v1/keys"),
        ("POST", "/v1/keys"),
        ("DELETE", "/v1/keys/x"),
    ]:
        refused = api.public.request(method, path)
        assert (refused.status_code, refused.json()["code"]) == (403, "key_public"), path
        in_address = api.public.request(method, f"{path}?key={api.keys.secret_key}", headers={"Authorization": ""})
        assert in_address.status_code == 401, path
