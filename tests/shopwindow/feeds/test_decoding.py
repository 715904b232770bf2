"""Decoding: packed feeds, and encodings told, declared or guessed; what cannot be read is named, with a hint."""

import gzip
import io
import zipfile

import pytest

from shopwindow.feeds import decoding
from shopwindow.feeds.decoding import decode, unpack
from shopwindow.files import FileError

TEXT = "id,title\n1,Käsemesser – groß €\n"


def zipped(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name, data in members.items():
            packed.writestr(name, data)
    return out.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_unicode_is_told_by_its_first_bytes(encoding: str) -> None:
    decoded = decode(TEXT.encode(encoding), "feed.csv")
    assert (decoded.text, decoded.guessed) == (TEXT, False)


def test_an_encoding_is_told_by_the_caller_by_the_xml_head_or_guessed() -> None:
    assert decode("Нож".encode("windows-1251"), "feed.csv", "windows-1251").text == "Нож"
    head = '<?xml version="1.0" encoding="ISO-8859-2"?><a>Łódź</a>'
    assert decode(head.encode("iso-8859-2"), "feed.xml").text == head
    wrong = head.replace("Łódź", "Łódź, Kraków")
    assert decode(wrong.encode(), "feed.xml").text == wrong
    assert decode(wrong.encode(), "feed.xml").guessed, "the head says another encoding than the text is in"
    guessed = decode(TEXT.encode("windows-1252"), "feed.csv")
    assert (guessed.text, guessed.encoding, guessed.guessed) == (TEXT, "windows-1252", True)


@pytest.mark.parametrize(
    ("data", "encoding", "named"),
    [
        ("Чайник заварочный, Нож кухонный".encode("windows-1251"), "", "--encoding"),
        ("かばん、大きい".encode("shift_jis"), "", "--encoding"),
        (b"id\n\x81\xff\n", "", "byte 3"),
        (TEXT.encode("windows-1252"), "utf-8", "not utf-8"),
        (b"x", "klingon", "'klingon' is not known"),
        (b'<?xml version="1.0" encoding="klingon"?><a/>', "", "'klingon' is not known"),
    ],
)
def test_what_cannot_be_decoded_is_named_with_a_hint(data: bytes, encoding: str, named: str) -> None:
    with pytest.raises(FileError) as found:
        decode(data, "feed.csv", encoding)
    assert named in str(found.value)
    assert "feed.csv" in str(found.value)


def test_gzip_and_zip_are_unpacked_by_what_they_are() -> None:
    data = TEXT.encode()
    packed = zipped({"shop/feed.csv": data, "__MACOSX/feed.csv": b"", "readme.md": b"words"})
    for given in (data, gzip.compress(data), packed, gzip.compress(packed), zipped({"anything": data})):
        assert unpack(given, "feed") == data


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (zipped({"a.csv": b"1", "b.csv": b"2"}), "one feed, it holds a.csv, b.csv"),
        (zipped({"xl/workbook.xml": b"1"}), "is a workbook; save its sheet as CSV"),
        (b"PK\x03\x04 broken", "cannot be read"),
        (gzip.compress(b"id\n" * 50)[:-12], "cannot be read"),
        (gzip.compress(b"id\n")[:10] + b"\xff" * 30, "cannot be read"),
    ],
)
def test_a_broken_archive_is_named(data: bytes, named: str) -> None:
    with pytest.raises(FileError) as found:
        unpack(data, "feed")
    assert named in str(found.value)


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "MOST_BYTES", 1_000)
    for data in (gzip.compress(bytes(2_000)), zipped({"feed.csv": bytes(2_000)})):
        with pytest.raises(FileError, match="more than 1,000 bytes"):
            unpack(data, "feed")
