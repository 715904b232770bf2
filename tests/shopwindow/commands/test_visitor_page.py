"""A visitor's page in a terminal: all that is known, and only learners that move something."""

from typing import Any

import pytest

from shopwindow.commands.visitor_page import show_visitor

SEEN: dict[str, Any] = {
    "visitor_id": "v-1042",
    "holdout": False,
    "first_seen": "2026-01-01T00:00:00.000Z",
    "last_seen": "2026-01-02T00:00:00.000Z",
    "events_seen": 7,
    "sessions": 2,
    "counts": {"view_item": 2, "add_to_cart": 5},
    "session": {"session_id": "", "started_at": "2026-01-02T00:00:00.000Z", "events": 3},
    "stage": {"stage": "effective", "why": "3 looks"},
    "value": {
        "tier": "loyal",
        "orders": 2,
        "lifetime_value": 1234.5,
        "currency": "NOK",
        "other_currencies": {"JPY": {"orders": 1, "lifetime_value": 900.0}},
    },
    "segments": [{"segment_id": "buyers", "why": "[1] of 2 orders"}],
    "first_touch": {"source": "google", "medium": "cpc", "campaign": "spring"},
    "last_touch": None,
    "interests": {
        "15m": {
            "categories": [{"category": "Home", "weight": 0.75}],
            "brands": [{"brand": "Brisa", "weight": 0.5}],
            "price_bands": [{"from": 10.0, "below": 20.0, "weight": 0.25}],
        }
    },
    "recent_items": [
        {"item_id": "p1", "title": "Kettle", "category": "Home", "event": "view_item", "at": "now"},
        {"item_id": None, "creative_id": "c1", "title": None, "category": None, "event": "select_promotion", "at": "b"},
    ],
    "cart": [{"item_id": "p2", "quantity": 3, "price": None}],
    "for_you": {
        "items": [
            {
                "item_id": "p3",
                "position": 0,
                "title": "Pot",
                "score": 0.12345,
                "tier": "session",
                "reason": "you looked at Home",
                "learner": "interests",
                "because_item_id": "p1",
                "says": [{"learner": "session", "says": 1.26}, {"learner": "popularity", "says": -0.04}],
            },
            {
                "item_id": "p4",
                "position": 1,
                "title": "Pan",
                "score": 0.1,
                "tier": "popular",
                "reason": "bought a lot",
                "learner": "popularity",
                "because_item_id": None,
                "says": [],
            },
        ]
    },
    "storage": {"partition": 3, "position": 88, "profile_bytes": 512, "pending_events": 1},
}


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal in which nothing is wrapped."""
    monkeypatch.setenv("COLUMNS", "200")


def printed(capsys: pytest.CaptureFixture[str], **changed: Any) -> str:
    """What is printed of a visitor."""
    show_visitor({**SEEN, **changed})
    return capsys.readouterr().out


def test_all_that_is_known_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    page = printed(capsys)
    for text in (
        "v-1042  personalized",
        "7 events, 2 sessions: add_to_cart 5, view_item 2",
        "session - since",
        "effective: 3 looks",
        "loyal, 2 orders, lifetime value 1234.5 NOK, 900 JPY",
        "in segment buyers: [1] of 2 orders",
        "first touch: google / cpc / spring",
        "Home 75%",
        "10 to 20 25%",
        "partition 3, position 88, 512 bytes, 1 events not in the stored profile yet",
    ):
        assert text in page
    assert "last touch" not in page
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in page.splitlines() if "│" in line]
    assert ["p1", "Kettle", "Home", "view_item", "now"] in rows
    assert ["c1", "-", "-", "select_promotion", "b"] in rows, "a creative has neither title nor category"
    assert ["p2", "3", "-"] in rows


def test_an_explanation_names_what_moves_the_odds_and_the_learner_where_nothing_does(
    capsys: pytest.CaptureFixture[str],
) -> None:
    page = printed(capsys)
    assert "session +1.3 through p1" in page
    assert "popularity -0" not in page
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in page.splitlines() if "│" in line]
    assert ["2", "p4", "Pan", "0.100", "popular", "bought a lot", "popularity"] in rows


def test_a_visitor_of_the_holdout_with_nothing_in_the_cart(capsys: pytest.CaptureFixture[str]) -> None:
    page = printed(capsys, holdout=True, cart=[], recent_items=[])
    assert "holdout, not personalized" in page
    assert "Cart" not in page


@pytest.mark.parametrize("text", ["Pan [/b] 24 cm", "Pan [red] 24 cm", "Pan :smile:"])
def test_what_a_shop_sends_is_printed_as_it_is(capsys: pytest.CaptureFixture[str], text: str) -> None:
    seen = {"item_id": text, "title": text, "category": text, "event": text, "at": "now"}
    page = printed(capsys, visitor_id=text, recent_items=[seen], cart=[{"item_id": text, "quantity": 1, "price": 2.0}])
    assert f"{text}  personalized" in page
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in page.splitlines() if "│" in line]
    assert [text, text, text, text, "now"] in rows
    assert [text, "1", "2.0"] in rows
