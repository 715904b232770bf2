"""List rules: what marketers want of lists, laid over what the models say.

Items that a rule excludes are left out like any that may not be shown; boosts and diversity reorder what a step offers;
caps pass over what there is enough of; buried items come after everything else; pins take their places last.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.catalog.resources import CatalogItem, MerchandisingRule
from models.decisions.ladder import CandidateList, Reason
from models.decisions.scored_catalog import ScoredCatalog
from models.decisions.targeting import TargetingContext

FACTUAL: Final = frozenset({"recently_viewed", "buy_again", "bundles", "up_sell", "clearance", "threshold_nudge"})
"""Lists that say of each item what must be true of it: a pin is put there only by a rule that names the list."""
DIVERSIFIED: Final = 5
"""Items looked at for each place of a list that is made diverse."""

Mask = NDArray[np.bool_]


class ListRules:
    """The rules that hold for one list.

    Parameters
    ----------
    scored, strategy
        What the list is made of, and which it is.
    rules
        All rules there are.
    targeting
        The visitor, as far as rules ask.
    now_s
        Epoch seconds.
    """

    def __init__(
        self,
        scored: ScoredCatalog,
        strategy: str,
        rules: Iterable[MerchandisingRule],
        targeting: TargetingContext,
        now_s: float,
    ) -> None:
        self._scored = scored
        self._now_s = now_s
        held = [
            rule
            for rule in sorted(rules, key=lambda rule: rule.rule_id)
            if not rule.about_slots
            and (not rule.strategies or strategy in rule.strategies)
            and targeting.meets(rule, now_s)
        ]
        self._of: dict[str, list[MerchandisingRule]] = {}
        for rule in held:
            self._of.setdefault(rule.action, []).append(rule)
        self.excluded = self._any("exclude")
        self.buried = self._any("bury")
        self.pins = [rule for rule in self._of.get("pin", []) if rule.strategies or strategy not in FACTUAL]
        self._counts: Counter[tuple[str, tuple[str, ...]]] = Counter()

    def _any(self, action: str) -> Mask | None:
        found = [mask_of(self._scored, rule, self._now_s) for rule in self._of.get(action, [])]
        return np.logical_or.reduce(found) if found else None

    def boosted(self, step: CandidateList) -> CandidateList:
        """Give a step with its boosts counted."""
        boosts = self._of.get("boost", [])
        if boosts and len(step.rows):
            scores = step.scores.copy()
            for rule in boosts:
                scores[mask_of(self._scored, rule, self._now_s)[step.rows]] *= rule.weight
            order = np.argsort(-scores, kind="stable")
            step = replace(step, rows=step.rows[order], scores=scores[order])
        return step

    def diversified(self, step: CandidateList, limit: int) -> CandidateList:
        """Give a step made as diverse as asked."""
        for rule in self._of.get("diversify", []):
            step = _diversified(self._scored, step, mask_of(self._scored, rule, self._now_s), rule.weight, limit)
        return step

    def admits(self, row: int) -> bool:
        """Whether a list that has what `add` was told of has room for one more like this."""
        return all(self._counts[key] < most for key, most in self._caps(row))

    def add(self, row: int) -> None:
        """Count an item of the list."""
        self._counts.update(key for key, _ in self._caps(row))

    def _caps(self, row: int) -> list[tuple[tuple[str, tuple[str, ...]], int]]:
        caps = self._of.get("cap", [])
        if not caps:
            return []
        item = self._scored.assortment.items[self._scored.assortment.ids[row]]
        return [
            ((rule.rule_id, item.category[: rule.per_category] if rule.per_category else ()), rule.most)
            for rule in caps
            if mask_of(self._scored, rule, self._now_s)[row]
        ]

    def pinned(self, allowed: Mask) -> list[tuple[int, int, Reason]]:
        """Give places, rows and reasons of the items that are pinned and may be shown, by place."""
        found = []
        for rule in self.pins:
            rows = [row for item_id in rule.item_ids for row in self._allowed_row(item_id, allowed)]
            if self._scored.groups is not None:
                rows = self._scored.groups.distinct_rows(rows)
            why = Reason(f"pinned by the rule {rule.name or rule.rule_id}", "rule")
            found += [(rule.position + place, row, why) for place, row in enumerate(rows)]
        return sorted(found, key=lambda pin: pin[0])

    def _allowed_row(self, item_id: str, allowed: Mask) -> list[int]:
        """The row of an item that may be shown, for a group's id that of its most wanted variant; none for others."""
        rows = self._scored.rows_of_named([item_id])
        found: list[int] = rows[allowed[rows]][:1].tolist()
        return found

    def last(self, allowed: Mask) -> CandidateList:
        """Offer what is buried, the popular first: for a list that has nothing else left."""
        rows = self._scored.by_id
        rows = rows[:0] if self.buried is None else rows[(self.buried & allowed)[rows]]
        rows = rows[np.argsort(-self._scored.popularity[rows], kind="stable")]
        return CandidateList("static", Reason("nothing else is left", "rule"), rows, np.zeros(len(rows)))


