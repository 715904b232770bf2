"""Shopify: a row a variant, whose product is told in the first row of its handle."""

from pathlib import Path

from shopwindow.feeds.checking import check_feed
from shopwindow.feeds.feed import read_feed

OLD = """Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,Option2 Name,Option2 Value,\
Variant SKU,Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,Variant Price,\
Variant Compare At Price,Variant Barcode,Image Src,Variant Image,Cost per item,Status
wool-cap,Wool cap,<p>Warm &amp; soft</p>,Norden,Caps,winter,true,Colour,Blue,Size,M,CAP-B-M,shopify,3,deny,18.00,\
24.00,'4006381333931,https://cdn.example/1.jpg,https://cdn.example/b.jpg,7.50,active
wool-cap,,,,,,,,Blue,,L,,shopify,0,deny,18.00,18.00,,,,,
wool-cap,,,,,,,,Grey,,L,CAP-G-L,shopify,-1,continue,18.00,,,,,,
wool-cap,,,,,,,,,,,,,,,,,,https://cdn.example/2.jpg,,,
bowl,Bowl,,Norden,Kitchen,,true,Title,Default Title,,,,,,deny,9.50,,,,,,draft
"""
NEW = """Title,URL handle,Description,Vendor,Type,Published on online store,Status,SKU,Option1 name,Option1 value,\
Price,Compare-at price,Inventory tracker,Inventory quantity,Continue selling when out of stock,Product image URL
Plate,plate,Flat,Norden,Kitchen,TRUE,Active,PL-1,,,4.00,,shopify,0,DENY,https://cdn.example/p.jpg
"""


def test_variants_take_the_products_words_and_have_their_own_prices(tmp_path: Path) -> None:
    path = tmp_path / "products_export.csv"
    path.write_text(OLD)
    feed = read_feed(path)
    checked = check_feed(feed)
    assert (feed.kind, checked.rejected, checked.warnings) == ("a Shopify products export", [], [])
    assert list(checked.items) == ["CAP-B-M", "wool-cap-blue-l", "CAP-G-L", "bowl"]
    first, second, third, bowl = checked.items.values()
    assert (first.title, second.title, third.title) == ("Wool cap",) * 3
    assert (first.price, first.sale_price, first.description) == (24.0, 18.0, "Warm & soft")
    assert (first.link, first.image_link, first.gtin) == (
        "/products/wool-cap",
        "https://cdn.example/b.jpg",
        "4006381333931",
    )
    assert (first.color, first.size, first.brand, first.category) == ("Blue", "M", "Norden", ("Caps",))
    assert (first.cost_of_goods_sold, second.sale_price, second.image_link) == (7.5, None, "https://cdn.example/1.jpg")
    assert {item.item_group_id for item in (first, second, third)} == {"wool-cap"}
    assert [item.availability for item in (first, second, third)] == ["in_stock", "out_of_stock", "in_stock"]
    assert (bowl.hidden, first.hidden) == (True, False)
    assert [(complaint.place, complaint.code) for complaint in feed.left_out] == [(5, "picture_alone")]
    assert feed.unread == ["tags"]
    assert checked.never == ["currency"]


def test_the_newer_names_of_columns_are_known(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text(NEW)
    [plate] = check_feed(read_feed(path)).items.values()
    assert (plate.item_id, plate.title, plate.price, plate.availability) == ("PL-1", "Plate", 4.0, "out_of_stock")
    assert (plate.link, plate.image_link, plate.hidden) == ("/products/plate", "https://cdn.example/p.jpg", False)


def test_what_is_not_sold_openly_is_hidden(tmp_path: Path) -> None:
    path = tmp_path / "products_export.csv"
    states = {"active": False, "Draft": True, "archived": True, "unlisted": True, "Unlisted": True}
    rows = [f"{state}-{place},T,,4.00,{state}" for place, state in enumerate(states)]
    path.write_text("\n".join(["Handle,Title,Variant SKU,Variant Price,Status", *rows]))
    items = check_feed(read_feed(path)).items.values()
    assert [item.hidden for item in items] == list(states.values())
