"""Plain text: what visitors and other systems wrote, shown so that it does nothing: no control, no formula."""

import re
from typing import Any, Final

_DOES_SOMETHING: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # controls, terminals' escape sequences begin with one; tabs and line ends stay
    "\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # turn the line round, or cannot be seen
    "\ud800-\udfff\ufffe\uffff"  # no characters
    "\U000e0000-\U000e007f]"
)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def plain_text(text: str) -> str:
    r"""Give a text with what does something written out.

    >>> plain_text("a\x1b[2Jb\u202ec\td")
    'a\\x1b[2Jb\\u202ec\td'
    """
    return _DOES_SOMETHING.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def table_cell(value: Any) -> Any:
    """Give a value as a cell of a table that spreadsheets open: a text that begins as a formula does is none.

    >>> table_cell("=cmd()"), table_cell(" @a"), table_cell(-5), table_cell("e-mail")
    ("'=cmd()", "' @a", -5, 'e-mail')
    """
    if not isinstance(value, str):
        return value
    text = plain_text(value)
    return f"'{text}" if value.lstrip(" ").startswith(_FORMULA) else text