def list_rules_of(scored: ScoredCatalog, strategy: str, targeting: TargetingContext, now_s: float) -> ListRules | None:
    """Give the rules for one list, the shop's and the visitor's own; None where there are none at all."""
    rules = scored.assortment.rules
    if not rules and not targeting.rules:
        return None
    return ListRules(scored, strategy, (*rules.values(), *targeting.rules), targeting, now_s)


def mask_of(scored: ScoredCatalog, rule: MerchandisingRule, at_s: float) -> Mask:
    """Which rows of the catalog a rule is about at `at_s`; all where it names nothing."""
    return scored.remembered_mask(rule, at_s, _mask)


def _mask(scored: ScoredCatalog, rule: MerchandisingRule, at_s: float) -> Mask:
    assortment = scored.assortment
    mask = np.ones(len(scored.all_rows), dtype=bool)
    if rule.item_ids:
        mask &= _rows(scored, rule.item_ids)
    if rule.category:
        mask &= _rows(scored, assortment.in_category(rule.category))
    if rule.brand:
        wanted = rule.brand.casefold()
        mask &= _where(scored, lambda item: item.brand.casefold() == wanted)
    if rule.label:
        mask &= scored.rows_labelled(rule.label.casefold())
    if rule.availability:
        mask &= _where(scored, lambda item: item.availability in rule.availability)
    with np.errstate(invalid="ignore"):
        if rule.price_from is not None:
            mask &= scored.prices_in(assortment.main_currency, at_s) >= rule.price_from
        if rule.price_to is not None:
            mask &= scored.prices_in(assortment.main_currency, at_s) <= rule.price_to
    return mask


def _rows(scored: ScoredCatalog, item_ids: Iterable[str]) -> Mask:
    mask = np.zeros(len(scored.all_rows), dtype=bool)
    mask[scored.rows_of_named(item_ids)] = True
    return mask


def _where(scored: ScoredCatalog, holds: Callable[[CatalogItem], bool]) -> Mask:
    items = (scored.assortment.items.get(item_id) for item_id in scored.assortment.ids)
    return np.array([item is not None and holds(item) for item in items], dtype=bool)


def _diversified(scored: ScoredCatalog, step: CandidateList, mask: Mask, weight: float, limit: int) -> CandidateList:
    """Take items one by one, each by its score less, in `mask`, its likeness to the nearest taken before [1]_.

    .. [1] Carbonell and Goldstein, "The Use of MMR", SIGIR 1998.
    """
    count = min(len(step.rows), DIVERSIFIED * limit)
    if count < 2:
        return step
    rows, scores = step.rows[:count], step.scores[:count]
    points = scored.matrix[rows].astype(np.float64)
    worth = (1.0 - weight) * scores / max(float(scores.max()), 1e-12)
    nearest = np.zeros(count)
    order: list[int] = []
    left = np.ones(count, dtype=bool)
    about = mask[rows]
    for _ in range(count):
        gain = np.where(left, worth - weight * np.where(about, nearest, 0.0), -np.inf)
        best = int(gain.argmax())
        order.append(best)
        left[best] = False
        nearest = np.maximum(nearest, np.einsum("ij,j->i", points, points[best]))
    return replace(
        step,
        rows=np.concatenate([rows[order], step.rows[count:]]),
        scores=np.concatenate([scores[order], step.scores[count:]]),
    )
