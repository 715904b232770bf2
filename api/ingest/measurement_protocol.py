"""GA4's Measurement Protocol: /mp/collect, for tags and servers that send to Google already, and its check."""

import time
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from api.http.hot_route import HotRoute
from api.http.problems import ProblemError
from api.http.query_parameters import described
from api.http.request_body import answer, read_leniently
from api.http.schemas.documenting import body, problems
from api.http.schemas.measurement_protocol import MeasurementBody, Validation
from api.ingest.event_intake import NoEvent, ToldEvents, take_events
from api.runtime.authentication import Caller, sending
from api.runtime.visitor_access import NO_TOKENS, visitor_consent
from models.base.errors import InvalidError, show_value
from models.events.intake.event_warnings import EventWarnings
from models.events.intake.measurement_protocol import ValidationCode, ValidationMessage, check_body, events_of_body
from models.events.intake.parsing import Receipt, read_event

MAX_BYTES: Final = 512 * 1024
MAX_TAKEN: Final = 1_000
_KEY: Final = "api_secret"
_CODES: Final = (401, 403, 413, 415, 429, 503)

router = APIRouter(tags=["events"], route_class=HotRoute)
_PARAMETERS: Final = [
    described(
        _KEY,
        "A key that takes events; make one of the scope `events` alone for this, since it stands in an address.",
        required=True,
    ),
    described("measurement_id", "Google's id of the property; not looked at."),
    described("firebase_app_id", "Google's id of the app; not looked at."),
]


@router.post(
    "/mp/collect",
    status_code=204,
    summary="Record GA4 events",
    responses=problems(*_CODES),
    openapi_extra={**body(MeasurementBody), "parameters": _PARAMETERS},
)
async def post_measurement(request: Request) -> Response:
    """Take a body of the Measurement Protocol. As Google does, it answers 204 whatever stands in the body; what could
    not be taken is among the dead letters, and `/debug/mp/collect` says why.
    """
    caller = _caller(request)
    read = await _read(request)
    if isinstance(read, ProblemError):
        return Response(status_code=204)
    told, is_whole = read
    values: list[Any]
    try:
        if not isinstance(told, dict):
            raise InvalidError("body_invalid", f"the body must be a JSON object, got {show_value(told)}")
        values = list(events_of_body(told))[:MAX_TAKEN]
    except InvalidError as error:
        values = [NoEvent(told, error)]
    said = told if isinstance(told, dict) else None
    events = ToldEvents(
        values,
        NO_TOKENS,
        visitor_consent(request, caller, said),
        None,
        is_whole,
        request.headers.get("user-agent", ""),
        said.get("consent") if said else None,
        reports_refusals=True,
    )
    await take_events(request, caller, events)
    return Response(status_code=204)


@router.post(
    "/debug/mp/collect",
    summary="Check GA4 events",
    responses={200: {"model": Validation}, **problems(*_CODES)},
    openapi_extra={**body(MeasurementBody), "parameters": _PARAMETERS},
)
async def post_check(request: Request) -> Response:
    """Say what is wrong with a body of the Measurement Protocol, in Google's shape: by its limits, and by ours. Nothing
    is recorded.
    """
    caller = _caller(request)
    read = await _read(request)
    if isinstance(read, ProblemError):
        return _said([ValidationMessage("", f"The payload cannot be read: {read.detail}", "VALUE_INVALID")])
    told, _ = read
    found = check_body(told)
    try:
        events = events_of_body(told) if isinstance(told, dict) else []
    except InvalidError:
        events = []  # said already
    now_s = time.time()
    for index, event in enumerate(events[:MAX_TAKEN]):
        try:
            read_event(event, Receipt(caller.site.name, now_s), EventWarnings())
        except InvalidError as error:
            code: ValidationCode = "VALUE_REQUIRED" if error.code.endswith("_missing") else "VALUE_INVALID"
            at = f"Event at index: [{index}]"
            found.append(ValidationMessage("events", f"{at}: {error.message}", code))
    return _said(found)


async def _read(request: Request) -> tuple[Any, bool] | ProblemError:
    """Read a body, as `read_leniently` does; gives the problem of one that cannot be read, and raises all others."""
    try:
        return await read_leniently(request, MAX_BYTES)
    except ProblemError as problem:
        if problem.status != 400:
            raise
        return problem


def _caller(request: Request) -> Caller:
    return sending(request, request.query_params.get(_KEY, ""))


def _said(found: list[ValidationMessage]) -> Response:
    return answer(
        {
            "validationMessages": [
                {"fieldPath": message.field_path, "description": message.description, "validationCode": message.code}
                for message in found
            ]
        }
    )
