"""Recommendations: which items answer a question, in which order, and why.

Every strategy is a ladder of steps. A step offers rows with scores and a reason; what may not be shown is filtered
after ranking, and the next step fills what is left of the list. Nothing is ever drawn at random.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.base.durations import DAY_S
from models.catalog.resources import CatalogItem
from models.catalog.similarity import similarity
from models.catalog.strategies import Strategy
from models.decisions.companion_steps import RECENTS_USED, also_viewed, bought_together, buy_again
from models.decisions.group_rows import VariantChoice
from models.decisions.ladder import CandidateList, DecisionTier, Reason, item_title, ordered_step, ranked_step
from models.decisions.list_rules import ListRules, list_rules_of
from models.decisions.merchandising import NEXT_SHARE, Gap, clearance, cross_sell, gap_of, threshold_nudge, up_sell
from models.decisions.next_item_steps import interest_words, next_steps
from models.decisions.scored_catalog import ScoredCatalog
from models.decisions.visitor_context import VisitorContext
from models.events.currency import NO_CURRENCY, SiteCurrency, comparable
from models.events.subjects import creative_of
from models.visitor.campaign_echo import ECHO_PLACES, campaign_of
from models.visitor.interest_sketch import directions
from models.visitor.profile import Profile, RecentItem, in_session, recent_items

UNPADDED: Final[frozenset[Strategy]] = frozenset({"up_sell", "clearance", "threshold_nudge"})
"""Lists that say something of price of every item: they stay short rather than say it of one it is not true of."""
ANCHORED: Final[frozenset[Strategy]] = frozenset(
    {"similar", "also_viewed", "also_bought", "bundles", "up_sell", "cross_sell"}
)
"""Lists that start from an item, by default the one looked at last: they never name another variant of it."""

MAX_LIMIT: Final = 100
DEFAULT_LIMIT: Final = 10
BOUGHT_HIDDEN_S: Final = 30 * DAY_S
"""For so long after an order, in the visitor's own event time, its items are not recommended to the visitor; but by
`buy_again`, which knows when they are due."""
HALF_LIFE_SHARES: Final = np.array([0.5, 0.3, 0.2])
"""How much the visitor's interests of 15 minutes, 24 hours and 30 days count."""
POPULARITY_SHARE: Final = 0.1
SEEN_SHARE: Final = 0.25
"""What is left of the score of an item the visitor has just looked at: another item serves better."""
LEAST_INTEREST: Final = 0.1
"""Likeness below which an interest says nothing, of an item that shares a category or brand with a recent one."""
LEAST_OLD_INTEREST: Final = 0.6
"""The same of any other item: unrelated items meet by chance in a 64-place basis, so this asks for more."""
LEAST_LIKENESS: Final = 0.3


@dataclass(frozen=True, slots=True)
class Query:
    """One question.

    `category` keeps the list within a category path; `refill` False lets it stay short; `threshold` is the cart value
    that `threshold_nudge` helps to reach, in the shop's currency.
    """

    strategy: Strategy
    item_id: str = ""
    limit: int = DEFAULT_LIMIT
    category: tuple[str, ...] = ()
    exclude: frozenset[str] = frozenset()
    refill: bool = True
    threshold: float = 0.0


@dataclass(slots=True)
class Recommended:
    """One item of an answer; `score` orders items of one tier and has no unit."""

    item: CatalogItem
    score: float
    tier: DecisionTier
    why: Reason

    @property
    def reason(self) -> str:
        """Why, in words."""
        return self.why.words


@dataclass(slots=True)
class RecommendedList:
    """A list and where it came from: the tier and reason of its first item, or why it is empty.

    `companion_of` is the item that a bundle's items are ordered together with, `gap` what a nudge is to close, `at_s`
    when it was made, which tells the prices, `currency` what the site reckons in.
    """

    tier: DecisionTier
    reason: str
    items: list[Recommended] = field(default_factory=list)
    companion_of: CatalogItem | None = None
    gap: Gap | None = None
    at_s: float = 0.0
    currency: SiteCurrency = NO_CURRENCY


