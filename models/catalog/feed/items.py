"""Items: one product as a feed or the API brings it, by Google Merchant's attribute names, made a catalog item.

Attributes: `id` or `item_id`, `price` as "15.00 EUR" or a number with `currency`, `product_type` as "Home > Kitchen",
and so on; others are passed over. A product is refused only where it has no usable id, or a price that cannot be read;
any other odd value is left out, cut or guessed, and remarked.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from models.base.currencies import currencies_of
from models.base.errors import InvalidError, show_value
from models.base.fields import parse_object
from models.catalog.feed.prices import Price, PriceEvidence, read_price
from models.catalog.feed.remarks import Remark, Remarks
from models.catalog.feed.sale_dates import read_sale_dates
from models.catalog.feed.texts import decode_value
from models.catalog.feed_fields import (
    MAX_DESCRIPTION,
    MAX_TITLE,
    FeedFields,
    parse_availability,
    parse_category,
)
from models.catalog.resources import CatalogItem

MAX_CUSTOM_LABELS: Final = 5
_LABELS: Final = tuple(f"custom_label_{number}" for number in range(MAX_CUSTOM_LABELS))
ID_FIELDS: Final = ("item_id", "id")
_SHIPPED_LATER: Final = frozenset({"preorder", "backorder"})
_ROUNDED_ID: Final = re.compile(r"\d+(?:[.,]\d+)?E\+?\d+", re.IGNORECASE)
_TAXONOMY_NUMBER: Final = re.compile(r"\s*\d+(?:[.,]0+)?(?:\s*$|\s+-\s+)")
_NO_CATEGORY: Final[tuple[str, ...]] = ()
_ALWAYS: Final = (0.0, math.inf)


@dataclass(frozen=True, slots=True)
class ItemReading:
    """A product, and what is to be said of how it was read."""

    item: CatalogItem
    remarks: list[Remark]


def read_item(raw: object, evidence: PriceEvidence) -> ItemReading:
    """Read one product; raises `InvalidError` where it has no usable id or price.

    >>> read_item({"id": "a1", "title": "Pot &amp; lid", "price": "1,234 USD"}, PriceEvidence()).item.price
    1234.0
    """
    source = parse_object(raw, "an item")
    reader = _ItemReader(source, evidence)
    return ItemReading(reader.item(), reader.remarks.found)


def read_id(raw: object) -> str:
    """Give the id of a product, whatever else is wrong with it; empty for none."""
    try:
        return FeedFields(parse_object(raw, "an item")).identifier(*ID_FIELDS)
    except InvalidError:
        return ""


def lacking(item: CatalogItem) -> str:
    """Say what an item lacks to be shown, in words; empty for nothing."""
    named = [name for name, value in (("title", item.title), ("price", item.price)) if value in ("", None)]
    return f"has no {' and no '.join(named)}" if named else ""


def _decoded(source: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value if name in ID_FIELDS or isinstance(value, (int, float)) else decode_value(value)
        for name, value in source.items()
    }


class _Decoded(Mapping[str, Any]):
    """A product whose texts have no entities left, but for its id, by which events name it."""

    def __init__(self, source: Mapping[str, Any]) -> None:
        self._source = source

    def __getitem__(self, name: str) -> Any:
        value = self._source[name]
        return value if name in ID_FIELDS else decode_value(value)

    def __iter__(self) -> Iterator[str]:
        return iter(self._source)

    def __len__(self) -> int:
        return len(self._source)


class _ItemReader:
    """Reads one product, field by field."""

    def __init__(self, source: dict[str, Any], evidence: PriceEvidence) -> None:
        # A plain object is decoded at once; one that notes what it is asked for has to be asked.
        plain = type(source) is dict
        self._fields = FeedFields(_decoded(source) if plain else _Decoded(source))
        self._evidence = evidence
        self.remarks = Remarks()

    def item(self) -> CatalogItem:
        fields, kept = self._fields, self.remarks.kept
        item_id = fields.identifier(*ID_FIELDS)
        if _ROUNDED_ID.fullmatch(item_id):
            self.remarks.add("item_id", "item_id_rounded", f"item_id {item_id!r} was rounded by a spreadsheet: kept so")
        given = self._given_currency()
        price = self._price("price", given)
        sale_price, starts_at_s, ends_at_s = self._sale(price, given)
        if price is None and sale_price is not None:
            self.remarks.add("price", "price_missing", "price is missing: the sale price is taken as the price")
            price, sale_price = sale_price, None
        cost = kept("cost_of_goods_sold", lambda: self._price("cost_of_goods_sold", given), None)
        availability = self._availability()
        return CatalogItem(
            item_id=item_id,
            title=self._text("title"),
            description=self._text("description"),
            brand=self._text("brand"),
            item_group_id=self._text("item_group_id"),
            color=self._text("color"),
            size=self._text("size"),
            gender=self._text("gender"),
            age_group=self._text("age_group"),
            material=self._text("material"),
            pattern=self._text("pattern"),
            condition=self._text("condition"),
            gtin=self._text("gtin"),
            mpn=self._text("mpn"),
            link=self._link("link"),
            image_link=self._link("image_link"),
            availability=availability,
            price=price.amount if price else None,
            sale_price=sale_price.amount if sale_price else None,
            sale_starts_at_s=starts_at_s if sale_price else 0.0,
            sale_ends_at_s=ends_at_s if sale_price else math.inf,
            currency=self._currency(price, given),
            category=self._category(),
            cost_of_goods_sold=cost.amount if cost else None,
            custom_labels=kept("custom_labels", self._custom_labels, ()),
            is_bundle=self._flag("is_bundle"),
            hidden=self._flag("hidden"),
            adult=self._flag("adult"),
            available_from_s=self._available_from_s(availability),
            expires_at_s=self._moment(("expiration_date", "expires_at_s"), math.inf),
        )

    def _text(self, name: str) -> str:
        most = MAX_DESCRIPTION if name == "description" else MAX_TITLE
        value = self._fields.source.get(name)
        if value is None:
            return ""
        if isinstance(value, str):
            text = " ".join(value.split())
            if len(text) > most:
                self.remarks.add(name, f"{name}_cut", f"{name} has {len(text)} characters: cut to {most}")
            return text[:most].rstrip()
        return self.remarks.kept(name, lambda: self._fields.line(name, most), "")

    def _flag(self, name: str) -> bool:
        if self._fields.source.get(name) is None:
            return False
        return self.remarks.kept(name, lambda: self._fields.flag(name, False), False)

    def _link(self, name: str) -> str:
        value = self._fields.source.get(name)
        if isinstance(value, list):
            value = value[0] if value else None
        if value is None:
            return ""
        return self.remarks.kept(name, lambda: FeedFields({name: value}).link(name), "")

    def _moment(self, names: tuple[str, ...], default: float) -> float:
        return self.remarks.kept(names[0], lambda: self._fields.moment(names, default), default)

    def _available_from_s(self, availability: str) -> float:
        """When it is first sold; the date on which a pre-order ships is none: it can be ordered now."""
        shipped = () if availability in _SHIPPED_LATER else ("availability_date",)
        return self._moment(("available_from", *shipped, "available_from_s"), 0.0)

    def _given_currency(self) -> str:
        value = self._fields.source.get("currency")
        if value in (None, ""):
            return ""
        codes = currencies_of(value) if isinstance(value, str) else ()
        if not codes:
            message = f"currency must be an ISO 4217 code, got {show_value(value)}: left out"
            self.remarks.add("currency", "currency_invalid", message)
            return ""
        return codes[0] if len(codes) == 1 else self._evidence.currency_among(codes) or codes[0]

    def _price(self, name: str, given: str) -> Price | None:
        value = self._fields.source.get(name)
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        price = read_price(value, name, self._evidence, given)
        if price.guess:
            self.remarks.add(name, f"{name}_guessed", price.guess)
        return price

    def _sale(self, price: Price | None, given: str) -> tuple[Price | None, float, float]:
        """The sale price and when it holds; one that cannot be right is left out, and the price stands."""
        sale = self.remarks.kept("sale_price", lambda: self._price("sale_price", given), None)
        dates = Remarks()
        starts_at_s, ends_at_s = dates.kept("sale_price_effective_date", self._sale_dates, _ALWAYS, "no sale price")
        if sale is None:
            return None, *_ALWAYS
        self.remarks.found += dates.found
        if dates.found:
            return None, *_ALWAYS
        why = ""
        if price is not None and sale.amount > price.amount:
            why = f"is above price {price.amount:g}"
        elif sale.amount == 0 and (price is None or price.amount > 0):
            why = "would give it away"
        elif price is not None and price.currency and sale.currency and price.currency != sale.currency:
            why = f"is in {sale.currency}, the price in {price.currency}"
        if why:
            message = f"sale_price {sale.amount:g} {why}: left out"
            self.remarks.add("sale_price", "sale_price_invalid", message)
            return None, *_ALWAYS
        return sale, starts_at_s, ends_at_s

    def _sale_dates(self) -> tuple[float, float]:
        return read_sale_dates(self._fields.source)

    def _currency(self, price: Price | None, given: str) -> str:
        named = price.currency if price else ""
        if named and given and named != given:
            message = f"the price is in {named}, currency says {given}: the price's own counts"
            self.remarks.add("currency", "currency_differs", message)
        return named or given

    def _availability(self) -> str:
        value = self._fields.source.get("availability")
        if value is None or (isinstance(value, str) and not value.strip()):
            return "in_stock"
        read = partial(parse_availability, value, "the item")
        return self.remarks.kept("availability", read, "in_stock", "taken as in_stock")

    def _category(self) -> tuple[str, ...]:
        for name in ("category", "product_type", "google_product_category"):
            value = self._fields.source.get(name)
            if isinstance(value, list) and name == "product_type" and value and ">" in str(value[0]):
                value = value[0]  # several whole paths: the first is the main one
            if not value:
                continue
            number = _TAXONOMY_NUMBER.match(str(value)) if name != "product_type" else None
            if number is not None:
                value = str(value)[number.end() :]
                if not value:
                    message = f"{name} is a number of a taxonomy, got {show_value(number[0])}: left out"
                    self.remarks.add(name, "category_number", message)
                    continue
            found = self.remarks.kept(name, partial(parse_category, value, name), _NO_CATEGORY)
            if found:
                return found
        return ()

    def _custom_labels(self) -> tuple[str, ...]:
        given = self._fields.source.get("custom_labels")
        if isinstance(given, (list, tuple)):
            labels = [FeedFields({"custom_labels": label}) for label in given[:MAX_CUSTOM_LABELS]]
            return tuple(label.line("custom_labels") for label in labels)
        named = [self._fields.line(name) for name in _LABELS if self._fields.source.get(name) is not None]
        return tuple(label for label in named if label)
