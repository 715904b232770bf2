"""Magento and Adobe Commerce: the product export.

Rows of a store view only translate a product and are left out. A configurable product's variations take from it what
they leave empty, and stand for it. The id is the SKU.
"""

import re
from collections.abc import Collection
from typing import Any, Final

from shopwindow.feeds.exports.export_row import ExportRow, text_of_html
from shopwindow.feeds.rows import Complaint, Feed, FeedRow

MAGENTO_EXPORT: Final = "a Magento product export"
_ATTRIBUTE: Final = re.compile(r"(?:^|,)([A-Za-z_]\w*)=")
_SHORT_DATE: Final = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})(?:[ ,].*)?")
_ALONE: Final = "not visible individually"
_NO_VALUE: Final = "__EMPTY__VALUE__"
_NO_IMAGE: Final = "no_selection"
_COMPOSED: Final = frozenset({"bundle", "grouped", "configurable", "giftcard"})
"""Types whose price is what is chosen of them: 0 in their own is none."""
_SKU: Final = re.compile(r"(?:^|\|)\s*sku=([^,|]+)")


def is_magento(names: Collection[str]) -> bool:
    """Whether a table has the columns of such an export."""
    return {"sku", "product_type"} <= set(names) and not {
        "attribute_set_code",
        "store_view_code",
        "product_online",
        "product_websites",
    }.isdisjoint(names)


def convert_magento(feed: Feed, asked: set[str]) -> Feed:
    """Bring the rows under our names; `asked` collects the columns that were read."""
    parents: dict[str, ExportRow] = {}
    skus: set[str] = set()
    for row in feed.rows:
        cells = ExportRow(row.fields, asked)
        skus.add(cells.cell("sku"))
        for sku in _SKU.findall(cells.cell("configurable_variations")):
            parents[sku.strip()] = cells
    groups = {parent.cell("sku") for sku, parent in parents.items() if sku in skus}
    rows: list[FeedRow] = []
    for row in feed.rows:
        cells = ExportRow(row.fields, asked)
        sku, view = cells.cell("sku"), cells.cell("store_view_code")
        if view and view.casefold() not in ("default", "admin"):
            feed.left_out.append(Complaint(row.place, "store_view", f"is what the store view {view!r} says of {sku!r}"))
        elif sku in groups:
            feed.left_out.append(
                Complaint(row.place, "variations_count", "is configurable: its variations stand for it")
            )
        else:
            rows.append(FeedRow(row.place, _fields(cells, parents.get(sku), sku)))
    feed.rows = rows
    return feed


def _fields(cells: ExportRow, parent: ExportRow | None, sku: str) -> dict[str, Any]:
    def inherited(*names: str) -> str:
        found = cells.cell(*names) or (parent.cell(*names) if parent is not None else "")
        return "" if found in (_NO_VALUE, _NO_IMAGE) else found

    attributes = {
        **(_attributes(parent.cell("additional_attributes")) if parent is not None else {}),
        **_attributes(cells.cell("additional_attributes")),
    }
    owner = parent or cells
    url_key = owner.cell("url_key")
    image = inherited("base_image") or inherited("small_image", "image")
    hidden = cells.cell("product_online") == "2" or (parent is None and cells.cell("visibility").casefold() == _ALONE)
    stock = cells.cell("is_in_stock")
    if stock == "0" and cells.cell("allow_backorders") not in ("", "0"):
        stock = "backorder"
    fields: dict[str, Any] = {
        "id": sku,
        "item_group_id": owner.cell("sku") if parent is not None else "",
        "title": inherited("name"),
        "description": text_of_html(inherited("description", "short_description")),
        "link": f"/{url_key}.html" if url_key else "",
        "image_link": f"/media/catalog/product{image}" if image.startswith("/") else image,
        "price": _price(cells, inherited("price")),
        "sale_price": cells.cell("special_price"),
        "sale_starts_at": _date(cells.cell("special_price_from_date")),
        "sale_ends_at": _date(cells.cell("special_price_to_date")),
        "availability": stock or cells.cell("qty"),
        "product_type": _path(inherited("categories")),
        "brand": attributes.get("brand", attributes.get("manufacturer", cells.cell("manufacturer"))),
        "color": attributes.get("color", ""),
        "size": attributes.get("size", ""),
        "material": attributes.get("material", ""),
        "gender": attributes.get("gender", ""),
        "gtin": attributes.get("gtin", attributes.get("ean", "")),
        "cost_of_goods_sold": cells.cell("cost") or attributes.get("cost", ""),
        "hidden": "yes" if hidden else "",
    }
    return {name: value for name, value in fields.items() if value}


def _price(cells: ExportRow, price: str) -> str:
    """A price; none where 0 stands for one that depends on what is chosen."""
    open_yet = cells.cell("product_type").casefold() in _COMPOSED and not price.strip("0., ")
    return "" if open_yet else price


def _attributes(text: str) -> dict[str, str]:
    """Read `color=Red,size=M`, whose values may hold commas."""
    parts = _ATTRIBUTE.split(text)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def _path(text: str) -> str:
    """The first of the longest category paths, without the root all of them have."""
    paths = [[level.strip() for level in path.split("/") if level.strip()] for path in text.split(",")]
    longest = max(paths, key=len)
    return " > ".join(longest[1:] if len(longest) > 1 else [])


def _date(text: str) -> str:
    """Give a date as ISO 8601, where it is written as month, day and year."""
    found = _SHORT_DATE.fullmatch(text)
    if found is None:
        return text
    month, day, year = (int(part) for part in found.groups())
    return f"{year + 2000 if year < 100 else year:04}-{month:02}-{day:02}"
