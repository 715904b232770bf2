"""Pages: what they print of a product, of lists and of pages that go on; every value escaped."""

import json
import re
from typing import Any

import pytest

from api.shop.pages import Pages, browser_item, money, row
from models.catalog.resources import CatalogItem

HOSTILE = "</script><b>\"'&"
MUG = CatalogItem(item_id="mug/1", title="Mug", brand="Potter", category=("Home", "Mugs"), price=12.0, currency="EUR")


def data(page: str) -> dict[str, Any]:
    """The page's data, as a browser reads it."""
    found = re.search(r'<script type="application/json" id="page-data">(.*?)</script>', page)
    assert found is not None
    body: dict[str, Any] = json.loads(found[1])
    return body


@pytest.mark.parametrize(
    ("amount", "currency", "printed"),
    [
        (1234567.891, "EUR", "€1,234,567.89"),
        (0.0, "USD", "$0.00"),
        (3.0, "CHF", "CHF 3.00"),
        (3.0, "", "3.00"),
        (None, "EUR", ""),
    ],
)
def test_an_amount_is_printed_as_people_write_it(amount: float | None, currency: str, printed: str) -> None:
    assert money(amount, currency) == printed


def test_the_browser_gets_what_it_puts_into_events_and_no_link_that_could_run() -> None:
    found = browser_item(CatalogItem(item_id="mug/1", category=("Home",), image_link="javascript:alert(1)"))
    assert (found["link"], found["image_link"], found["category"]) == ("/shop/item/mug%2F1", "", ["Home"])


@pytest.mark.parametrize(
    ("availability", "words", "disabled"),
    [
        ("in_stock", "In stock", False),
        ("limited_availability", "Only a few left", False),
        ("out_of_stock", "Out of stock", True),
    ],
)
def test_a_product_says_whether_it_can_be_bought(availability: str, words: str, disabled: bool) -> None:
    item = CatalogItem(item_id="mug", availability=availability, price=12.0, sale_price=9.5, currency="EUR")
    page = Pages("pk").product(item, ("Home",))
    assert words in page
    assert ("data-add-to-cart disabled" in page) is disabled
    assert page.index("€9.50") < page.index("€12.00"), "the sale first, the former price behind it"
    assert "<h1>mug</h1>" in page, "its id where it has no title"
    assert data(page)["item"]["item_id"] == "mug"


def test_what_a_product_does_not_have_is_not_listed() -> None:
    page = Pages("pk").product(CatalogItem(item_id="mug", color="blue"), ())
    assert re.findall(r"<dt>([^<]*)</dt><dd>([^<]*)</dd>", page.partition("<aside")[0]) == [
        ("Colour", "blue"),
        ("Product number", "mug"),
    ]


@pytest.mark.parametrize(
    ("page", "more", "links"), [(1, False, []), (1, True, ["next"]), (2, True, ["prev", "next"]), (3, False, ["prev"])]
)
def test_a_category_pages_on_as_far_as_there_is_more(page: int, more: bool, links: list[str]) -> None:
    html = Pages("pk").category(("Home", "Mugs"), ("Home",), ("Big & small",), [MUG], page, more)
    assert re.findall(r'rel="(prev|next)"', html) == links
    assert 'href="/shop/category/Home%3EMugs%3EBig%20%26%20small"' in html
    assert data(html)["list"] == {"id": "category", "name": "Home > Mugs"}
    assert data(html)["items"] == [browser_item(MUG)]


def test_a_search_counts_what_it_found_and_offers_something_instead() -> None:
    found, nothing = (Pages("pk").search("mug", (), items) for items in ([MUG], []))
    assert "1 products for “mug”" in found
    assert 'data-list="trending"' not in found
    assert "Nothing found for “mug”" in nothing
    assert 'data-list="trending"' in nothing


def test_no_value_ends_an_element_or_a_script() -> None:
    item = CatalogItem(item_id=HOSTILE, title=HOSTILE, brand=HOSTILE, category=(HOSTILE,), price=1.0, currency=HOSTILE)
    pages = Pages(HOSTILE)
    for page in (
        pages.product(item, (HOSTILE,)),
        pages.category((HOSTILE,), (), (HOSTILE,), [item], 2, True),
        pages.search(HOSTILE, (), [item]),
        row("for_you", HOSTILE, 2),
    ):
        assert "<b>" not in page
        assert page.count("</script>") == page.count("<script")
    assert data(pages.search(HOSTILE, (), []))["search_term"] == HOSTILE
