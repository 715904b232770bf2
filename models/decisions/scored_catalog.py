"""Scored catalog: a learned snapshot laid over the assortment, so that scores and catalog rows line up."""

from collections.abc import Callable, Iterable, Sequence
from math import nan
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.catalog.assortment import Assortment
from models.catalog.resources import MerchandisingRule
from models.decisions.group_rows import GroupRows
from models.events.currency import comparable
from models.learner.snapshot import Snapshot

ITEMS_REMEMBERED: Final = 2_000
RankedRows = tuple[NDArray[np.int64], NDArray[np.float64]]
"""Rows of the catalog, best first, and their scores."""
_NO_SHARES: Final[NDArray[np.float32]] = np.zeros(0, dtype=np.float32)


def _nan(price: float | None) -> float:
    return nan if price is None else price


def _reductions(prices: NDArray[np.float64], listed: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shares of list prices that are off, 0 where either is not known."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.nan_to_num(np.clip(1.0 - prices / listed, 0.0, 1.0))


class ScoredCatalog:
    """Scores by catalog row, for one snapshot and one revision of the assortment.

    `trending`, `popular`, `sold` and `newest` are rows in serving order, ties by item id; the last holds all rows, the
    others those with a score. `untouched` marks the items on which there has been no event. `groups` is None in a shop
    without variants; in others each row has its group's scores.
    """

    def __init__(self, snapshot: Snapshot, assortment: Assortment) -> None:
        self.snapshot = snapshot
        self.assortment = assortment
        self.matrix = assortment.matrix  # refreshes the rows before anything reads them
        self.revision = assortment.revision
        count = len(assortment.ids)
        self.groups: GroupRows | None = None
        self.row_of_number = self._rows_named(snapshot.names)
        self.row_of_engine = self._rows_named(snapshot.engine.names)
        self.all_rows = np.arange(count)
        self.by_id = assortment.by_id()
        if assortment.item_groups:
            own = np.array([assortment.row_of.get(name, -1) for name in snapshot.names], dtype=np.int64)
            alone = np.zeros(count, dtype=np.float32)
            alone[own[own >= 0]] = snapshot.popular[own >= 0]
            self.groups = GroupRows(assortment.group_by_row(), self.by_id, alone)
            self.by_id = self.groups.in_order
        self.popularity: NDArray[np.float32] = self._by_row(snapshot.popular)
        self.trending_score = self._by_row(snapshot.trending)
        self.trending = self._ordered(self.trending_score)
        self.popular = self._ordered(self.popularity)
        self.sold_score = self._by_row(snapshot.sold)
        self.sold = self._ordered(self.sold_score)
        since = assortment.new_since_by_row()
        self.untouched: NDArray[np.bool_] = np.ones(count, dtype=bool)
        touched = self.row_of_engine[self.row_of_engine >= 0]
        self.untouched[touched if self.groups is None else self.groups.spread(touched)[0]] = False
        self._edition = assortment.edition
        self._rows_with: dict[str, NDArray[np.int64]] = {}
        self._remembered: dict[str, RankedRows] = {}
        self._masks: dict[str, tuple[MerchandisingRule, NDArray[np.bool_]]] = {}
        self._labelled: dict[str, NDArray[np.bool_]] = {}
        self._prices: NDArray[np.float64] | None = None
        self._priced_at_s = 0.0
        self._reductions: NDArray[np.float64] = np.zeros(0)
        self._codes: list[str] = []
        self._code_of_row: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self._rates: NDArray[np.float64] = np.ones(0)
        self.newest = self.by_id[np.argsort(-since[self.by_id], kind="stable")]

    def _rows_named(self, names: Sequence[str]) -> NDArray[np.int64]:
        """Rows of items by id, of a group's id one of the group's; -1 for others."""
        row_of, groups = self.assortment.row_of, self.assortment.item_groups
        rows = np.array([row_of.get(name, -1) for name in names], dtype=np.int64)
        if groups:
            for place in np.flatnonzero(rows < 0).tolist():
                members = groups.members(names[place])
                rows[place] = row_of[members[0]] if members else -1
        return rows

    def _by_row(self, scores: NDArray[np.float32]) -> NDArray[np.float32]:
        """Scores by item number as scores by row: each row's group's, once groups are known."""
        known = self.row_of_number >= 0
        rows = self.row_of_number[known]
        if self.groups is not None:
            return self.groups.summed(scores[known], rows)
        found: NDArray[np.float32] = np.zeros(len(self.all_rows), dtype=np.float32)
        found[rows] = scores[known]
        return found

    def _ordered(self, scores: NDArray[np.float32]) -> NDArray[np.int64]:
        order = self.by_id[np.argsort(-scores[self.by_id], kind="stable")]
        kept: NDArray[np.int64] = order[scores[order] > 0]
        return kept

    def fits(self, snapshot: Snapshot, assortment: Assortment) -> bool:
        """Whether it still is what these two would give."""
        return (
            self.snapshot is snapshot
            and self.assortment is assortment
            and self.matrix is assortment.matrix
            and (self.revision == assortment.revision)
        )

    def remembered_mask(
        self,
        rule: MerchandisingRule,
        at_s: float,
        mask: Callable[["ScoredCatalog", MerchandisingRule, float], NDArray[np.bool_]],
    ) -> NDArray[np.bool_]:
        """What `mask` gives for a rule at `at_s`, worked out once while the rule, the catalog and prices stay as they
        are."""
        self.prices(at_s)
        known = self._masks.get(rule.rule_id)
        if known is None or known[0] is not rule:
            known = self._masks[rule.rule_id] = rule, mask(self, rule, at_s)
        return known[1]

    def prices(self, at_s: float) -> NDArray[np.float64]:
        """What each row costs at `at_s`, nan where that is not known; rows are of different currencies, each in the
        site's base where it has a rate. `prices_in` gives those that may be compared.

        Between two calls only the rows are looked at whose sale began or ended meanwhile.
        """
        self._forget_what_changed()
        if self._prices is None:
            items = [self.assortment.items.get(item_id) for item_id in self.assortment.ids]
            told = np.array([_nan(item.current_price(at_s) if item else None) for item in items], dtype=np.float64)
            listed = np.array([_nan(item.price if item else None) for item in items], dtype=np.float64)
            self._reductions = _reductions(told, listed)
            self._reckon([item.currency if item else "" for item in items])
            self._prices = told * self._rates
        elif at_s != self._priced_at_s:
            first_s, last_s = min(at_s, self._priced_at_s), max(at_s, self._priced_at_s)
            self._price_anew(self._prices, self.assortment.sales.changed(first_s, last_s), at_s)
        self._priced_at_s = at_s
        return self._prices

    def _reckon(self, named: Sequence[str]) -> None:
        """Note which currency each row's price counts in, and what it is to be taken times for it."""
        reckoned = {code: self.assortment.currency.reckoned(1.0, code) for code in set(named)}
        self._codes = sorted({code for _, code in reckoned.values()})
        numbers = {code: self._codes.index(counted) for code, (_, counted) in reckoned.items()}
        self._code_of_row = np.array([numbers[code] for code in named], dtype=np.int64)
        self._rates = np.array([reckoned[code][0] for code in named], dtype=np.float64)

    def prices_in(self, currency: str, at_s: float) -> NDArray[np.float64]:
        """What each row costs at `at_s` in a currency, nan where that is not known in it."""
        prices = self.prices(at_s)
        fitting = [number for number, code in enumerate(self._codes) if comparable(code, currency)]
        if len(fitting) == len(self._codes):
            return prices
        return np.where(np.isin(self._code_of_row, fitting), prices, nan)

    def _price_anew(self, prices: NDArray[np.float64], item_ids: Sequence[str], at_s: float) -> None:
        """Price the rows of some items at `at_s`, and forget what was worked out with their prices before."""
        if not item_ids:
            return
        rows = self.assortment.rows_of(item_ids)
        items = [self.assortment.items[item_id] for item_id in item_ids]
        told = np.array([_nan(item.current_price(at_s)) for item in items], dtype=np.float64)
        self._reductions[rows] = _reductions(told, np.array([_nan(item.price) for item in items], dtype=np.float64))
        prices[rows] = told * self._rates[rows]
        self._masks = {
            rule_id: (rule, mask)
            for rule_id, (rule, mask) in self._masks.items()
            if rule.price_from is None and rule.price_to is None
        }

    def reductions(self, at_s: float) -> NDArray[np.float64]:
        """Share of each row's list price that is off at `at_s`, 0 to 1."""
        self.prices(at_s)
        return self._reductions

    def rows_labelled(self, label: str) -> NDArray[np.bool_]:
        """Which rows' items carry one of their custom labels in these words."""
        self._forget_what_changed()
        known = self._labelled.get(label)
        if known is None:
            items = (self.assortment.items.get(item_id) for item_id in self.assortment.ids)
            found = [item is not None and label in (own.casefold() for own in item.custom_labels) for item in items]
            known = self._labelled[label] = np.array(found, dtype=bool)
        return known

    def _forget_what_changed(self) -> None:
        if self._edition != self.assortment.edition:
            self._edition = self.assortment.edition
            self._rows_with.clear()
            self._remembered.clear()
            self._prices = None
            self._labelled.clear()
            self._masks.clear()

    def remembered(self, item_id: str, rank: Callable[["ScoredCatalog", str], RankedRows]) -> RankedRows:
        """What `rank` gives for an item, worked out once while models and catalog stay as they are."""
        self._forget_what_changed()
        known = self._remembered.get(item_id)
        if known is None:
            if len(self._remembered) >= ITEMS_REMEMBERED:
                self._remembered.clear()
            known = self._remembered[item_id] = rank(self, item_id)
        return known

    def rows_with(self, token: str) -> NDArray[np.int64]:
        """Rows of the items that carry a token."""
        self._forget_what_changed()
        known = self._rows_with.get(token)
        if known is None:
            known = self._rows_with[token] = self.assortment.rows_of(self.assortment.with_token(token))
        return known

    def next_after(
        self, history: Sequence[str], earlier: Sequence[str] = (), at_s: float | None = None, dwell_s: float = 0.0
    ) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.int32]]:
        """Rows of the items that may come next, their chances, and their numbers in the engine, best first.

        The parameters are those of `NextItem.rank`.
        """
        engine = self.snapshot.engine
        if self.groups is None:
            numbers, chances = engine.rank_candidates(history, earlier=earlier, at_s=at_s, dwell_s=dwell_s)
            rows = self.row_of_engine[numbers]
            known = rows >= 0
            return rows[known], chances[known], numbers[known]
        learned, before = self._learned_as(history), self._learned_as(earlier)
        numbers, chances = engine.rank_candidates(learned, earlier=before, at_s=at_s, dwell_s=dwell_s)
        places, rows = self._others(self.groups, self.row_of_engine[numbers], history[:1])
        return rows, chances[places], numbers[places]

    def _learned_as(self, item_ids: Sequence[str]) -> list[str]:
        """The ids that the engine has learned of these items' groups; the items' own where the groups are new to it."""
        group_of, knows = self.assortment.item_groups.group_of, self.snapshot.engine.knows
        return [group_id if knows(group_id := group_of(item_id)) else item_id for item_id in item_ids]

    def _others(
        self, groups: GroupRows, rows: NDArray[np.int64], item_ids: Sequence[str]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Places in `rows`, and there all variants of each; without those of the given items' groups."""
        places = np.flatnonzero(rows >= 0)
        own = np.zeros(len(self.all_rows), dtype=bool)
        own[groups.numbers[self.rows_of_products(item_ids)]] = True
        places = places[~own[groups.numbers[rows[places]]]]
        variants, origins = groups.spread(rows[places])
        return places[origins], variants

    def bought_with(self, item_id: str) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Rows of items ordered with this one, and their shares (sum at most 1, over groups)."""
        bought, number_of = self.snapshot.bought, self.snapshot.number_of
        number = number_of.get(self.assortment.item_groups.group_of(item_id), -1)
        if self.groups is not None and (number < 0 or not len(bought.of(number)[0])):
            number = number_of.get(item_id, -1)  # its group is new to the models
        if number < 0:
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        others, shares = bought.of(number)
        rows = self.row_of_number[others]
        if self.groups is not None:
            places, rows = self._others(self.groups, rows, [item_id])
            return rows, shares[places]
        known = rows >= 0
        return rows[known], shares[known]

    def rows_of_products(self, item_ids: Iterable[str]) -> NDArray[np.int64]:
        """Rows of these items, each with the other variants of its group after it; of a group's id all of the group."""
        if self.groups is None:
            return self.assortment.rows_of(item_ids)
        row_of, members = self.assortment.row_of, self.assortment.item_groups.members
        found: dict[int, None] = {}
        for item_id in item_ids:
            row = row_of.get(item_id, -1)
            if row >= 0:
                found[row] = None
            else:
                row = next((row_of[member] for member in members(item_id)), -1)
            if row >= 0:
                found.update(dict.fromkeys(self.groups.variants(row).tolist()))
        return np.array(list(found), dtype=np.int64)

    def rows_of_named(self, item_ids: Iterable[str]) -> NDArray[np.int64]:
        """Rows of these very items; of a group's id all of the group."""
        if self.groups is None:
            return self.assortment.rows_of(item_ids)
        items, rows_of = self.assortment.items, self.assortment.rows_of
        rows = [rows_of([named]) if named in items else self.rows_of_products([named]) for named in item_ids]
        return np.concatenate([*rows, self.all_rows[:0]])
