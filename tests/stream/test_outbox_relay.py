"""Outbox relay: what waits is appended where its visitor's events are, in order, until nothing is left."""

from collections.abc import Sequence

from models.base.errors import InvalidError
from models.events.events import MAX_ENCODED_BYTES, encode_event
from store.log.log import EventLog, partition_of
from stream.outbox_relay import relay_outbox
from tests.models.makers import event
from tests.stream.workers import PARTITIONS


class Waiting:
    """Notices kept in a list, given a few at a time."""

    def __init__(self, notices: Sequence[bytes], portion: int) -> None:
        self.notices = list(notices)
        self._portion = portion

    def give(self) -> list[bytes]:
        """The next of them."""
        return self.notices[: self._portion]

    def forget(self, told: Sequence[bytes]) -> int:
        """Forget those told; how many are left."""
        self.notices = [notice for notice in self.notices if notice not in told]
        return len(self.notices)


def no_letter(notice: bytes, error: InvalidError) -> None:
    raise AssertionError(notice) from error


def test_each_notice_goes_to_its_visitors_partition_and_all_of_them_do(log: EventLog) -> None:
    told = [encode_event(event("segment_entered", visitor=f"v{number % 5}", at_s=number)) for number in range(23)]
    waiting = Waiting(told, portion=4)
    relay_outbox(log, "shop", waiting.give, waiting.forget, no_letter)
    assert waiting.notices == []
    expected: dict[int, list[bytes]] = {}
    for number, notice in enumerate(told):
        expected.setdefault(partition_of("shop", f"v{number % 5}", PARTITIONS), []).append(notice)
    assert log.ends() == [len(expected.get(partition, ())) for partition in range(PARTITIONS)]
    reader = log.reader(dict.fromkeys(range(PARTITIONS), 0))
    found = {batch.partition: [record.value for record in batch.records] for batch in reader.poll(1_000, 2.0)}
    reader.close()
    assert found == expected


def test_nothing_waiting_is_nothing_to_tell(log: EventLog) -> None:
    waiting = Waiting([], portion=4)
    relay_outbox(log, "shop", waiting.give, waiting.forget, no_letter)
    assert log.ends() == [0] * PARTITIONS


def test_what_was_appended_before_a_crash_is_told_again(log: EventLog) -> None:
    waiting = Waiting([encode_event(event("segment_entered"))], portion=4)

    def die(_: Sequence[bytes]) -> int:
        raise KeyboardInterrupt

    for forget in (die, waiting.forget):
        try:
            relay_outbox(log, "shop", waiting.give, forget, no_letter)
        except KeyboardInterrupt:
            assert waiting.notices
    assert sum(log.ends()) == 2


def test_what_cannot_be_told_is_set_aside_and_the_rest_goes_on(log: EventLog) -> None:
    good = [encode_event(event("segment_entered", visitor=f"v{number}")) for number in range(3)]
    large = encode_event(event("_visitor_joined", params={"state": "x" * MAX_ENCODED_BYTES}))
    whole = encode_event(event("_visitor_joined", params={"state": "x" * (MAX_ENCODED_BYTES - 1_000)}))
    waiting, letters = Waiting([good[0], b"no event", large, whole, *good[1:]], portion=2), []
    relay_outbox(log, "shop", waiting.give, waiting.forget, lambda notice, error: letters.append((notice, error.code)))
    assert letters == [(b"no event", "event_undecodable"), (large, "event_too_large")]
    assert sum(log.ends()) == 4
    assert waiting.notices == []
