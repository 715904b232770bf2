"""Cross-origin: a page of another origin is refused, and may not even read so, on every way into the API."""

import httpx
import pytest

from tests.api.conftest import Api, new_visitor

SHOP = "https://shop.example"
BELOW = "https://de.shop.example"
OTHER = "https://other.example"
READABLE = "access-control-allow-origin"


def asked(api: Api, method: str, path: str, origin: str) -> httpx.Response:
    """Ask as a page of an origin does."""
    body = {"events": [{"event": "page_view", "visitor_id": new_visitor()}]} if method == "POST" else None
    return api.public.request(method, path, json=body, headers={"Origin": origin})


WAYS = [("GET", "/v1/recommendations?strategy=trending"), ("POST", "/v1/events"), ("GET", "/v1/visitors/v-1/messages")]


@pytest.mark.parametrize(("method", "path"), WAYS)
def test_pages_of_the_site_may_call_and_read(origins_api: Api, method: str, path: str) -> None:
    for origin in (SHOP, BELOW):
        response = asked(origins_api, method, path, origin)
        assert response.status_code != 403, response.text
        assert response.headers[READABLE] == origin


@pytest.mark.parametrize(("method", "path"), WAYS)
def test_pages_of_another_origin_are_refused_and_may_not_read_so(origins_api: Api, method: str, path: str) -> None:
    response = asked(origins_api, method, path, OTHER)
    assert (response.status_code, response.json()["code"]) == (403, "origin_refused"), response.text
    assert OTHER in response.json()["detail"]
    assert READABLE not in response.headers


def test_servers_the_api_s_own_pages_and_other_sites_go_on(origins_api: Api, api: Api) -> None:
    path = "/v1/recommendations?strategy=trending"
    assert origins_api.public.get(path).status_code == 200, "a program names no origin"
    assert asked(origins_api, "GET", path, origins_api.url).status_code == 200, "the page is ours"
    elsewhere = asked(api, "GET", path, OTHER)
    assert (elsewhere.status_code, elsewhere.headers[READABLE]) == (200, OTHER), "that site names none"
