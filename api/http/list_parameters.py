"""Asked: what request bodies ask for, read and checked; errors name the field and the value."""

from typing import Any, Final

from api.http.query_parameters import parse_threshold
from api.http.schemas.decisions import MAX_IDS, ListAsked
from api.http.schemas.documenting import fields_of
from models.base.errors import InvalidError, show_value
from models.catalog.feed_fields import parse_category
from models.catalog.strategies import parse_strategy
from models.decisions.recommend import MAX_LIMIT, Query

_FIELDS: Final = fields_of(ListAsked)


def parse_list(part: Any, where: str) -> tuple[str, Query]:
    """Read a list as a body asks for it; gives its name too. Raises `InvalidError`, which says `where`."""
    if not isinstance(part, dict):
        raise InvalidError("lists_invalid", f'{where} must be {{"strategy": "..."}}, got {show_value(part)}')
    reject_unknown_fields(part, _FIELDS, where)
    strategy = parse_strategy(part.get("strategy", "for_you"))
    item_id = part.get("item_id") or ""
    name = part.get("name") or strategy
    refill = part.get("refill", True)
    for field, value, kind in (("item_id", item_id, str), ("name", name, str), ("refill", refill, bool)):
        if not isinstance(value, kind):
            raise InvalidError("lists_invalid", f"{where}.{field} must be {kind.__name__}, got {show_value(value)}")
    query = Query(
        strategy=strategy,
        item_id=item_id,
        limit=parse_whole(part.get("limit"), f"{where}.limit", MAX_LIMIT) or 10,
        category=parse_category(part.get("category"), f"{where}.category"),
        exclude=frozenset(parse_ids(part.get("exclude"), f"{where}.exclude")),
        refill=refill,
        threshold=parse_threshold(part.get("threshold", 0.0), f"{where}.threshold"),
    )
    return name, query


def parse_whole(value: Any, field: str, most: int) -> int | None:
    """Read a whole number from 1 to `most`, or None for none; raises `InvalidError`."""
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
        raise InvalidError(
            "parameter_invalid", f"{field} must be a whole number from 1 to {most}, got {show_value(value)}"
        )
    return value


def parse_ids(value: Any, field: str, most: int = MAX_IDS) -> list[str]:
    """Read an array of ids, or None for none; raises `InvalidError`."""
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > most or not all(isinstance(element, str) for element in value):
        raise InvalidError("ids_invalid", f"{field} must be an array of at most {most} ids, got {show_value(value)}")
    return value


def reject_unknown_fields(part: dict[str, Any], known: frozenset[str], where: str) -> None:
    """Refuse fields that nobody knows, by name; raises `InvalidError`."""
    for key in part:
        if key not in known:
            raise InvalidError(
                "field_unknown", f"{where} has no field {show_value(key)}; it has {', '.join(sorted(known))}"
            )
