"""Feed: a file, whatever its form and whoever exported it, as rows by Google Merchant's names."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from models.base.currencies import parse_currency_code
from models.catalog.feed.columns import FieldNaming, has_id, misspelt, plain_name, read_fields, rename
from models.catalog.feed.items import read_id
from models.catalog.feed.locales import parse_locale
from models.catalog.feed.prices import lacks_currency
from shopwindow.feeds.decoding import decode, unpack
from shopwindow.feeds.documents import read_json_feed, read_xml_feed
from shopwindow.feeds.exports import magento, shopify, woocommerce
from shopwindow.feeds.exports.woocommerce_columns import english_column
from shopwindow.feeds.rows import Complaint, Feed
from shopwindow.feeds.tables import DELIMITERS, read_table
from shopwindow.files import FileError, read_bytes


class _Export(NamedTuple):
    """A shop system's export: what it is called, how it is known, and how its rows are brought under our names."""

    name: str
    is_it: Callable[[Collection[str]], bool]
    convert: Callable[[Feed, set[str]], Feed]


EXPORTS: Final = (
    _Export(shopify.SHOPIFY_EXPORT, shopify.is_shopify, shopify.convert_shopify),
    _Export(woocommerce.WOOCOMMERCE_EXPORT, woocommerce.is_woocommerce, woocommerce.convert_woocommerce),
    _Export(magento.MAGENTO_EXPORT, magento.is_magento, magento.convert_magento),
)


@dataclass(frozen=True, slots=True)
class FeedOptions:
    """What a person knows of a file and it does not say: its encoding, which column holds the id, the currency of
    prices that name none, and its language and country, such as `de-DE`. Raises `InvalidError` for none of these."""

    encoding: str = ""
    id_column: str = ""
    currency: str = ""
    locale: str = ""

    def __post_init__(self) -> None:
        if self.currency:
            parse_currency_code(self.currency)
        if self.locale:
            parse_locale(self.locale)


def read_feed(path: Path, options: FeedOptions | None = None) -> Feed:
    """Read a catalog feed; `-` is standard input.

    Google Merchant XML, RSS or Atom; CSV, TSV or another table; JSON, as an array, `{"items": [...]}` or a line each;
    Shopify's, WooCommerce's and Magento's product exports; packed by gzip or zip. What it is is told by what is in it.
    Raises `FileError`.
    """
    return _read(read_bytes(path), _name_of(path), options or FeedOptions())


def read_feed_ids(path: Path, options: FeedOptions | None = None) -> list[str]:
    """Read the ids of a feed's products, whatever else is wrong with them, or of a list of ids, one a line."""
    options, name = options or FeedOptions(), _name_of(path)
    data = read_bytes(path)
    text = decode(unpack(data, name), name, options.encoding).text
    if text.lstrip()[:1] not in ("<", "{", "["):
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        if (
            lines
            and not has_id([plain_name(lines[0])])
            and not any(sign in line for line in lines for sign in DELIMITERS)
        ):
            return list(dict.fromkeys(lines))
    feed = _read(data, name, options)
    found = [item_id for row in feed.rows if (item_id := read_id(row.fields))]
    return list(dict.fromkeys([*found, *feed.other_ids]))


def _name_of(path: Path) -> str:
    return "standard input" if str(path) == "-" else str(path)


def _read(data: bytes, name: str, options: FeedOptions) -> Feed:
    decoded = decode(unpack(data, name), name, options.encoding)
    text = decoded.text.lstrip("\ufeff")
    start = text.lstrip()[:1]
    if start == "<":
        feed = read_xml_feed(text, name)
    elif start in ("{", "["):
        feed = read_json_feed(text, name)
    else:
        feed = read_table(text, name, options.id_column)
    if decoded.guessed:
        message = f"does not say its encoding, or says a wrong one: read as {decoded.encoding}; --encoding says it"
        feed.warnings.append(Complaint(0, "encoding_guessed", message))
    if decoded.broken:
        message = f"has {decoded.broken} broken characters, which are no {decoded.encoding}: read as U+FFFD"
        feed.warnings.append(Complaint(0, "bytes_broken", message))
    if not feed.rows and not feed.rejected:
        raise FileError(f"{name} has no items")
    return _named_by_us(feed, options)


def _named_by_us(feed: Feed, options: FeedOptions) -> Feed:
    """Bring a feed's columns under our names, and note those that nobody reads."""
    filled = dict.fromkeys(column for row in feed.rows for column in row.fields)
    columns = feed.columns or list(filled)
    export = next((export for export in EXPORTS if not feed.kind and export.is_it(columns)), None)
    asked: set[str] = set()
    if export is not None:
        feed.kind = export.name
        named = next((column for column, name in rename(columns).items() if name == "id"), "")
        feed.other_ids = [item_id for row in feed.rows if (item_id := str(row.fields.get(named, "")).strip())]
        feed = export.convert(feed, asked)
        if options.id_column:
            _take_ids_from(feed, plain_name(options.id_column))
    elif feed.columns:
        names = rename(columns, options.id_column)
        asked = {column for column, name in names.items() if name in read_fields()}
        for row in feed.rows:
            row.fields = {names.get(column, column): value for column, value in row.fields.items()}
    else:
        naming = FieldNaming.from_objects((row.fields for row in feed.rows), options.id_column)
        for row in feed.rows:
            row.fields = naming.under_our_names(row.fields)
        asked = naming.read
    if options.currency:
        code = parse_currency_code(options.currency)
        for row in feed.rows:
            if lacks_currency(row.fields, code):
                row.fields["currency"] = code
    feed.locale = options.locale or feed.locale
    feed.unread = [column for column in filled if column not in asked]
    if export is None:
        _ask_about_misspelt(feed)
    return feed


def _ask_about_misspelt(feed: Feed) -> None:
    """Say of fields that nobody reads which one is meant, where a product that has them lacks that one."""
    unread = set(feed.unread)
    meant: dict[str, str] = {}
    for row in feed.rows:
        if found := unread.intersection(row.fields).difference(meant):
            meant |= misspelt(sorted(found), row.fields)
    for column, ours in meant.items():
        message = f"has a column {column!r} that nobody reads: did you mean {ours!r}?"
        feed.warnings.append(Complaint(0, "column_unknown", message))


def _take_ids_from(feed: Feed, column: str) -> None:
    """Let another of an export's columns, under our name of it, be the id."""
    column = english_column(column) if feed.kind == woocommerce.WOOCOMMERCE_EXPORT else column
    for row in feed.rows:
        if row.fields.get(column):
            row.fields["id"] = row.fields[column]
