"""Files: catalog feeds and display definitions as shops keep them."""

import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

import yaml

from shopwindow.errors import MendableError

FILE_KINDS: Final = ("campaigns", "placements", "creatives", "segments", "rules", "experiments", "triggers")
"""What `apply` takes, in the order it is put: a creative names a campaign, a rule a segment, an experiment both."""
POLICY_KEY: Final = "contact_policy"
"""What it takes besides, of which there is one."""
_GOOGLE: Final = "{http://base.google.com/ns/1.0}"
_REPEATED: Final = frozenset({"additional_image_link", "product_type", "product_highlight", "product_detail"})


class FileError(MendableError):
    """A file cannot be used; the message names it and the place."""


def read_feed(path: Path) -> list[dict[str, Any]]:
    """Read a catalog feed: Google Merchant XML, CSV or TSV, or JSON (an array, `{"items": [...]}`, or a line each).

    A name that ends in `.gz` is unpacked. Raises `FileError`.
    """
    data = _read(path)
    name = path.name.removesuffix(".gz").lower()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileError(f"{path} is not UTF-8: byte {error.start}") from error
    if name.endswith(".xml"):
        items = _from_xml(path, data)
    elif name.endswith((".json", ".jsonl", ".ndjson")):
        items = _from_json(path, text)
    elif name.endswith((".csv", ".tsv", ".txt")):
        items = list(_from_table(path, text))
    else:
        raise FileError(f"{path}: a feed's name ends in .xml, .csv, .tsv, .txt, .json or .jsonl (or one of them .gz)")
    if not items:
        raise FileError(f"{path} has no items")
    return items


def _read(path: Path) -> bytes:
    try:
        return gzip.decompress(path.read_bytes()) if path.name.endswith(".gz") else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise FileError(f"{path} cannot be read: {error}") from error


def _from_xml(path: Path, data: bytes) -> list[dict[str, Any]]:
    if b"<!ENTITY" in data[:4096] or b"<!DOCTYPE" in data[:4096]:
        raise FileError(f"{path} declares a document type; a feed has none")
    try:
        root = ElementTree.fromstring(data)  # noqa: S314 - declarations, and so entities, are refused above
    except ElementTree.ParseError as error:
        raise FileError(f"{path} is not XML: {error}") from error
    entries = [node for node in root.iter() if node.tag.rpartition("}")[2] in ("item", "entry")]
    return [_from_entry(entry) for entry in entries]


def _from_entry(entry: ElementTree.Element) -> dict[str, Any]:
    """Read one product; Google's own namespace wins over RSS's tags of the same name."""
    found: dict[str, Any] = {}
    for child in sorted(entry, key=lambda child: child.tag.startswith(_GOOGLE)):
        name = child.tag.rpartition("}")[2]
        value = (child.text or "").strip() or child.get("href", "")
        if name in _REPEATED and name in found:
            continue
        found[name] = value
    return found


def _from_json(path: Path, text: str) -> list[dict[str, Any]]:
    try:
        if path.name.removesuffix(".gz").lower().endswith(".json"):
            whole = json.loads(text)
            items = whole.get("items") if isinstance(whole, dict) else whole
        else:
            items = [json.loads(line) for line in text.split("\n") if line.strip()]
    except json.JSONDecodeError as error:
        raise FileError(f"{path} is not JSON: {error}") from error
    if not isinstance(items, list):
        raise FileError(f'{path} must hold an array of items, or {{"items": [...]}}')
    return items


def _from_table(path: Path, text: str) -> Iterator[dict[str, Any]]:
    head = text.split("\n", 1)[0]
    delimiter = "\t" if "\t" in head else ("|" if "|" in head and "," not in head else ",")
    reader = csv.DictReader(io.StringIO(text), delimiter=delimiter)
    names = [name.strip().lower().replace(" ", "_") for name in reader.fieldnames or []]
    if "id" not in names and "item_id" not in names:
        raise FileError(f"{path} has no column id or item_id, but {', '.join(names) or 'none'}")
    reader.fieldnames = names
    try:
        for row in reader:
            yield {name: value for name, value in row.items() if name and value not in (None, "")}
    except csv.Error as error:
        raise FileError(f"{path} after line {reader.line_num}: {error}") from error


def read_display(path: Path) -> dict[str, list[Any]]:
    """Read placements, creatives, campaigns, segments, rules, experiments and triggers from YAML.

    A contact policy is given as the one element of a list; the last one in the file counts.

    Several documents in a file add up. Raises `FileError`.
    """
    try:
        documents = [document for document in yaml.safe_load_all(_read(path).decode()) if document is not None]
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise FileError(f"{path} is not YAML: {error}") from error
    found: dict[str, list[Any]] = {}
    for document in documents:
        if not isinstance(document, dict):
            raise FileError(f"{path} must hold {', '.join(FILE_KINDS)} at its top, got {document!r:.60}")
        for kind, resources in document.items():
            if kind == POLICY_KEY:
                found[kind] = [resources]
                continue
            if kind not in FILE_KINDS:
                raise FileError(f"{path}: {kind!r} is none of {', '.join(FILE_KINDS)}, {POLICY_KEY}")
            if not isinstance(resources, list):
                raise FileError(f"{path}: {kind} must be a list, got {resources!r:.60}")
            found.setdefault(kind, []).extend(resources)
    if not found:
        raise FileError(f"{path} holds none of {', '.join(FILE_KINDS)}")
    return found
