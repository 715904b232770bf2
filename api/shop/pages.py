"""The HTML of the shop pages: plain templates, every value escaped, filled further by the browser."""

from collections.abc import Iterable, Sequence
from html import escape
from string import Template
from typing import Any
from urllib.parse import quote, urlencode

import orjson

from api.shop.links import category_link, safe_link
from models.catalog.resources import SELLABLE, CatalogItem

_PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<meta name="shopwindow-key" content="$key">
<link rel="icon" href="/shop/static/mark.svg" type="image/svg+xml">
<link rel="stylesheet" href="/shop/static/shop.css">
<script type="module" src="/shop/static/shop.js"></script>
</head>
<body data-page="$kind">
<a class="skip" href="#main">Skip to the content</a>
<header class="top">
<a class="brand" href="/shop/">
<img src="/shop/static/mark.svg" alt="" width="30" height="30"><span>Shopwindow</span></a>
<nav aria-label="Categories">$navigation</nav>
<form class="search" action="/shop/search" role="search">
<input type="search" name="q" value="$query" placeholder="Search products" aria-label="Search products" maxlength="100">
</form>
<a class="cart-link" href="/shop/cart">Cart <span class="cart-count" data-cart-count>0</span></a>
</header>
<main id="main">
<noscript><p class="note">The recommendations of this page need JavaScript.</p></noscript>
$main
</main>
<aside class="engine" aria-label="What the engine did" data-engine>
<dl>
<div><dt>Visitor</dt><dd data-engine-visitor>&nbsp;</dd></div>
<div><dt>Tier</dt><dd><span class="tier" data-engine-tier>waiting</span></dd></div>
<div class="wide"><dt>Why</dt><dd data-engine-reason>&nbsp;</dd></div>
<div><dt>Events seen</dt><dd data-engine-events>0</dd></div>
<div><dt>State age</dt><dd data-engine-age>none yet</dd></div>
<div><dt>Last click used after</dt><dd data-engine-freshness>no click yet</dd></div>
<div><dt>Holdout</dt><dd data-engine-holdout>no</dd></div>
</dl>
<button type="button" data-new-visitor>New visitor</button>
</aside>
<script type="application/json" id="page-data">$data</script>
</body>
</html>
""")

_CARD = Template("""<li class="card" data-item-id="$item_id"><a href="$link">
<span class="picture"><img src="$image" alt="$title" width="300" height="300" loading="lazy">$badge</span>
<span class="maker">$maker</span><span class="name">$title</span>$price</a></li>""")

_ROW = Template("""<section class="row" data-list="$name" data-title="$title" aria-labelledby="row-$name">
<header><h2 id="row-$name">$title</h2><p class="reason" data-reason>&nbsp;</p></header>
<ul class="cards" data-cards>$skeletons</ul>
</section>""")

_HOME = Template("""<h1 class="unseen">Shopwindow sample shop</h1>
<section class="carousel" data-placement="home_hero" data-count="4" role="region"
 aria-roledescription="carousel" aria-label="Our picks">
