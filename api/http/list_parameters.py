"""List parameters: the lists that request bodies ask for, read and checked; errors name the field and the value."""

from typing import Any

from api.http.query_parameters import RequestFields
from api.http.schemas.decisions import MAX_IDS, ListAsked
from api.http.schemas.documenting import fields_of
from models.base.errors import InvalidError, show_value
from models.base.fields import Fields, reject_unknown_fields
from models.catalog.feed_fields import parse_category
from models.catalog.strategies import parse_strategy
from models.decisions.recommend import DEFAULT_LIMIT, MAX_LIMIT, Query

_MAX_TEXT = 1_000_000  # a body has a limit of its own


def parse_list(part: Any, where: str) -> tuple[str, Query]:
    """Read a list as a body asks for it; gives its name too. Raises `InvalidError`, which says `where`."""
    if not isinstance(part, dict):
        raise InvalidError("lists_invalid", f'{where} must be {{"strategy": "..."}}, got {show_value(part)}')
    reject_unknown_fields(part, fields_of(ListAsked), where)
    strategy = parse_strategy(part.get("strategy", "for_you"))
    given = {
        "item_id": part.get("item_id") or "",
        "name": part.get("name") or strategy,
        "refill": part.get("refill", True),
    }
    fields, numbers = Fields(given, f"{where}.", "lists_invalid"), RequestFields(part, f"{where}.")
    item_id, name = fields.text("item_id", "", _MAX_TEXT), fields.text("name", strategy, _MAX_TEXT)
    refill = fields.flag("refill", True)
    limit = numbers.whole("limit", None, 1, MAX_LIMIT)
    query = Query(
        strategy=strategy,
        item_id=item_id,
        limit=limit or DEFAULT_LIMIT,
        category=parse_category(part.get("category"), f"{where}.category"),
        exclude=frozenset(parse_ids(part.get("exclude"), f"{where}.exclude")),
        refill=refill,
        threshold=numbers.amount("threshold", 0.0),
    )
    return name, query


def parse_ids(value: Any, field: str, most: int = MAX_IDS) -> list[str]:
    """Read an array of ids, or None for none; raises `InvalidError`."""
    return list(Fields({field: value}, code="ids_invalid").ids(field, most))
