"""Decode: good events go on with their positions, each bad record becomes a dead letter that says where it stands."""

import pytest

from models.events.events import encode_event
from store.log.log import Batch, Record, partition_of
from stream.decode import Decoder
from tests.models.makers import event

HOME = partition_of("shop", "v1", 4)
GOOD = encode_event(event("view_item", "p1"))
DECODER = Decoder("profile", frozenset({"shop"}), 4, now=lambda: 7.5)


def test_bad_records_between_good_ones_are_set_aside_as_they_came() -> None:
    decoded = DECODER(Batch(HOME, [Record(4, GOOD), Record(5, b"\xff"), Record(6, GOOD)]))
    assert (decoded.partition, decoded.last_position) == (HOME, 6)
    assert [(position, told.event) for position, told in decoded.events] == [(4, "view_item"), (6, "view_item")]
    (letter,) = decoded.dead_letters
    assert (letter.source, letter.code, letter.value, letter.at_s) == ("profile", "event_undecodable", b"\xff", 7.5)
    assert (letter.site, letter.partition, letter.position) == ("", HOME, 5)


@pytest.mark.parametrize(
    ("value", "partition", "code", "site", "named"),
    [
        (GOOD.replace(b'"shop"', b'"nobody"'), HOME, "site_unknown", "", "'nobody' is not one of ['shop']"),
        (GOOD, (HOME + 1) % 4, "partition_wrong", "shop", f"'v1' belongs to partition {HOME}"),
        (b"{}", HOME, "event_undecodable", "", "record is no event"),
        (GOOD.replace(b'"v1"', b'""'), HOME, "event_undecodable", "", "must not be empty"),
    ],
)
def test_what_nobody_could_find_again_is_no_event_of_ours(
    value: bytes, partition: int, code: str, site: str, named: str
) -> None:
    decoded = DECODER(Batch(partition, [Record(1, value)]))
    (letter,) = decoded.dead_letters
    assert (decoded.events, decoded.last_position) == ([], 1)
    assert (letter.code, letter.site) == (code, site)
    assert named in letter.message
