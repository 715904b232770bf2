"""Merchandising: lists about price: a step up, what goes with the cart, what is reduced, what closes a gap, bundles.

Prices are what a visitor pays at the moment: the sale price while the sale is on. An item whose price is not known is
in none of these lists, nor is one whose price is in a currency that cannot be compared with the others'.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.catalog.assortment import reckoned_item
from models.catalog.feature_hashing import price_band
from models.catalog.resources import CatalogItem
from models.decisions.ladder import CandidateList, Reason, item_title, ranked_step
from models.decisions.scored_catalog import ScoredCatalog
from models.events.currency import NO_CURRENCY, CurrencySum, SiteCurrency, sums_by_currency
from models.visitor.profile import Profile

STEPS_UP: Final = 2
"""How many price bands above an item an up-sell may lie."""
LEAST_REDUCTION: Final = 0.05
"""Share off the price from which an item counts as reduced."""
CLEARANCE_LABEL: Final = "clearance"
MOST_OVER_GAP: Final = 3.0
"""An item that closes a gap costs at most so many times the gap."""
NEXT_SHARE: Final = 0.3
"""What the likeliest next item gains on a likeness of 1."""


def up_sell(scored: ScoredCatalog, item_id: str, at_s: float) -> CandidateList:
    """Items for the same need, one or two price bands up: those most alike, and most looked at after it, first."""
    item = scored.assortment.item_of(item_id)
    nothing = ranked_step("session", Reason("a step up"), scored.all_rows[:0], np.zeros(0))
    if item is None or not item.category:
        return nothing
    _, currency = scored.assortment.currency.reckoned(0.0, item.currency)
    below = scored.assortment.price_in(currency, item, at_s)
    if below is None:
        return nothing
    prices = scored.prices_in(currency, at_s)
    rows = scored.assortment.rows_of(sorted(scored.assortment.in_category(item.category)))
    rows = rows[prices[rows] > below]
    band = price_band(below)
    steps = np.array([price_band(float(price)) - band for price in prices[rows]], dtype=np.int64)
    rows = rows[(steps >= 1) & (steps <= STEPS_UP)]
    if not len(rows):
        return nothing
    matrix = scored.matrix
    scores = 1.0 + (matrix[rows] * matrix[scored.assortment.row_of[item.item_id]]).sum(axis=1, dtype=np.float64)
    scores += NEXT_SHARE * _share_of_next(scored, [item_id])[rows]
    title = item_title(scored, item_id)

    def why_of(row: int) -> Reason:
        more = f"{prices[row] - below:.2f} {currency} more".rstrip()
        return Reason(f"a step up from {title}: {more}", "price", item_id)

    return ranked_step("session", Reason("a step up"), rows, scores, 0.0, why_of)


def cross_sell(scored: ScoredCatalog, anchors: Sequence[str]) -> CandidateList:
    """What is ordered with the given items and serves another need: none of their own categories."""
    own = {item.category for anchor in anchors if (item := scored.assortment.item_of(anchor)) is not None}
    scores = np.zeros(len(scored.all_rows))
    because = np.full(len(scores), -1)
    for place, anchor in enumerate(anchors):
        rows, shares = scored.bought_with(anchor)
        because[rows[scores[rows] < shares]] = place
        scores[rows] += shares
    rows = np.flatnonzero(scores > 0)
    items = [scored.assortment.items.get(scored.assortment.ids[row]) for row in rows.tolist()]
    rows = rows[np.array([item is not None and item.category not in own for item in items], dtype=bool)]

    def why_of(row: int) -> Reason:
        anchor = anchors[int(because[row])]
        return Reason(f"goes with {item_title(scored, anchor)}", "co_purchase", anchor)

    return ranked_step("session", Reason("goes with what you have"), rows, scores[rows], 0.0, why_of)


def reduced_rows(scored: ScoredCatalog, at_s: float) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Rows of what is reduced, or labelled clearance, and the share off the price, 0 to 1."""
    off = scored.reductions(at_s)
    rows = np.flatnonzero((off >= LEAST_REDUCTION) | scored.rows_labelled(CLEARANCE_LABEL))
    return rows, off[rows]


def clearance(scored: ScoredCatalog, interest: NDArray[np.float64], at_s: float) -> CandidateList:
    """What is reduced, nearest to the visitor's interest first (by row, 0 for none), then by how much is off."""
    rows, off = reduced_rows(scored, at_s)
    scores = 1.0 + off + 2.0 * interest[rows]

    def why_of(row: int) -> Reason:
        share = float(scored.reductions(at_s)[row])
        words = f"reduced by {share:.0%}" if share >= LEAST_REDUCTION else "last pieces"
        if interest[row] > 0:
            return Reason(f"{words}, and like what you looked at", "interests")
        return Reason(words, "price")

    return ranked_step("session" if interest.any() else "static", Reason("reduced"), rows, scores, 0.0, why_of)


