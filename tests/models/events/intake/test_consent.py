"""Consent: every shape that consent tools have says the same of storage, and what cannot be read says so."""

from typing import Any

import pytest

from models.events.intake.consent import consent_told, read_consent


@pytest.mark.parametrize(
    "value",
    [
        {"analytics_storage": "denied"},
        {"analytics_storage": "DENIED", "ad_storage": "GRANTED"},
        {"personalization_storage": "denied", "analytics_storage": "granted"},
        {"analyticsStorage": False},
        {"categoryPreferences": {"Analytics": False, "Advertising": True}},
        {"categoryPreferences": {"cat-1": False, "cat-2": False}},
        {"statistics": False, "necessary": True},
        {"C0001": True, "C0002": False},
        {"analytics_storage": " Denied ", "personalization_storage": "perhaps"},
        {"analytics_storage": {"status": "denied", "at": "2026-11-01"}},
        {"default": {"analytics_storage": "granted"}, "update": {"analytics_storage": "denied"}},
        {"consent": {"consent": {"Analytics-Storage": "DENIED"}}},
        ["consent", "update", {"analytics_storage": "denied"}],
        ["denied"],
        '{"analytics_storage": "denied"}',
        "analytics_storage:denied,ad_storage:granted",
        "analytics_storage=denied",
        *("none", "denied", "DENIED", "no", "false", "0", "opt-out", "necessary only", "G100", "g110", False, 0),
    ],
)
def test_it_denies_storage(value: object) -> None:
    assert read_consent(value) == "denied"


@pytest.mark.parametrize(
    "value",
    [
        {"analytics_storage": "granted", "ad_storage": "denied"},
        {"analytics_storage": "GRANTED", "personalization_storage": "GRANTED"},
        {"categoryPreferences": {"Analytics": True, "Advertising": False}},
        {"analytics_storage": "granted", "functionality_storage": "denied", "region": ["DE"], "wait_for_update": 500},
        {"analytics_storage": "granted", "vendors": {"one": False}},
        ["consent", "update", {"analytics_storage": "granted"}],
        *("granted", "GRANTED", "all", "yes", "1", True, "G101", "G111"),
    ],
)
def test_it_grants_storage(value: object) -> None:
    assert read_consent(value) == "granted"


@pytest.mark.parametrize(
    "value",
    [
        *(None, "", "  ", {}, "G1--", {"categoryPreferences": {}}, {"analytics_storage": None}),
        {"ad_storage": "denied"},
        {"ad_user_data": "DENIED", "ad_personalization": "DENIED"},
        {"categoryPreferences": {"Advertising": False}},
        {"cat-1": True, "cat-2": False},
        {"vendors": {"one": False}},
    ],
)
def test_it_says_nothing_of_storage(value: object) -> None:
    assert read_consent(value) == ""


@pytest.mark.parametrize(
    "value",
    [
        "perhaps",
        {"analytics_storage": "perhaps"},
        ["perhaps", []],
        7,
        "{",
        '{"a": "\ud800"}',
        "G1x",
        "G1xx",
        "x" * 5_000,
        1.5,
    ],
)
def test_it_cannot_be_read(value: object) -> None:
    assert read_consent(value) == "unreadable"


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"event": "page_view"}, ""),
        ({"consent": "none"}, "denied"),
        ({"consent": "granted", "context": {"consent": "denied"}}, "denied"),
        ({"consent": "perhaps", "context": {"consent": "granted"}}, "granted"),
        ({"consent": "perhaps", "context": {"page": {}}}, "unreadable"),
        ({"context": {"consent": {"categoryPreferences": {"Analytics": False}}}}, "denied"),
        ({"context": {"consentManagement": {"deniedConsentIds": ["C0002"], "allowedConsentIds": ["C0001"]}}}, "denied"),
        ({"context": {"consentManagement": {"allowedConsentIds": ["C0002", 7]}}}, "granted"),
        ({"context": {"consentManagement": "all"}}, "unreadable"),
        ({"context": "none"}, ""),
        ("none", ""),
    ],
)
def test_a_body_or_an_event_says_it_in_each_of_its_places(fields: object, word: str) -> None:
    assert consent_told(fields) == word


@pytest.mark.parametrize(
    "told",
    [
        {"consentManagement": {"deniedConsentIds": ["analytics"]}},
        {"categoryPreferences": {"Analytics": False}},
        {"params": {"consent": {"analytics_storage": "denied"}}},
        {"params": {"consent": "none"}, "consent": "granted"},
        {"context": {"categoryPreferences": {"Analytics": False}}},
    ],
)
def test_wherever_a_denial_stands_it_counts(told: dict[str, Any]) -> None:
    assert consent_told({"event": "page_view", **told}) == "denied"


def test_what_has_none_of_its_names_says_nothing() -> None:
    assert consent_told({"event": "page_view", "params": {"analytics": "denied"}, "context": "x"}) == ""
