"""Feed fields: what shops write of products, creatives and rules, read as feeds and spreadsheets write it.

Numbers stand for text, yes and no for true and false, and an empty text for nothing.
"""

import re
from typing import Any, Final

from models.base.errors import InvalidError, show_value
from models.base.fields import Default, Fields
from models.base.texts import CONTROL_CHARACTER, is_printable
from models.catalog.feed.availability import read_availability
from models.catalog.feed.prices import PriceEvidence, read_price
from models.catalog.resources import AVAILABILITY, MAX_ID_LENGTH, MAX_LEVELS

MAX_TITLE: Final = 500
MAX_DESCRIPTION: Final = 5_000
MAX_LINK: Final = 2_000
MAX_LISTED_IDS: Final = 100
MAX_LEVEL_LENGTH: Final = 100

_FLAGS: Final = {"yes": True, "true": True, "y": True, "1": True, "no": False, "false": False, "n": False, "0": False}
_SPACES = re.compile(r"\s+")
_HIDDEN = re.compile(r"[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]")
"""What browsers leave out of an address, or nobody sees."""
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]{0,30}):", re.IGNORECASE)
_SCHEMES: Final = frozenset({"http", "https", "mailto", "tel"})


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
        scheme = _SCHEME.match(_HIDDEN.sub("", value))
        if scheme is not None and scheme[1].lower() not in _SCHEMES and not _is_host(value):
            raise self.refused(name, "must be a web address or a path", value)
        return value

    def price_amount(self, name: str) -> float | None:
        """Read an amount of money, a number or such as "15.00 EUR"; None where it is not there."""
        value = self.source.get(name)
        if value is None or value == "":
            return None
        return read_price(value, name, PriceEvidence.from_rows([{"price": value}])).amount

    def is_unset(self, name: str, value: Any) -> bool:
        """Whether a moment is not set; only what answers give as seconds is 0 for that."""
        return value is None or value == "" or (name.endswith("_s") and Fields.is_unset(self, name, value))

    def as_text(self, value: Any) -> str | None:
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return str(value) if number else Fields.as_text(self, value)

    def as_flag(self, value: Any) -> bool | None:
        if isinstance(value, (str, int)) and not isinstance(value, bool):
            return _FLAGS.get(str(value).strip().lower())
        return Fields.as_flag(self, value)

    def as_id(self, element: Any, name: str) -> str:
        value = element
        if isinstance(value, float) and value.is_integer():
            value = int(value)  # a spreadsheet's way to write a number
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if isinstance(value, str):
            value = value.strip()
        if value is None or value == "":
            raise InvalidError(f"{name}_missing", f"{name} is required, got {show_value(value)}")
        if not is_printable(value, MAX_ID_LENGTH):
            raise self.refused(name, f"must be 1 to {MAX_ID_LENGTH} printable characters", value)
        return value


def parse_availability(value: object, what: str) -> str:
    """Read whether something is in stock, in a word of any system. Raises `InvalidError`, which says `what` it is.

    >>> parse_availability("In Stock", "item 'a1'")
    'in_stock'
    """
    known = read_availability(value)
    if known is None:
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


def _is_host(value: str) -> bool:
    """Whether what stands before a colon is a host with a port, such as `shop.example:8080/mugs`.

    >>> _is_host("shop.example:8080/mugs"), _is_host("javascript:1"), _is_host("localhost:3000")
    (True, False, False)
    """
    host, _, rest = value.partition(":")
    return "." in host and rest[:1].isdigit()