def recommend(scored: ScoredCatalog, visitor: VisitorContext, query: Query) -> RecommendedList:
    """Answer one query for one visitor.

    Parameters
    ----------
    scored
        What is sold and what is learned.
    visitor
        Whom for.
    query
        The question.

    Returns
    -------
    RecommendedList
        At most `query.limit` items, fewer only where no other item may be shown (or refill is off).
    """
    profile, now_s, holdout = visitor.profile, visitor.now_s, visitor.holdout
    ruled = list_rules_of(scored, query.strategy, visitor.targeting, now_s)
    allowed = _allowed(scored, query, now_s, hidden_items(profile), ruled)
    allowed[_other_variants(scored, query, _latest(profile, holdout))] = False
    answer = RecommendedList("static", "no item may be shown", at_s=now_s, currency=scored.assortment.currency)
    if query.strategy == "threshold_nudge":
        answer.gap = gap_of(scored, profile, query.threshold, now_s)
        if not answer.gap.missing and query.threshold:
            answer.reason = "the threshold is reached"
    taken = np.zeros(len(allowed), dtype=bool)
    preferred = {} if holdout else _ranks(scored, recent_items(profile))
    for number, step in enumerate(ladder_of(scored, visitor, query, allowed, answer.gap)):
        if number and (not query.refill or answer.companion_of is not None):
            break  # a bundle is never padded: it names what goes together, or the ladder answers
        places = OpenPlaces(allowed, taken, query.limit, preferred)
        if step.again:
            may = _allowed(scored, query, now_s, cart_items(profile), ruled)
            places = OpenPlaces(may, taken, query.limit, _ranks(scored, _bought(profile)))
        _take(scored, answer, step, places, ruled)
        if query.strategy == "bundles" and number == 0 and answer.items:
            answer.companion_of = scored.assortment.item_of(_anchor(scored, profile, query.item_id, holdout))
        if len(answer.items) >= query.limit:
            break
    if ruled is not None:
        if ruled.buried is not None and query.refill and query.strategy not in UNPADDED and not answer.companion_of:
            _take(scored, answer, ruled.last(allowed), OpenPlaces(allowed, taken, query.limit, preferred), None)
        _pin(scored, answer, ruled, allowed, query.limit)
    if answer.items:
        answer.tier = answer.items[0].tier
        answer.reason = answer.items[0].reason
    if holdout:
        answer.reason = f"holdout, not personalized: {answer.reason}"
    return answer


class OpenPlaces(NamedTuple):
    """What a list may still take: of the rows `allowed` those not `taken`, up to its `limit`.

    Of a group's variants the `preferred` one stands for it, the least number first.
    """

    allowed: NDArray[np.bool_]
    taken: NDArray[np.bool_]
    limit: int
    preferred: dict[int, int]


def _take(
    scored: ScoredCatalog, answer: RecommendedList, step: CandidateList, places: OpenPlaces, ruled: ListRules | None
) -> None:
    """Put what a step offers and may be shown on the list, until it is full; of a group one variant."""
    groups, limit = scored.groups, places.limit
    keep = places.allowed[step.rows] & np.logical_not(places.taken[step.rows])
    if ruled is not None and ruled.buried is not None:
        keep &= np.logical_not(ruled.buried[step.rows])
    rows, scores = step.rows[keep], step.scores[keep]
    if ruled is not None:
        step = ruled.boosted(replace(step, rows=rows, scores=scores))
        rows, scores = step.rows, step.scores
    variants = None
    if groups is not None:
        variants = VariantChoice(groups, rows, scores, places.preferred)
        rows, scores = rows[variants.firsts], scores[variants.firsts]
    if ruled is None:
        free = limit - len(answer.items)
        rows, scores = rows[:free], scores[:free]
    else:
        step = ruled.diversified(replace(step, rows=rows, scores=scores), limit)
        rows, scores = step.rows, step.scores
    for row, score in zip(rows.tolist(), scores.tolist(), strict=True):
        if len(answer.items) >= limit:
            return
        if variants is not None:
            row = variants.choose(row)
        if ruled is not None:
            if not ruled.admits(row):
                continue
            ruled.add(row)
        places.taken[row if groups is None else groups.variants(row)] = True
        item = scored.assortment.items[scored.assortment.ids[row]]
        why = step.why_of(row) if step.why_of else step.why
        tier = step.tier_of(row) if step.tier_of else step.tier
        answer.items.append(Recommended(item, round(score, 6), tier, why))


