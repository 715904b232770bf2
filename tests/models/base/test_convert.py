"""Convert: a declared type takes what fits it, and says where something does not."""

from typing import Annotated, Any

import msgspec
import pytest
from msgspec import Meta

from models.base.convert import convert
from models.base.durations import Duration
from models.base.errors import InvalidError


class Pause(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """So many times, for so long."""

    times: Annotated[int, Meta(ge=1)] = 1
    length: Duration = Duration(60.0)

    def __post_init__(self) -> None:
        if self.times == 13:
            raise ValueError("times must not be 13")


def test_what_fits_becomes_the_type() -> None:
    assert convert({"times": 2, "length": "2h"}, Pause, "a pause", "pause_invalid") == Pause(2, Duration(7_200.0))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"times": 0}, r"a pause: Expected `int` >= 1 - at `\$.times`, got {'times': 0}"),
        ({"time": 1}, "a pause: Object contains unknown field `time`, got"),
        ({"times": 13}, "a pause: times must not be 13.* got {'times': 13}"),
        ({"length": "2 moons"}, "a pause: a span is seconds, .* got '2 moons'"),
        (7, "a pause: Expected `object`, got `int`, got 7"),
    ],
)
def test_what_does_not_fit_is_named_with_its_place(value: Any, message: str) -> None:
    with pytest.raises(InvalidError, match=message) as found:
        convert(value, Pause, "a pause", "pause_invalid")
    assert found.value.code == "pause_invalid"
