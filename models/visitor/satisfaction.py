"""Satisfaction: what a visitor said of the shop: surveys, ratings, complaints."""

from typing import Final, Literal

import msgspec

from models.events.events import Event, score_of
from models.events.names import COMPLAINT_RESOLVED

Mood = Literal["happy", "neutral", "unhappy"]

_SPEAKS: Final = frozenset({"survey", "review", "reviewed", "feedback", "nps", "csat", "rating", "rated"})
_COMPLAINS: Final = frozenset({"complaint", "complaints", "complained"})
_RANGES: Final = {"nps": (0.0, 10.0), "csat": (1.0, 5.0), "rating": (1.0, 5.0)}
_LEAST_HAPPY: Final = {"nps": 9.0, "csat": 4.0, "rating": 4.0}
"""Promoters give 9 or 10 of 10 and passives 7 or 8 (Reichheld, HBR 12/2003); 4 and 5 of 5 count as satisfied."""
_LEAST_NEUTRAL: Final = {"nps": 7.0, "csat": 3.0, "rating": 3.0}


class Answer(msgspec.Struct, array_like=True, frozen=True):
    """A value and when it was given, in epoch seconds; of complaints, how many and when the latest."""

    value: float
    at_s: float


class Satisfaction(msgspec.Struct, array_like=True, frozen=True):
    """The latest of each kind: `nps` 0 to 10, `csat` and `rating` 1 to 5, complaints."""

    nps: Answer | None = None
    csat: Answer | None = None
    rating: Answer | None = None
    complaints: Answer | None = None

    @property
    def latest(self) -> tuple[Mood, float] | None:
        """What was said last, as a mood, and when; a complaint wins over an answer of the same moment."""
        found: list[tuple[float, int, Mood]] = []
        for kind in _RANGES:
            said: Answer | None = getattr(self, kind)
            if said is not None:
                found.append((said.at_s, 0, _mood(kind, said.value)))
        if self.complaints is not None:
            found.append((self.complaints.at_s, 1, "unhappy"))
        if not found:
            return None
        at_s, _, mood = max(found)
        return mood, at_s


def _mood(kind: str, value: float) -> Mood:
    if value >= _LEAST_HAPPY[kind]:
        return "happy"
    return "neutral" if value >= _LEAST_NEUTRAL[kind] else "unhappy"


def learn_satisfaction(satisfaction: Satisfaction | None, event: Event) -> Satisfaction | None:
    """Take in what an event says; most say nothing.

    Heard are events with survey, review, feedback, rating or complaint as a word of their name, and of those the params
    `nps`, `csat` and `rating` that lie in their range. A late event does not replace what was said after it.
    """
    complains, scores = told_by(event)
    if not complains and not scores:
        return satisfaction
    said = satisfaction or Satisfaction()
    for kind, value in scores.items():
        before: Answer | None = getattr(said, kind)
        if before is None or event.at_s >= before.at_s:
            said = msgspec.structs.replace(said, **{kind: Answer(value, event.at_s)})
    if complains:
        known = said.complaints or Answer(0.0, event.at_s)
        said = msgspec.structs.replace(said, complaints=Answer(known.value + 1, max(known.at_s, event.at_s)))
    return said


def merged_satisfaction(one: Satisfaction | None, other: Satisfaction | None) -> Satisfaction | None:
    """Give the later of each kind, and all complaints of both."""
    if one is None or other is None:
        return one or other
    said: dict[str, Answer] = {}
    for kind in Satisfaction.__struct_fields__:
        both: list[Answer] = [found for found in (getattr(one, kind), getattr(other, kind)) if found is not None]
        if both:
            said[kind] = max(both, key=lambda found: (found.at_s, found.value))
    if one.complaints is not None and other.complaints is not None:
        said["complaints"] = Answer(one.complaints.value + other.complaints.value, said["complaints"].at_s)
    return Satisfaction(**said)


def told_by(event: Event) -> tuple[bool, dict[str, float]]:
    """Give whether an event complains, and the scores it gives, by kind."""
    words = frozenset(event.event.split("_"))
    complains = not words.isdisjoint(_COMPLAINS) and event.event != COMPLAINT_RESOLVED
    if not complains and words.isdisjoint(_SPEAKS):
        return False, {}
    scores: dict[str, float] = {}
    for kind, (least, most) in _RANGES.items():
        value = score_of(event.params, kind)
        if value is not None and least <= value <= most:
            scores[kind] = value
    return complains, scores
