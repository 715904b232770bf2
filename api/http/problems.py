"""Problems: the one shape of every error, RFC 9457 problem details."""

from http import HTTPStatus
from math import ceil
from typing import Any

import orjson
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from api.http import metrics
from models.base.errors import InvalidError, show_value

MEDIA_TYPE = "application/problem+json"


class ProblemError(Exception):
    """Ends a request with a problem.

    Parameters
    ----------
    status
        HTTP status.
    code
        Short machine-readable reason; also the problem's type.
    detail
        A sentence that names the thing and the value.
    headers
        Sent along.
    """

    def __init__(self, status: int, code: str, detail: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = headers or {}


def unavailable(code: str, detail: str) -> ProblemError:
    """Give the problem of a server behind us that does not answer: 503, try again in two seconds."""
    return ProblemError(503, code, detail, {"Retry-After": "2"})


def too_many(code: str, detail: str, wait_s: float) -> ProblemError:
    """Give the problem of a sender who does too much at once: 429, try again after so many seconds.

    >>> too_many("rate_exceeded", "at most 2 requests a second", 0.2).headers
    {'Retry-After': '1'}
    """
    metrics.REFUSED.labels(code).inc()
    return ProblemError(429, code, detail, {"Retry-After": str(ceil(wait_s))})


def unknown(site: str, noun: str, thing_id: str) -> ProblemError:
    """Give the problem of a thing that a site does not have.

    >>> unknown("demo", "segment", "cooks").detail
    "site 'demo' has no segment 'cooks'"
    """
    return ProblemError(404, f"{noun}_unknown", f"site {site!r} has no {noun} {show_value(thing_id)}")


def problem(status: int, code: str, detail: str, headers: dict[str, str] | None = None, **members: Any) -> Response:
    """Give the response that describes a problem."""
    body = {
        "type": f"urn:shopwindow:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        **members,
    }
    return Response(orjson.dumps(body), status_code=status, headers=headers, media_type=MEDIA_TYPE)


async def on_problem(_: Request, error: Exception) -> Response:
    """Answer a `ProblemError`."""
    if not isinstance(error, ProblemError):
        raise TypeError(f"handler of ProblemError got {type(error).__name__}")
    return problem(error.status, error.code, error.detail, error.headers)


async def on_invalid(_: Request, error: Exception) -> Response:
    """Answer an `InvalidError` that concerns the request as a whole."""
    if not isinstance(error, InvalidError):
        raise TypeError(f"handler of InvalidError got {type(error).__name__}")
    return problem(422, error.code, error.message)


async def on_bad_request(_: Request, error: Exception) -> Response:
    """Answer parameters that do not fit, naming each with its value."""
    if not isinstance(error, RequestValidationError):
        raise TypeError(f"handler of RequestValidationError got {type(error).__name__}")
    errors = [
        {
            "field": ".".join(str(part) for part in found["loc"][1:]),
            "message": found["msg"],
            "value": show_value(found.get("input")),
        }
        for found in error.errors()
    ]
    first = errors[0]
    detail = f"{first['field']}: {first['message']}, got {first['value']}"
    return problem(422, "parameter_invalid", detail, errors=errors)


async def on_http_error(request: Request, error: Exception) -> Response:
    """Answer what the framework raises itself: unknown paths, methods that are not there."""
    if not isinstance(error, HTTPException):
        raise TypeError(f"handler of HTTPException got {type(error).__name__}")
    codes = {404: "not_found", 405: "method_not_allowed"}
    detail = f"{request.method} {request.url.path}: {error.detail}"
    return problem(error.status_code, codes.get(error.status_code, "http_error"), detail, dict(error.headers or {}))


async def on_unexpected(request: Request, _: Exception) -> Response:
    """Answer a fault of ours, without telling its inside."""
    return problem(500, "internal_error", f"{request.method} {request.url.path} failed; the log says why")