@dataclass(frozen=True, slots=True)
class Gap:
    """How far a cart is from a threshold, in `currency`; `missing` is 0 where it is reached.

    It is the site's base, else that of most of the cart's lines, else of most items. Lines in currencies that are worth
    nothing known in it do not count.
    """

    threshold: float
    cart_value: float
    missing: float
    currency: str = ""


def gap_of(scored: ScoredCatalog, profile: Profile, threshold: float, at_s: float) -> Gap:
    """Give the gap between the value of a visitor's cart and a threshold, such as free shipping's."""
    amounts: list[CurrencySum] = []
    for line in profile.cart:
        item = scored.assortment.item_of(line.item_id)
        current = item.current_price(at_s) if item is not None else None
        price, currency = (line.price, line.currency) if item is None or current is None else (current, item.currency)
        if price is not None:
            amounts.append(CurrencySum(currency, 1, price * line.quantity, price))
    counted = sums_by_currency(amounts, scored.assortment.currency)[0]
    missing = round(max(0.0, threshold - counted.total), 2)
    return Gap(threshold, round(counted.total, 2), missing, counted.currency or scored.assortment.main_currency)


def threshold_nudge(
    scored: ScoredCatalog, profile: Profile, gap: Gap, history: Sequence[str], at_s: float
) -> CandidateList:
    """Items that close the gap, each alone: what is likely next or bought with the cart first, and little over it."""
    prices = scored.prices_in(gap.currency, at_s)
    with np.errstate(invalid="ignore"):
        rows = np.flatnonzero((prices >= gap.missing) & (prices <= MOST_OVER_GAP * gap.missing) & (gap.missing > 0))
    relevance = 0.1 * scored.popularity.astype(np.float64)
    for line in profile.cart:
        bought, shares = scored.bought_with(line.item_id)
        relevance[bought] += shares
    relevance += _share_of_next(scored, [*history, *(line.item_id for line in reversed(profile.cart))])
    close = gap.missing / prices[rows]  # 1 where it closes the gap exactly
    why = Reason(f"closes the gap of {gap.missing:.2f} {gap.currency}".rstrip(), "price")
    return ranked_step("session", why, rows, close * (0.2 + relevance[rows]))


def _share_of_next(scored: ScoredCatalog, history: Sequence[str]) -> NDArray[np.float64]:
    """Each row's chance to be next, as a share of the likeliest one's; all 0 for an unknown history."""
    shares = np.zeros(len(scored.all_rows))
    rows, chances, _ = scored.next_after(history)
    if len(rows):
        shares[rows] = chances / chances.max()
    return shares


@dataclass(frozen=True, slots=True)
class BundlePrice:
    """What a bundle costs: `joint` apart, `price` together, `saving` the difference, all in `currency`."""

    joint: float
    price: float
    saving: float
    currency: str


def bundle_price(
    items: Sequence[CatalogItem],
    discount: float,
    least_margin: float,
    at_s: float,
    currency: SiteCurrency = NO_CURRENCY,
) -> BundlePrice | None:
    """Price a bundle, in its items' own currency, else in the site's base; None where a price is not known in it.

    Parameters
    ----------
    items
        All of the bundle's items.
    discount
        Share, 0 to 1, taken off the joint price.
    least_margin
        Share of the bundle's price that must be left above its items' cost of goods sold. The discount shrinks to keep
        it; without every item's cost there is none.
    at_s
        When it is sold: sales begin and end.
    currency
        What the site reckons in.

    >>> made = [CatalogItem(item_id="a", price=60.0, cost_of_goods_sold=50.0, currency="EUR")] * 2
    >>> bundle_price(made, discount=0.2, least_margin=0.1, at_s=0.0)
    BundlePrice(joint=120.0, price=111.12, saving=8.88, currency='EUR')
    """
    if len({item.currency for item in items}) > 1:
        items = [reckoned_item(item, currency) for item in items]
    prices = [item.current_price(at_s) for item in items]
    known = [price for price in prices if price is not None]
    currencies = {item.currency or currency.base for item in items}
    if len(known) < len(items) or len(currencies) != 1:
        return None
    joint = round(sum(known), 2)
    costs = [item.cost_of_goods_sold for item in items]
    least = joint
    if all(cost is not None for cost in costs):
        least = sum(cost for cost in costs if cost is not None) / (1.0 - least_margin)
    price = min(joint, max(joint * (1.0 - discount), least))
    price = round(price + 0.004999, 2) if price < joint else joint  # up, so that the margin holds
    return BundlePrice(joint, min(price, joint), round(joint - min(price, joint), 2), currencies.pop())
