"""Record before: what a visitor's record said before a device's part joined it, where one value replaced another."""

import msgspec

from models.visitor.contact_history import ContactHistory
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
    said = None
    if contact_history is not None:
        cases = [msgspec.structs.replace(case) for case in contact_history.cases]
        said = msgspec.structs.replace(contact_history, banners=b"", messages=b"", campaigns=[], cases=cases)
    return RecordBefore(said, satisfaction, intent)
