"""Open streams: counted by address, key and visitor while they wait, whatever ends them."""

import contextlib

import pytest

from api.http.edge.limits import Limits
from api.http.edge.open_streams import OpenStreams
from api.http.problems import ProblemError

LIMITS = Limits(streams_per_address=4, streams_per_key=6, streams_per_visitor=2)


def refused(streams: OpenStreams, *asking: str) -> str:
    try:
        streams.check(*asking)
    except ProblemError as error:
        return f"{error.status} {error.code} {error.headers} {error.detail}"
    return ""


def test_each_kind_has_its_limit() -> None:
    streams = OpenStreams(LIMITS)
    with contextlib.ExitStack() as held:
        for number in range(2):
            held.enter_context(streams.opened("192.0.2.1", "shop", "v1"))
            held.enter_context(streams.opened("192.0.2.1", "shop", f"other-{number}"))
        told = refused(streams, "192.0.2.9", "shop", "v1")
        assert told.startswith("429 streams_too_many {'Retry-After': '5'} ")
        assert "visitor 'v1'" in told
        assert refused(streams, "192.0.2.9", "fair", "v1") == "", "of another site it is another visitor"
        assert "address '192.0.2.1'" in refused(streams, "192.0.2.1", "shop", "v2")
        for number in range(2):
            held.enter_context(streams.opened("192.0.2.8", "shop", f"more-{number}"))
        assert "key 'shop'" in refused(streams, "192.0.2.9", "shop", "v2")
        assert refused(streams, "", "fair", "v2") == ""
    assert refused(streams, "192.0.2.1", "shop", "v1") == ""
    assert len(streams) == 0


def test_one_that_fails_is_counted_off() -> None:
    streams = OpenStreams(LIMITS)
    with pytest.raises(OSError, match="gone"), streams.opened("192.0.2.1", "shop", "v1"):
        raise OSError("gone")
    assert len(streams) == 0


def test_no_limit_is_none() -> None:
    streams = OpenStreams(Limits(streams_per_address=0, streams_per_key=0, streams_per_visitor=0))
    with contextlib.ExitStack() as held:
        for _ in range(5_000):
            streams.check("192.0.2.1", "shop", "v1")
            held.enter_context(streams.opened("192.0.2.1", "shop", "v1"))
