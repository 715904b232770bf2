"""The shop pages answer, name the visitor once, and let neither catalog nor visitor put markup into them."""

import asyncio
import json
import re
from html.parser import HTMLParser

import httpx
import pytest
from starlette.applications import Starlette

from api.shop.routes import PAGE_POLICY, STATIC_DIRECTORY, VISITOR_COOKIE, shop_routes
from models.catalog.resources import CatalogItem, Creative

HOSTILE = "</title></script><script>alert('1')</script>\"&"
MUG = CatalogItem(
    item_id="mug-1",
    title="Blue mug",
    brand="Potter",
    category=("Home", "Kitchen & more", "Mugs"),
    price=12.0,
    sale_price=9.5,
    currency="EUR",
    image_link="/shop/pictures/items/mug-1.svg",
)
SOLD_OUT = CatalogItem(item_id="mug-2", title="Red mug", category=MUG.category, availability="out_of_stock")
HIDDEN = CatalogItem(item_id="mug-3", title="Secret mug", category=MUG.category, hidden=True)
EVIL = CatalogItem(
    item_id="evil/<1>",
    title=HOSTILE,
    description=HOSTILE,
    brand=HOSTILE,
    category=("Evil", HOSTILE),
    image_link="javascript:alert(1)",
    color=HOSTILE,
)
ITEMS = {item.item_id: item for item in (MUG, SOLD_OUT, HIDDEN, EVIL)} | {
    f"plate-{number:02d}": CatalogItem(item_id=f"plate-{number:02d}", title="Plate", category=("Home", "Plates"))
    for number in range(30)
}
CREATIVES = {"c": Creative(creative_id="c", campaign_id="k", headline=HOSTILE, category=("Home",))}


def list_items(category: tuple[str, ...], limit: int, offset: int) -> list[CatalogItem]:
    found = [item for item in ITEMS.values() if item.category[: len(category)] == category]
    return found[offset : offset + limit]


