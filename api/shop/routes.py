"""Routes of the shop pages, their pictures and their static files."""

import re
from collections.abc import Callable, Iterable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from api.shop.pages import Pages
from api.shop.pictures import creative_picture, item_picture
from models.base.durations import DAY_S
from models.catalog.resources import SELLABLE, CatalogItem, Creative

VISITOR_COOKIE = "shopwindow_visitor"
VISITOR_COOKIE_AGE_S = 365 * DAY_S
PAGE_SIZE = 24
MAX_LISTED_ITEMS = 2000  # items looked at for the navigation and the search of the sample pages
MAX_QUERY = 100

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)
PICTURE_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
COMMON_HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "strict-origin-when-cross-origin"}
STATIC_DIRECTORY = Path(__file__).parent / "static"
STATIC_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_VISITOR_ID = re.compile(r"[A-Za-z0-9_.:-]{1,100}")

FindItem = Callable[[str], CatalogItem | None]
FindCreative = Callable[[str], Creative | None]
ListItems = Callable[[tuple[str, ...], int, int], list[CatalogItem]]


def shop_routes(  # noqa: C901 - one small function a page, over what they share
    find_item: FindItem,
    find_creative: FindCreative,
    list_items: ListItems,
    public_key: str,
    new_visitor_id: Callable[[], str],
) -> list[BaseRoute]:
    """Routes of the shop pages, to be put into an application.

    Parameters
    ----------
    find_item, find_creative
        Give the catalog's entry of an id, or None.
    list_items
        Gives the items under a category path (all under the empty one): `list_items(category, limit, offset)`.
    public_key
        Key the pages call the API with. It is sent to every browser.
    new_visitor_id
        Gives the id of a visitor who brings none.
    """
    pages = Pages(public_key)
    statics = {path.name: path.read_bytes() for path in STATIC_DIRECTORY.iterdir() if path.suffix in STATIC_TYPES}

    def tops() -> list[str]:
        return _in_order(item.category[0] for item in list_items((), MAX_LISTED_ITEMS, 0) if item.category)

    def html(request: Request, text: str, status_code: int = 200) -> Response:
        headers = {**COMMON_HEADERS, "Content-Security-Policy": PAGE_POLICY, "Cache-Control": "no-store"}
        response = Response(text.encode("utf-8", "replace"), status_code, headers, "text/html; charset=utf-8")
        known = request.cookies.get(VISITOR_COOKIE, "")
        if not _VISITOR_ID.fullmatch(known):
            # The page's script sends it along with events, so it may read the cookie.
            response.set_cookie(VISITOR_COOKIE, new_visitor_id(), max_age=VISITOR_COOKIE_AGE_S, samesite="lax")
        return response

    async def root(_: Request) -> Response:
        return RedirectResponse("/shop/")

    async def home(request: Request) -> Response:
        return html(request, pages.home(tops()))

    async def product(request: Request) -> Response:
        item = find_item(request.path_params["item_id"])
        if item is None or item.hidden:
            return html(request, pages.not_found(tops()), 404)
        return html(request, pages.product(item, tops()))

    async def category(request: Request) -> Response:
        path = tuple(name for name in request.path_params["path"].split(">") if name)
        page = _page_number(request.query_params.get("page", "1"))
        listed = list_items(path, PAGE_SIZE + 1, (page - 1) * PAGE_SIZE) if path else []
        items = [item for item in listed if not item.hidden]
        if not items:
            return html(request, pages.not_found(tops()), 404)
        below = (item.category for item in list_items(path, MAX_LISTED_ITEMS, 0))
        children = _in_order(names[len(path)] for names in below if len(names) > len(path))
        text = pages.category(path, tops(), children, items[:PAGE_SIZE], page, more=len(listed) > PAGE_SIZE)
        return html(request, text)

    async def search(request: Request) -> Response:
        query = " ".join(request.query_params.get("q", "")[:MAX_QUERY].split())
        words = query.lower().split()
        found = [item for item in list_items((), MAX_LISTED_ITEMS, 0) if words and _matches(item, words)]
        found.sort(key=lambda item: (item.availability not in SELLABLE, item.item_id))
        return html(request, pages.search(query, tops(), found[: 2 * PAGE_SIZE]))

    async def cart(request: Request) -> Response:
        return html(request, pages.cart(tops()))

    async def picture_of_item(request: Request) -> Response:
        item = find_item(request.path_params["item_id"])
        return _picture(item_picture(item)) if item else Response(status_code=404, headers=COMMON_HEADERS)

    async def picture_of_creative(request: Request) -> Response:
        creative = find_creative(request.path_params["creative_id"])
        return _picture(creative_picture(creative)) if creative else Response(status_code=404, headers=COMMON_HEADERS)

    async def static(request: Request) -> Response:
        name = request.path_params["file"]
        if name not in statics:
            return Response(status_code=404, headers=COMMON_HEADERS)
        headers = {**COMMON_HEADERS, "Cache-Control": "no-cache"}
        return Response(statics[name], headers=headers, media_type=STATIC_TYPES[Path(name).suffix])

    return [
        Route("/", root),
        Route("/shop", root),
        Route("/shop/", home),
        Route("/shop/item/{item_id:path}", product),
        Route("/shop/category/{path:path}", category),
        Route("/shop/search", search),
        Route("/shop/cart", cart),
        Route("/shop/pictures/items/{item_id:path}.svg", picture_of_item),
        Route("/shop/pictures/creatives/{creative_id:path}.svg", picture_of_creative),
        Route("/shop/static/{file}", static),
    ]


def _picture(svg: str) -> Response:
    headers = {**COMMON_HEADERS, "Content-Security-Policy": PICTURE_POLICY, "Cache-Control": "public, max-age=3600"}
    return Response(svg.encode("utf-8", "replace"), headers=headers, media_type="image/svg+xml")


def _matches(item: CatalogItem, words: list[str]) -> bool:
    text = " ".join((item.title, item.brand, *item.category, item.color, item.material)).lower()
    return not item.hidden and all(word in text for word in words)


def _page_number(text: str) -> int:
    return max(1, int(text)) if re.fullmatch(r"[0-9]{1,5}", text) else 1


def _in_order(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
