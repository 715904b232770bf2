"""Documenting: what goes into the OpenAPI document for endpoints that read and write by hand.

Bodies, and the resources in them, are drawn from the msgspec types that the parsers fill; a `WireForm` says where what
is written differs from what is kept. Answers that are no resources are pydantic models, as FastAPI wants them.
"""

import inspect
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from models.base.durations import Duration, written_duration
from models.catalog.feed_fields import MAX_LISTED_IDS, MAX_TITLE

_REF: Final = "#/components/schemas/"
_EXAMPLE_S: Final = 1_780_272_000.0
EDGE_PROBLEMS: Final = (400, 408, 414, 429, 431, 503)
"""What any request may be answered with, before anything of it is looked at."""
BODY_PROBLEMS: Final = (413, 415)
_PROBLEMS: Final = {
    400: "The request is no HTTP/1.1, or its body no JSON.",
    401: "No key, or one that belongs to no site.",
    403: "The secret key is needed.",
    404: "There is no such thing, or no such address.",
    408: "The request came too slowly.",
    409: "It would take off most of the catalog.",
    413: "Too much at once.",
    414: "The address is too long.",
    415: "The body is packed in another way than gzip.",
    422: "A value does not fit; `detail` names it.",
    429: "Too much in too short a time; `Retry-After` says when to try again.",
    431: "The headers are too large, or too many.",
    503: "A server behind us does not answer, or too much is asked at once; try again.",
}


class Shape(BaseModel):
    """A documented JSON object."""

    model_config = ConfigDict(extra="allow")


class Problem(Shape):
    """RFC 9457 problem details."""

    type: str = Field(examples=["urn:shopwindow:problem:key_missing"])
    title: str = Field(examples=["Unauthorized"])
    status: int = Field(examples=[401])
    code: str = Field(examples=["key_missing"])
    detail: str = Field(examples=["send a key: Authorization: Bearer <key>"])


@dataclass(frozen=True, slots=True, kw_only=True)
class WireForm:
    """How a type is written, where that is not how it is kept.

    Parameters
    ----------
    name
        What the document calls it; the name of its type by default.
    description
        What the document says of it; its docstring by default.
    fields
        Of a field, the properties that are written for it, by name; none for a field that is never written.
    notes
        Of a property, what its type does not say: examples, limits, a description.
    ids
        Properties of which one says its id; a path that says it already makes them optional.
    required
        Properties that must be written although the type has a default.
    open
        Whether properties of other names are passed over; they are refused otherwise.
    """

    name: str = ""
    description: str = ""
    fields: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    notes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    ids: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    open: bool = False


_forms: dict[type, WireForm] = {}
_documented: dict[str, type] = {}
_made: dict[str, dict[str, Any]] = {}


def write_as(kind: type, form: WireForm) -> None:
    """Say how a type is written; the document has it wherever another refers to it."""
    _forms[kind] = form


def put_component(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """Put a schema of no type into the document; gives the reference to it."""
    _made[name] = schema
    return {"$ref": f"{_REF}{name}"}


def reference(kind: type) -> dict[str, Any]:
    """Give the reference to a msgspec type, and put it into the document."""
    _documented[kind.__name__] = kind
    return {"$ref": f"{_REF}{_name(kind)}"}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Document the problems an endpoint answers with."""
    content = {"application/problem+json": {"schema": {"$ref": f"{_REF}Problem"}}}
    return {status: {"description": _PROBLEMS[status], "content": content} for status in statuses}


def body(kind: type, *, required: bool = True) -> dict[str, Any]:
    """Document a request body that the endpoint reads by hand."""
    return {"requestBody": {"required": required, "content": {"application/json": {"schema": reference(kind)}}}}


def answers(kind: type) -> dict[int | str, dict[str, Any]]:
    """Document an answer that is a msgspec type, or has one in it."""
    content = {"application/json": {"schema": reference(kind)}}
    return {200: {"description": inspect.cleandoc(kind.__doc__ or kind.__name__), "content": content}}


@cache
def fields_of(kind: type) -> frozenset[str]:
    """Give the names of a documented body's fields, for the endpoint that reads it."""
    return frozenset(known.encode_name for known in msgspec.structs.fields(kind))


def components() -> dict[str, dict[str, Any]]:
    """Give the schemas of every documented type, and of what they refer to, by name."""
    kinds = {kind.__name__: kind for kind in (*_forms, *_documented.values())}
    drawable = [_drawable(kind) for kind in kinds.values()]
    _, drawn = msgspec.json.schema_components(drawable, schema_hook=_custom, ref_template=f"{_REF}{{name}}")
    forms = {name: _form(kind) for name, kind in kinds.items()}
    names = {name: _name(kind) for name, kind in kinds.items()}
    found = {names.get(name, name): _written(schema, forms.get(name, WireForm())) for name, schema in drawn.items()}
    renamed = {f"{_REF}{name}": f"{_REF}{written}" for name, written in names.items()}
    ids = {f"{_REF}{names[name]}": form.ids for name, form in forms.items() if form.ids}
    return {name: _referring(schema, renamed, ids) for name, schema in {**found, **_made}.items()}


def _form(kind: type) -> WireForm:
    return next((_forms[ancestor] for ancestor in kind.__mro__ if ancestor in _forms), WireForm())


def _name(kind: type) -> str:
    return _forms[kind].name or kind.__name__ if kind in _forms else kind.__name__


def _drawable(kind: type) -> type:
    """Give a type whose defaults JSON has words for: a duration as it is written."""
    fields = msgspec.structs.fields(kind)
    if not any(isinstance(known.default, Duration) for known in fields):
        return kind
    drawn: list[tuple[str, Any, Any]] = []
    for known in fields:
        default = written_duration(known.default) if isinstance(known.default, Duration) else known.default
        drawn.append((known.name, known.type, msgspec.field(name=known.encode_name, default=default)))
    made = msgspec.defstruct(kind.__name__, drawn, kw_only=True)
    made.__doc__ = kind.__doc__
    return made


def _custom(kind: type) -> dict[str, Any]:
    if kind is not Duration:
        raise NotImplementedError(f"{kind} has no schema")
    return {
        "anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": r"^\s*\d+(\.\d+)?\s*[smhd]?\s*$"}],
        "description": "Seconds, or a number with its unit.",
        "examples": ["45s", "10m", "2h", "100d"],
    }


