"""Event batch: each event of a request stands alone, by its index."""

import pytest

from api.http.problems import ProblemError
from api.intake.event_batch import EventBatch
from api.intake.log_appender import Incoming
from models.base.errors import InvalidError
from models.events.dead_letter import decode_dead_letter, encode_dead_letter
from models.events.intake.event_warnings import EventWarnings


def test_what_is_taken_refused_and_set_aside_is_told_by_index() -> None:
    batch = EventBatch("shop", [{"visitor_id": "v"}, "x", {}, {}], 5.0, "")
    warnings = EventWarnings()
    warnings.add("price", "dropped", "?", "was left out")
    batch.accept(3, "e1", Incoming("shop", 0, "v", b"-"), warnings)
    batch.set_aside(1, InvalidError("event_invalid", "no event"))
    batch.set_aside(0, InvalidError("event_invalid", "none"))
    batch.refuse(2, ProblemError(403, "key_public", "no"))
    assert [(rejection["index"], rejection["code"]) for rejection in batch.rejected] == [
        (0, "event_invalid"),
        (1, "event_invalid"),
        (2, "key_public"),
    ]
    assert [(letter.name, letter.value) for letter in batch.letters] == [("", b'"x"'), ("v", b'{"visitor_id":"v"}')]
    assert [(told["index"], told["event_id"], told["code"]) for told in batch.warned] == [(3, "e1", "dropped")]
    batch.raise_if_all_refused()


def test_a_request_of_which_nothing_may_be_taken_ends_with_the_reason() -> None:
    batch = EventBatch("shop", [{}], 5.0, "")
    batch.raise_if_all_refused()
    batch.refuse(0, ProblemError(403, "key_public", "no"))
    with pytest.raises(ProblemError, match="no"):
        batch.raise_if_all_refused()


def test_a_name_of_half_a_character_costs_no_other_dead_letter() -> None:
    batch = EventBatch("shop", [{"visitor_id": "v\ud83d"}], 5.0, "")
    batch.set_aside(0, InvalidError("event_name_invalid", "none"))
    (letter,) = batch.letters
    assert decode_dead_letter(encode_dead_letter(letter)).name == "v\ufffd"