class Scripts(HTMLParser):
    """Collects what a browser would take for scripts, and the page's data."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts: list[dict[str, str | None]] = []
        self.data = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "script":
            self.scripts.append(dict(attrs))

    def handle_data(self, data: str) -> None:
        if (self.get_starttag_text() or "").startswith('<script type="application/json"'):
            self.data += data


@pytest.fixture
def client() -> "Browser":
    ids = iter(f"visitor-{number}" for number in range(100))
    app = Starlette(
        routes=shop_routes(ITEMS.get, CREATIVES.get, list_items, public_key="pk<1>", new_visitor_id=lambda: next(ids))
    )
    return Browser(app)


class Browser:
    """Asks the application from a synchronous test, keeping cookies."""

    def __init__(self, app: Starlette) -> None:
        self._app = app
        self.cookies = httpx.Cookies()

    def get(self, address: str) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=self._app)
            async with httpx.AsyncClient(transport=transport, base_url="http://shop", cookies=self.cookies) as client:
                return await client.get(address)

        response = asyncio.run(ask())
        self.cookies.update(response.cookies)
        return response


PAGES = [
    "/shop/",
    "/shop/item/mug-1",
    "/shop/item/mug-2",
    "/shop/item/evil%2F%3C1%3E",
    "/shop/category/Home",
    "/shop/category/Home%3EKitchen%20%26%20more",
    "/shop/search?q=mug",
    "/shop/search?q=",
    "/shop/cart",
]


@pytest.mark.parametrize("address", PAGES)
def test_every_page_answers_with_a_policy_and_only_our_scripts(client: Browser, address: str) -> None:
    response = client.get(address)
    assert response.status_code == 200
    assert response.headers["content-security-policy"] == PAGE_POLICY
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    seen = Scripts()
    seen.feed(response.text)
    assert [(script.get("src"), script["type"]) for script in seen.scripts] == [
        ("/shop/static/shop.js", "module"),
        (None, "application/json"),
    ]
    assert isinstance(json.loads(seen.data), dict)
    assert "javascript:" not in response.text
    assert 'content="pk&lt;1&gt;"' in response.text
    assert re.search(r"\bon\w+=|style=", response.text) is None  # the policy would refuse both


def test_the_root_leads_to_the_shop(client: Browser) -> None:
    for address in ("/", "/shop"):
        assert client.get(address).headers["location"] == "/shop/"


@pytest.mark.parametrize(
    "address", ["/shop/item/none", "/shop/item/mug-3", "/shop/category/None", "/shop/category/%3E"]
)
def test_what_is_not_there_is_a_404_page(client: Browser, address: str) -> None:
    response = client.get(address)
    assert response.status_code == 404
    assert "Not found" in response.text
    assert "Secret" not in response.text


def test_a_visitor_is_named_once(client: Browser) -> None:
    first = client.get("/shop/")
    assert first.cookies[VISITOR_COOKIE] == "visitor-0"
    assert "set-cookie" not in client.get("/shop/cart").headers


def test_a_malformed_visitor_id_is_replaced(client: Browser) -> None:
    client.cookies.set(VISITOR_COOKIE, "x" * 200)
    assert client.get("/shop/").cookies[VISITOR_COOKIE] == "visitor-0"


def test_hostile_texts_are_shown_as_text(client: Browser) -> None:
    page = client.get("/shop/item/evil%2F%3C1%3E").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
    searched = client.get("/shop/search?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E").text
    assert "<script>alert" not in searched


def test_a_product_page_shows_price_sale_and_stock(client: Browser) -> None:
    page = client.get("/shop/item/mug-1").text
    assert "€9.50" in page
    assert "€12.00" in page
    assert "In stock" in page
    assert "data-add-to-cart>" in page
    sold_out = client.get("/shop/item/mug-2").text
    assert "Out of stock" in sold_out
    assert "data-add-to-cart disabled>" in sold_out


def test_categories_lead_down_and_page_on(client: Browser) -> None:
    page = client.get("/shop/category/Home").text
    assert "/shop/category/Home%3EKitchen%20%26%20more" in page
    assert "Secret mug" not in page
    assert "?page=2" in page
    second = client.get("/shop/category/Home?page=2").text
    assert "?page=1" in second
    assert "?page=3" not in second
    assert client.get("/shop/category/Home?page=-1").status_code == 200


def test_search_finds_by_every_word(client: Browser) -> None:
    page = client.get("/shop/search?q=blue+mugs").text
    assert "mug-1" in page
    assert "mug-2" not in page
    assert "Nothing found" in client.get("/shop/search?q=zeppelin").text


def test_pictures_are_svg_that_can_run_nothing(client: Browser) -> None:
    for address in ("/shop/pictures/items/mug-1.svg", "/shop/pictures/creatives/c.svg"):
        response = client.get(address)
        assert response.status_code == 200
        assert response.headers["content-type"] == "image/svg+xml"
        assert response.headers["content-security-policy"].startswith("default-src 'none'")
        assert "<script" not in response.text
    assert client.get("/shop/pictures/items/none.svg").status_code == 404
    assert client.get("/shop/pictures/creatives/none.svg").status_code == 404


@pytest.mark.parametrize("name", ["shop.css", "shop.js", "elements.js", "shopwindow.js", "mark.svg"])
def test_static_files_are_served_as_what_they_are(client: Browser, name: str) -> None:
    response = client.get(f"/shop/static/{name}")
    assert response.content == (STATIC_DIRECTORY / name).read_bytes()
    assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("name", ["none.js", "..%2Froutes.py", "%2e%2e/pages.py"])
def test_nothing_else_is_served(client: Browser, name: str) -> None:
    assert client.get(f"/shop/static/{name}").status_code == 404


def test_our_scripts_never_set_markup() -> None:
    for path in STATIC_DIRECTORY.glob("*.js"):
        assert re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", path.read_text()) is None
