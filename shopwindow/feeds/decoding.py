"""Decoding: a feed's bytes as text: unpacked, and in whichever encoding they are."""

import codecs
import gzip
import io
import re
import zipfile
import zlib
from dataclasses import dataclass
from typing import Final

from shopwindow.files import FileError

_BYTE_ORDER_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARED: Final = re.compile(rb"""^\s*<\?xml[^>]{0,100}?encoding\s*=\s*["']([A-Za-z0-9._:-]+)["']""")
_FEED_NAMES: Final = (".xml", ".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson")
MOST_PACKINGS: Final = 3
MOST_BYTES: Final = 4 * 1024**3
"""Of a feed, unpacked; more is a bomb, or belongs into several files."""
_FALLBACK: Final = "windows-1252"
_MOST_ACCENTED: Final = 0.3
"""Share of letters with accents from which on a text is none of Western Europe."""
_NO_LETTER: Final = re.compile(r"[A-Za-z][¹²³¼½¾¿¡£¥¦¤¬¯¸]+[A-Za-z]|[^\W\d_A-Za-z]{4,}")


@dataclass(frozen=True, slots=True)
class DecodedText:
    """A feed's text, the encoding it was in, and whether that was only guessed."""

    text: str
    encoding: str
    guessed: bool = False


def unpack(data: bytes, name: str) -> bytes:
    """Unpack gzip and zip by what is in the data, whatever it is called; raises `FileError`."""
    for _ in range(MOST_PACKINGS):
        if data[:2] == b"\x1f\x8b":
            data = _gunzipped(data, name)
        elif data[:4] == b"PK\x03\x04":
            data = _unzipped(data, name)
        else:
            break
    return data


def _gunzipped(data: bytes, name: str) -> bytes:
    try:
        with gzip.open(io.BytesIO(data)) as packed:
            unpacked = packed.read(MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise FileError(f"{name} cannot be read: {error}") from error
    return _bounded(unpacked, name)


def _unzipped(data: bytes, name: str) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            members = [member for member in packed.namelist() if not member.endswith("/") and "__MACOSX" not in member]
            if any(member.startswith(("xl/", "word/")) for member in members):
                raise FileError(f"{name} is a workbook; save its sheet as CSV")
            feeds = [member for member in members if member.lower().endswith(_FEED_NAMES)] or members
            if len(feeds) != 1:
                raise FileError(f"{name} must hold one feed, it holds {', '.join(sorted(feeds)) or 'nothing'}")
            with packed.open(feeds[0]) as member:
                return _bounded(member.read(MOST_BYTES + 1), name)
    except (zipfile.BadZipFile, OSError, RuntimeError, zlib.error, NotImplementedError) as error:
        raise FileError(f"{name} cannot be read: {error}") from error


def _bounded(data: bytes, name: str) -> bytes:
    if len(data) > MOST_BYTES:
        raise FileError(f"{name} has more than {MOST_BYTES:,} bytes unpacked")
    return data


def decode(data: bytes, name: str, encoding: str = "") -> DecodedText:
    """Decode a feed: as told, else by its byte order mark, its XML declaration, as UTF-8, or as Windows-1252.

    Raises `FileError`, with a hint, for what is none of them.

    >>> decode(b"K\\xe4semesser", "feed.csv")
    DecodedText(text='Käsemesser', encoding='windows-1252', guessed=True)
    """
    if encoding:
        return DecodedText(_decoded(data, encoding, name).removeprefix("\ufeff"), encoding)
    for mark, marked in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return DecodedText(_decoded(data, marked, name), marked)
    declared = _DECLARED.match(data[:300])
    if declared is not None and declared[1].lower() not in (b"utf-8", b"utf8"):
        # Other encodings look like UTF-8 by chance next to never; a head copied from elsewhere is frequent.
        if not data.isascii() and _is_utf_8(data):
            return DecodedText(data.decode(), "utf-8", guessed=True)
        return DecodedText(_decoded(data, declared[1].decode(), name), declared[1].decode())
    without_mark = _utf_16_by_zeros(data)
    if without_mark:
        return DecodedText(_decoded(data, without_mark, name), without_mark)
    try:
        return DecodedText(data.decode("utf-8"), "utf-8")
    except UnicodeDecodeError as error:
        place = error.start
    try:
        text = data.decode(_FALLBACK)
    except UnicodeDecodeError:
        text = ""
    if not _is_western(text):
        raise FileError(
            f"{name} is not UTF-8: byte {place}; say what it is in, such as --encoding windows-1251 or shift_jis"
        )
    return DecodedText(text, _FALLBACK, guessed=True)


def _decoded(data: bytes, encoding: str, name: str) -> str:
    try:
        return data.decode(encoding)
    except LookupError as error:
        raise FileError(f"{name}: encoding {encoding!r} is not known") from error
    except UnicodeError as error:
        raise FileError(f"{name} is not {encoding}: {error}; say what it is in with --encoding") from error


def _is_utf_8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _utf_16_by_zeros(data: bytes) -> str:
    """UTF-16 without a byte order mark: in markup and headers every second byte is zero."""
    head = data[:200]
    if len(head) < 4 or b"\0" not in head:
        return ""
    odd, even = head[1::2], head[0::2]
    if odd.count(0) > 0.8 * len(odd) and 0 not in even:
        return "utf-16-le"
    return "utf-16-be" if even.count(0) > 0.8 * len(even) and 0 not in odd else ""


def _is_western(text: str) -> bool:
    """Whether a text decoded as Windows-1252 looks like a language of Western Europe."""
    letters = [sign for sign in text if sign.isalpha()]
    accented = sum(not sign.isascii() for sign in letters)
    return bool(letters) and accented <= _MOST_ACCENTED * len(letters) and not _NO_LETTER.search(text)