def _pin(
    scored: ScoredCatalog, answer: RecommendedList, ruled: ListRules, allowed: NDArray[np.bool_], limit: int
) -> None:
    """Put pinned items in their places; what stood there moves on, and what falls off the end is gone."""
    group_of, placed = scored.assortment.item_groups.group_of, dict[str, str]()
    for place, row, why in ruled.pinned(allowed):
        item = scored.assortment.items[scored.assortment.ids[row]]
        group_id = group_of(item.item_id)
        if placed.setdefault(group_id, item.item_id) != item.item_id:
            continue
        answer.items = [chosen for chosen in answer.items if group_of(chosen.item.item_id) != group_id]
        answer.items.insert(place, Recommended(item, 0.0, "static", why))
    del answer.items[limit:]


def hidden_items(profile: Profile) -> set[str]:
    """Items this visitor is not shown: in the cart, or just ordered as of the visitor's latest event."""
    since_s = profile.last_at_s - BOUGHT_HIDDEN_S
    return cart_items(profile) | {
        purchases.item_id for purchases in profile.history.item_purchases if purchases.last_at_s > since_s
    }


def cart_items(profile: Profile) -> set[str]:
    """Items in the visitor's cart."""
    return {line.item_id for line in profile.cart}


def _allowed(
    scored: ScoredCatalog, query: Query, now_s: float, hidden: set[str], ruled: ListRules | None
) -> NDArray[np.bool_]:
    assortment = scored.assortment
    allowed = assortment.sellable_rows(now_s).copy()
    if query.category:
        within = np.zeros(len(allowed), dtype=bool)
        within[assortment.rows_of(assortment.in_category(query.category))] = True
        allowed &= within
    if ruled is not None and ruled.excluded is not None:
        allowed &= np.logical_not(ruled.excluded)
    left_out = hidden | query.exclude
    if query.item_id:
        left_out = left_out | {query.item_id}
    allowed[scored.rows_of_products(left_out)] = False
    return allowed


def _other_variants(scored: ScoredCatalog, query: Query, item_id: str) -> NDArray[np.int64]:
    """Rows of variants of the item that a list starts from, where it is not asked for; but the item's own row."""
    if scored.groups is None or query.item_id or query.strategy not in ANCHORED:
        return scored.all_rows[:0]
    item = scored.assortment.item_of(item_id)
    rows = scored.rows_of_products([item_id])
    return rows if item is None else rows[rows != scored.assortment.row_of[item.item_id]]


def _ranks(scored: ScoredCatalog, item_ids: Iterable[str]) -> dict[int, int]:
    """Rows of variants with their places in what the visitor saw or bought; none in a shop without variants."""
    if scored.groups is None:
        return {}
    return {row: rank for rank, row in enumerate(scored.assortment.rows_of(item_ids).tolist())}


def _bought(profile: Profile) -> list[str]:
    """Items the visitor ordered, the latest first."""
    purchases = sorted(profile.history.item_purchases, key=lambda purchases: -purchases.last_at_s)
    return [item.item_id for item in purchases]


