"""Assortment: a site's whole catalog held in memory, ready to be scored, filtered and explained.

Changes come one item at a time and take effect at once; the feature matrix follows lazily, because a token's weight
depends on how many items carry it.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.catalog.feature_hashing import DIM, Vector, category_tokens, matrix_of, tokens_of, vector_of
from models.catalog.item_groups import ItemGroups
from models.catalog.resources import (
    Campaign,
    CatalogItem,
    CatalogResource,
    Creative,
    Experiment,
    MerchandisingRule,
    Placement,
    ResourceKind,
)
from models.catalog.sale_calendar import SaleCalendar
from models.events.currency import NO_CURRENCY, SiteCurrency, comparable
from models.events.events import EventItem
from models.events.subjects import creative_of

REBUILD_SHARE: Final = 0.05
"""The matrix is built anew once this share of the items has changed; until then only their own rows are."""

_ROUNDING: Final = 0.005
"""A price is below another from this share on: shops round."""
_ABOUT_KEPT: Final = 50_000


def is_about(creative: Creative, item: CatalogItem, groups: ItemGroups) -> bool:
    """Whether an item is one the creative speaks of, or a variant of one."""
    if item.item_id in creative.item_ids:
        return True
    if groups and creative.item_ids:
        group_id = groups.group_of(item.item_id)
        if any(groups.group_of(named) == group_id for named in creative.item_ids):
            return True
    if creative.brand and creative.brand.casefold() != item.brand.casefold():
        return False
    if creative.category:
        return item.category[: len(creative.category)] == creative.category
    return bool(creative.brand)


class Assortment:
    """Items, creatives, campaigns and placements of one site.

    `items` maps an id to its catalog item; `row_of` to its row in the arrays. Rows of removed items stay, unsellable,
    until the next rebuild. `revision` grows when rows come, are numbered anew or change groups. `asks_segments` is
    whether a decision must know the visitor's segments. `sales` knows whose price changes by itself, and when,
    `item_groups` which items are variants of one product.

    Parameters
    ----------
    offers_adult
        Whether items marked as adult are offered as any other; otherwise no list has them.
    currency
        What the site reckons in, where it has set none of its own.
    """

    def __init__(self, *, offers_adult: bool = False, currency: SiteCurrency = NO_CURRENCY) -> None:
        self.offers_adult = offers_adult
        self._usual_currency = currency
        self.currency = currency
        self.sales = SaleCalendar()
        self.items: dict[str, CatalogItem] = {}
        self.item_groups = ItemGroups(self.items)
        self.creatives: dict[str, Creative] = {}
        self.campaigns: dict[str, Campaign] = {}
        self.placements: dict[str, Placement] = {}
        self.rules: dict[str, MerchandisingRule] = {}
        self.experiments: dict[str, Experiment] = {}
        self.asks_segments = False
        self.row_of: dict[str, int] = {}
        self.ids: list[str] = []
        self._tokens: dict[str, tuple[str, ...]] = {}
        self._kin: dict[str, tuple[str, ...]] = {}
        self._by_token: dict[str, set[str]] = {}
        self._categories: Counter[tuple[str, ...]] = Counter()
        self._priced_in: Counter[str] = Counter()
        self._matrix: NDArray[np.float32] = matrix_of([], {})
        self._offered: NDArray[np.bool_] = np.zeros(0, dtype=bool)
        self._from_s: NDArray[np.float64] = np.zeros(0)
        self._until_s: NDArray[np.float64] = np.zeros(0)
        self._since_s: NDArray[np.float64] = np.zeros(0)
        self._edition = 0
        self._about: dict[str, frozenset[str]] = {}
        self._by_id: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self._grouped: tuple[int, NDArray[np.int64]] = (-1, self._by_id)
        self._stale: set[str] = set()
        self.revision = 0

    def put(self, resource: CatalogResource) -> None:
        """Add or replace one thing."""
        match resource:
            case CatalogItem():
                self._put_item(resource)
            case Creative():
                self.creatives[resource.creative_id] = resource
                self._about.clear()
            case Campaign():
                self.campaigns[resource.campaign_id] = resource
            case Placement():
                self.placements[resource.placement_id] = resource
            case MerchandisingRule():
                self.rules[resource.rule_id] = resource
                self.asks_segments = self._asks_segments()
            case SiteCurrency():
                self._reckon_in(resource)
            case Experiment():
                self.experiments[resource.experiment_id] = resource
                self.asks_segments = self._asks_segments()

    def follow(self, changes: Iterable[tuple[ResourceKind, str, CatalogResource | None]]) -> None:
        """Take in changes of the catalog: each thing as it is now, None where it was taken out."""
        for kind, resource_id, resource in changes:
            if resource is None:
                self.remove(kind, resource_id)
            else:
                self.put(resource)

    def remove(self, kind: ResourceKind, resource_id: str) -> None:
        """Take one thing out; unknown ids are passed over."""
        if kind == "items":
            self.revision += self.item_groups.group_of(resource_id) != resource_id
            self._forget_item(resource_id)
            return
        if kind == "currency":
            self._reckon_in(self._usual_currency)
            return
        if kind == "creatives":
            self._about.clear()
        tables: dict[str, dict[str, Any]] = {
            "creatives": self.creatives,
            "campaigns": self.campaigns,
            "placements": self.placements,
            "rules": self.rules,
            "experiments": self.experiments,
        }
        tables[kind].pop(resource_id, None)
        self.asks_segments = self._asks_segments()

    def _reckon_in(self, currency: SiteCurrency) -> None:
        """Look at every price anew, where the currency or a rate is another than before."""
        if currency == self.currency:
            return
        self.currency = currency
        for item in list(self.items.values()):
            self._put_item(item)

    @property
    def main_currency(self) -> str:
        """What prices are compared in: the site's base currency, else that of most items; empty where none is named."""
        named = (code for code, count in self._priced_in.items() if code and count)
        return self.currency.base or min(named, key=lambda code: (-self._priced_in[code], code), default="")

    def incomparable(self, currencies: Iterable[str]) -> list[str]:
        """Give those currencies, sorted, whose amounts can neither be compared with most prices nor added to them."""
        main = self.main_currency
        return sorted(code for code in currencies if not comparable(self.currency.reckoned(0.0, code)[1], main))

    def price_in(self, currency: str, item: CatalogItem, at_s: float) -> float | None:
        """What an item costs at `at_s` in a currency; None where it is not known in it."""
        price = item.current_price(at_s)
        if price is None:
            return None
        reckoned, code = self.currency.reckoned(price, item.currency)
        return reckoned if comparable(code, currency) else None

    def _asks_segments(self) -> bool:
        """Whether any rule or experiment is for some segments only."""
        experiments = self.experiments.values()
        own = (rule for experiment in experiments for variant in experiment.variants for rule in variant.rules)
        return any(experiment.audience.asks for experiment in experiments) or any(
            rule.audience.asks for rule in (*self.rules.values(), *own)
        )

    def _put_item(self, item: CatalogItem) -> None:
        group_id = self.item_groups.group_of(item.item_id)
        self._forget_item(item.item_id)
        self.items[item.item_id] = item
        self.item_groups.put(item)
        if self.item_groups.group_of(item.item_id) != group_id:
            self.revision += 1
            self._about.clear()
        self.sales.put(item)
        self._priced_in[item.currency] += 1
        tokens = tokens_of(reckoned_item(item, self.currency))
        self._tokens[item.item_id] = tokens
        self._kin[item.item_id] = _kin_of(tokens, item.category)
        for token in tokens:
            self._by_token.setdefault(token, set()).add(item.item_id)
        self._categories.update(item.category[: level + 1] for level in range(len(item.category)))
        self._stale.add(item.item_id)

    def _forget_item(self, item_id: str) -> None:
        item = self.items.pop(item_id, None)
        self.sales.remove(item_id)
        self._about.pop(item_id, None)
        if item is None:
            return
        self.item_groups.remove(item_id)
        del self._kin[item_id]
        self._priced_in[item.currency] -= 1
        for token in self._tokens.pop(item_id):
            self._by_token[token].discard(item_id)
            if not self._by_token[token]:
                del self._by_token[token]
        for level in range(len(item.category)):
            path = item.category[: level + 1]
            self._categories[path] -= 1
            if not self._categories[path]:
                del self._categories[path]
        self._stale.add(item_id)

    def _refresh(self) -> None:
        if not self._stale:
            return
        self._edition += 1
        if len(self._stale) <= REBUILD_SHARE * len(self.ids):
            self._extend(sorted(item_id for item_id in self._stale if item_id not in self.row_of))
            for item_id in self._stale:
                self._write_row(self.row_of[item_id], item_id)
        else:
            self.revision += 1
            self.ids = sorted(self.items)
            self.row_of = {item_id: row for row, item_id in enumerate(self.ids)}
            self._matrix = matrix_of([self._tokens[item_id] for item_id in self.ids], self.frequency())
            items = [self.items[item_id] for item_id in self.ids]
            self._offered = np.array([self._offers(item) for item in items], dtype=bool)
            self._from_s = np.array([item.available_from_s for item in items], dtype=np.float64)
            self._until_s = np.array([item.expires_at_s for item in items], dtype=np.float64)
            self._since_s = np.array([item.new_since_s for item in items], dtype=np.float64)
            self._by_id = np.arange(len(items))
        self._stale.clear()

    def _extend(self, item_ids: list[str]) -> None:
        count = len(item_ids)
        if not count:
            return
        self.revision += 1
        self.row_of.update((item_id, len(self.ids) + index) for index, item_id in enumerate(item_ids))
        self.ids = self.ids + item_ids
        self._matrix = np.concatenate([self._matrix, np.zeros((count, DIM), dtype=np.float32)])
        self._offered = np.concatenate([self._offered, np.zeros(count, dtype=bool)])
        self._from_s = np.concatenate([self._from_s, np.zeros(count)])
        self._until_s = np.concatenate([self._until_s, np.zeros(count)])
        self._since_s = np.concatenate([self._since_s, np.zeros(count)])
        self._by_id = np.array(sorted(range(len(self.ids)), key=self.ids.__getitem__), dtype=np.int64)

    def _offers(self, item: CatalogItem) -> bool:
        """Whether lists may have it, dates aside."""
        return item.offered and (self.offers_adult or not item.adult)

    def _write_row(self, row: int, item_id: str) -> None:
        item = self.items.get(item_id)
        self._offered[row] = item is not None and self._offers(item)
        self._since_s[row] = 0.0 if item is None else item.new_since_s
        if item is not None:
            self._matrix[row] = self._vector_of(self._tokens[item_id])
            self._from_s[row], self._until_s[row] = item.available_from_s, item.expires_at_s

    @property
    def edition(self) -> int:
        """Grows whenever anything about an item has changed."""
        self._refresh()
        return self._edition

    @property
    def matrix(self) -> NDArray[np.float32]:
        """Items in the feature basis, shape `(len(ids), DIM)`, each of length 1 or 0."""
        self._refresh()
        return self._matrix

    def sellable_rows(self, at_s: float) -> NDArray[np.bool_]:
        """Which rows may be offered at `at_s`, shape `(len(ids),)`."""
        self._refresh()
        mask: NDArray[np.bool_] = self._offered & (self._from_s <= at_s) & (at_s < self._until_s)
        return mask

    def new_since_by_row(self) -> NDArray[np.float64]:
        """When each row became new, epoch seconds, shape `(len(ids),)`; 0 for removed items."""
        self._refresh()
        return self._since_s

    def by_id(self) -> NDArray[np.int64]:
        """Rows in order of their items' ids, shape `(len(ids),)`."""
        self._refresh()
        return self._by_id

    def group_by_row(self) -> NDArray[np.int64]:
        """A number for each row, the same for the rows of one group, shape `(len(ids),)`: that of one of its rows."""
        self._refresh()
        revision, numbers = self._grouped
        if revision != self.revision:
            numbers = np.arange(len(self.ids))
            for item_ids in self.item_groups.all_groups():
                rows = self.rows_of(item_ids)
                numbers[rows] = rows.min()
            self._grouped = self.revision, numbers
        return numbers

    def rows_of(self, item_ids: Iterable[str]) -> NDArray[np.int64]:
        """Rows of those of the ids that the catalog knows, in the order given."""
        self._refresh()
        row_of = self.row_of
        return np.array([row_of[item_id] for item_id in item_ids if item_id in row_of], dtype=np.int64)

    def in_category(self, path: Sequence[str]) -> set[str]:
        """Ids of the items at or below a category path; a single name is also found at any level."""
        path = tuple(path)
        if len(path) != 1 or path in self._categories:
            return self.with_token(category_tokens(path)[-1]) if path else set()
        wanted = path[0].casefold()
        found: set[str] = set()
        for known in self._categories:
            if known[-1].casefold() == wanted:
                found |= self.with_token(category_tokens(known)[-1])
        return found

    def categories(self) -> list[tuple[str, ...]]:
        """Every category path that has items, sorted."""
        return sorted(self._categories)

    def with_token(self, token: str) -> set[str]:
        """Ids of the items that carry a token; not to be changed by the caller."""
        return self._by_token.get(token, set())

    def kin_tokens(self, item_id: str) -> tuple[str, ...]:
        """Tokens that an item's next of kin carry too: its innermost category, its brand; none for an unknown item.

        A creative's kin are the items it is about, a group's those of the variant that stands for it.
        """
        known = self._kin.get(item_id)
        if known is not None:
            return known
        about = self.item_of(item_id)
        return _kin_of(tokens_of(about), about.category) if about else ()

    def creatives_about(self, item: CatalogItem) -> frozenset[str]:
        """Ids of the creatives that speak of an item, worked out once while both stay as they are."""
        known = self._about.get(item.item_id)
        if known is None:
            if len(self._about) >= _ABOUT_KEPT:
                self._about.clear()
            known = frozenset(
                creative.creative_id
                for creative in self.creatives.values()
                if is_about(creative, item, self.item_groups)
            )
            self._about[item.item_id] = known
        return known

    def tokens(self) -> list[str]:
        """Every token an item carries, sorted: what an interest sketch can be explained with."""
        return sorted(self._by_token)

    def frequency(self) -> dict[str, int]:
        """In how many items each token stands."""
        return {token: len(members) for token, members in self._by_token.items()}

    def _vector_of(self, tokens: tuple[str, ...]) -> Vector:
        return vector_of(tokens, {token: len(self.with_token(token)) for token in tokens})

    def knows(self, item_id: str) -> bool:
        """Whether an event's item is one of the catalog, or one of its groups."""
        return item_id in self.items or self.item_groups.has_group(item_id)

    def item_of(self, subject_id: str) -> CatalogItem | None:
        """Give a catalog item by id, the variant that stands for a group by the group's, or what a clicked creative is
        about as if it were an item; None for anything else."""
        known = self.items.get(subject_id)
        if known is not None:
            return known
        creative_id = creative_of(subject_id)
        if creative_id is None:
            return self._variant_for(subject_id)
        creative = self.creatives.get(creative_id)
        if creative is None:
            return None
        return CatalogItem(item_id=subject_id, category=creative.category, brand=creative.brand)

    def _variant_for(self, group_id: str) -> CatalogItem | None:
        """The first variant of a group by id, of those that lists may have where there are any."""
        variants = [self.items[item_id] for item_id in self.item_groups.members(group_id)]
        return next((item for item in variants if self._offers(item)), variants[0] if variants else None)

    def on_sale(self, item: EventItem, at_s: float, currency: str = "") -> bool:
        """Whether an item ordered at `at_s` was sold below its usual price: as the event tells, or by the catalog's.

        A price in another `currency` than the catalog's tells nothing.
        """
        known = self.item_of(item.item_id)
        if item.discount > 0 or known is None or known.price is None:
            return item.discount > 0
        told = item.price is not None and comparable(currency, known.currency)
        paid = item.price if told else known.sale_price_at(at_s)
        return paid is not None and paid < known.price * (1.0 - _ROUNDING)

    def vector_of_item(self, item: EventItem) -> Vector:
        """Give an event's subject as a point: the catalog's where it knows it, else by what the event says."""
        if creative_of(item.item_id) is not None:
            about = self.item_of(item.item_id)
            return self._vector_of(tokens_of(about) if about else ())
        item_id = item.item_id
        known = self._tokens.get(item_id)
        if known is None:
            variant = self._variant_for(item_id)
            if variant is None:
                return _vector_as_told(item.category, item.brand, item.price)
            item_id = variant.item_id
            known = self._tokens[item_id]
        if item_id in self._stale:
            return self._vector_of(known)
        vector: Vector = self._matrix[self.row_of[item_id]]
        return vector


def reckoned_item(item: CatalogItem, currency: SiteCurrency) -> CatalogItem:
    """Give an item with its prices in the site's base currency; without prices where they are not known in it."""
    if not currency.base or item.currency in ("", currency.base):
        return item
    rate = currency.rates.get(item.currency)
    priced = {
        name: price * rate if rate is not None else None
        for name in ("price", "sale_price", "cost_of_goods_sold")
        if (price := getattr(item, name)) is not None
    }
    return msgspec.structs.replace(item, currency=currency.base if rate is not None else item.currency, **priced)


def _kin_of(tokens: tuple[str, ...], category: tuple[str, ...]) -> tuple[str, ...]:
    return (*category_tokens(category)[-1:], *(token for token in tokens if token.startswith("brand:")))


@lru_cache(maxsize=65_536)
def _vector_as_told(category: tuple[str, ...], brand: str, price: float | None) -> Vector:
    """The point of an item that is known only from an event; many events tell the same."""
    return vector_of(tokens_of(EventItem(item_id="", category=category, brand=brand, price=price)))
