"""Bodies: read up to a limit, and decoded."""

import zlib
from collections.abc import Callable
from typing import Any, Final, TypeVar

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from api.http.problems import ProblemError
from api.http.schemas.documenting import fields_of
from models.base.errors import InvalidError, show_value
from models.base.fields import reject_unknown_fields
from models.events.intake.json_repair import dumped, has_long_numbers, loads_leniently

MAX_BODY_BYTES: Final = 1024 * 1024
"""Of a body of which no more is known; routes that take less, or feeds, say so."""
MAX_LISTING_BYTES: Final = 256 * 1024
"""Of a body that asks for lists: whom for, what of, and by which rules."""

Parsed = TypeVar("Parsed")
_PRIVATE: Final = {"Cache-Control": "private, no-store"}


async def read_json(request: Request, limit: int = MAX_BODY_BYTES) -> Any:
    """Read a JSON body of at most `limit` bytes; anything else ends the request with a problem."""
    body = await read_body(request, limit)
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise json_invalid(error) from error


async def read_leniently(request: Request, limit: int) -> tuple[Any, bool]:
    """Read a body of at most `limit` bytes that may hold what JSON has not: NaN, half a character, very long numbers.

    Gives whether it holds what JSON has; else what comes of it is to be `repaired`, part by part, so that a bad value
    costs no other. What is no JSON even so ends the request with a problem.
    """
    body = await read_body(request, limit)
    try:
        value = orjson.loads(body)
        if not has_long_numbers(body):
            return value, True
    except orjson.JSONDecodeError as error:
        try:
            return loads_leniently(body), False
        except (ValueError, RecursionError):
            raise json_invalid(error) from error
    return loads_leniently(body), False


def json_invalid(error: ValueError) -> ProblemError:
    """Give the problem of a body that is no JSON."""
    return ProblemError(400, "json_invalid", f"the body is not JSON: {error}")


async def read_body(request: Request, limit: int) -> bytes:
    """Read a body of at most `limit` bytes, packed with gzip or not; anything else ends the request with a problem.

    The limit counts for what is sent and for what it unpacks to, and no more than that is ever unpacked.
    """
    unpack = _unpacker(request)
    announced = request.headers.get("content-length", "0")
    if announced.isdecimal() and int(announced) > limit:
        raise _too_large(int(announced), limit)
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > limit:
                raise _too_large(len(body), limit)
    except ClientDisconnect as error:
        # Nobody hears it; it ends the request as any other that cannot be read, and not as a fault of ours.
        raise ProblemError(400, "body_incomplete", f"the sender went after {len(body)} bytes of the body") from error
    return bytes(body) if unpack is None else unpack(bytes(body), limit)


def _unpacker(request: Request) -> Callable[[bytes, int], bytes] | None:
    """Give what unpacks a body, None for a plain one; an encoding that is not taken ends the request with a problem."""
    encoding = request.headers.get("content-encoding", "")
    if not encoding or encoding.lower() == "identity":
        return None
    if encoding.lower() in ("gzip", "x-gzip"):
        return _unzipped
    raise ProblemError(
        415,
        "encoding_unsupported",
        f"Content-Encoding must be gzip, or none, got {show_value(encoding)}",
        {"Accept-Encoding": "gzip"},
    )


def _unzipped(packed: bytes, limit: int) -> bytes:
    body = bytearray()
    try:
        while packed:
            unzip = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
            body += unzip.decompress(packed, limit + 1 - len(body))
            if len(body) > limit:
                raise _too_large(len(body), limit)
            if not unzip.eof:
                raise ProblemError(400, "gzip_invalid", "the body is not gzip: it ends too early")
            packed = unzip.unused_data.lstrip(b"\0")  # a further member, or padding
    except zlib.error as error:
        raise ProblemError(400, "gzip_invalid", f"the body is not gzip: {error}") from error
    return bytes(body)


def _too_large(size: int, limit: int) -> ProblemError:
    return ProblemError(413, "body_too_large", f"the body has {size} bytes or more, at most {limit}")


async def read_resource(request: Request, id_field: str, resource_id: str, limit: int = MAX_BODY_BYTES) -> Any:
    """Read the one resource put to its own address, as `at_its_address` has it."""
    return at_its_address(await read_json(request, limit), id_field, resource_id)


def at_its_address(value: Any, id_field: str, resource_id: str) -> Any:
    """Give a resource put to its own address: the id in the address counts, and the body may leave it out.

    Raises `InvalidError` for a body that names another.
    """
    if not isinstance(value, dict):
        return value
    given = value.get(id_field, resource_id)
    if given != resource_id:
        raise InvalidError(
            f"{id_field}_invalid", f"{id_field} is {show_value(given)}, but the address says {show_value(resource_id)}"
        )
    return {**value, id_field: resource_id}


async def read_object(request: Request, kind: type, limit: int = MAX_BODY_BYTES) -> dict[str, Any]:
    """Read a body that is an object of no other fields than the documented `kind` has; raises `InvalidError`."""
    value = await read_json(request, limit)
    if not isinstance(value, dict):
        raise ProblemError(422, "body_invalid", f"the body must be a JSON object, got {show_value(value)}")
    reject_unknown_fields(value, fields_of(kind), "the body")
    return value


def array_in(body: Any, field: str, most: int) -> list[Any]:
    """Give the array a body holds under `field`, of at most `most` elements."""
    values = body.get(field) if isinstance(body, dict) else None
    if not isinstance(values, list):
        raise ProblemError(422, f"{field}_missing", f'the body must be {{"{field}": [...]}}, got {show_value(body)}')
    if len(values) > most:
        raise ProblemError(413, f"{field}_too_many", f"{field} has {len(values)} elements, at most {most}")
    return values


def parse_each(values: list[Any], parse: Callable[[object], Parsed]) -> tuple[list[Parsed], list[dict[str, Any]]]:
    """Give what could be read, and of the rest each one's index, code and message: a bad one never fails the others."""
    accepted: list[Parsed] = []
    rejected: list[dict[str, Any]] = []
    for index, value in enumerate(values):
        try:
            accepted.append(parse(value))
        except InvalidError as error:
            rejected.append({"index": index, "code": error.code, "message": error.message})
    return accepted, rejected


def answer(body: Any, status: int = 200) -> Response:
    """Give a JSON response, which nothing between keeps: it is one visitor's, or one shop's."""
    return Response(dumped(body), status_code=status, headers=_PRIVATE, media_type="application/json")
