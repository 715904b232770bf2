"""Documents: feeds in XML and JSON, whose products carry their own names."""

import json
import re
from math import isfinite
from typing import Any, Final
from xml.etree import ElementTree

from models.base.nesting import MAX_NESTING
from models.catalog.feed.columns import plain_name
from models.events.intake.event_warnings import EventWarnings
from models.events.intake.json_repair import loads_leniently, repaired
from shopwindow.feeds.rows import Complaint, Feed, FeedRow
from shopwindow.files import FileError

_GOOGLE: Final = "{http://base.google.com/ns/1.0}"
_REPEATED: Final = frozenset({"additional_image_link", "product_type", "product_highlight", "product_detail"})
_CURRENCY_ATTRIBUTES: Final = ("currency", "currencyCode", "currency_code", "currencyId", "unit")
_PRODUCT_TAGS: Final = ("item", "entry", "product", "offer", "shopitem")
_SPACE: Final = re.compile(r"\s*")
_DOCTYPE: Final = "<!DOCTYPE"
_PROLOG: Final = {"<?": "?>", "<!--": "-->", _DOCTYPE: ">"}
"""What may stand before the first element, and how each ends."""
_NOT_IN_XML: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_REFERENCE: Final = re.compile(r"&#(?:x([0-9a-fA-F]{1,8})|([0-9]{1,9}));")
_HALVES: Final = re.compile("([\ud800-\udbff])([\udc00-\udfff])")
_LOOSE_AND: Final = re.compile(r"&(?!#\d+;|#x[0-9a-fA-F]+;|(?:amp|lt|gt|quot|apos);)")
_ID_KEYS: Final = frozenset({"id", "item_id", "itemId"})
_MOST_DIGITS: Final = 18
"""Of a whole number that surely has no more than 64 bits."""
_ID_IN_LINE: Final = re.compile(r'"(?:id|item_id|itemId)"\s*:\s*(?:"([^"\\]+)"|([0-9]+))')
_LISTS: Final = ("items", "products", "offers", "entries", "data", "resources")


def read_xml_feed(text: str, name: str) -> Feed:
    """Read a feed in XML, RSS or Atom; signs that XML does not allow are mended once. Raises `FileError`."""
    text = _without_prolog(text, name)
    feed = Feed("item", [])
    try:
        root = _parsed(text)
    except ElementTree.ParseError as error:
        try:
            root = _parsed(_LOOSE_AND.sub("&amp;", _NOT_IN_XML.sub("", _without_odd_references(text))))
        except ElementTree.ParseError:
            raise FileError(f"{name} is not XML: {error}") from error
        feed.warnings.append(Complaint(0, "xml_mended", f"has signs that XML does not allow ({error}): mended"))
    _refuse_depths(root, name)
    feed.locale = next((node.text or "" for node in root.iter() if _local(node) == "language"), "").strip()
    entries = _entries(root)
    feed.rows = [FeedRow(place, _from_entry(entry)) for place, entry in enumerate(entries, start=1)]
    return feed


def _without_prolog(text: str, name: str) -> str:
    """Give a document from its first element on; what it declares before must be no entities."""
    at = 0
    while True:
        at = next(_SPACE.finditer(text, at)).end()
        kind = next((start for start in _PROLOG if text.startswith(start, at)), "")
        end = text.find(_PROLOG[kind], at) if kind else -1
        if end < 0:
            return text[at:]
        if kind == _DOCTYPE and "[" in text[at:end]:
            raise FileError(f"{name} declares entities of its own; a feed has none")
        at = end + len(_PROLOG[kind])


def _refuse_depths(root: ElementTree.Element, name: str) -> None:
    """Refuse elements in elements in elements: each product's texts are all that is below it."""
    level = [root]
    for _ in range(MAX_NESTING):
        level = [inner for outer in level for inner in outer]
        if not level:
            return
    raise FileError(f"{name} has elements nested deeper than {MAX_NESTING} levels")


def _parsed(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text)  # noqa: S314 - declarations, and so entities, are refused by `_without_prolog`


def _without_odd_references(text: str) -> str:
    """Drop references to characters that XML does not allow; two halves of one, as Java writes them, are that one."""
    return _HALVES.sub(_joined, _REFERENCE.sub(_referred, text)).encode("utf-8", errors="ignore").decode()