def ladder_of(  # noqa: C901 - one arm a strategy, side by side
    scored: ScoredCatalog, visitor: VisitorContext, query: Query, allowed: NDArray[np.bool_], gap: Gap | None
) -> Iterator[CandidateList]:
    """The steps of a strategy, most telling first; each is computed only when the list still has room."""
    profile, now_s, holdout, echo = visitor.profile, visitor.now_s, visitor.holdout, visitor.echo
    match query.strategy:
        case "for_you":
            if not holdout:
                if echo:
                    step = _of_campaign(scored, echo)
                    rows = step.rows[allowed[step.rows]]
                    if scored.groups is not None:
                        rows = scored.groups.first_groups(rows, ECHO_PLACES)
                    else:
                        rows = rows[:ECHO_PLACES]
                    yield replace(step, rows=rows, scores=step.scores[: len(rows)])
                yield from _for_you(scored, profile, allowed, now_s)
        case "similar":
            yield from _similar(scored, query.item_id or _latest(profile, holdout))
        case "also_viewed":
            item_id = query.item_id or _latest(profile, holdout)
            yield also_viewed(scored, [item_id])
            yield from _similar(scored, item_id)
        case "also_bought":
            yield from _also_bought(scored, profile, query.item_id, holdout)
        case "bundles":
            anchor = _anchor(scored, profile, query.item_id, holdout)
            yield _in_one_currency(scored, bought_together(scored, [anchor]), anchor)
            yield also_viewed(scored, [anchor])
            yield from _similar(scored, anchor)
        case "buy_again":
            if not holdout and profile.orders is not None:
                yield buy_again(scored, profile.history, now_s, refill=query.refill)
        case "up_sell":
            yield up_sell(scored, _anchor(scored, profile, query.item_id, holdout), now_s)
        case "cross_sell":
            anchors = _anchors(scored, profile, query.item_id, holdout)
            yield cross_sell(scored, anchors)
            yield also_viewed(scored, anchors)
        case "clearance":
            known = not holdout and bool(profile.sketch)
            interest = _interest(scored, profile, scored.all_rows) if known else np.zeros(len(allowed))
            near = _near(scored, profile.recent) if known else np.zeros(len(allowed), dtype=bool)
            yield clearance(scored, np.where(near & (interest > LEAST_INTEREST), interest, 0.0), now_s)
        case "threshold_nudge" if gap is not None:
            history = [] if holdout else [recent for recent in recent_items(profile) if creative_of(recent) is None]
            yield threshold_nudge(scored, profile, gap, history, now_s)
        case "bestsellers":
            yield ordered_step("popular", Reason("sells best", "popularity"), scored.sold, scored.sold_score)
        case "new":
            yield ordered_step("static", Reason("new in the shop", "catalog"), scored.newest)
        case "recently_viewed":
            rows = scored.rows_of_products(recent_items(profile))
            yield ordered_step("session", Reason("you looked at it lately", "seen_before"), rows)
        case "trending":
            pass
    if query.strategy in UNPADDED:
        return
    yield ordered_step("popular", Reason("trending in the shop", "popularity"), scored.trending, scored.trending_score)
    yield ordered_step("popular", Reason("popular in the shop", "popularity"), scored.popular, scored.popularity)
    yield ordered_step("static", Reason("new in the shop", "catalog"), scored.newest)


def _latest(profile: Profile, holdout: bool) -> str:
    """The item looked at last; none for a holdout."""
    items = [] if holdout else [seen for seen in profile.recent if creative_of(seen.item_id) is None]
    return items[-1].item_id if items else ""


def history_tier(profile: Profile) -> DecisionTier:
    """Name the tier of an answer made from the visitor's history: `session` where this visit is all there is of it."""
    earlier = len(in_session(profile, profile.recent)) < len(profile.recent) or profile.count("purchase") > 0
    return "personalized" if earlier else "session"


def _for_you(
    scored: ScoredCatalog, profile: Profile, allowed: NDArray[np.bool_], now_s: float
) -> Iterator[CandidateList]:
    if profile.recent or profile.sketch:
        tier = history_tier(profile)
        near = _near(scored, profile.recent)
        seen = np.zeros(len(allowed), dtype=bool)
        seen[scored.rows_of_products(recent_items(profile)[:RECENTS_USED])] = True

        def why_of(row: int) -> Reason:
            return Reason(interest_words(scored, profile, row), "interests")

        fresh = np.flatnonzero(near & scored.untouched & allowed & ~seen)
        likely = _interest(scored, profile, fresh)
        newcomers = ranked_step(
            tier, Reason("nobody looked at it yet", "interests"), fresh, likely, LEAST_INTEREST, why_of
        )
        spoken_for, merely_wanted = next_steps(scored, profile, tier, allowed & ~seen, newcomers)
        yield spoken_for
        interest = _interest(scored, profile, scored.all_rows)
        interest[interest < np.where(near, LEAST_INTEREST, LEAST_OLD_INTEREST)] = 0.0
        interest[interest > 0] += POPULARITY_SHARE * scored.popularity[interest > 0]
        interest[seen] *= SEEN_SHARE
        yield ranked_step(tier, Reason("from what you looked at", "interests"), scored.all_rows, interest, 0.0, why_of)
        yield merely_wanted
    campaign = campaign_of(profile.last_touch, scored.assortment, now_s)
    if campaign is not None:
        yield _of_campaign(scored, campaign.campaign_id)


def _of_campaign(scored: ScoredCatalog, campaign_id: str) -> CandidateList:
    """What a campaign's creatives are about: the items they name, then their categories, the popular first."""
    creatives = [creative for creative in scored.assortment.creatives.values() if creative.campaign_id == campaign_id]
    named = dict.fromkeys(item_id for creative in creatives for item_id in creative.item_ids)
    paths = sorted({creative.category for creative in creatives if creative.category})
    members = sorted({item_id for path in paths for item_id in scored.assortment.in_category(path)} - set(named))
    rows = scored.assortment.rows_of(members)
    rows = np.concatenate([scored.rows_of_products(named), rows[np.argsort(-scored.popularity[rows], kind="stable")]])
    campaign = scored.assortment.campaigns.get(campaign_id)
    title = campaign.name if campaign and campaign.name else campaign_id
    return ordered_step("segment", Reason(f"you came by the campaign {title}", "campaign"), rows)


