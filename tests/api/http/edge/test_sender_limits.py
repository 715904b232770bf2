"""Sender limits: each key, visitor and address has its own; a right key is never slowed by wrong ones."""

import itertools

import pytest

from api.http.edge.limits import BURST_S, VISITOR_BURST_S, Limits
from api.http.edge.sender_limits import SenderLimits
from api.http.edge.wrong_keys import FREE_TRIES
from api.http.problems import ProblemError

SCOPE = {"type": "http", "client": ("192.0.2.1", 4711), "headers": []}
OTHER = {"type": "http", "client": ("192.0.2.2", 4711), "headers": []}
REFUSAL = ProblemError(401, "key_unknown", "the key belongs to no site")


def refusal_of_key(limits: SenderLimits, site: str, *, is_secret: bool) -> ProblemError | None:
    try:
        limits.admit_key(site, "secret" if is_secret else "public", is_secret=is_secret)
    except ProblemError as error:
        return error
    return None


def test_each_key_has_its_rate() -> None:
    limits = SenderLimits(Limits(rate_per_public_key=0.01, rate_per_secret_key=0.01))
    assert BURST_S * 0.01 < 1, "one is always admitted"
    for site, is_secret in itertools.product(("shop", "fair"), (False, True)):
        assert refusal_of_key(limits, site, is_secret=is_secret) is None
        refused = refusal_of_key(limits, site, is_secret=is_secret)
        assert refused is not None
        assert (refused.status, refused.code) == (429, "key_rate_exceeded")
        assert int(refused.headers["Retry-After"]) > 50
        assert f"key {('secret' if is_secret else 'public')!r} of site {site!r}" in refused.detail


def test_no_rate_is_no_limit() -> None:
    limits = SenderLimits(Limits(rate_per_public_key=0))
    assert all(refusal_of_key(limits, "shop", is_secret=False) is None for _ in range(1_000))


def test_each_visitor_of_each_site_has_a_rate() -> None:
    limits = SenderLimits(Limits(events_per_visitor=0.05))
    burst = int(VISITOR_BURST_S * 0.05)
    for site, visitor in (("shop", "v1"), ("shop", "v2"), ("fair", "v1")):
        assert all(limits.over_events(site, visitor) is None for _ in range(burst))
        over = limits.over_events(site, visitor)
        assert over is not None
        assert (over.status, over.code) == (429, "visitor_rate_exceeded")
        assert f"'{visitor}'" in over.detail


def test_wrong_keys_wait_longer_each_time_by_address() -> None:
    limits = SenderLimits(Limits())
    assert [limits.key_refused(SCOPE, REFUSAL).status for _ in range(FREE_TRIES)] == [401] * FREE_TRIES
    waits = [limits.key_refused(SCOPE, REFUSAL).headers["Retry-After"] for _ in range(4)]
    assert waits == ["1", "2", "4", "8"]
    assert limits.key_refused(OTHER, REFUSAL) is REFUSAL
    limits.admit_key("shop", "public", is_secret=False)


@pytest.mark.parametrize("number", [1, 5])
def test_a_refusal_says_what_was_wrong(number: int) -> None:
    limits = SenderLimits(Limits())
    for _ in range(FREE_TRIES):
        limits.key_refused(SCOPE, REFUSAL)
    for _ in range(number):
        told = limits.key_refused(SCOPE, REFUSAL)
    assert (told.status, told.code) == (429, "keys_tried")
    assert "192.0.2.1" in told.detail
    assert REFUSAL.detail in told.detail
