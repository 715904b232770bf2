"""Measurement Protocol of GA4: a body's events as events of ours, and what is wrong with a body, in Google's words.

A body is taken as far as it can be read, whatever Google's own limits are; `check_body` names what those would refuse.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple

from models.base.errors import InvalidError, show_value
from models.events.region import REGION_FIELDS

ValidationCode = Literal[
    "VALUE_INVALID", "VALUE_REQUIRED", "NAME_INVALID", "NAME_RESERVED", "VALUE_OUT_OF_BOUNDS", "EXCEEDED_MAX_ENTITIES"
]
MOST_EVENTS: Final = 25
MOST_PARAMS: Final = 25
_LONGEST_NAME: Final = 40
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_RESERVED: Final = frozenset(
    {
        "ad_activeview", "ad_click", "ad_exposure", "ad_query", "ad_reward", "adunit_exposure", "app_clear_data",
        "app_exception", "app_install", "app_remove", "app_store_refund", "app_update", "app_upgrade",
        "dynamic_link_app_open", "dynamic_link_app_update", "dynamic_link_first_open", "error", "firebase_campaign",
        "firebase_in_app_message_action", "firebase_in_app_message_dismiss", "firebase_in_app_message_impression",
        "first_open", "first_visit", "in_app_purchase", "notification_dismiss", "notification_foreground",
        "notification_open", "notification_receive", "notification_send", "os_update", "session_start",
        "session_start_with_rollout", "user_engagement",
    }
)  # fmt: skip
_RESERVED_STARTS: Final = ("_", "firebase_", "ga_", "google_", "gtag.")
_DEVICE_IDS: Final = ("client_id", "app_instance_id")


class ValidationMessage(NamedTuple):
    """What is wrong with a body: where, how, and the kind of fault."""

    field_path: str
    description: str
    code: ValidationCode


def events_of_body(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Give a body's events as `POST /v1/events` takes them; raises `InvalidError` where it names nobody or no events.

    >>> events_of_body({"client_id": "7.1", "events": [{"name": "search", "params": {"search_term": "kettle"}}]})
    [{'event': 'search', 'visitor_id': '7.1', 'params': {'search_term': 'kettle'}}]
    """
    user_id = body.get("user_id")
    visitor_id = next((body[name] for name in _DEVICE_IDS if body.get(name) not in (None, "")), user_id)
    if visitor_id in (None, ""):
        raise InvalidError("client_id_missing", "a body needs a client_id, an app_instance_id or a user_id")
    events = body.get("events")
    if not isinstance(events, list):
        raise InvalidError("events_invalid", f"events must be a list, got {show_value(events)}")
    said = {"visitor_id": visitor_id, "user_id": user_id, "context": _context(body), "consent": body.get("consent")}
    shared = {name: value for name, value in said.items() if value not in (None, "", {})}
    at = body.get("timestamp_micros")
    return [_event(told, shared, at) if isinstance(told, dict) else told for told in events]


def _event(told: Mapping[str, Any], shared: Mapping[str, Any], at: object) -> dict[str, Any]:
    made: dict[str, Any] = {"event": told.get("name"), **shared}
    params = told.get("params")
    if isinstance(params, dict):
        params = dict(params)
        session_id = params.pop("session_id", params.pop("ga_session_id", None))
        if session_id not in (None, ""):
            made["session_id"] = str(session_id) if isinstance(session_id, int) else session_id
        if params.get("event_id") not in (None, ""):
            made["event_id"] = params.pop("event_id")
    if params is not None:
        made["params"] = params
    moment = told.get("timestamp_micros", at)
    if moment is not None:
        made["timestamp"] = moment
    return made


def _context(body: Mapping[str, Any]) -> dict[str, Any]:
    told = {"userAgent": body.get("user_agent"), "device": body.get("device")}
    told.update({name: body[name] for name in REGION_FIELDS if name in body})
    return {name: value for name, value in told.items() if value not in (None, "")}


def check_body(body: object) -> list[ValidationMessage]:
    """Name what Google's limits refuse of a body."""
    if not isinstance(body, dict):
        return [ValidationMessage("", "The payload is no JSON object.", "VALUE_INVALID")]
    found: list[ValidationMessage] = []
    if all(body.get(name) in (None, "") for name in _DEVICE_IDS):
        found.append(ValidationMessage("client_id", "A client_id or app_instance_id is needed.", "VALUE_REQUIRED"))
    events = body.get("events")
    if not isinstance(events, list) or not events:
        code: ValidationCode = "VALUE_REQUIRED" if events in (None, []) else "VALUE_INVALID"
        return [*found, ValidationMessage("events", "events must be a list with an event in it.", code)]
    if len(events) > MOST_EVENTS:
        detail = f"There are {len(events)} events, at most {MOST_EVENTS} a request."
        found.append(ValidationMessage("events", detail, "EXCEEDED_MAX_ENTITIES"))
    for index, told in enumerate(events):
        found += _check_event(index, told)
    return found


def _check_event(index: int, told: object) -> Sequence[ValidationMessage]:
    if not isinstance(told, dict):
        return [ValidationMessage("events", f"Event at index: [{index}] is no JSON object.", "VALUE_INVALID")]
    name = told.get("name")
    if name in (None, ""):
        return [ValidationMessage("events", f"Event at index: [{index}] needs a name.", "VALUE_REQUIRED")]
    found: list[ValidationMessage] = []
    at = f"Event at index: [{index}]"
    if not isinstance(name, str) or not _NAME.fullmatch(name[: _LONGEST_NAME + 1]) or len(name) > _LONGEST_NAME:
        detail = (
            f"{at} has invalid name [{str(name)[:_LONGEST_NAME]}]. Names begin with a letter, and have letters, digits "
            f"and _ alone, {_LONGEST_NAME} at most."
        )
        found.append(ValidationMessage("events", detail, "NAME_INVALID"))
    elif name in _RESERVED:
        found.append(ValidationMessage("events", f"{at} has name [{name}], which is reserved.", "NAME_RESERVED"))
    params = told.get("params")
    if params is not None and not isinstance(params, dict):
        return [*found, ValidationMessage("events", f"{at} has params that are no JSON object.", "VALUE_INVALID")]
    named = [param for param in params or {} if param != "items"]
    if len(named) > MOST_PARAMS:
        detail = f"{at} has {len(named)} params, at most {MOST_PARAMS}."
        found.append(ValidationMessage("events", detail, "EXCEEDED_MAX_ENTITIES"))
    for param in named:
        if not _NAME.fullmatch(param[: _LONGEST_NAME + 1]) or len(param) > _LONGEST_NAME:
            detail = f"{at} has a param of an invalid name [{param[:_LONGEST_NAME]}]."
            found.append(ValidationMessage("events", detail, "NAME_INVALID"))
        elif param.startswith(_RESERVED_STARTS) and param != "ga_session_id":
            detail = f"{at} has a param whose name begins as reserved ones do [{param}]."
            found.append(ValidationMessage("events", detail, "NAME_RESERVED"))
    return found
