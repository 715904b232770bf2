"""Magento: variations of a configurable product, translations of store views, paths and dates of its own."""

from pathlib import Path

import pytest

from shopwindow.feeds.checking import check_feed
from shopwindow.feeds.feed import read_feed

EXPORT = """sku,store_view_code,attribute_set_code,product_type,categories,product_websites,name,description,\
product_online,visibility,price,special_price,special_price_from_date,special_price_to_date,url_key,base_image,additional_attributes,\
qty,is_in_stock,allow_backorders,configurable_variations
V-S,,Top,simple,,base,Vest S,,1,Not Visible Individually,49.0000,39.0000,3/1/26,"3/8/26, 12:00 AM",\
vest-s,,"color=Red,size=S",9,1,0,
V-M,,Top,simple,,base,Vest M,,1,Not Visible Individually,49.0000,,,,vest-m,/v/m.jpg,"color=Red,size=M",0,0,1,
V,,Top,configurable,"Default Category/Women,Default Category/Women/Tops/Vests",base,Vest,<p>Light</p>,\
1,"Catalog, Search",,,,,\
vest,/v/e.jpg,"brand=Norden,pattern=Solid, Striped",0,1,0,"sku=V-S,size=S|sku=V-M,size=M"
V,fr,Top,configurable,,base,Gilet,,,,,,,,gilet,,,,,,
BAG,,Bag,simple,Default Category/Gear,base,Bag,,2,"Catalog, Search",34.0000,,,,bag,no_selection,,5,1,0,
PART,,Bag,simple,,base,Part,,1,Not Visible Individually,5.0000,,,,part,,,5,1,0,
"""


def test_an_export_is_mapped(tmp_path: Path) -> None:
    path = tmp_path / "export_catalog_product.csv"
    path.write_text(EXPORT)
    feed = read_feed(path)
    checked = check_feed(feed)
    assert (feed.kind, checked.rejected, checked.warnings) == ("a Magento product export", [], [])
    small, medium, bag, part = checked.items.values()
    assert (small.item_id, small.title, small.price, small.sale_price) == ("V-S", "Vest S", 49.0, 39.0)
    assert (small.sale_starts_at_s, small.sale_ends_at_s) == (1_772_323_200.0, 1_773_014_400.0)
    assert (small.category, small.item_group_id, small.link) == (("Women", "Tops", "Vests"), "V", "/vest.html")
    assert (small.image_link, medium.image_link) == ("/media/catalog/product/v/e.jpg", "/media/catalog/product/v/m.jpg")
    assert (small.color, small.size, small.brand, small.description) == ("Red", "S", "Norden", "Light")
    assert (small.availability, medium.availability, small.hidden) == ("in_stock", "backorder", False)
    assert (bag.hidden, bag.image_link, bag.category, part.hidden) == (True, "", ("Gear",), True)
    assert [complaint.code for complaint in feed.left_out] == ["variations_count", "store_view"]
    assert "attribute_set_code" in feed.unread


@pytest.mark.parametrize("kind", ["bundle", "grouped", "configurable", "giftcard"])
@pytest.mark.parametrize("price", ["0.0000", "0", ""])
def test_a_price_that_depends_on_what_is_chosen_is_none(kind: str, price: str, tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text(
        f"sku,store_view_code,product_type,name,price\nB1,,{kind},Set,{price}\nB2,,{kind},Box,12.5000\nS,,simple,Gift,0.0000\n"
    )
    checked = check_feed(read_feed(path))
    assert {item_id: item.price for item_id, item in checked.items.items()} == {"B2": 12.5, "S": 0.0}
    assert [(complaint.item_id, complaint.code) for complaint in checked.rejected] == [("B1", "item_incomplete")]
