"""Decoding: a feed's bytes as text: unpacked, and in whichever encoding they are."""

import codecs
import gzip
import io
import re
import zipfile
import zlib
from dataclasses import dataclass
from typing import Final

from shopwindow.feeds.encodings import guess_encoding
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
"""Of a feed, unpacked; more belongs into several files."""
MOST_UNASKED_BYTES: Final = 64 * 1024**2
MOST_RATIO: Final = 100
"""Texts pack to a tenth of their size, hardly ever to a hundredth: more, beyond `MOST_UNASKED_BYTES`, is a bomb."""
_MOST_ACCENTED: Final = 0.3
"""Share of letters with accents from which on a text is of no language that is written in Latin letters."""
_NO_LETTER: Final = re.compile(r"[A-Za-z][¹²³¼½¾¿¡£¥¦¤¬¯¸]+[A-Za-z]|[^\W\d_A-Za-z]{4,}")
_MOST_BROKEN: Final = 0.01
_AS_BROWSERS: Final = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
}
"""What is meant by an encoding's name, where it is another that has more signs: as the WHATWG's standard has it."""
_SWITCHING: Final = ("iso2022", "hz", "utf-7")
"""Encodings whose bytes are ASCII's, and mean something else."""


@dataclass(frozen=True, slots=True)
class DecodedText:
    """A feed's text, the encoding it was in, whether that was only guessed, and how many characters were broken."""

    text: str
    encoding: str
    guessed: bool = False
    broken: int = 0


def unpack(data: bytes, name: str) -> bytes:
    """Unpack gzip and zip by what is in the data, whatever it is called; raises `FileError`."""
    most = min(MOST_BYTES, max(MOST_UNASKED_BYTES, MOST_RATIO * len(data)))
    for _ in range(MOST_PACKINGS):
        if data[:2] == b"\x1f\x8b":
            data = _gunzipped(data, name, most)
        elif data[:4] == b"PK\x03\x04":
            data = _unzipped(data, name, most)
        else:
            break
    return data


