"""Feed fields: what shops write of products, creatives and rules, read as feeds and spreadsheets write it.

Numbers stand for text, yes and no for true and false, and an empty text for nothing.
"""

import re
from typing import Any, Final

from models.base.errors import InvalidError, show_value
from models.base.fields import Default, Fields
from models.base.texts import CONTROL_CHARACTER, is_printable
from models.catalog.feature_hashing import MAX_LEVELS
from models.catalog.resources import AVAILABILITY, MAX_ID_LENGTH
from models.events.amounts import parse_amount

MAX_TITLE: Final = 500
MAX_DESCRIPTION: Final = 5_000
MAX_LINK: Final = 2_000
MAX_LISTED_IDS: Final = 100
MAX_LEVEL_LENGTH: Final = 100

_SPACES = re.compile(r"\s+")
_UNSAFE_LINK = re.compile(r"^\s*(javascript|data|vbscript):", re.IGNORECASE)
_AMOUNT = re.compile(r"\s*([0-9]+(?:[.,][0-9]+)?)\s*([A-Za-z]{3})?\s*|\s*([A-Za-z]{3})\s+([0-9]+(?:\.[0-9]+)?)\s*")


class FeedFields(Fields):
    """Reads the fields of one thing a shop sells or shows.

    >>> FeedFields({"hidden": "yes", "gtin": 4006381333931}).flag("hidden", False)
    True
    """

    __slots__ = ()

    def line(self, name: str, most: int = MAX_TITLE) -> str:
        """Read text of at most `most` characters as one line; empty where it is not there."""
        text = self.text(name, None, most)
        return "" if text is None else _SPACES.sub(" ", text).strip()

    def flag(self, name: str, default: Default) -> bool | Default:
        """Read true or false, or yes or no."""
        return default if self.source.get(name) in (None, "") else Fields.flag(self, name, default)

    def identifier(self, *names: str) -> str:
        """Read the id that stands under the first of some names that is there; errors name the first."""
        given = [self.source[name] for name in names if name in self.source]
        value = given[0] if given else None
        if value is None or value == "":
            raise InvalidError(f"{names[0]}_missing", f"{names[0]} is required, got {show_value(value)}")
        return self.as_id(value, names[0])

    def link(self, name: str) -> str:
        """Read a web address or a path; empty where it is not there."""
        value = self.line(name, MAX_LINK)
        if _UNSAFE_LINK.match(value):
            raise self.refused(name, "must be a web address or a path", value)
        return value

    def price(self, name: str) -> tuple[float | None, str]:
        """Read an amount and its currency: a number, "15.00 EUR", or the Merchant API's object; none, and empty."""
        value = self.source.get(name)
        if value is None or value == "":
            return None, ""
        code = f"{name}_invalid"
        if isinstance(value, dict):
            currency = value.get("currency", value.get("currencyCode", ""))
            return parse_amount(value.get("value"), name, code), currency if isinstance(currency, str) else ""
        if isinstance(value, str):
            match = _AMOUNT.fullmatch(value)
            if not match:
                raise self.refused(name, "must be such as '15.00 EUR'", value)
            amount = (match[1] or match[4]).replace(",", ".")
            return parse_amount(amount, name, code), (match[2] or match[3] or "").upper()
        return parse_amount(value, name, code), ""

    def availability(self, what: str) -> str:
        """Read whether `what` is in stock; it is where nothing is said."""
        return parse_availability(self.source.get("availability"), what)

    def is_unset(self, name: str, value: Any) -> bool:
        """Whether a moment is not set; only what answers give as seconds is 0 for that."""
        return value is None or value == "" or (name.endswith("_s") and Fields.is_unset(self, name, value))

    def as_text(self, value: Any) -> str | None:
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return str(value) if number else Fields.as_text(self, value)

    def as_flag(self, value: Any) -> bool | None:
        if isinstance(value, str) and value.strip().lower() in ("yes", "true", "no", "false"):
            return value.strip().lower() in ("yes", "true")
        return Fields.as_flag(self, value)

    def as_id(self, element: Any, name: str) -> str:
        value = str(element) if isinstance(element, int) and not isinstance(element, bool) else element
        if value is None or value == "":
            raise InvalidError(f"{name}_missing", f"{name} is required, got {show_value(value)}")
        if not is_printable(value, MAX_ID_LENGTH):
            raise self.refused(name, f"must be 1 to {MAX_ID_LENGTH} printable characters", value)
        return value


def parse_availability(value: object, what: str) -> str:
    """Read whether something is in stock; it is where nothing is said. Raises `InvalidError`, which says `what` it is.

    >>> parse_availability("In Stock", "item 'a1'")
    'in_stock'
    """
    if value is None or value == "":
        return "in_stock"
    known = value.strip().lower().replace(" ", "_") if isinstance(value, str) else ""
    if known not in AVAILABILITY:
        raise InvalidError(
            "availability_invalid",
            f"{what}: availability must be one of {', '.join(AVAILABILITY)}, got {show_value(value)}",
        )
    return known


def parse_category(value: object, field: str = "category") -> tuple[str, ...]:
    """Read a category path: "Home > Kitchen", or a list of levels, outermost first; raises `InvalidError`.

    >>> parse_category("Home>Kitchen "), parse_category(["Home", "Kitchen"])
    (('Home', 'Kitchen'), ('Home', 'Kitchen'))
    """
    if value is None or value == "":
        return ()
    levels = value.split(">") if isinstance(value, str) else value
    if not isinstance(levels, (list, tuple)) or not all(isinstance(level, str) for level in levels):
        raise InvalidError(
            "category_invalid", f"{field} must be text such as 'Home > Kitchen', got {show_value(value)}"
        )
    cleaned = [_SPACES.sub(" ", level).strip() for level in levels]
    if any(len(level) > MAX_LEVEL_LENGTH or CONTROL_CHARACTER.search(level) for level in cleaned):
        raise InvalidError(
            "category_invalid",
            f"{field} has a level above {MAX_LEVEL_LENGTH} characters, got {show_value(value)}",
        )
    return tuple(level for level in cleaned if level)[:MAX_LEVELS]
