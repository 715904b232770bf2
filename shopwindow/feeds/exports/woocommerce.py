"""WooCommerce: the product CSV export, in any language of its head.

Variations take from their variable product what they leave empty, and stand for it: the variable product has no price
and is left out. The id is the column `ID`, as the shop's own events have it.
"""

import re
from collections.abc import Collection
from typing import Any, Final

from shopwindow.feeds.exports.export_row import (
    COLOR_WORDS,
    MATERIAL_WORDS,
    SIZE_WORDS,
    ExportRow,
    option_of,
    text_of_html,
)
from shopwindow.feeds.exports.woocommerce_columns import english_column
from shopwindow.feeds.rows import Complaint, Feed, FeedRow

WOOCOMMERCE_EXPORT: Final = "a WooCommerce product export"
_NEEDED: Final = frozenset({"sku", "name", "regular_price"})
_SIGNS_OF_IT: Final = frozenset({"type", "in_stock", "published", "visibility_in_catalog", "parent"})
_ATTRIBUTES: Final = 10
_COMMA: Final = re.compile(r"(?<!\\),")


def is_woocommerce(names: Collection[str]) -> bool:
    """Whether a table has the columns of such an export."""
    english = {english_column(name) for name in names}
    # Words that are common in one language stand in feeds of other kinds too.
    least = 1 if set(names) >= _NEEDED else 2
    return english >= _NEEDED and len(english & _SIGNS_OF_IT) >= least


def convert_woocommerce(feed: Feed, asked: set[str]) -> Feed:
    """Bring the rows under our names; `asked` collects the columns that were read."""
    read: set[str] = set()
    all_cells = [
        ExportRow({english_column(column): value for column, value in row.fields.items()}, read) for row in feed.rows
    ]
    products: dict[str, ExportRow] = {}
    for cells in all_cells:
        if not _is_variation(cells):
            products.update({f"id:{cells.cell('id')}": cells, cells.cell("sku") or "-": cells})
    parents = {_parent_key(cells) for cells in all_cells if _is_variation(cells)}
    rows: list[FeedRow] = []
    for row, cells in zip(feed.rows, all_cells, strict=True):
        kind, has_price = cells.cell("type").casefold(), bool(cells.cell("regular_price", "sale_price"))
        own_keys = {f"id:{cells.cell('id')}", cells.cell("sku") or "-"}
        if "grouped" in kind and not has_price:
            feed.left_out.append(Complaint(row.place, "group_alone", "is a group of products, and none itself"))
        elif not _is_variation(cells) and not own_keys.isdisjoint(parents - {""}):
            feed.left_out.append(Complaint(row.place, "variations_count", "is variable: its variations stand for it"))
        else:
            parent = products.get(_parent_key(cells)) if _is_variation(cells) else None
            rows.append(FeedRow(row.place, _fields(cells, parent)))
    feed.rows = rows
    asked |= {column for column in feed.columns if english_column(column) in read}
    return feed


def _is_variation(cells: ExportRow) -> bool:
    return "variation" in cells.cell("type").casefold()


def _parent_key(cells: ExportRow) -> str:
    return cells.cell("parent").replace("id: ", "id:")


def _fields(cells: ExportRow, parent: ExportRow | None) -> dict[str, Any]:
    def inherited(*names: str) -> str:
        return cells.cell(*names) or (parent.cell(*names) if parent is not None else "")

    pairs = [(f"attribute_{number}_name", f"attribute_{number}_value_s") for number in range(1, _ATTRIBUTES + 1)]
    options = {**(parent.options(pairs) if parent is not None else {}), **cells.options(pairs)}
    owner = parent or cells
    published, seen = cells.cell("published"), owner.cell("visibility_in_catalog").casefold()
    owner_id = owner.cell("id")
    fields: dict[str, Any] = {
        "id": cells.cell("id") or cells.cell("sku"),
        "sku": cells.cell("sku"),
        "item_group_id": (owner_id or owner.cell("sku")) if parent is not None else "",
        "title": inherited("name"),
        "description": text_of_html(inherited("description", "short_description")),
        "link": cells.cell("external_url") or (f"/?p={owner_id}" if owner_id else ""),
        "image_link": _part(inherited("images")),
        "price": cells.cell("regular_price"),
        "sale_price": cells.cell("sale_price"),
        "sale_starts_at": cells.cell("date_sale_price_starts"),
        "sale_ends_at": cells.cell("date_sale_price_ends"),
        "availability": cells.cell("in_stock"),
        "product_type": _part(inherited("categories")),
        "brand": _part(inherited("brands", "brand")) or _single(options.get("brand", "")),
        "gtin": cells.cell("gtin_upc_ean_or_isbn"),
        "color": _single(option_of(options, COLOR_WORDS)),
        "size": _single(option_of(options, SIZE_WORDS)),
        "material": _single(option_of(options, MATERIAL_WORDS)),
        "hidden": "yes" if (published and published != "1") or seen == "hidden" else "",
    }
    return {name: value for name, value in fields.items() if value}


def _part(text: str) -> str:
    """The first part of a cell with several."""
    return _COMMA.split(text)[0].replace("\\,", ",").strip()


def _single(text: str) -> str:
    """A value, where there are not several of them."""
    return "" if _COMMA.search(text) else text
