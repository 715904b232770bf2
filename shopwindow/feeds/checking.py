"""Checking: a feed's rows as catalog items, and all that is to be said of those that are none, or not quite."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from models.base.errors import InvalidError
from models.catalog.feed.items import lacking, read_id, read_item
from models.catalog.feed.prices import PriceEvidence
from models.catalog.resources import CatalogItem
from shopwindow.feeds.rows import Complaint, Feed

FIRST_PLACES: Final = 5
SHOULD_HAVE: Final = ("link", "image_link", "availability", "product_type")
"""What a feed should have for lists to look right; one that never has it is told so."""


@dataclass(slots=True)
class CheckedFeed:
    """Items by id, the last of each; where each stands; and what is to be said."""

    items: dict[str, CatalogItem] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)
    rejected: list[Complaint] = field(default_factory=list)
    warnings: list[Complaint] = field(default_factory=list)
    repeated: int = 0
    told_ids: set[str] = field(default_factory=set)
    never: list[str] = field(default_factory=list)


def check_feed(feed: Feed) -> CheckedFeed:
    """Read a feed's rows; one that cannot be shown is rejected, an odd field is left out with a warning."""
    checked = CheckedFeed(rejected=list(feed.rejected), warnings=list(feed.warnings))
    checked.told_ids.update(complaint.item_id for complaint in feed.rejected if complaint.item_id)
    evidence = PriceEvidence.from_rows((row.fields for row in feed.rows), feed.locale)
    for row in feed.rows:
        item_id = read_id(row.fields)
        if item_id:
            checked.told_ids.add(item_id)
        try:
            reading = read_item(row.fields, evidence)
        except InvalidError as error:
            checked.rejected.append(Complaint(row.place, error.code, error.message, item_id))
            continue
        lack = lacking(reading.item)
        if lack:
            checked.rejected.append(Complaint(row.place, "item_incomplete", f"{lack}: it cannot be shown", item_id))
            continue
        checked.warnings += [Complaint(row.place, remark.code, remark.message, item_id) for remark in reading.remarks]
        if item_id in checked.items:
            checked.repeated += 1
            before = f"{feed.unit} {checked.places[item_id]}"
            message = f"the id {item_id!r} came before, in {before}: the last one counts"
            checked.warnings.append(Complaint(row.place, "item_id_repeated", message, item_id))
        checked.items[item_id] = reading.item
        checked.places[item_id] = row.place
    given = {name for row in feed.rows for name in row.fields}
    also = {"product_type": {"category", "google_product_category"}}
    checked.never = [name for name in SHOULD_HAVE if given.isdisjoint({name, *also.get(name, ())})]
    if checked.items and not any(item.currency for item in checked.items.values()):
        checked.never.append("currency")
    return checked


def written_items(items: Iterable[CatalogItem]) -> list[dict[str, Any]]:
    """Give items as the API takes them."""
    return [msgspec.to_builtins(item) for item in items]


@dataclass(frozen=True, slots=True)
class WarningKind:
    """How often one kind of thing was said, where first, and in which words the first time."""

    code: str
    count: int
    places: tuple[int, ...]
    message: str


def by_kind(complaints: Sequence[Complaint]) -> list[WarningKind]:
    """Sum up complaints by their kind, the most frequent first."""
    kinds: dict[str, list[Complaint]] = defaultdict(list)
    for complaint in complaints:
        kinds[complaint.code].append(complaint)
    found = [
        WarningKind(code, len(own), tuple(complaint.place for complaint in own[:FIRST_PLACES]), own[0].message)
        for code, own in kinds.items()
    ]
    return sorted(found, key=lambda kind: (-kind.count, kind.code))
