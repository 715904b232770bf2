"""Problems: every error in one shape, that names the thing and tells nothing of our inside."""

import asyncio
from typing import Any

import orjson
import pytest
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from api.http import problems
from models.base.errors import InvalidError

REQUEST = Request({"type": "http", "method": "PUT", "path": "/v1/things", "query_string": b"", "headers": []})


def told(response: Response) -> dict[str, Any]:
    """What a problem says."""
    assert response.media_type == "application/problem+json"
    body: dict[str, Any] = orjson.loads(bytes(response.body))
    assert body["status"] == response.status_code
    return body


def test_a_problem_has_the_shape_of_rfc_9457() -> None:
    assert told(problems.problem(404, "thing_unknown", "there is no thing 'x'", near=["y"])) == {
        "type": "urn:shopwindow:problem:thing_unknown",
        "title": "Not Found",
        "status": 404,
        "code": "thing_unknown",
        "detail": "there is no thing 'x'",
        "near": ["y"],
    }


def test_a_server_behind_us_that_does_not_answer_asks_to_try_again() -> None:
    response = asyncio.run(problems.on_problem(REQUEST, problems.unavailable("store_unavailable", "try again")))
    assert (response.status_code, response.headers["retry-after"]) == (503, "2")
    assert told(response)["code"] == "store_unavailable"


def test_what_does_not_fit_is_named_by_its_own_code() -> None:
    body = told(asyncio.run(problems.on_invalid(REQUEST, InvalidError("price_invalid", "price must be a number"))))
    assert (body["status"], body["code"], body["detail"]) == (422, "price_invalid", "price must be a number")


def test_every_parameter_that_does_not_fit_is_named_with_its_value() -> None:
    errors = [
        {"loc": ("query", "limit"), "msg": "must be at least 1", "input": 0},
        {"loc": ("query", "sort", 0), "msg": "is none of ours", "input": "x" * 500},
    ]
    body = told(asyncio.run(problems.on_bad_request(REQUEST, RequestValidationError(errors))))
    assert (body["status"], body["code"]) == (422, "parameter_invalid")
    assert body["detail"] == "limit: must be at least 1, got 0"
    assert [error["field"] for error in body["errors"]] == ["limit", "sort.0"]
    assert len(body["errors"][1]["value"]) < 100, "a long value is cut"


@pytest.mark.parametrize(("status", "code"), [(404, "not_found"), (405, "method_not_allowed"), (418, "http_error")])
def test_what_the_framework_raises_keeps_status_and_headers(status: int, code: str) -> None:
    error = HTTPException(status, "no", headers={"Allow": "GET"})
    response = asyncio.run(problems.on_http_error(REQUEST, error))
    body = told(response)
    assert (body["status"], body["code"], body["detail"]) == (status, code, "PUT /v1/things: no")
    assert response.headers["allow"] == "GET"


def test_a_fault_of_ours_tells_nothing_of_the_inside() -> None:
    body = told(asyncio.run(problems.on_unexpected(REQUEST, ValueError("password of the store"))))
    assert (body["status"], body["code"]) == (500, "internal_error")
    assert "password" not in str(body)


@pytest.mark.parametrize(
    "handler", [problems.on_problem, problems.on_invalid, problems.on_bad_request, problems.on_http_error]
)
def test_a_handler_takes_no_error_but_its_own(handler: Any) -> None:
    with pytest.raises(TypeError, match="got KeyError"):
        asyncio.run(handler(REQUEST, KeyError("x")))
