"""Timestamps: every unit is told by its size, and nothing lies far ahead."""

from datetime import UTC, datetime
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.base.errors import InvalidError, show_value
from models.base.timestamps import EARLIEST_S, LATEST_MOMENT_S, MAX_CLOCK_AHEAD_S, parse_time
from tests.models.events.raw import NOW_S


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
        (1_569_888_000_123_456_000, 1_569_888_000.123456),
        ("1569888000", 1_569_888_000.0),
        ("1569888000.5", 1_569_888_000.5),
        ("1569888000123", 1_569_888_000.123),
        ("1569888000123456000", 1_569_888_000.123456),
        ("20191001020304", 1_569_895_384.0),
        ("20191001", 1_569_888_000.0),
        ("2019-10-01 00:00:00 UTC", 1_569_888_000.0),
        ("2019-10-01T02:00:00 +0200", 1_569_888_000.0),
        ("2019-10-01t00:00:00.123456789z", 1_569_888_000.123456),
        ("Tue, 01 Oct 2019 00:00:00 GMT", 1_569_888_000.0),
        ("Tue, 01 Oct 2019 00:00:00 UTC", 1_569_888_000.0),
        ("Tuesday, 01-Oct-19 00:00:00 GMT", 1_569_888_000.0),
        ("Tue Oct  1 00:00:00 2019", 1_569_888_000.0),
        ("Tue, 01 Oct 2019 02:00:00 +0200", 1_569_888_000.0),
        ("Tue Oct 01 2019 02:00:00 GMT+0200 (Central European Summer Time)", 1_569_888_000.0),
        ("9999-12-31", NOW_S + MAX_CLOCK_AHEAD_S),
        (NOW_S + 10_000, NOW_S + MAX_CLOCK_AHEAD_S),
    ],
)
def test_times_are_read_in_every_unit_and_never_lie_far_ahead(value: object, at_s: float) -> None:
    assert parse_time(value, NOW_S) == at_s


@pytest.mark.parametrize(
    "value",
    [15_698_880_000, 20_191_001_020_304, 9e12, 1e20, "15698880000", "01.10.2019 12:00", "10/01/2019", "12:00", "2019",
     "soon", "", -1, "-1569888000", True, float("nan")],
)  # fmt: skip
def test_what_is_no_time_of_any_unit_is_refused_with_its_value(value: object) -> None:
    with pytest.raises(InvalidError) as found:
        parse_time(value, NOW_S)
    assert found.value.code == "timestamp_invalid"
    assert show_value(value) in found.value.message


def test_a_moment_asked_for_without_a_limit_may_lie_far_ahead() -> None:
    assert parse_time("9999-12-31", now_s=inf) == 253_402_214_400.0
    assert parse_time(15_698_880_000, now_s=inf) == 15_698_880_000.0


@given(moment=st.datetimes(datetime(2000, 1, 2), datetime(2023, 1, 1)))  # noqa: DTZ001 - the zone is set below
def test_a_time_means_the_same_as_text_and_as_a_number(moment: datetime) -> None:
    moment = moment.replace(tzinfo=UTC)
    assert parse_time(moment.isoformat(), NOW_S) == moment.timestamp()
    assert parse_time(moment.timestamp(), NOW_S) == moment.timestamp()


@given(st.integers(int(EARLIEST_S) * 1000, int(LATEST_MOMENT_S) * 1000))
def test_an_epoch_number_as_text_is_the_number_in_every_unit(at_ms: int) -> None:
    for digits in ("", "000", "000000"):
        text = f"{at_ms}{digits}"
        assert parse_time(text, inf) == parse_time(int(text), inf) == pytest.approx(at_ms / 1000)
    assert parse_time(f"{at_ms / 1000:.3f}", inf) == pytest.approx(at_ms / 1000)


def test_days_and_times_written_in_digits_alone_stay_what_they_are() -> None:
    assert parse_time("20260131", inf) == parse_time("2026-01-31", inf)
    assert parse_time("20260131120000", inf) == parse_time("2026-01-31T12:00:00Z", inf)
