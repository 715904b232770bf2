"""Messages to visitors, and saves of them, for the tests of what triggers keep."""

from models.visitor.contact_history import message_id
from store.log.log import partition_of
from store.messages.trigger_states import Message, StateUpdate, TriggerStore

PARTITIONS = 4
NOW = 1_700_000_000.0


def message(site: str, visitor: str, at_s: float = NOW, **fields: str) -> Message:
    """A message to a visitor over every way."""
    one = message_id(partition_of(site, visitor, PARTITIONS), site, visitor, "x", str(at_s))
    written = {"status": "sent", "trigger_id": "x", "visitor_id": visitor, "at_s": f"{at_s:.3f}", **fields}
    return Message(one, at_s, written, b'{"data":{"a":"\xc3\xa9"}}', b'{"told":1}', ("webhook", "topic"), True, 60.0)


def save(store: TriggerStore, site: str, visitor: str, changed: StateUpdate) -> None:
    """Save one visitor."""
    partition = partition_of(site, visitor, PARTITIONS)
    store.update_states(site, partition, [visitor], lambda _, __: [changed], NOW)
