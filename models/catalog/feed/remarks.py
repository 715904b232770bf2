"""Remarks: what of a product was guessed, changed or left out, said instead of losing the product."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from models.base.errors import InvalidError

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Remark:
    """What was done with a field that could not be taken as it stands; `code` names the kind."""

    field: str
    code: str
    message: str


@dataclass(slots=True)
class Remarks:
    """Remarks on one product."""

    found: list[Remark] = field(default_factory=list)

    def add(self, name: str, code: str, message: str) -> None:
        """Note what was done with a field."""
        self.found.append(Remark(name, code, message))

    def kept(self, name: str, read: Callable[[], Value], default: Value, done: str = "left out") -> Value:
        """Give what `read` gives, or a default and a remark where it raises `InvalidError`."""
        try:
            return read()
        except InvalidError as error:
            self.add(name, error.code, f"{error.message}: {done}")
            return default
