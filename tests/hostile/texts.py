"""Texts that make slow what is not linear: a long run of what a pattern may take, before what it cannot."""

from collections.abc import Iterator
from itertools import product

LENGTH = 20_000
RUNS = (
    " ", "\t", "\n", "\r\n", "0", "1", "9", "a", "A", "_", "-", ".", ",", "/", ":", ";", '"', "'", "\\", '\\"',
    '" ', '", ', "[", "]", "{", "}", "(", "<", ">", "<a>", "<!--", "<!", "&", "&#", "&#x1;", "&amp;", "&amp", "=", "|",
    "%", "%a", "%41", "${", "<%", "{%", "*|", "@@", "__a", "$a", "é", "e\u0301", "\u0301", "\u0660",
    "\u2070", "\u200b", "\ufdfa", "ß", "İ", "\ufffd", "1,", "1.", "1 ", "1'", "1 -", " - ", " to ", "1/", "a/", "a:",
    "a,", "\\,", "a=", ",a=", "sku=", "|sku=", "Aa", "a1_", "http://", "bot", "undefined", "undefined,", "null",
    "Mobile", "Android", "Mozilla/5.0 (", "€", "$ ", "EUR ", "kr. ", "2026-01-01", "T00:00", "+00:00", "<?xml ", "a > ",
    "#\u20e3", "\U0001f468\u200d", "-1e", "1e", "0x", "nan", "inf",
)  # fmt: skip
STARTS = ("", "1", "a", '"', "<", "{", "[", "&", "\ufeff")
ENDS = ("", "1", "x", '"', "!", "]", "\0")


def texts(length: int = LENGTH, *, every: bool = False) -> Iterator[str]:
    """Give each run in two companies; in `every` one there is, where so asked."""
    for number, run in enumerate(RUNS):
        some = [("", "x"), (STARTS[1 + number % (len(STARTS) - 1)], ENDS[number % len(ENDS)])]
        company = [*product(STARTS, ENDS)] if every else some
        for start, end in company:
            yield f"{start}{run * (length // len(run))}{end}"
