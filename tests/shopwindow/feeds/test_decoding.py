"""Decoding: packed feeds, and encodings told, declared or guessed; what cannot be read is named, with a hint."""

import gzip
import io
import zipfile

import pytest

from shopwindow.feeds import decoding
from shopwindow.feeds.decoding import MOST_UNASKED_BYTES, decode, unpack
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
        (b"id\n\x81\xff\n", "", "is not UTF-8"),
        (TEXT.encode("windows-1252"), "utf-8", "not utf-8"),
        (b"x", "klingon", "'klingon' is not known"),
        (b'<?xml version="1.0" encoding="klingon"?><a>\x81\xff</a>', "", "says to be 'klingon'"),
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


@pytest.mark.parametrize(
    "head", ["", '<?xml version="1.0" encoding="UTF-8"?>', '<?xml version="1.0" encoding="latin1"?>']
)
@pytest.mark.parametrize("cut", [b"\xe2\x82", b"\xc3", b"\xf0\x9f\x98", b"\xe4"])
def test_a_character_cut_in_the_middle_leaves_the_others_as_they_are(head: str, cut: bytes) -> None:
    data = f"{head}Gemüse, Größe: ".encode() * 40 + cut + ", Käse".encode()
    decoded = decode(data, "feed.xml")
    assert (decoded.encoding, decoded.guessed, decoded.broken) == ("utf-8", False, 1)
    assert decoded.text.endswith("Größe: \ufffd, Käse")
    assert decode(data, "feed.xml", "utf-8") == decode(b"\xef\xbb\xbf" + data, "feed.xml") == decoded


def test_utf_16_that_was_cut_off_is_read_but_for_its_end() -> None:
    assert decode(TEXT.encode("utf-16")[:-1], "feed.csv").broken == 1


@pytest.mark.parametrize("declared", ["utf-16", "UTF-16LE", "unicode", "utf8mb4", "ucs-2", "utf-32", "none", "ansi"])
@pytest.mark.parametrize("text", ["<a>plain</a>", "<a>Größe</a>"])
def test_a_head_that_the_bytes_do_not_bear_out_does_not_count(declared: str, text: str) -> None:
    whole = f'<?xml version="1.0" encoding="{declared}"?>{text}'
    decoded = decode(whole.encode(), "feed.xml")
    assert (decoded.text, decoded.encoding) == (whole, "utf-8")
    assert decode(whole.encode("windows-1252"), "feed.xml").text == whole


@pytest.mark.parametrize(
    ("declared", "meant", "text"),
    [
        ("ISO-8859-1", "windows-1252", "5 € – “groß”"),
        ("us-ascii", "windows-1252", "5 €"),
        ("latin1", "windows-1252", "œuvre…"),
        ("iso-8859-9", "windows-1254", "ağaç – 5 €"),
        ("gb2312", "gbk", "鎔鏡"),
        ("shift_jis", "cp932", "①かばん"),
    ],
)
def test_an_encoding_is_read_with_the_signs_that_windows_adds(declared: str, meant: str, text: str) -> None:
    whole = f'<?xml version="1.0" encoding="{declared}"?><a>{text}</a>'
    decoded = decode(whole.encode(meant), "feed.xml")
    assert (decoded.text, decoded.guessed) == (whole, False)
    assert decode(text.encode(meant), "feed.csv", declared).text == text


def test_an_encoding_whose_bytes_are_those_of_ascii_counts_as_declared() -> None:
    whole = '<?xml version="1.0" encoding="iso-2022-jp"?><a>かばん</a>'
    assert decode(whole.encode("iso-2022-jp"), "feed.xml").text == whole
    assert decode(b"<?xml encoding='ISO-8859-1'?><a>\x81</a>", "feed.xml").text.endswith("<a>\x81</a>")


def test_central_european_text_is_known_by_its_letters() -> None:
    text = "id;title\n1;Łóżko drewniane, świeża pościel\n"
    decoded = decode(text.encode("windows-1250"), "feed.csv")
    assert (decoded.text, decoded.encoding, decoded.guessed) == (text, "windows-1250", True)


@pytest.mark.parametrize("times", [1, 2, 3])
def test_what_unpacks_to_more_than_any_text_does_is_refused(times: int) -> None:
    packed = gzip.compress(b" " * (MOST_UNASKED_BYTES + 1))
    for _ in range(times - 1):
        packed = gzip.compress(packed)
    with pytest.raises(FileError, match="more than 67,108,864 bytes unpacked"):
        unpack(packed, "feed.csv.gz")
