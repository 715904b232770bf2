"""Documenting: a type's schema as it is written, not as it is kept."""

from math import inf
from typing import Annotated, Any

import msgspec
import pytest
from msgspec import Meta

from api.http.schemas import documenting
from api.http.schemas.documenting import (
    WireForm,
    answers,
    components,
    fields_of,
    moments,
    problems,
    reference,
    write_as,
)
from models.base.durations import Duration


class Lamp(msgspec.Struct, kw_only=True):
    """A lamp, and for how long it burns."""

    lamp_id: str
    burns: Duration = Duration(90.0)
    until_s: float = inf
    watts: Annotated[int, Meta(ge=1)] = 5
    kept: str = msgspec.field(default="", name="written")


class Shade(msgspec.Struct):
    """A shade."""

    shade_id: str
    code: str = ""


class Shades(msgspec.Struct):
    """Shades."""

    shades: list[Shade]


class Glow:
    """What JSON has no word for."""


class Odd(msgspec.Struct):
    """Glows."""

    glow: Glow


@pytest.fixture(autouse=True)
def _nothing_documented(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin with an empty document."""
    for registry in ("_forms", "_documented", "_made"):
        monkeypatch.setattr(documenting, registry, {})


def lamp(form: WireForm) -> dict[str, Any]:
    """The schema of a lamp that is written so."""
    write_as(Lamp, form)
    return components()[form.name or "Lamp"]


def test_a_duration_and_no_end_are_written_as_people_write_them() -> None:
    schema = lamp(WireForm())
    properties = schema["properties"]
    assert properties.keys() == {"lamp_id", "burns", "until_s", "watts", "written"}
    assert (properties["burns"]["default"], "default" in properties["until_s"]) == ("90s", False)
    assert (properties["watts"]["default"], properties["watts"]["minimum"]) == (5, 1)
    assert schema["description"] == "A lamp, and for how long it burns."
    assert (schema["required"], schema["additionalProperties"]) == (["lamp_id"], False)


def test_a_form_says_where_what_is_written_differs() -> None:
    fields = {"until_s": moments("until", "Its last moment.", "2026-03-01T00:00:00Z"), "watts": {}}
    form = WireForm(
        name="Light",
        description="Light.",
        fields=fields,
        notes={"lamp_id": {"examples": ["l1"]}},
        required=("until",),
        open=True,
    )
    schema = lamp(form)
    assert schema["properties"].keys() == {"lamp_id", "burns", "until", "until_s", "written"}
    assert schema["properties"]["lamp_id"] == {"type": "string", "examples": ["l1"]}
    assert (schema["description"], schema["required"]) == ("Light.", ["lamp_id", "until"])
    assert "additionalProperties" not in schema


@pytest.mark.parametrize(
    ("ids", "asked"),
    [
        (("shade_id",), {"required": ["shade_id"]}),
        (("shade_id", "code"), {"anyOf": [{"required": ["shade_id"]}, {"required": ["code"]}]}),
    ],
)
def test_an_id_is_asked_for_where_no_path_says_it(ids: tuple[str, ...], asked: dict[str, Any]) -> None:
    write_as(Shade, WireForm(name="Tone", ids=ids))
    reference(Shades)
    found = components()
    assert found["Tone"]["required"] == []
    assert found["Shades"]["properties"]["shades"]["items"] == {"$ref": "#/components/schemas/Tone", **asked}


def test_a_form_of_a_field_that_is_not_there_is_a_fault() -> None:
    write_as(Lamp, WireForm(fields={"volts": {}}))
    with pytest.raises(ValueError, match="has no fields volts"):
        components()


def test_a_type_without_a_schema_is_a_fault() -> None:
    reference(Odd)
    with pytest.raises(TypeError, match="Glow"):
        components()


def test_a_body_has_the_fields_as_they_are_written() -> None:
    assert fields_of(Lamp) == {"lamp_id", "burns", "until_s", "watts", "written"}


def test_problems_and_answers_refer_to_what_is_documented() -> None:
    documented = problems(401, 422)
    assert [documented[status]["description"] for status in (401, 422)] == [
        "No key, or one that belongs to no site.",
        "A value does not fit; `detail` names it.",
    ]
    with pytest.raises(KeyError):
        problems(418)
    told = answers(Shades)[200]
    assert told["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Shades"}
    assert told["description"] == "Shades."
    assert "Shades" in components()
