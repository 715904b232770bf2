"""Next steps: what the engine says a visitor will look at next, as steps of a ladder, each item with its reason."""

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.decisions.ladder import CandidateList, DecisionTier, Reason, item_title
from models.decisions.scored_catalog import ScoredCatalog
from models.events.subjects import creative_of
from models.ranking.contributions import Contributions
from models.ranking.feature_layout import FROM_LAST, LATELY_ALL
from models.visitor.profile import Profile, in_session

TOGETHER_CHANNELS: Final = slice(FROM_LAST, LATELY_ALL + 1)
"""Channels that tell of sessions which both items stood in."""
REASONS_AT_ONCE: Final = 12
NEWCOMER_FIRST: Final = 4
NEWCOMER_EVERY: Final = 10
"""Place, from 0, of the first item that nobody has touched yet, and from one to the next: else none ever would be."""
_WORDS: Final = {
    "session_neighbours": "visitors who looked at {} went on to this",
    "sequences": "others who looked at {} went on to this",
    "co_visitation": "often looked at together with {}",
    "walk": "one step on from what goes with {}",
    "factors": "goes with {}",
    "pairs": "what often follows the last two products you looked at",
    "earlier_visits": "you looked at it on an earlier visit",
    "seen_before": "you looked at it in this visit",
    "popularity": "many look at it now",
}
_PLAIN_WORDS: Final = "wanted by those who look at such products"


def next_steps(
    scored: ScoredCatalog, profile: Profile, tier: DecisionTier, allowed: NDArray[np.bool_], newcomers: CandidateList
) -> tuple[CandidateList, CandidateList]:
    """Offer the allowed items most likely next: those for which something speaks beside being wanted by all, the rest.

    Parameters
    ----------
    allowed
        By row of the catalog; only such rows are offered.
    newcomers
        Items on which there has been no event; one takes every `NEWCOMER_EVERY`th place.
    """
    seen = [item for item in reversed(profile.recent) if creative_of(item.item_id) is None]
    group_of = scored.assortment.item_groups.group_of
    if scored.groups is not None:  # of a group the latest look, as the engine has learned it
        seen = list({group_of(item.item_id): item for item in reversed(seen)}.values())
        seen.sort(key=lambda item: -item.at_s)
    session = in_session(profile, seen) or seen
    history = [item.item_id for item in session]
    at_s = session[0].at_s if session else None
    dwell_s = session[0].at_s - session[1].at_s if len(session) > 1 else 0.0
    rows, chances, numbers = scored.next_after(history, [item.item_id for item in seen], at_s, dwell_s)
    keep = allowed[rows]
    rows, chances, numbers = rows[keep], chances[keep], numbers[keep]
    engine = scored.snapshot.engine
    spoken = engine.evidence(numbers)
    order = np.concatenate([np.flatnonzero(spoken), np.flatnonzero(~spoken)])
    rows, chances, numbers = rows[order], chances[order], numbers[order]
    reader = engine.reader() if len(numbers) else None
    contributions_by_row: dict[int, Contributions] = {}
    looked_at = {group_of(item.item_id): item.item_id for item in seen} if scored.groups is not None else {}

    def why_of(row: int) -> Reason:
        if row not in contributions_by_row:  # a run at a time: the rows after this one are asked for next
            place = np.flatnonzero(rows == row)
            if not len(place) or reader is None:
                return newcomers.why_of(row) if newcomers.why_of else newcomers.why
            run = slice(place[0], place[0] + REASONS_AT_ONCE)
            contributions_by_row.update(zip(rows[run].tolist(), reader.contributions_of(numbers[run]), strict=True))
        contributions = contributions_by_row[row]
        learner = contributions.learner
        because = engine.names[contributions.because] if contributions.because >= 0 else ""
        if scored.groups is not None:
            because = looked_at.get(because, because)
        words = _WORDS.get(learner) or interest_words(scored, profile, row)
        if "{}" in words:
            words = words.format(item_title(scored, because)) if because else _PLAIN_WORDS
        return Reason(words, learner, because, contributions)

    count = int(spoken.sum())
    first = CandidateList(tier, Reason("likely next"), rows[:count], chances[:count].astype(np.float64), why_of)
    rest = replace(first, rows=rows[count:], scores=chances[count:].astype(np.float64))
    return _with_newcomers(scored, first, newcomers), rest


def interest_words(scored: ScoredCatalog, profile: Profile, row: int) -> str:
    """Name what this item shares with the items the visitor looked at."""
    item = scored.assortment.items[scored.assortment.ids[row]]
    for seen in reversed(profile.recent):
        known = scored.assortment.item_of(seen.item_id)
        if known is not None and known.category and item.category[:2] == known.category[:2]:
            return f"you looked at {known.category[-1]}"
    for seen in reversed(profile.recent):
        known = scored.assortment.item_of(seen.item_id)
        if known is not None and known.brand and known.brand == item.brand:
            return f"you looked at {known.brand}"
    return f"matches your interest in {item.category[-1]}" if item.category else "matches your interests"


def _with_newcomers(scored: ScoredCatalog, step: CandidateList, newcomers: CandidateList) -> CandidateList:
    """Put newcomers in their places, each with the score of the item it stands before; a group takes one place."""
    firsts, new = np.arange(len(step.rows)), newcomers.rows
    if scored.groups is not None:
        firsts, new = scored.groups.firsts(step.rows), new[scored.groups.firsts(new)]
    places = np.arange(NEWCOMER_FIRST, len(firsts) + 1, NEWCOMER_EVERY)[: len(new)]
    if not len(places):
        return step
    places = np.append(firsts, len(step.rows))[places]
    scores = step.scores[np.minimum(places, len(step.rows) - 1)]
    return replace(
        step,
        rows=np.insert(step.rows, places, new[: len(places)]),
        scores=np.insert(step.scores, places, scores),
    )
