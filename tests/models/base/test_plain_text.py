"""Plain text: whatever was written, it is shown and does nothing."""

import re
import unicodedata

import pytest

from models.base.plain_text import plain_text, table_cell


def test_no_text_moves_a_cursor_turns_a_line_or_hides() -> None:
    every = "".join(map(chr, range(0x3000)))
    shown = plain_text(every)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]", shown)
    assert not [
        sign for sign in shown if unicodedata.bidirectional(sign) in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI")
    ]
    assert plain_text("Größe 42 – «日本», שלום, 👍🏽\n") == "Größe 42 – «日本», שלום, 👍🏽\n"
    assert plain_text("\ud83d") == "\\ud83d"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@sum", "\t=1", "\r=1", "  =1", "＝1", "\n=1", "=\x00"])
def test_a_cell_is_no_formula(text: str) -> None:
    assert str(table_cell(text)).startswith("'")


def test_numbers_and_usual_texts_stay() -> None:
    assert [table_cell(value) for value in (-1.5, None, 0, "a=b", "")] == [-1.5, None, 0, "a=b", ""]
