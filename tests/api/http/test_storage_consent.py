"""Storage consent: the closest word counts, and a browser's signals where nobody says a word."""

import pytest
from starlette.requests import Request

from api.http.storage_consent import StorageConsent, consent_of


def asked(query: str = "", **headers: str) -> Request:
    """A request."""
    given = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "query_string": query.encode(), "headers": given})


@pytest.mark.parametrize(
    ("request_made", "told", "denial"),
    [
        (asked(), None, ""),
        (asked(sec_gpc="1"), None, "gpc"),
        (asked(dnt="1"), {"visitor_id": "v"}, "dnt"),
        (asked(sec_gpc="0", dnt="0"), None, ""),
        (asked("consent=none"), None, "consent_denied"),
        (asked("consent=none"), {"consent": "granted"}, ""),
        (asked("consent=granted"), {"consent": "none"}, "consent_denied"),
        (asked("consent=none"), {"consent": {"ad_storage": "granted"}}, "consent_denied"),
        (asked("consent=granted", sec_gpc="1"), None, ""),
        (asked(sec_gpc="1"), {"consent": {"analytics_storage": "granted"}}, ""),
        (asked(sec_gpc="1"), {"consent": {"ad_storage": "granted"}}, "gpc"),
        (asked("consent=perhaps", dnt="1"), None, "dnt"),
        (asked("consent=perhaps"), None, ""),
        (asked("consent=none&consent=granted"), None, "consent_denied"),
    ],
)
def test_the_body_goes_before_the_address_and_both_before_the_signals(
    request_made: Request, told: dict[str, object] | None, denial: str
) -> None:
    assert consent_of(request_made, told, honours_signals=True).denial() == denial


def test_signals_count_where_the_site_honours_them() -> None:
    assert consent_of(asked(sec_gpc="1", dnt="1"), honours_signals=False).denial() == ""


def test_an_events_own_word_goes_before_its_requests() -> None:
    denied, signalled = StorageConsent("denied"), StorageConsent("", "gpc")
    assert (denied.denial("granted"), denied.denial(""), denied.denial("unreadable")) == (
        "",
        "consent_denied",
        "consent_denied",
    )
    assert (signalled.denial("granted"), signalled.denial("denied"), signalled.denial()) == (
        "",
        "consent_denied",
        "gpc",
    )


def test_what_cannot_be_read_costs_no_event_and_personalizes_nothing() -> None:
    unreadable = consent_of(asked("consent=perhaps"), honours_signals=True)
    assert (unreadable.denial(), unreadable.unknowing) == ("", "consent_unreadable")
    assert StorageConsent().unknowing == StorageConsent("granted").unknowing == ""
