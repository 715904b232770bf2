"""Record before: what a visitor's record said before a device's part joined it, where one value replaced another."""

import msgspec

from models.visitor.contact_history import ContactHistory, without_contacts
from models.visitor.satisfaction import Satisfaction


class RecordBefore(msgspec.Struct, array_like=True, frozen=True):
    """What was agreed to, complained of and answered, contacts left out, and whether there was `intent`."""

    contact_history: ContactHistory | None = None
    satisfaction: Satisfaction | None = None
    intent: bool = False


def record_before(
    contact_history: ContactHistory | None, satisfaction: Satisfaction | None, *, intent: bool
) -> RecordBefore:
    """Take down what a record says."""
    return RecordBefore(without_contacts(contact_history), satisfaction, intent)
