"""Columns: what feeds, shop systems and senders call things, and which of our names each means."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any, Final

from models.base.suggestions import closest
from models.catalog.feed.items import read_item
from models.catalog.feed.prices import PriceEvidence

ALIASES: Final[Mapping[str, tuple[str, ...]]] = {
    "id": (
        "item_id",
        "product_id",
        "offer_id",
        "retailer_id",
        "content_id",
        "article_id",
        "sku",
        "variant_sku",
        "product_code",
        "article_number",
        "artikelnummer",
        "item_number",
    ),
    "title": (
        "name",
        "titel",
        "product_name",
        "product_title",
        "item_name",
        "productname",
        "bezeichnung",
        "produktname",
        "nom",
        "nombre",
        "nome",
        "naam",
    ),
    "description": ("short_description", "long_description", "product_description", "body_html", "beschreibung"),
    "link": ("url", "product_url", "product_link", "permalink", "deeplink", "deep_link", "web_url"),
    "image_link": (
        "image",
        "image_url",
        "image_src",
        "main_image",
        "picture",
        "picture_url",
        "images",
        "base_image",
        "imgurl",
    ),
    "price": (
        "regular_price",
        "list_price",
        "original_price",
        "preis",
        "prix",
        "precio",
        "prezzo",
        "prijs",
        "pris",
        "price_vat",
    ),
    "sale_price": ("special_price", "discount_price", "discounted_price", "reduced_price"),
    "availability": (
        "available",
        "in_stock",
        "is_in_stock",
        "stock_status",
        "stock",
        "stock_quantity",
        "quantity",
        "qty",
        "inventory",
        "quantity_to_sell_on_facebook",
        "availability_status",
        "verfügbarkeit",
        "lagerbestand",
        "bestand",
    ),
    "product_type": ("product_types", "categories", "category_path", "product_category", "kategorie"),
    "brand": ("manufacturer", "vendor", "marke", "hersteller"),
    "item_group_id": ("itemgroup_id", "parent_id", "parent_sku", "group_id", "parent"),
    "gtin": ("ean", "upc", "barcode", "isbn"),
    "color": ("colour", "farbe"),
    "currency": ("currency_code", "currency_id", "währung"),
    **{f"custom_label_{number}": (f"custom_label{number}",) for number in range(5)},
}
"""Other names of a column, read where the file has none of ours, the first there is."""
_MAX_NAME: Final = 200
"""Of a column; what is longer goes by its first letters."""
_MOST_NAMES: Final = 200
"""Columns of an object whose names are remembered together."""
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SIGNS: Final = re.compile(r"[^\w]+")
_PREFIX: Final = re.compile(r"^(?:(?:g|google):|g_)(?=\w)")


def plain_name(name: str) -> str:
    """Give a column's name in small letters, words joined by `_`, without signs or Google's prefix.

    >>> plain_name(" Product Type"), plain_name("g:id"), plain_name("imageLink"), plain_name("In stock?")
    ('product_type', 'id', 'image_link', 'in_stock')
    """
    return _plain_name(name if len(name) <= _MAX_NAME else name[:_MAX_NAME])


@lru_cache(maxsize=16_384)
def _plain_name(name: str) -> str:
    spaced = _CAMEL.sub("_", name.strip().strip("\ufeff").strip())
    return _SIGNS.sub("_", _PREFIX.sub("", spaced.lower())).strip("_")


def has_id(names: Iterable[str]) -> bool:
    """Whether one of a table's columns says what a product goes by."""
    return not {"id", *ALIASES["id"]}.isdisjoint(names)


def rename(names: Sequence[str], id_column: str = "") -> dict[str, str]:
    """Give which of a file's columns, by plain name, is read under which of our names.

    `id_column` names the one that holds the id. Columns of our own names keep them, and so do those nobody knows.
    """
    ours = {name: name for name in names}
    present = set(names)
    if id_column:
        # The column that would have been the id is left to its own name, and read by nobody.
        ours.pop("id", None)
        ours.pop("item_id", None)
        ours[plain_name(id_column)] = "id"
    for our_name, others in ALIASES.items():
        taken = our_name in present or our_name in ours.values() or (our_name == "id" and "item_id" in present)
        free = (other for other in others if other in present and ours.get(other) != "id")
        if not taken and (found := next(free, None)):
            ours[found] = our_name
    return ours


