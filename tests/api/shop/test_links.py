"""Links of the pages: to the web or to this shop, and to nothing else a catalog may hold."""

from urllib.parse import unquote

import pytest

from api.shop.links import category_link, safe_link


@pytest.mark.parametrize("link", ["javascript:x", " javascript:x", "data:text/html,x", "//host/", "/\\host", "x", ""])
def test_links_elsewhere_than_the_web_are_dropped(link: str) -> None:
    assert safe_link(link) == ""


@pytest.mark.parametrize("link", ["https://shop.example/a?b=c", "http://shop.example", "/shop/item/a", "/"])
def test_links_into_the_web_stay_as_they_are(link: str) -> None:
    assert safe_link(link) == link


def test_a_category_is_one_part_of_the_path_whatever_its_names_hold() -> None:
    link = category_link(("Home & garden", "Pots/pans", "50% off?"))
    start, slash, last = link.rpartition("/")
    assert start + slash == "/shop/category/"
    assert not set(last) & set("/?#& ")
    assert unquote(last) == "Home & garden>Pots/pans>50% off?"
