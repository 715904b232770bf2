"""Every picture is valid XML, repeats itself, and lets no text of the catalog become markup."""

from xml.etree import ElementTree

import pytest

from api.shop.drawings import DRAWING_OF, DRAWINGS, SCENES
from api.shop.pictures import creative_picture, item_picture
from models.catalog.resources import CatalogItem, Creative

HOSTILE = "</title><script>alert(1)</script>\"' & ]]> \x00\x0b\ud800 <!--"
SVG = "{http://www.w3.org/2000/svg}"


def _parsed(picture: str) -> ElementTree.Element:
    return ElementTree.fromstring(picture)  # noqa: S314 (our own text, and parsing it is the test)


@pytest.mark.parametrize("category", sorted(DRAWING_OF))
def test_each_category_draws_valid_xml(category: str) -> None:
    picture = item_picture(CatalogItem(item_id=f"{category}-1", category=("Any", category), color="Plum"))
    assert _parsed(picture).tag == f"{SVG}svg"


@pytest.mark.parametrize("category", sorted(SCENES))
def test_each_scene_draws_valid_xml(category: str) -> None:
    picture = creative_picture(Creative(creative_id=category, campaign_id="c", category=("Any", category)))
    assert _parsed(picture).tag == f"{SVG}svg"


def test_drawings_named_by_categories_exist() -> None:
    named = set(DRAWING_OF.values()) | {drawing for scene in SCENES.values() for drawing in scene}
    assert named <= set(DRAWINGS)


def test_unknown_categories_and_colours_are_drawn_too() -> None:
    for item in (CatalogItem(item_id="x"), CatalogItem(item_id="y", category=("?",), color="no such colour")):
        assert _parsed(item_picture(item)).tag == f"{SVG}svg"
    for creative in (Creative(creative_id="x", campaign_id="c"), Creative(creative_id="y", campaign_id="c", brand="B")):
        assert _parsed(creative_picture(creative)).tag == f"{SVG}svg"


@pytest.mark.parametrize(
    "picture",
    [
        item_picture(
            CatalogItem(item_id=HOSTILE, title=HOSTILE, category=(HOSTILE,), color=HOSTILE, brand=HOSTILE),
        ),
        creative_picture(
            Creative(creative_id=HOSTILE, campaign_id="c", headline=HOSTILE, text=HOSTILE, category=(HOSTILE,)),
        ),
    ],
)
def test_hostile_text_stays_text(picture: str) -> None:
    picture.encode()
    root = _parsed(picture)
    tags = {element.tag for element in root.iter()}
    assert f"{SVG}script" not in tags
    title = root.find(f"{SVG}title")
    assert title is not None
    assert title.text is not None
    assert title.text.startswith("</title><script>")


def test_a_product_always_gets_the_same_picture_and_another_a_different_one() -> None:
    mug = CatalogItem(item_id="mugs-01", category=("Home", "Kitchen", "Mugs"), color="Sage")
    other = CatalogItem(item_id="mugs-02", category=("Home", "Kitchen", "Mugs"), color="Sage")
    assert item_picture(mug) == item_picture(mug)
    assert item_picture(mug) != item_picture(other)
