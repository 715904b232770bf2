"""Open impressions: a click counts once an impression, and what is clicked was seen."""

from models.learner.open_impressions import (
    MAX_OPEN_IMPRESSIONS,
    ClickCredit,
    OpenImpression,
    clicked_once,
    seen_once,
)

HERO = ("d1", "hero-0", "c1")


def credits_of(*moves: str) -> list[ClickCredit]:
    known: list[OpenImpression] = []
    found = []
    for move in moves:
        if move == "seen":
            known = seen_once(known, HERO)
        else:
            known, credit = clicked_once(known, HERO)
            found.append(credit)
    return found


def test_a_double_click_is_one_and_a_second_impression_may_be_clicked_again() -> None:
    assert credits_of("seen", "click", "click", "click") == [(0, 1), (0, 0), (0, 0)]
    assert credits_of("seen", "seen", "click", "click", "click") == [(0, 1), (0, 1), (0, 0)]
    assert credits_of("seen", "click", "seen", "click") == [(0, 1), (0, 1)]


def test_a_click_on_what_nobody_told_was_seen_brings_its_impression_once() -> None:
    assert credits_of("click", "click") == [(1, 1), (0, 0)]


def test_places_and_decisions_are_told_apart_and_the_oldest_are_forgotten() -> None:
    known = seen_once([], HERO)
    known, credit = clicked_once(known, ("d2", "hero-0", "c1"))
    assert credit == (1, 1)
    for number in range(MAX_OPEN_IMPRESSIONS):
        known = seen_once(known, (str(number),))
    assert len(known) == MAX_OPEN_IMPRESSIONS
    assert clicked_once(known, HERO)[1] == (1, 1)
