"""Unknown names: what an event names that the catalog lacks, and how the catalog may write it."""

from collections.abc import Callable
from typing import Final

from models.catalog.assortment import Assortment
from models.events.events import Event, promotions_of
from models.events.intake.event_warnings import EventWarnings

_SPELLINGS: Final[tuple[Callable[[str], str], ...]] = (
    str.strip,
    str.upper,
    str.lower,
    str.capitalize,
    str.title,
    lambda name: name.lstrip("0"),
    lambda name: name[max(map(name.rfind, "/:_")) + 1 :],
    lambda name: name.replace("_", "-"),
    lambda name: name.replace("-", "_"),
)
"""What shops' programs change about an id on its way: space, case, leading zeros, a prefix such as `shopify_DE_`."""


def spelling_known(name: str, is_known: Callable[[str], bool]) -> str:
    """Give a known name that differs from one by its spelling alone; empty where none does.

    A few lookups, however many names there are.

    >>> spelling_known("sku-1", {"SKU-1"}.__contains__), spelling_known("sku-2", {"SKU-1"}.__contains__)
    ('SKU-1', '')
    """
    spellings = (spelling(name) for spelling in _SPELLINGS)
    return next((spelling for spelling in spellings if spelling and spelling != name and is_known(spelling)), "")


def warn_of_unknown(event: Event, assortment: Assortment, warnings: EventWarnings) -> None:
    """Note the items of an event that the catalog lacks, and creatives it spells otherwise; a site without any may name
    what it likes."""
    if assortment.items:
        for item in event.items:
            if not assortment.knows(item.item_id):
                guess = spelling_known(item.item_id, assortment.knows)
                done = "is not in the catalog, and teaches little" + (f"; did you mean {guess}?" if guess else "")
                warnings.add("items.item_id", "unknown", item.item_id, done)
    if assortment.creatives:
        known = assortment.creatives.__contains__
        for _, creative_id, _ in promotions_of(event):
            # A creative under another name is a banner of the shop's own.
            if not known(creative_id) and (guess := spelling_known(creative_id, known)):
                warnings.add("creative_name", "unknown", creative_id, f"is no creative; did you mean {guess}?")
