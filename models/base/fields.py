"""Fields: one JSON object from outside, read field by field; what does not fit is named with its value."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from math import inf, isfinite
from typing import Any, TypeVar

from models.base.errors import InvalidError, show_value
from models.base.ids import parse_id
from models.base.nesting import MAX_NESTING, is_too_deep
from models.base.timestamps import parse_time

Default = TypeVar("Default")
Choice = TypeVar("Choice", bound=str)


def reject_unknown_fields(source: Mapping[str, Any], known: Iterable[str], what: str) -> None:
    """Refuse fields that nobody knows, by name; raises `InvalidError`."""
    names = sorted(known) if isinstance(known, Set) else list(known)
    for name in source:
        if name not in names:
            raise InvalidError("field_unknown", f"{what} has no field {show_value(name)}; it has {', '.join(names)}")


def parse_object(
    raw: object, what: str, known: Iterable[str] | None = None, code: str = "object_invalid"
) -> dict[str, Any]:
    """Check that something is a JSON object, not nested too deep, of `known` fields alone where they are given; raises
    `InvalidError`."""
    if not isinstance(raw, dict):
        raise InvalidError(code, f"{what} must be a JSON object, got {show_value(raw)}")
    if is_too_deep(raw):
        raise InvalidError("value_too_deep", f"{what} is nested deeper than {MAX_NESTING} levels")
    if known is not None:
        reject_unknown_fields(raw, known, what)
    return raw


@dataclass(frozen=True, slots=True)
class Fields:
    """Reads the fields of one object; every reader raises `InvalidError` for what does not fit.

    A field that is not there is its default, and so is null where that default is None.

    Parameters
    ----------
    source
        The object, or anything that gives a value by name.
    where
        What stands before a field's name in messages, such as `lists[0].`; nothing by default.
    code
        Code of all errors; `<field>_invalid` by default.

    >>> Fields({"slots": 4}).whole("slots", 1, least=1, most=24)
    4
    """

    source: Mapping[str, Any]
    where: str = ""
    code: str = ""

    def refused(self, name: str, complaint: str, value: object) -> InvalidError:
        """Give the error of a value that does not fit."""
        message = f"{self.where}{name} {complaint}, got {show_value(value)}"
        return InvalidError(self.code or f"{name}_invalid", message)

    def text(self, name: str, default: Default, most: int) -> str | Default:
        """Read text of at most `most` characters."""
        if self._absent(name, default):
            return default
        value = self.source[name]
        text = self.as_text(value)
        if text is None:
            raise self.refused(name, "must be text", value)
        if len(text) > most:
            raise self.refused(name, f"must be text of at most {most} characters, not {len(text)}", value)
        return text

    def own_id(self, name: str) -> str:
        """Read the id that the object goes by."""
        return parse_id(self.source.get(name), name, self.where)

    def flag(self, name: str, default: Default) -> bool | Default:
        """Read true or false."""
        if self._absent(name, default):
            return default
        flag = self.as_flag(self.source[name])
        if flag is None:
            raise self.refused(name, "must be true or false", self.source[name])
        return flag

    def whole(self, name: str, default: Default, least: int, most: int) -> int | Default:
        """Read a whole number from `least` to `most`."""
        if self._absent(name, default):
            return default
        whole = self.as_whole(self.source[name])
        if whole is None or not least <= whole <= most:
            raise self.refused(name, f"must be a whole number from {least} to {most}", self.source[name])
        return whole

    def number(self, name: str, default: Default, least: float, most: float) -> float | Default:
        """Read a number from `least` to `most`."""
        if self._absent(name, default):
            return default
        number = self.as_number(self.source[name])
        if number is None or not least <= number <= most:
            raise self.refused(name, f"must be a number from {least:g} to {most:g}", self.source[name])
        return number

    def choice(self, name: str, default: Choice | None, choices: Sequence[Choice]) -> Choice:
        """Read one of a few words; None as default asks for one."""
        value = self.source.get(name, default)
        for known in choices:
            if value == known:
                return known
        raise self.refused(name, f"must be one of {', '.join(choices)}", value)

    def ids(self, name: str, most: int) -> tuple[str, ...]:
        """Read a list of at most `most` ids; none where it is not there, or null."""
        if self.source.get(name) is None:
            return ()
        return tuple(self.as_id(element, name) for element in self.array(name, most))

    def array(self, name: str, most: int, least: int = 0) -> Sequence[Any]:
        """Read a list of `least` to `most` elements; an empty one where it is not there."""
        value = self.source.get(name, ())
        if not isinstance(value, (list, tuple)) or not least <= len(value) <= most:
            size = f"at most {most}" if not least else f"{least} to {most}"
            raise self.refused(name, f"must be a list of {size}", value)
        return value

    def mapping(self, name: str, most: int) -> dict[str, Any]:
        """Read an object of at most `most` members, whatever their names; an empty one where it is not there."""
        value = self.source.get(name, {})
        if not isinstance(value, dict) or len(value) > most or not all(isinstance(key, str) for key in value):
            raise self.refused(name, f"must be an object of at most {most}", value)
        return value

    def moment(self, names: Sequence[str], default: float) -> float:
        """Read the first of some fields that is set, as epoch seconds; null, 0 and infinity set nothing."""
        for name in names:
            value = self.source.get(name)
            if self.is_unset(name, value):
                continue
            try:
                return parse_time(value, now_s=inf)
            except InvalidError as error:
                raise self.refused(name, "must be an ISO 8601 time", value) from error
        return default

    def _absent(self, name: str, default: object) -> bool:
        return name not in self.source or (default is None and self.source[name] is None)

    def is_unset(self, name: str, value: Any) -> bool:  # noqa: ARG002 - what a feed calls it tells there
        """Whether a moment is not set."""
        return value is None or value in (0, inf)

    def as_text(self, value: Any) -> str | None:
        """Give a value as text; None for what is none."""
        return value if isinstance(value, str) else None

    def as_flag(self, value: Any) -> bool | None:
        """Give a value as true or false; None for what is neither."""
        return value if isinstance(value, bool) else None

    def as_whole(self, value: Any) -> int | None:
        """Give a value as a whole number; None for what is none."""
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def as_number(self, value: Any) -> float | None:
        """Give a value as a finite number; None for what is none."""
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return None
        return float(value) if abs(value) < 1e300 and isfinite(value) else None

    def as_id(self, element: Any, name: str) -> str:
        """Give an element as an id; raises `InvalidError`."""
        if not isinstance(element, str):
            raise self.refused(name, "must be a list of ids", element)
        return element
