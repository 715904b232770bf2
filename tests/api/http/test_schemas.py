"""The documented schemas say what the parsers take: every field, and nothing else."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from api.app import create_app
from api.http.config import ApiConfig
from api.http.list_parameters import parse_list
from api.http.schemas.rules import ViewAs
from api.runtime.logs import Logs
from api.runtime.view_as import FIELDS
from models.base.errors import InvalidError
from models.catalog.currency_parsing import parse_site_currency
from models.catalog.feed.items import read_item
from models.catalog.feed.prices import PriceEvidence
from models.catalog.parsing import parse_campaign, parse_creative, parse_placement
from models.catalog.rule_parsing import parse_audience, parse_merchandising_rule
from models.events.intake.consent import consent_told
from models.events.intake.parsing import EVENT_FIELDS, parse_event
from models.experiments.parsing import parse_experiment
from models.segments.lifecycle import parse_thresholds
from models.segments.segments import CONDITIONS, parse_segment, parse_segment_rule
from models.triggers.conditions.kinds import CONDITION_KINDS
from models.triggers.trigger import MessageList, MessageWords, WrittenTrigger, parse_trigger
from models.visitor.contact_policy import Cap, ContactPolicy, QuietHours, Webhook, parse_policy


def _no_logs() -> Logs:
    raise AssertionError("the document needs no log")


DOCUMENT: dict[str, Any] = json.loads(
    json.dumps(create_app(ApiConfig(sites=(), redis_url="redis://127.0.0.1"), _no_logs).openapi(), allow_nan=False)
)
SCHEMAS: dict[str, dict[str, Any]] = DOCUMENT["components"]["schemas"]


class Watched(dict[str, Any]):
    """A JSON object that notes which fields it is asked for."""

    def __init__(self, fields: dict[str, Any]) -> None:
        super().__init__(fields)
        self.asked: set[str] = set()

    def get(self, name: str, default: Any = None) -> Any:
        self.asked.add(name)
        return super().get(name, default)

    def __getitem__(self, name: str) -> Any:
        self.asked.add(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self.asked.add(str(name))
        return super().__contains__(name)


@dataclass(frozen=True)
class Resource:
    """A schema by its name, an object that fits it, and the parser of such objects."""

    schema: str
    fitting: dict[str, Any]
    parse: Callable[[Any], Any]

    @property
    def properties(self) -> dict[str, dict[str, Any]]:
        """The documented properties, by name."""
        properties: dict[str, dict[str, Any]] = SCHEMAS[self.schema]["properties"]
        return properties

    @property
    def written(self) -> dict[str, dict[str, Any]]:
        """Those that are no mere answer."""
        return {name: schema for name, schema in self.properties.items() if not schema.get("readOnly")}


def _whole_item(item: Any) -> Any:
    """Read a product, and refuse one of which anything had to be left out."""
    reading = read_item(item, PriceEvidence())
    for remark in reading.remarks:
        raise InvalidError(remark.code, remark.message)
    return reading.item


def _variant(variant: Any) -> Any:
    changing = {"variant_id": "b", "lists": {"for_you": {"strategy": "new"}}}
    return parse_experiment({"experiment_id": "e", "variants": [variant, changing]}).variants[0]


def _list_change(change: Any) -> Any:
    return _variant({"variant_id": "a", "lists": {"similar": change}})


def _slot_change(change: Any) -> Any:
    return _variant({"variant_id": "a", "placements": {"home_hero": change}})


def _event(event: Any) -> Any:
    assert consent_told(event) != "unreadable"
    return parse_event(event, site="alpha", accepted_at_s=1_767_268_800.0)


def _event_item(item: Any) -> Any:
    return _event({"event": "view_item", "visitor_id": "v", "items": [item]})


VARIANTS = [{"variant_id": "a"}, {"variant_id": "b", "lists": {"for_you": {"strategy": "new"}}}]
READ_BY_HAND = [
    Resource("Item", {"item_id": "a", "price": 99_999.0}, _whole_item),
    Resource("Creative", {"creative_id": "c", "campaign_id": "k"}, parse_creative),
    Resource("Campaign", {"campaign_id": "k"}, parse_campaign),
    Resource("Placement", {"placement_id": "p"}, parse_placement),
    Resource("MerchandisingRule", {"rule_id": "r", "action": "boost"}, parse_merchandising_rule),
    Resource("Audience", {"any": ["kitchen-lovers"]}, parse_audience),
    Resource("Experiment", {"experiment_id": "e", "variants": VARIANTS, "layer": "home"}, parse_experiment),
    Resource("Variant", {"variant_id": "a"}, _variant),
    Resource("ListChange", {}, _list_change),
    Resource("SlotChange", {}, _slot_change),
    Resource("Event", {"event": "page_view", "visitor_id": "v", "items": [{"item_id": "a"}]}, _event),
    Resource("EventItem", {"item_id": "a"}, _event_item),
    Resource("Segment", {"segment_id": "s", "rule": {"activity": {"silent_days": 9}}}, parse_segment),
    Resource("Thresholds", {"dormant_after_days": 1.0, "lost_after_days": 90.0}, parse_thresholds),
    Resource("ListAsked", {}, lambda part: parse_list(part, "list")),
]
CONVERTED: list[tuple[str, type]] = [
    ("Trigger", WrittenTrigger),
    *((kind.__name__, kind) for kind in CONDITIONS.values()),
    *((kind.__name__, kind) for kind in CONDITION_KINDS.values()),
    *((kind.__name__, kind) for kind in (ContactPolicy, Cap, QuietHours, Webhook, MessageWords, MessageList)),
]
WHOLE = [
    *READ_BY_HAND,
    Resource("Trigger", {"trigger_id": "t", "when": {"cart_left": {}}}, parse_trigger),
    Resource("ContactPolicy", {}, parse_policy),
    Resource("SiteCurrency", {"base": "EUR"}, parse_site_currency),
]


def _named(resource: Resource) -> str:
    return resource.schema


@pytest.mark.parametrize("resource", READ_BY_HAND, ids=_named)
def test_a_parser_asks_for_the_documented_fields_and_no_others(resource: Resource) -> None:
    watched = Watched(resource.fitting)
    resource.parse(watched)
    assert watched.asked == resource.written.keys()


@pytest.mark.parametrize(("schema", "kind"), CONVERTED, ids=[name for name, _ in CONVERTED])
def test_a_converted_type_has_the_documented_fields_and_no_others(schema: str, kind: type) -> None:
    assert {known.encode_name for known in msgspec.structs.fields(kind)} == SCHEMAS[schema]["properties"].keys()
    assert SCHEMAS[schema]["additionalProperties"] is False
    assert kind.__struct_config__.forbid_unknown_fields  # type: ignore[attr-defined]


@pytest.mark.parametrize("resource", WHOLE, ids=_named)
def test_a_field_nobody_knows_is_refused_where_the_document_says_so(resource: Resource) -> None:
    if SCHEMAS[resource.schema].get("additionalProperties", True):
        resource.parse({**resource.fitting, "colour_of_the_sky": 1})
        return
    with pytest.raises(InvalidError, match=r"colour_of_the_sky|unknown field|lost_after_days, and if wanted") as found:
        resource.parse({**resource.fitting, "colour_of_the_sky": 1})
    _, says, known = found.value.message.partition("; it has ")
    if says:
        assert set(known.split(", ")) == resource.properties.keys()


@pytest.mark.parametrize("resource", WHOLE, ids=_named)
def test_what_the_document_shows_of_a_field_is_taken(resource: Resource) -> None:
    for name, schema in resource.properties.items():
        shown = schema.get("examples") or [_example(schema)]
        for value in shown:
            assert _fits(resource, name, value), f"{name} refused {str(value)[:60]}"
            if schema.get("readOnly"):
                assert resource.parse({**resource.fitting, name: value}) == resource.parse(resource.fitting)


@pytest.mark.parametrize(
    "resource", [resource for resource in WHOLE if resource.schema not in ("Event", "EventItem")], ids=_named
)
def test_what_the_document_excludes_is_refused(resource: Resource) -> None:
    for name, schema in resource.properties.items():
        for value in _beyond(schema):
            assert not _fits(resource, name, value), f"{name} took {str(value)[:60]}"


@pytest.mark.parametrize("schema", ["Event", "EventItem"])
def test_what_the_document_excludes_costs_no_event(schema: str) -> None:
    (resource,) = [resource for resource in READ_BY_HAND if resource.schema == schema]
    for name, excluded in resource.properties.items():
        for value in _beyond(excluded):
            assert _fits(resource, name, value) != (name in ("visitor_id", "item_id")), f"{name} {str(value)[:60]}"


def test_what_must_be_given_is_asked_for() -> None:
    for resource in WHOLE:
        for name in SCHEMAS[resource.schema]["required"]:
            with pytest.raises(InvalidError):
                resource.parse({given: value for given, value in resource.fitting.items() if given != name})


def test_an_event_has_the_documented_fields_and_no_others() -> None:
    assert SCHEMAS["Event"]["properties"].keys() == EVENT_FIELDS


def test_every_condition_of_a_rule_and_of_a_trigger_is_documented() -> None:
    assert SCHEMAS["SegmentRule"]["properties"].keys() == CONDITIONS.keys() | {"all", "any", "not"}
    assert SCHEMAS["TriggerWhen"]["properties"].keys() == CONDITION_KINDS.keys()
    for schema in (SCHEMAS["SegmentRule"], *SCHEMAS["SegmentRule"]["properties"].values()):
        for rule in schema.get("examples", []):
            parse_segment_rule(rule)


def test_a_drafts_visitor_has_the_documented_fields() -> None:
    assert set(ViewAs.__struct_fields__) == FIELDS


def test_every_route_that_takes_a_body_documents_it() -> None:
    without_a_body = {
        ("/v1/archive/mend", "post"),
        ("/v1/dead-letters/replay", "post"),
        ("/v1/keys/{key_id}/rotate", "post"),
    }
    for path, operations in DOCUMENT["paths"].items():
        for method in operations.keys() & {"put", "post"}:
            assert ((path, method) in without_a_body) != ("requestBody" in operations[method]), f"{method} {path}"
            if "requestBody" in operations[method]:
                schema = operations[method]["requestBody"]["content"]["application/json"]["schema"]
                assert _resolved(schema)["properties"], f"{method} {path}"


def test_every_reference_leads_somewhere() -> None:
    named = {target.removeprefix("#/components/schemas/") for target in _references(DOCUMENT)}
    assert named == SCHEMAS.keys()


def _fits(resource: Resource, name: str, value: Any) -> bool:
    """Whether a parser takes a value of a property, beside what it needs; of an item's two ids one alone is read."""
    needed = {given: kept for given, kept in resource.fitting.items() if name != "id" or given != "item_id"}
    try:
        resource.parse({**needed, name: value})
    except InvalidError:
        return False
    return True


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for inner in part.values():
            yield from _references(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _references(inner)


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").removeprefix("#/components/schemas/")
    return (
        {**SCHEMAS[name], **schema, "required": [*SCHEMAS[name].get("required", ()), *schema.get("required", ())]}
        if name
        else schema
    )


def _example(schema: dict[str, Any]) -> Any:
    """Make a value that fits a schema."""
    schema = _resolved(schema)
    if schema.get("examples"):
        return schema["examples"][0]
    if schema.get("default") is not None:
        return schema["default"]
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema and "properties" not in schema:
        return _example(schema["anyOf"][0])
    kind = schema["type"][0] if isinstance(schema["type"], list) else schema["type"]
    if kind == "array":
        return [_example(schema["items"])] * schema.get("minItems", 1)
    if kind == "object":
        return {name: _example(schema["properties"][name]) for name in schema.get("required", ())}
    return {"string": "a", "number": schema.get("maximum", 1.0), "integer": schema.get("minimum", 1), "boolean": True}[
        kind
    ]


def _beyond(schema: dict[str, Any]) -> Iterator[Any]:
    """Give values just beyond what a schema allows."""
    if "maximum" in schema:
        yield schema["maximum"] + 1
    if "minimum" in schema:
        yield schema["minimum"] - 1
    if "exclusiveMinimum" in schema:
        yield schema["exclusiveMinimum"]
    if "maxLength" in schema:
        yield "x" * (schema["maxLength"] + 1)
    if "maxItems" in schema and schema["items"]:
        yield [_example(schema["items"])] * (schema["maxItems"] + 1)
    if schema.get("minItems"):
        yield []
    if "enum" in schema:
        yield "none of them"
    if "enum" in (schema.get("items") or ()):
        yield ["none of them"]