@dataclass(slots=True)
class FieldNaming:
    """Brings the objects of one file or request under our names, each by the fields that it has something in.

    Parameters
    ----------
    id_column
        The field that holds the id, where it is told.
    own_ids
        Whether ids stand under our own name in any object: then none is taken from another.

    >>> naming = FieldNaming.from_objects([{"itemGroupId": "g", "name": "Pot"}])
    >>> naming.under_our_names({"itemGroupId": "g", "name": "Pot", "sale_pirce": 5})
    {'item_group_id': 'g', 'title': 'Pot', 'sale_pirce': 5}
    """

    id_column: str = ""
    own_ids: bool = False
    read: set[str] = field(default_factory=set)

    @classmethod
    def from_objects(cls, objects: Iterable[Mapping[str, Any]], id_column: str = "") -> "FieldNaming":
        """Give that of all objects of a file or request."""
        own = any(not _is_empty(fields.get(name)) for fields in objects for name in ("id", "item_id", "itemId"))
        return cls(id_column, own)

    def under_our_names(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Give an object's fields by our names; `read` collects the plain names of those that anybody reads."""
        known = read_fields()
        if not self.id_column and known.issuperset(fields):
            self.read.update(fields)
            return dict(fields)
        plain: dict[str, Any] = {}
        for name, value in fields.items():
            short = plain_name(name)
            if short not in plain or _is_empty(plain[short]):
                plain[short] = value
        filled = tuple(name for name in plain if not _is_empty(plain[name]))
        look_up = _names if len(filled) <= _MOST_NAMES else _names.__wrapped__
        names = look_up(filled, self.id_column, self.own_ids)
        self.read.update(name for name, ours in names.items() if ours in known)
        empty = {name: value for name, value in plain.items() if name not in names}
        return empty | {ours: plain[name] for name, ours in names.items() if not _is_no_group(name, plain[name])}


def _is_empty(value: Any) -> bool:
    return value is None or value == ""


def _is_no_group(name: str, value: Any) -> bool:
    """Whether a product says by 0 that it has no parent."""
    return name in ALIASES["item_group_id"] and value in (0, "0")


@lru_cache(maxsize=4_096)
def _names(names: tuple[str, ...], id_column: str, own_ids: bool) -> dict[str, str]:
    found = rename(names, id_column)
    if own_ids and not id_column:
        found = {name: name if ours == "id" else ours for name, ours in found.items()}
    return found


@lru_cache(maxsize=4_096)
def meant_by(name: str) -> str:
    """Give the name of ours that a field nobody reads seems to be meant for; empty for none.

    >>> meant_by("sale_pirce"), meant_by("availabilty"), meant_by("weight")
    ('sale_price', 'availability', '')
    """
    ours = {other: our_name for our_name, others in ALIASES.items() for other in others}
    if name in ours:
        return ""
    found = closest(name, sorted({*read_fields(), *ours}))
    return ours.get(found, found)


def misspelt(unread: Iterable[str], given: Iterable[str]) -> dict[str, str]:
    """Give, of fields nobody reads, those that seem to be meant for one of ours that is not `given`, by name."""
    there = set(given)
    if "item_id" in there:
        there.add("id")
    meant = {name: meant_by(name) for name in unread}
    return {name: ours for name, ours in meant.items() if ours and ours not in there}


@cache
def read_fields() -> frozenset[str]:
    """Give the names that a product is read by: all it is asked for."""
    asked = _Asked({"id": "a", "price": 1})
    read_item(asked, PriceEvidence())
    return frozenset({*asked.names, "id", "price", "item_id"})


class _Asked(dict[str, Any]):
    """A product of a few fields that notes what else it is asked for."""

    def __init__(self, fields: dict[str, Any]) -> None:
        super().__init__(fields)
        self.names: set[str] = set()

    def __missing__(self, name: str) -> Any:
        self.names.add(name)
        raise KeyError(name)
