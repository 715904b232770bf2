"""Shopify: the products export, old and new names of columns.

A row is a variant; what belongs to the product stands in the first row of its handle alone. Rows with nothing but a
further picture are no products. The id is the variant's SKU, else the handle with its options; the group is the handle.
"""

import re
from collections.abc import Collection
from typing import Any, Final

from shopwindow.feeds.exports.export_row import (
    COLOR_WORDS,
    MATERIAL_WORDS,
    SIZE_WORDS,
    ExportRow,
    is_yes,
    option_of,
    text_of_html,
)
from shopwindow.feeds.rows import Complaint, Feed, FeedRow

SHOPIFY_EXPORT: Final = "a Shopify products export"
_HANDLE: Final = ("handle", "url_handle")
_PRICE: Final = ("variant_price", "price")
_TRACKER: Final = ("variant_inventory_tracker", "inventory_tracker")
_DEFAULT: Final = "default title"
_NO_SIGN: Final = re.compile(r"[^\w]+")
_OFF: Final = frozenset({"draft", "archived", "unlisted"})
"""An unlisted product can be bought by whoever has its address, and is to be in no list."""


def is_shopify(names: Collection[str]) -> bool:
    """Whether a table has the columns of such an export."""
    return ("handle" in names and "variant_price" in names) or ("url_handle" in names and "price" in names)


def convert_shopify(feed: Feed, asked: set[str]) -> Feed:
    """Bring the rows under our names; `asked` collects the columns that were read."""
    heads: dict[str, ExportRow] = {}
    rows: list[FeedRow] = []
    for row in feed.rows:
        cells = ExportRow(row.fields, asked)
        handle = cells.cell(*_HANDLE)
        head = heads.setdefault(handle, cells)
        if cells is not head and not cells.cell(*_PRICE):
            feed.left_out.append(Complaint(row.place, "picture_alone", f"is a further picture of {handle!r}"))
            continue
        # Without that column, what has a number of pieces is counted.
        untracked = not cells.cell(*_TRACKER) and not set(_TRACKER).isdisjoint(feed.columns)
        rows.append(
            FeedRow(row.place, {**_fields(cells, head, handle), "availability": _availability(cells, untracked)})
        )
    feed.rows = rows
    return feed


def _fields(cells: ExportRow, head: ExportRow, handle: str) -> dict[str, Any]:
    options = {}
    for number in (1, 2, 3):
        # The options' names stand in the product's first row.
        option, value = head.cell(f"option{number}_name").casefold(), cells.cell(f"option{number}_value")
        if option and value and value.casefold() != _DEFAULT:
            options[option] = value
    price, before = cells.cell(*_PRICE), cells.cell("variant_compare_at_price", "compare_at_price")
    reduced = _is_above(before, price)
    hidden = head.cell("status").casefold() in _OFF or head.cell(
        "published", "published_on_online_store"
    ).casefold() in ("false", "no")
    fields: dict[str, Any] = {
        "id": cells.cell("variant_sku", "sku") or "-".join([handle, *(_slug(value) for value in options.values())]),
        "item_group_id": handle,
        "title": head.cell("title"),
        "description": text_of_html(head.cell("body_html", "description")),
        "link": f"/products/{handle}" if handle else "",
        "image_link": cells.cell("variant_image", "variant_image_url")
        or cells.cell("image_src", "product_image_url")
        or head.cell("image_src", "product_image_url"),
        "price": before if reduced else price,
        "sale_price": price if reduced else "",
        "product_type": head.cell("type", "custom_product_type", "product_category"),
        "brand": head.cell("vendor"),
        "color": option_of(options, COLOR_WORDS),
        "size": option_of(options, SIZE_WORDS),
        "material": option_of(options, MATERIAL_WORDS),
        "gtin": cells.cell("variant_barcode", "barcode").lstrip("'"),
        "cost_of_goods_sold": cells.cell("cost_per_item"),
        "mpn": cells.cell("google_shopping_mpn"),
        "gender": head.cell("google_shopping_gender"),
        "age_group": head.cell("google_shopping_age_group"),
        "condition": head.cell("google_shopping_condition"),
        "hidden": "yes" if hidden else "",
    }
    for number in range(5):
        fields[f"custom_label_{number}"] = head.cell(f"google_shopping_custom_label_{number}")
    return {name: value for name, value in fields.items() if value}


def _availability(cells: ExportRow, untracked: bool) -> str:
    pieces = cells.cell("variant_inventory_qty", "inventory_quantity")
    policy = cells.cell("variant_inventory_policy", "continue_selling_when_out_of_stock").casefold()
    if untracked or not pieces or policy == "continue" or is_yes(policy):
        return "in_stock"
    return "in_stock" if not pieces.startswith("-") and pieces.strip("0.") else "out_of_stock"


def _is_above(before: str, price: str) -> bool:
    try:
        return float(before) > float(price)
    except ValueError:
        return False


def _slug(value: str) -> str:
    return _NO_SIGN.sub("-", value.casefold()).strip("-")
