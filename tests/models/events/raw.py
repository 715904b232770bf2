"""Raw events, as anybody may send them."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import strategies as st

from models.base.errors import InvalidError
from models.events.events import Event
from models.events.intake.parsing import parse_event

NOW_S = 1_700_000_000.0
NUMBERS = st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


def given_event(**fields: Any) -> dict[str, Any]:
    return {"event": "page_view", "visitor_id": "v1", **fields}


def event_or_error(make: Callable[[], Event]) -> Event | InvalidError:
    try:
        return make()
    except InvalidError as error:
        return error


def refused(raw: object) -> InvalidError:
    with pytest.raises(InvalidError) as found:
        parse_event(raw, "shop", NOW_S)
    return found.value