def _near(scored: ScoredCatalog, recent: Sequence[RecentItem]) -> NDArray[np.bool_]:
    """Which rows share a brand, or the innermost category, with an item the visitor looked at."""
    near = np.zeros(len(scored.popularity), dtype=bool)
    for seen in recent:
        for token in scored.assortment.kin_tokens(seen.item_id):
            near[scored.rows_with(token)] = True
    return near


def _interest(scored: ScoredCatalog, profile: Profile, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Likeness of these rows to the visitor's interests, -1 to 1, `(len(rows),)`."""
    if not profile.sketch or not len(rows):
        return np.zeros(len(rows))
    mixed = HALF_LIFE_SHARES @ directions(profile.sketch)
    length = float(np.linalg.norm(mixed))
    return similarity(scored.matrix, (mixed / length if length > 0 else mixed).astype(np.float32), rows)


def _alike(scored: ScoredCatalog, item_id: str) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Rows that share most with an item, most first, those that are also looked at with it before their like."""
    alike = similarity(scored.matrix, scored.matrix[scored.assortment.row_of[item_id]], scored.all_rows)
    alike[alike <= LEAST_LIKENESS] = 0.0
    rows, chances, _ = scored.next_after([item_id])
    met = alike[rows] > 0
    if met.any():
        alike[rows[met]] += NEXT_SHARE * chances[met] / chances[met].max()
    step = ranked_step("session", Reason("alike"), scored.all_rows, alike)
    return step.rows, step.scores


def _similar(scored: ScoredCatalog, item_id: str) -> Iterator[CandidateList]:
    """Items that share most with this one, then its whole category."""
    item = scored.assortment.item_of(item_id)
    if item is None:
        return
    title = item_title(scored, item_id)
    rows, scores = scored.remembered(item.item_id, _alike)
    yield CandidateList("session", Reason(f"similar to {title}", "content", item_id), rows, scores)
    if item.category:
        members = scored.assortment.rows_of(sorted(scored.assortment.in_category(item.category)))
        members = members[np.argsort(-scored.popularity[members], kind="stable")]
        yield ordered_step("session", Reason(f"also in {item.category[-1]}", "content", item_id), members)


def _anchors(scored: ScoredCatalog, profile: Profile, item_id: str, holdout: bool) -> list[str]:
    """The item asked for, or the whole cart, latest first, or what was looked at last."""
    if item_id:
        return [item_id]
    if profile.cart:
        lines = [line.item_id for line in reversed(profile.cart)]
        lines = lines if scored.groups is None else scored.assortment.item_groups.one_each(lines)
        return lines[:RECENTS_USED]
    return [latest for latest in [_latest(profile, holdout)] if latest]


def _also_bought(scored: ScoredCatalog, profile: Profile, item_id: str, holdout: bool) -> Iterator[CandidateList]:
    anchors = _anchors(scored, profile, item_id, holdout)
    yield bought_together(scored, anchors)
    yield also_viewed(scored, anchors)
    for anchor in anchors[:1]:
        yield from _similar(scored, anchor)


def _anchor(scored: ScoredCatalog, profile: Profile, item_id: str, holdout: bool) -> str:
    """The item asked for, or put into the cart last, or looked at last."""
    return next(iter(_anchors(scored, profile, item_id, holdout)), "")


def _in_one_currency(scored: ScoredCatalog, step: CandidateList, item_id: str) -> CandidateList:
    """Leave out what cannot be priced together with an item: a bundle has one currency."""
    anchor = scored.assortment.items.get(item_id)
    if anchor is None:
        return step
    reckoned = scored.assortment.currency.reckoned
    _, currency = reckoned(0.0, anchor.currency)
    found = (scored.assortment.items.get(scored.assortment.ids[row]) for row in step.rows.tolist())
    keep = np.array([item is None or comparable(reckoned(0.0, item.currency)[1], currency) for item in found], bool)
    return step if keep.all() else replace(step, rows=step.rows[keep], scores=step.scores[keep])
