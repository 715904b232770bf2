"""What a timer is about: one typed record for each kind of condition.

A timer keeps it encoded, as a map of its fields, so that a visitor's state is read and written without knowing what
each of its triggers waits for; only the condition that made it reads it.
"""

from typing import TypeVar

import msgspec


class About(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing but that the time has come; the others add what the event told."""


class AboutOrder(About, frozen=True, kw_only=True):
    """An order of the visitor."""

    order_id: str = ""


class AboutItem(About, frozen=True, kw_only=True):
    """A catalog item the visitor wants."""

    item_id: str = ""


class AboutStage(About, frozen=True, kw_only=True):
    """The lifecycle stage that was entered."""

    stage: str = ""


class AboutSegment(About, frozen=True, kw_only=True):
    """The segment that was entered."""

    segment_id: str = ""


class AboutSignUp(About, frozen=True, kw_only=True):
    """By which event the visitor signed up."""

    event: str = ""


class AboutComplaint(About, frozen=True, kw_only=True):
    """What was complained of, for a person, by which event at `at_s` (epoch seconds), and the shop's number of it."""

    said: str = ""
    event: str = ""
    at_s: float = 0.0
    case_id: str = ""


class AboutPage(About, frozen=True, kw_only=True):
    """A page that was opened at `at_s` (epoch seconds), and its item, empty for a page of none."""

    event: str = ""
    item_id: str = ""
    at_s: float = 0.0


class AboutEvent(About, frozen=True, kw_only=True):
    """An event of the shop's choice at `at_s` (epoch seconds), and the first items it named."""

    event: str = ""
    at_s: float = 0.0
    item_ids: list[str] = []


NOT_FOR_MESSAGES = frozenset({"at_s", "item_ids"})
"""Fields that a message does not carry as they are: it has times and items of its own."""

AboutType = TypeVar("AboutType", bound=About)
_encoder = msgspec.msgpack.Encoder()


def encode_about(about: About) -> msgspec.Raw:
    """Give the form a timer keeps.

    >>> read_about(encode_about(AboutOrder(order_id="7")), AboutOrder).order_id
    '7'
    """
    return msgspec.Raw(_encoder.encode(about))


def read_about(stored: msgspec.Raw, kind: type[AboutType]) -> AboutType:
    """Read what a timer keeps, as the condition that armed it wrote it."""
    return msgspec.msgpack.decode(stored, type=kind)
