"""Files: read as they are, and display definitions as shops keep them."""

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Final

from shopwindow.bounded_yaml import MAX_YAML_BYTES, YamlRefusedError, load_documents
from shopwindow.errors import MendableError

FILE_KINDS: Final = ("campaigns", "placements", "creatives", "segments", "rules", "experiments", "triggers")
"""What `apply` takes, in the order it is put: a creative names a campaign, a rule a segment, an experiment both."""
POLICY_KEY: Final = "contact_policy"
CURRENCY_KEY: Final = "currency"
"""What it takes besides, of which a site has one each."""


MAX_FILE_BYTES: Final = 4 * 1024**3
"""Of any file; whoever reads a few lines says less."""
_PORTION: Final = 1024**2


def id_field(kind: str) -> str:
    """Give the field that holds the id of things of a kind.

    >>> id_field("campaigns")
    'campaign_id'
    """
    return f"{kind.removesuffix('s')}_id"


class FileError(MendableError):
    """A file cannot be used; the message names it and the place."""


def read_bytes(path: Path, most: int = MAX_FILE_BYTES) -> bytes:
    """Read a file's bytes, or standard input's where it is called `-`, at most so many; raises `FileError`."""
    data = bytearray()
    try:
        with nullcontext(sys.stdin.buffer) if str(path) == "-" else path.open("rb") as file:
            while len(data) <= most and (part := file.read(_PORTION)):
                data += part
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error}") from error
    if len(data) > most:
        raise FileError(f"{path} has more than {most:,} bytes")
    return bytes(data)


def read_display(path: Path) -> dict[str, list[Any]]:
    """Read placements, creatives, campaigns, segments, rules, experiments and triggers from YAML.

    A contact policy and a currency are given as the one element of a list; the last one in the file counts.

    Several documents in a file add up. Raises `FileError`.
    """
    try:
        documents = load_documents(read_bytes(path, MAX_YAML_BYTES).decode())
    except (YamlRefusedError, UnicodeDecodeError) as error:
        raise FileError(f"{path} is not YAML: {error}") from error
    found: dict[str, list[Any]] = {}
    for document in documents:
        if not isinstance(document, dict):
            raise FileError(f"{path} must hold {', '.join(FILE_KINDS)} at its top, got {document!r:.60}")
        for kind, resources in document.items():
            if kind in (POLICY_KEY, CURRENCY_KEY):
                found[kind] = [resources]
                continue
            if kind not in FILE_KINDS:
                raise FileError(f"{path}: {kind!r} is none of {', '.join(FILE_KINDS)}, {POLICY_KEY}, {CURRENCY_KEY}")
            if not isinstance(resources, list):
                raise FileError(f"{path}: {kind} must be a list, got {resources!r:.60}")
            found.setdefault(kind, []).extend(resources)
    if not found:
        raise FileError(f"{path} holds none of {', '.join(FILE_KINDS)}")
    return found
