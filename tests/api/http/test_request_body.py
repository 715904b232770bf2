"""Bodies: read up to a limit, decoded, and held against their address."""

import asyncio
import gzip
from typing import Any

import msgspec
import orjson
import pytest
from starlette.requests import Request
from starlette.types import Message

from api.http.problems import ProblemError
from api.http.request_body import array_in, parse_each, read_body, read_json, read_object, read_resource
from models.base.errors import InvalidError
from models.catalog.parsing import parse_placement


class Asked(msgspec.Struct):
    """A body of one field."""

    visitor_id: str


def _request(body: bytes, announced: int | None = None, encoding: str = "") -> Request:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    headers = [] if announced is None else [(b"content-length", str(announced).encode())]
    headers += [(b"content-encoding", encoding.encode())] if encoding else []
    return Request({"type": "http", "method": "PUT", "path": "/", "headers": headers}, receive)


def _read(body: Any) -> Any:
    return asyncio.run(read_resource(_request(orjson.dumps(body)), "placement_id", "hero"))


def test_the_id_in_the_address_counts() -> None:
    assert _read({"slots": 2}) == _read({"slots": 2, "placement_id": "hero"}) == {"slots": 2, "placement_id": "hero"}
    assert _read([1]) == [1], "what is no object is for the parser to refuse"
    with pytest.raises(InvalidError) as found:
        _read({"placement_id": "side"})
    assert found.value.code == "placement_id_invalid"
    assert found.value.message == "placement_id is 'side', but the address says 'hero'"


@pytest.mark.parametrize("announced", [None, 6])
def test_a_body_has_a_limit_announced_or_not(announced: int | None) -> None:
    assert asyncio.run(read_json(_request(b"[1,2]", 5), 5)) == [1, 2]
    with pytest.raises(ProblemError, match="at most 5") as found:
        asyncio.run(read_json(_request(b"[1,23]", announced), 5))
    assert (found.value.status, found.value.code) == (413, "body_too_large")


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(ProblemError) as found:
        asyncio.run(read_json(_request(b"{")))
    assert (found.value.status, found.value.code) == (400, "json_invalid")


def test_an_object_has_the_documented_fields() -> None:
    assert asyncio.run(read_object(_request(b'{"visitor_id": "v"}'), Asked)) == {"visitor_id": "v"}
    with pytest.raises(InvalidError, match="the body has no field 'visitor'; it has visitor_id"):
        asyncio.run(read_object(_request(b'{"visitor": "v"}'), Asked))
    with pytest.raises(ProblemError, match="the body must be a JSON object, got 7"):
        asyncio.run(read_object(_request(b"7"), Asked))


def test_a_bad_element_never_fails_the_others() -> None:
    values = array_in({"placements": [{"placement_id": "a"}, {}, {"placement_id": "b", "slots": 99}]}, "placements", 3)
    accepted, rejected = parse_each(values, parse_placement)
    assert [placement.placement_id for placement in accepted] == ["a"]
    assert [(refused["index"], refused["code"]) for refused in rejected] == [
        (1, "placement_id_missing"),
        (2, "slots_invalid"),
    ]
    for body, status in (({"placements": [1, 2]}, 413), ({"placements": {}}, 422), ([], 422)):
        with pytest.raises(ProblemError) as found:
            array_in(body, "placements", 1)
        assert found.value.status == status


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "GZIP"])
def test_a_body_may_be_packed_with_gzip(encoding: str) -> None:
    assert asyncio.run(read_json(_request(gzip.compress(b'{"a": 1}'), encoding=encoding))) == {"a": 1}
    two = gzip.compress(b'{"a"') + gzip.compress(b": 2}")
    assert asyncio.run(read_json(_request(two, encoding=encoding))) == {"a": 2}
    assert asyncio.run(read_json(_request(b"[1]", encoding="identity"))) == [1]


@pytest.mark.parametrize("encoding", ["deflate", "br", "zstd", "gzip, br"])
def test_another_packing_is_refused_by_name(encoding: str) -> None:
    with pytest.raises(ProblemError, match=f"must be gzip, or none, got '{encoding}'") as found:
        asyncio.run(read_json(_request(b"x", encoding=encoding)))
    assert (found.value.status, found.value.code) == (415, "encoding_unsupported")
    assert found.value.headers == {"Accept-Encoding": "gzip"}


@pytest.mark.parametrize("packed", [b"{}", gzip.compress(b'{"a": 1}')[:-9], gzip.compress(b"{}") + b"{}"])
def test_what_is_not_gzip_is_refused(packed: bytes) -> None:
    with pytest.raises(ProblemError) as found:
        asyncio.run(read_json(_request(packed, encoding="gzip")))
    assert (found.value.status, found.value.code) == (400, "gzip_invalid")


def test_a_small_body_that_unpacks_to_a_large_one_is_refused_before_it_is_large() -> None:
    bomb = gzip.compress(b"[" + b" " * 50_000_000 + b"]")
    assert len(bomb) < 60_000
    with pytest.raises(ProblemError) as found:
        asyncio.run(read_json(_request(bomb, encoding="gzip"), 60_000))
    assert (found.value.status, found.value.code) == (413, "body_too_large")
    assert "60001 bytes or more" in found.value.detail


def test_who_goes_before_the_end_of_a_body_is_no_fault_of_ours() -> None:
    messages = [{"type": "http.request", "body": b"abc", "more_body": True}, {"type": "http.disconnect"}]

    async def receive() -> Any:
        return messages.pop(0)

    request = Request({"type": "http", "method": "POST", "headers": []}, receive)
    with pytest.raises(ProblemError) as found:
        asyncio.run(read_body(request, 10))
    assert (found.value.status, found.value.code) == (400, "body_incomplete")