def _referred(found: re.Match[str]) -> str:
    code = int(found[1], 16) if found[1] else int(found[2])
    if 0xD800 <= code <= 0xDFFF:
        return chr(code)
    return found[0] if code <= 0x10FFFF and (code in (9, 10, 13) or not _NOT_IN_XML.match(chr(code))) else ""


def _joined(halves: re.Match[str]) -> str:
    return halves[0].encode("utf-16-le", errors="surrogatepass").decode("utf-16-le")


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
        if (name in _REPEATED and name in found) or (name == "link" and child.get("rel", "alternate") != "alternate"):
            continue
        value = "".join(child.itertext()).strip() or child.get("href", "")
        if child.attrib and value and not any(sign.isalpha() for sign in value):
            value = f"{value} {next(filter(None, map(child.get, _CURRENCY_ATTRIBUTES)), '')}".strip()
        if value or name not in found:
            found[name] = value
    return found


def read_json_feed(text: str, name: str) -> Feed:
    """Read a feed in JSON: an array, an object that holds one, or an object a line, of which a broken one is rejected.

    What JSON does not have (NaN, half a character, commas too many) is mended, with warnings. Raises `FileError`.
    """
    feed = Feed("item", [])
    try:
        whole, is_odd = _loads(text)
    except (ValueError, RecursionError) as error:
        if _is_lines(text):
            return _read_lines(text)
        try:
            whole, is_odd = loads_leniently(text.encode()), True
        except (ValueError, RecursionError):
            raise FileError(f"{name} is not JSON: {error}") from error
        feed.warnings.append(Complaint(0, "json_mended", f"holds what JSON has not ({error}): mended"))
    if isinstance(whole, dict):
        held = next((whole[key] for key in _LISTS if isinstance(whole.get(key), list)), None)
        whole = held if held is not None else ([whole] if not _ID_KEYS.isdisjoint(whole) else None)
    if not isinstance(whole, list):
        raise FileError(f'{name} must hold an array of items, or {{"items": [...]}}')
    for place, value in enumerate(whole, start=1):
        _add_row(feed, place, value, is_odd=is_odd)
    return feed


def _loads(text: str) -> tuple[Any, bool]:
    """Decode JSON; gives whether there is a value in it that JSON should not have. Raises `ValueError`."""
    odd = ["half a character"] if "\\ud" in text or "\\uD" in text else []

    def constant(name: str) -> float:
        odd.append(name)
        return float(name)

    def whole(digits: str) -> int:
        if len(digits) > _MOST_DIGITS:
            odd.append(digits)
        return int(digits)

    def fraction(digits: str) -> float:
        number = float(digits)
        if not isfinite(number):
            odd.append(digits)
        return number

    value = json.loads(text, parse_constant=constant, parse_int=whole, parse_float=fraction)
    return value, bool(odd)


def _is_lines(text: str) -> bool:
    """Whether a text is an object a line: its first line is one, as a text that holds one object has none."""
    first, _, rest = text.lstrip().partition("\n")
    if not first.startswith("{") or not rest.strip():
        return False
    return any(_line(line) is not None for line in (first, rest.lstrip().partition("\n")[0]))


def _line(line: str) -> tuple[dict[str, Any], bool] | None:
    """Give the object in a line, and whether it has what JSON should not have; None where the line is broken."""
    try:
        value, is_odd = _loads(line)
    except (ValueError, RecursionError):
        try:
            value, is_odd = loads_leniently(line.encode()), True
        except (ValueError, RecursionError):
            return None
    return (value if isinstance(value, dict) else {}), is_odd


def _read_lines(text: str) -> Feed:
    """Read an object a line; what is broken is rejected by its line, and keeps its product from being taken off."""
    feed = Feed("line", [])
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        read = _line(line)
        if read is None:
            found = _ID_IN_LINE.search(line)
            item_id = (found[1] or found[2]) if found else ""
            feed.rejected.append(Complaint(number, "row_broken", "is not JSON: broken, or cut off", item_id))
        else:
            _add_row(feed, number, read[0], is_odd=read[1])
    return feed


def _add_row(feed: Feed, place: int, value: Any, *, is_odd: bool) -> None:
    """Add a product by plain names; where the text `is_odd`, what JSON does not have is mended in it, and said."""
    if is_odd:
        found = EventWarnings()
        value = repaired(value, found)
        feed.warnings += [Complaint(place, warning.code, warning.message) for warning in found.found]
    fields = {plain_name(key): inner for key, inner in value.items()} if isinstance(value, dict) else {}
    feed.rows.append(FeedRow(place, fields))
