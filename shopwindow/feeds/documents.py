"""Documents: feeds in XML and JSON, whose products carry their own names."""

import json
import re
from collections.abc import Iterable
from typing import Any, Final
from xml.etree import ElementTree

from shopwindow.feeds.columns import plain_name
from shopwindow.feeds.rows import Complaint, Feed, FeedRow
from shopwindow.files import FileError

_GOOGLE: Final = "{http://base.google.com/ns/1.0}"
_REPEATED: Final = frozenset({"additional_image_link", "product_type", "product_highlight", "product_detail"})
_PRODUCT_TAGS: Final = ("item", "entry", "product", "offer", "shopitem")
_DECLARATION: Final = re.compile(r"^\s*<\?xml[^>]*\?>")
_DOCTYPE: Final = re.compile(r"^\s*<!DOCTYPE[^\[>]*>")
_NOT_IN_XML: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_LOOSE_AND: Final = re.compile(r"&(?!#\d+;|#x[0-9a-fA-F]+;|(?:amp|lt|gt|quot|apos);)")
_ID_KEYS: Final = frozenset({"id", "item_id", "itemId"})
_LISTS: Final = ("items", "products", "offers", "entries", "data", "resources")


def read_xml_feed(text: str, name: str) -> Feed:
    """Read a feed in XML, RSS or Atom; signs that XML does not allow are mended once. Raises `FileError`."""
    text = _DECLARATION.sub("", text)
    text = _DOCTYPE.sub("", text, count=1)
    if "<!ENTITY" in text[:4096] or "<!DOCTYPE" in text[:4096]:
        raise FileError(f"{name} declares entities of its own; a feed has none")
    feed = Feed("item", [])
    try:
        root = _parsed(text)
    except ElementTree.ParseError as error:
        try:
            root = _parsed(_LOOSE_AND.sub("&amp;", _NOT_IN_XML.sub("", text)))
        except ElementTree.ParseError:
            raise FileError(f"{name} is not XML: {error}") from error
        feed.warnings.append(Complaint(0, "xml_mended", f"has signs that XML does not allow ({error}): mended"))
    feed.locale = next((node.text or "" for node in root.iter() if _local(node) == "language"), "").strip()
    entries = _entries(root)
    feed.rows = [FeedRow(place, _from_entry(entry)) for place, entry in enumerate(entries, start=1)]
    return feed


def _parsed(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text)  # noqa: S314 - declarations, and so entities, are refused by `read_xml_feed`


def _local(node: ElementTree.Element) -> str:
    return str(node.tag).rpartition("}")[2].lower()


def _entries(root: ElementTree.Element) -> list[ElementTree.Element]:
    """The elements that are products: by the first name of ours that any has."""
    nodes = list(root.iter())
    return next((found for tag in _PRODUCT_TAGS if (found := [node for node in nodes if _local(node) == tag])), [])


def _from_entry(entry: ElementTree.Element) -> dict[str, Any]:
    """Read one product; Google's own namespace wins over RSS's tags of the same name."""
    found: dict[str, Any] = {name: value for name, value in entry.attrib.items() if name in ("id", "available")}
    for child in sorted(entry, key=lambda child: str(child.tag).startswith(_GOOGLE)):
        name = plain_name(str(child.tag).rpartition("}")[2])
        value = "".join(child.itertext()).strip() or child.get("href", "")
        if name in _REPEATED and name in found:
            continue
        if value or name not in found:
            found[name] = value
    return found


def read_json_feed(text: str, name: str) -> Feed:
    """Read a feed in JSON: an array, an object that holds one, or an object a line. Raises `FileError`."""
    try:
        whole = json.loads(text)
    except json.JSONDecodeError as error:
        whole = _lines(text, name, error)
    if isinstance(whole, dict):
        held = next((whole[key] for key in _LISTS if isinstance(whole.get(key), list)), None)
        whole = held if held is not None else ([whole] if not _ID_KEYS.isdisjoint(whole) else None)
    if not isinstance(whole, list):
        raise FileError(f'{name} must hold an array of items, or {{"items": [...]}}')
    return Feed("item", list(_rows(whole)))


def _lines(text: str, name: str, error: json.JSONDecodeError) -> list[Any]:
    lines = [line for line in text.split("\n") if line.strip()]
    try:
        if len(lines) < 2:
            raise error
        return [json.loads(line) for line in lines]
    except json.JSONDecodeError as second:
        # A text that begins as an array was never meant to be lines.
        shown = error if text.lstrip().startswith("[") else second
        raise FileError(f"{name} is not JSON: {shown}") from shown


def _rows(values: Iterable[Any]) -> Iterable[FeedRow]:
    for place, value in enumerate(values, start=1):
        fields = {plain_name(key): inner for key, inner in value.items()} if isinstance(value, dict) else {}
        yield FeedRow(place, fields)
