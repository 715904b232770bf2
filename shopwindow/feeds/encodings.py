"""Encodings: which one a text without a word of it is in, by the letters it would have of each language."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

WESTERN: Final = "windows-1252"
_LETTERS: Final[Mapping[str, tuple[str, ...]]] = {
    WESTERN: (
        "äöüßéèêàç",  # German, with the names it borrows
        "éèêëàâîïôöùûüçœæÿ",
        "áéíóúñüçàèò",  # Spanish, Catalan
        "àèéìíîòóùú",
        "áâãàçéêíóôõúü",
        "éèëêïöóüáíú",
        "åäöæøéüà",
        "áéíóúýðþæö",
    ),
    "windows-1250": (
        "ąćęłńóśźżé",
        "áčďéěíňóřšťúůýž",
        "áäčďéíĺľňóôŕšťúýž",
        "áéíóöőúüű",
        "ăâîşţéá",
        "čćđšžéö",
    ),
    "windows-1254": ("çğıöşüâîûİ",),
    "windows-1257": ("ąčęėįšųūž", "āčēģīķļņšūž"),
}
"""Letters beyond A to Z of the languages that each is for; the first that fits as well as any counts."""
_LETTERS_OF: Final = {**_LETTERS, "iso-8859-2": _LETTERS["windows-1250"]}
_WORD: Final = re.compile(rb"(?<![A-Za-z])[A-Za-z]*+[\x80-\xff][A-Za-z\x80-\xff]*")
_MOST_WORDS: Final = 5_000
_LEAST_BETTER: Final = 0.05
"""By how much, as a share of letters, another has to fit better than the Western one: names come from anywhere."""


@dataclass(slots=True)
class _Read:
    """What the words of a text are in one encoding: their letters, and how many signs that stand inside of words."""

    letters: Counter[str] = field(default_factory=Counter)
    signs: int = 0

    def fit(self, alphabet: str) -> float:
        """Share of letters that a language has, of all there are."""
        total = self.letters.total() + self.signs
        return sum(self.letters[letter] for letter in alphabet) / total if total else 1.0


def guess_encoding(data: bytes) -> str:
    """Give the encoding, of one byte a letter, in which a text's words are spelled most like a language's.

    >>> guess_encoding("Łóżko, pościel, świecznik".encode("windows-1250"))
    'windows-1250'
    """
    words = [found[0] for found in islice(_WORD.finditer(data), _MOST_WORDS)]
    best, best_fit = WESTERN, 0.0
    for encoding, alphabets in _LETTERS_OF.items():
        read = _read(words, encoding)
        fit = max(map(read.fit, alphabets))
        if fit > best_fit + (_LEAST_BETTER if best == WESTERN and encoding != WESTERN else 0.0):
            best, best_fit = encoding, fit
    return best


def _read(words: list[bytes], encoding: str) -> _Read:
    read = _Read()
    for word in words:
        text = word.decode(encoding, errors="replace")
        for place, sign in enumerate(text):
            if sign.isalpha():
                if not sign.isascii():
                    read.letters[sign if sign == "İ" else sign.lower()] += 1
            elif text[place - 1 : place].isalpha() and text[place + 1 : place + 2].isalpha() and sign not in "’'–-":
                read.signs += 1
    return read
