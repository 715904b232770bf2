"""Sale dates: Google's one field, our two, days without a time, what shop systems write for no date."""

from math import inf
from typing import Any

import pytest

from models.base.durations import DAY_S
from models.base.errors import InvalidError
from models.catalog.feed.sale_dates import read_sale_dates

MARCH_S = 1_772_323_200.0  # 2026-03-01T00:00:00Z


@pytest.mark.parametrize(
    ("source", "dates"),
    [
        ({}, (0.0, inf)),
        ({"sale_price_effective_date": "2026-03-01T01:00+0100/2026-03-03T00:00Z"}, (MARCH_S, MARCH_S + 2 * DAY_S)),
        ({"sale_price_effective_date": "2026-03-01/2026-03-02"}, (MARCH_S, MARCH_S + 2 * DAY_S)),
        ({"sale_price_effective_date": "2026-03-01 - 2026-03-01"}, (MARCH_S, MARCH_S + DAY_S)),
        ({"sale_price_effective_date": "2026-03-01/"}, (MARCH_S, inf)),
        ({"sale_price_effective_date": "0000-00-00 00:00:00/2026-03-01T00:00Z"}, (0.0, MARCH_S)),
        ({"sale_price_effective_date": {"startTime": "2026-03-01T00:00:00Z"}}, (MARCH_S, inf)),
        ({"sale_price_effective_date": ""}, (0.0, inf)),
        ({"sale_starts_at": "2026-03-01", "sale_ends_at": "2026-03-01"}, (MARCH_S, MARCH_S + DAY_S)),
        ({"sale_starts_at_s": MARCH_S, "sale_ends_at_s": MARCH_S + 5}, (MARCH_S, MARCH_S + 5)),
        ({"sale_price_effective_date": "20260301/20260302"}, (MARCH_S, MARCH_S + 2 * DAY_S)),
        ({"sale_starts_at": "2026-03-01Z", "sale_ends_at": "2026-03-01 UTC"}, (MARCH_S, MARCH_S + DAY_S)),
        ({"sale_starts_at": "2026-03-01+01:00", "sale_ends_at": "20260301-0100"}, (MARCH_S - 3_600, MARCH_S + 90_000)),
        ({"sale_starts_at": "1.3.2026", "sale_ends_at": "01.03.2026"}, (MARCH_S, MARCH_S + DAY_S)),
        ({"sale_starts_at": 20260301, "sale_ends_at": "2026/03/01"}, (MARCH_S, MARCH_S + DAY_S)),
        ({"sale_ends_at": "2026-03-01T00:00"}, (0.0, MARCH_S)),
        ({"sale_starts_at": None, "sale_starts_at_s": 0, "sale_ends_at_s": inf}, (0.0, inf)),
    ],
)
def test_when_a_sale_begins_and_ends(source: dict[str, Any], dates: tuple[float, float]) -> None:
    assert read_sale_dates(source) == dates


@pytest.mark.parametrize(
    "value",
    ["soon", "2026-03-01", "2026-03-05/2026-03-01", 7, "a/b", "31.02.2026/", "2026-03-01T10:00Z/2026-03-01T10:00Z"],
)
def test_dates_that_are_none_are_named(value: Any) -> None:
    with pytest.raises(InvalidError, match="sale_price_effective_date") as found:
        read_sale_dates({"sale_price_effective_date": value})
    assert found.value.code == "sale_price_effective_date_invalid"
