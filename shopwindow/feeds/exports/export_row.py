"""Export rows: one row of a shop system's export, read by the columns' names, and texts as such exports keep them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import unescape
from typing import Any, Final

_SPACES: Final = re.compile(r"\s+")
COLOR_WORDS: Final = (
    "color",
    "colour",
    "farbe",
    "couleur",
    "colore",
    "cor",
    "kleur",
    "kolor",
    "färg",
    "farve",
    "barva",
)
SIZE_WORDS: Final = ("size", "größe", "groesse", "taille", "talla", "tamaño", "taglia", "maat", "rozmiar", "storlek")
MATERIAL_WORDS: Final = ("material", "matière", "matériau", "materiale", "materiaal", "materiał")
"""What shops call the options that we know."""
_MARKUP: Final = re.compile(
    r"""<!--.*?(?:-->|\Z)|<(script|style)\b.*?(?:</\1\s*>|\Z)|<[a-z/!?](?:[^>"']++|"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z))*+(?:>|\Z)""",
    re.DOTALL | re.IGNORECASE,
)
"""Comments, scripts and tags; one that nobody closes goes on to the end, so that no sign is looked at twice."""


@dataclass(frozen=True, slots=True)
class ExportRow:
    """Reads a row's cells; `asked` collects the names of all columns that were asked for."""

    fields: Mapping[str, Any]
    asked: set[str]

    def cell(self, *names: str) -> str:
        """Give the first of some columns that has text, without the space around it; empty for none."""
        self.asked.update(names)
        return next((text for name in names if (text := str(self.fields.get(name, "")).strip())), "")

    def options(self, pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
        """Give the values of named options, from pairs of columns with a name and a value, by small name."""
        found = ((self.cell(name).casefold(), self.cell(value)) for name, value in pairs)
        return {name: value for name, value in found if name and value}


def option_of(options: Mapping[str, str], words: Iterable[str]) -> str:
    """Give the value of the first option that has one of some names; empty for none."""
    return next((options[word] for word in words if word in options), "")


def is_yes(text: str) -> bool:
    """Whether a cell says yes.

    >>> is_yes("TRUE"), is_yes("0"), is_yes("")
    (True, False, False)
    """
    return text.strip().casefold() in ("1", "true", "yes", "y")


def text_of_html(markup: str) -> str:
    """Give the text of some HTML on one line.

    >>> text_of_html("<p>Salt &amp; pepper</p><p>Set</p>")
    'Salt & pepper Set'
    """
    if "<" not in markup:
        return markup
    return _SPACES.sub(" ", unescape(_MARKUP.sub(" ", markup))).strip()