<div class="track" data-track tabindex="0" role="group" aria-label="Banners, use the arrow keys">
<div class="slide skeleton"></div></div>
<button type="button" class="arrow back" data-back aria-label="Previous banner">&#8249;</button>
<button type="button" class="arrow on" data-on aria-label="Next banner">&#8250;</button>
<div class="controls"><button type="button" class="pause" data-pause aria-pressed="false">Pause</button>
<div class="dots" data-dots></div></div>
<p class="reason" data-reason>&nbsp;</p>
</section>
$for_you
<section class="strip" data-placement="home_strip" data-count="2" aria-label="More from the shop">
<div class="tiles" data-tiles><div class="tile skeleton"></div><div class="tile skeleton"></div></div>
</section>
$others""")

_PRODUCT = Template("""$crumbs
<article class="product">
<div class="picture"><img src="$image" alt="$title" width="600" height="600"></div>
<div class="facts">
<p class="maker">$maker</p>
<h1>$title</h1>
$price
<p class="stock $stock_class">$stock</p>
<p class="about">$about</p>
<dl class="attributes">$attributes</dl>
<button type="button" class="primary" data-add-to-cart$disabled>Add to cart</button>
<p class="said" role="status" data-said></p>
</div>
</article>
$rows""")

_CART = Template("""<h1>Your cart</h1>
<section class="cart" data-cart aria-live="polite"><p class="note">Loading</p></section>
$row""")

_STOCK = {
    "in_stock": ("In stock", "good"),
    "limited_availability": ("Only a few left", "few"),
    "preorder": ("Pre-order", "few"),
    "backorder": ("On back-order", "few"),
    "out_of_stock": ("Out of stock", "out"),
}
_ATTRIBUTES = (("Colour", "color"), ("Size", "size"), ("Material", "material"), ("Product number", "item_id"))


class Pages:
    """Writes pages for one shop.

    Parameters
    ----------
    public_key
        The key the browser calls the API with; it stands in every page.
    """

    def __init__(self, public_key: str) -> None:
        self._public_key = public_key

    def home(self, tops: Sequence[str]) -> str:
        others = row("trending", "Trending", 6) + row("new", "New in", 6) + row("recently_viewed", "Recently viewed", 6)
        main = _HOME.substitute(for_you=row("for_you", "For you", 12), others=others)
        return self._page("home", "Shopwindow sample shop", tops, main)

    def product(self, item: CatalogItem, tops: Sequence[str]) -> str:
        stock, stock_class = _STOCK.get(item.availability, (item.availability, "few"))
        pairs = ((label, str(getattr(item, name))) for label, name in _ATTRIBUTES)
        main = _PRODUCT.substitute(
            crumbs=_crumbs(item.category),
            image=escape(safe_link(item.image_link)),
            title=escape(item.title or item.item_id),
            maker=escape(item.brand),
            price=_price(item),
            stock=escape(stock),
            stock_class=stock_class,
            about=escape(item.description),
            attributes="".join(f"<dt>{label}</dt><dd>{escape(value)}</dd>" for label, value in pairs if value),
            disabled="" if item.availability in SELLABLE else " disabled",
            rows=row("similar", "Similar", 6) + row("also_bought", "Also bought", 6),
        )
        return self._page("product", item.title or item.item_id, tops, main, data={"item": browser_item(item)})

    def category(
        self,
        path: tuple[str, ...],
        tops: Sequence[str],
        children: Sequence[str],
        items: Sequence[CatalogItem],
        page: int,
        more: bool,
    ) -> str:
        chips = "".join(
            f'<li><a href="{escape(category_link((*path, child)))}">{escape(child)}</a></li>' for child in children
        )
        main = (
            f"{_crumbs(path[:-1])}<h1>{escape(path[-1])}</h1>"
            f'<ul class="chips" aria-label="Narrower categories">{chips}</ul>{_grid(items)}'
            f"{_pager(category_link(path), page, more)}"
        )
        data = {"list": {"id": "category", "name": " > ".join(path)}, "items": [browser_item(item) for item in items]}
        return self._page("category", path[-1], tops, main, data=data)

    def search(self, query: str, tops: Sequence[str], items: Sequence[CatalogItem]) -> str:
        found = f"{len(items)} products for “{query}”" if items else f"Nothing found for “{query}”"
        main = f"<h1>Search</h1><p class='note'>{escape(found)}</p>{_grid(items)}" + (
            "" if items else row("trending", "Trending instead", 6)
        )
        data = {
            "search_term": query,
            "list": {"id": "search", "name": "Search"},
            "items": [browser_item(item) for item in items],
        }
        return self._page("search", f"Search: {query}", tops, main, query=query, data=data)

    def cart(self, tops: Sequence[str]) -> str:
        return self._page("cart", "Your cart", tops, _CART.substitute(row=row("also_bought", "Also bought", 6)))

    def not_found(self, tops: Sequence[str]) -> str:
        main = (
            '<h1>Not found</h1><p class="note">This page or product is not in the shop (any more). '
            f'<a href="/shop/">Back to the shop window</a></p>{row("trending", "Trending", 6)}'
        )
        return self._page("not_found", "Not found", tops, main)

    def _page(
        self, kind: str, title: str, tops: Sequence[str], main: str, query: str = "", data: dict[str, Any] | None = None
    ) -> str:
        return _PAGE.substitute(
            kind=kind,
            title=escape(title),
            key=escape(self._public_key),
            navigation="".join(f'<a href="{escape(category_link((top,)))}">{escape(top)}</a>' for top in tops),
            query=escape(query),
            main=main,
            # A script element ends at the first "</script" whatever its type, hence no "<" at all.
            data=orjson.dumps(data or {}).decode().replace("<", "\\u003c"),
        )


def row(name: str, title: str, skeletons: int) -> str:
    """A titled list that the browser fills; skeletons keep its room until then."""
    return _ROW.substitute(name=name, title=escape(title), skeletons='<li class="card skeleton"></li>' * skeletons)


def browser_item(item: CatalogItem) -> dict[str, Any]:
    """What the browser needs of an item, to put it into a cart and into events."""
    return {
        "item_id": item.item_id,
        "title": item.title,
        "brand": item.brand,
        "category": list(item.category),
        "price": item.price,
        "sale_price": item.sale_price,
        "currency": item.currency,
        "image_link": safe_link(item.image_link),
        "link": f"/shop/item/{quote(item.item_id, safe='')}",
        "availability": item.availability,
    }


def money(amount: float | None, currency: str) -> str:
    """An amount as the pages print it.

    >>> money(12.5, "EUR"), money(3, "SEK"), money(None, "EUR")
    ('€12.50', 'SEK 3.00', '')
    """
    if amount is None:
        return ""
    sign = {"EUR": "€", "USD": "$", "GBP": "£"}.get(currency, f"{currency} " if currency else "")
    return f"{sign}{amount:,.2f}"


def _price(item: CatalogItem) -> str:
    regular = escape(money(item.price, item.currency))
    if item.sale_price is None:
        return f'<span class="price">{regular}</span>'
    return (
        f'<span class="price"><span class="sale">{escape(money(item.sale_price, item.currency))}</span> '
        f'<s><span class="unseen">instead of </span>{regular}</s></span>'
    )


def _grid(items: Iterable[CatalogItem]) -> str:
    return f'<ul class="cards grid" data-grid>{"".join(_card(item) for item in items)}</ul>'


def _card(item: CatalogItem) -> str:
    badge = ""
    if item.availability not in SELLABLE:
        badge = '<span class="badge out">Out of stock</span>'
    elif item.sale_price is not None:
        badge = '<span class="badge">Sale</span>'
    return _CARD.substitute(
        item_id=escape(item.item_id),
        link=escape(f"/shop/item/{quote(item.item_id, safe='')}"),
        image=escape(safe_link(item.image_link)),
        title=escape(item.title or item.item_id),
        maker=escape(item.brand),
        price=_price(item),
        badge=badge,
    )


def _crumbs(path: tuple[str, ...]) -> str:
    links = "".join(
        f'<li><a href="{escape(category_link(path[: depth + 1]))}">{escape(name)}</a></li>'
        for depth, name in enumerate(path)
    )
    return (
        f'<nav class="crumbs" aria-label="Where you are"><ol><li><a href="/shop/">Home page</a></li>{links}</ol></nav>'
    )


def _pager(link: str, page: int, more: bool) -> str:
    back = f'<a href="{escape(link + "?" + urlencode({"page": page - 1}))}" rel="prev">Back</a>' if page > 1 else ""
    on = f'<a href="{escape(link + "?" + urlencode({"page": page + 1}))}" rel="next">More</a>' if more else ""
    return f'<nav class="pager" aria-label="Pages">{back}{on}</nav>' if back or on else ""