def _written(schema: dict[str, Any], form: WireForm) -> dict[str, Any]:
    """Give a type's schema as it is written."""
    if "properties" not in schema:
        return schema
    unknown = form.fields.keys() - schema["properties"].keys()
    if unknown:
        raise ValueError(f"{schema['title']} has no fields {', '.join(sorted(unknown))}")
    properties: dict[str, Any] = {}
    for name, value in schema["properties"].items():
        properties |= form.fields.get(name, {name: value})
    for name, notes in form.notes.items():
        properties[name] = {**properties[name], **notes}
    required = [name for name in schema["required"] if name in properties and name not in form.ids]
    made = {
        "type": "object",
        "description": form.description or inspect.cleandoc(schema.get("description", "")),
        "properties": properties,
        "required": [*required, *form.required],
    }
    return made if form.open else {**made, "additionalProperties": False}


def _referring(schema: Any, renamed: Mapping[str, str], ids: Mapping[str, tuple[str, ...]]) -> Any:
    """Give a schema that refers to others by the names they are written under, and asks for the ids of those it holds.

    Infinite defaults mean that nothing was given, and JSON has no word for them.
    """
    if isinstance(schema, list):
        return [_referring(part, renamed, ids) for part in schema]
    if not isinstance(schema, dict):
        return schema
    made = {
        name: _referring(part, renamed, ids)
        for name, part in schema.items()
        if not (name == "default" and isinstance(part, float) and math.isinf(part))
    }
    target = made.get("$ref")
    if isinstance(target, str):
        made["$ref"] = target = renamed.get(target, target)
        if target in ids:
            needs = [{"required": [name]} for name in ids[target]]
            return {**made, **(needs[0] if len(needs) == 1 else {"anyOf": needs})}
    return made


TEXT: Final[dict[str, Any]] = {"type": "string"}
IDS: Final[dict[str, Any]] = {"type": "array", "items": {"type": "string"}, "default": []}
LISTED_IDS: Final[dict[str, Any]] = {**IDS, "maxItems": MAX_LISTED_IDS}
LINE: Final[dict[str, Any]] = {"maxLength": MAX_TITLE}
CATEGORY: Final[dict[str, Any]] = {
    "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
    "description": "A path in the shop's own taxonomy, outermost level first, or its levels.",
    "examples": ["Home > Kitchen", ["Home", "Kitchen"]],
}
PRICE: Final[dict[str, Any]] = {
    "anyOf": [
        {"type": "number", "minimum": 0},
        {"type": "string"},
        {
            "type": "object",
            "properties": {"value": {"type": ["number", "string"]}, "currency": TEXT, "currencyCode": TEXT},
            "required": ["value"],
        },
        {"type": "null"},
    ],
    "examples": ["39.90 EUR", 39.9, {"value": "39.90", "currency": "EUR"}],
}


def moment(description: str, example: str) -> dict[str, Any]:
    """Give the schema of a moment."""
    text = f"{description} ISO 8601, UTC where it names no zone, or epoch seconds."
    return {"type": ["string", "number"], "description": text, "examples": [example]}


def moments(name: str, description: str, example: str) -> dict[str, Any]:
    """Give the properties of a moment that is kept in epoch seconds: as it is written, and as answers give it."""
    return {name: moment(description, example), f"{name}_s": seconds(name)}


def seconds(name: str) -> dict[str, Any]:
    """Give the schema of the epoch seconds that answers give for a moment written as `name`."""
    description = f"Epoch seconds, as answers give it; `{name}` goes before."
    return {"type": "number", "description": description, "examples": [_EXAMPLE_S]}


def told(description: str) -> dict[str, Any]:
    """Give the schema of epoch seconds that answers tell; what is written there is passed over."""
    return {"type": "number", "readOnly": True, "description": description, "examples": [_EXAMPLE_S]}
