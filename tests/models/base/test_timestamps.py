"""Timestamps: every unit means the same moment, and none lies far ahead."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.base.timestamps import MAX_CLOCK_AHEAD_S, parse_time

NOW_S = 1_700_000_000.0


@pytest.mark.parametrize(
    ("value", "at_s"),
    [
        (None, NOW_S),
        ("2019-10-01T00:00:00Z", 1_569_888_000.0),
        ("2019-10-01T02:00:00+02:00", 1_569_888_000.0),
        ("2019-10-01", 1_569_888_000.0),
        (1_569_888_000, 1_569_888_000.0),
        (1_569_888_000_123, 1_569_888_000.123),
        (1_569_888_000_123_456, 1_569_888_000.123456),
        (NOW_S + 10_000, NOW_S + MAX_CLOCK_AHEAD_S),
    ],
)
def test_times_are_read_in_every_unit_and_never_lie_far_ahead(value: object, at_s: float) -> None:
    assert parse_time(value, NOW_S) == at_s


@given(moment=st.datetimes(datetime(2000, 1, 2), datetime(2023, 1, 1)))
def test_a_time_means_the_same_as_text_and_as_a_number(moment: datetime) -> None:
    moment = moment.replace(tzinfo=UTC)
    assert parse_time(moment.isoformat(), NOW_S) == moment.timestamp()
    assert parse_time(moment.timestamp(), NOW_S) == moment.timestamp()