def _gunzipped(data: bytes, name: str, most: int) -> bytes:
    try:
        with gzip.open(io.BytesIO(data)) as packed:
            unpacked = packed.read(most + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise FileError(f"{name} cannot be read: {error}") from error
    return _bounded(unpacked, name, most)


def _unzipped(data: bytes, name: str, most: int) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            members = [member for member in packed.namelist() if not member.endswith("/") and "__MACOSX" not in member]
            if any(member.startswith(("xl/", "word/")) for member in members):
                raise FileError(f"{name} is a workbook; save its sheet as CSV")
            feeds = [member for member in members if member.lower().endswith(_FEED_NAMES)] or members
            if len(feeds) != 1:
                raise FileError(f"{name} must hold one feed, it holds {', '.join(sorted(feeds)) or 'nothing'}")
            with packed.open(feeds[0]) as member:
                return _bounded(member.read(most + 1), name, most)
    except (zipfile.BadZipFile, OSError, RuntimeError, zlib.error, NotImplementedError) as error:
        raise FileError(f"{name} cannot be read: {error}") from error


def _bounded(data: bytes, name: str, most: int) -> bytes:
    if len(data) > most:
        raise FileError(f"{name} has more than {most:,} bytes unpacked: more than a feed of its size has")
    return data


def decode(data: bytes, name: str, encoding: str = "") -> DecodedText:
    """Decode a feed: as told, else by its byte order mark, its XML declaration, as UTF-8, or by its letters.

    A text that is UTF-8 but for some characters cut in the middle has U+FFFD for them. A declaration counts where the
    bytes bear it out. Raises `FileError`, with a hint, for what nobody can tell.

    >>> decode(b"K\\xe4semesser", "feed.csv")
    DecodedText(text='Käsemesser', encoding='windows-1252', guessed=True, broken=0)
    """
    if encoding:
        return _as_told(data, encoding, name)
    for mark, marked in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return _as_told(data, marked, name)
    found = _DECLARED.match(data[:300])
    declared = found[1].decode() if found is not None else ""
    # What could be read as ASCII up to here is in none of the encodings of two bytes and more a letter.
    codec = _codec_of(declared)
    if declared and codec != "utf-8" and (data.isascii() or _is_utf_8(data)):
        if codec.startswith(_SWITCHING):
            return _as_told(data, declared, name)
        return DecodedText(data.decode(), "utf-8", guessed=not data.isascii() or not _has_bytes_of_ascii(codec))
    without_mark = _utf_16_by_zeros(data)
    if without_mark:
        return _as_told(data, without_mark, name)
    mended = _mended_utf_8(data)
    if mended is not None and (codec in ("", "utf-8") or mended.broken <= _MOST_BROKEN * len(data)):
        return mended
    if codec != "utf-8" and _has_bytes_of_ascii(codec):
        return _as_told(data, declared, name)
    return _guessed(data, name, declared)


def _as_told(data: bytes, encoding: str, name: str) -> DecodedText:
    """Decode what is known to be in an encoding; a few characters that are broken are no reason to doubt it."""
    codec = _codec_of(encoding)
    if not codec:
        raise FileError(f"{name}: encoding {encoding!r} is not known")
    if codec == "utf-8":
        mended = _mended_utf_8(data)
        if mended is not None:
            return mended
    try:
        return DecodedText(_decoded(data, codec).removeprefix("\ufeff"), encoding)
    except UnicodeError as error:
        if codec.startswith(("utf-16", "utf-32")):
            text = data.decode(codec, errors="replace").removeprefix("\ufeff")
            broken = text.count("\ufffd")
            if broken <= max(1, _MOST_BROKEN * len(text)):
                return DecodedText(text, encoding, broken=broken)
        raise FileError(f"{name} is not {encoding}: {error}; say what it is in with --encoding") from error


def _codec_of(encoding: str) -> str:
    """The name of Python's codec for an encoding's name; empty for none."""
    plain = encoding.strip().lower()
    if plain.replace("-", "").replace("_", "").startswith("utf8"):
        return "utf-8"
    try:
        found = codecs.lookup(plain).name
        b"".decode(found)
    except (LookupError, UnicodeError):
        return ""
    return found


def _decoded(data: bytes, codec: str) -> str:
    """Decode, with the signs that Windows has in places that ISO left to controls."""
    wider = _AS_BROWSERS.get(codec)
    if wider:
        try:
            return data.decode(wider)
        except UnicodeError:
            pass
    return data.decode(codec)


def _has_bytes_of_ascii(codec: str) -> bool:
    """Whether ASCII's letters are the same bytes in an encoding."""
    try:
        return bool(codec) and "<?xml a=1>".encode(codec) == b"<?xml a=1>"
    except UnicodeError:
        return False


def _is_utf_8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _mended_utf_8(data: bytes) -> DecodedText | None:
    """Decode what is UTF-8, but for no more characters than there are whole ones beyond ASCII; None for other data."""
    try:
        return DecodedText(data.decode("utf-8-sig"), "utf-8")
    except UnicodeDecodeError:
        text = data.decode("utf-8-sig", errors="replace")
    whole = data.decode("utf-8-sig", errors="ignore")
    broken = text.count("\ufffd") - whole.count("\ufffd")
    beyond_ascii = len(whole) - len(whole.encode("ascii", errors="ignore"))
    return DecodedText(text, "utf-8", broken=broken) if broken <= beyond_ascii else None


def _guessed(data: bytes, name: str, declared: str) -> DecodedText:
    """Decode by the language that a text seems to be in."""
    encoding = guess_encoding(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text = ""
    if not _is_latin(text):
        says = f"says to be {declared!r}, and " if declared else ""
        raise FileError(f"{name} {says}is not UTF-8; say what it is in, such as --encoding windows-1251 or shift_jis")
    return DecodedText(text, encoding, guessed=True)


def _utf_16_by_zeros(data: bytes) -> str:
    """UTF-16 without a byte order mark: in markup and headers every second byte is zero."""
    head = data[:200]
    if len(head) < 4 or b"\0" not in head:
        return ""
    odd, even = head[1::2], head[0::2]
    if odd.count(0) > 0.8 * len(odd) and 0 not in even:
        return "utf-16-le"
    return "utf-16-be" if even.count(0) > 0.8 * len(even) and 0 not in odd else ""


def _is_latin(text: str) -> bool:
    """Whether a text looks like a language of Latin letters."""
    letters = [sign for sign in text if sign.isalpha()]
    accented = sum(not sign.isascii() for sign in letters)
    return bool(letters) and accented <= _MOST_ACCENTED * len(letters) and not _NO_LETTER.search(text)
