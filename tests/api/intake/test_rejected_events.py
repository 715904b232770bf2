"""Counts of rejected events, while the store is away and when it is back."""

import uuid

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from api.intake.rejected_events import RejectedEvents
from shopwindow.embedded import EmbeddedRedis
from store.client import connect
from store.keys import Lifetimes
from store.visitors.profiles import ProfileStore


def test_what_a_store_that_is_away_did_not_take_is_counted_once_it_is_back(
    redis_server: EmbeddedRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = uuid.uuid4().hex
    profiles = ProfileStore(connect(redis_server.url), Lifetimes(profile_s=60.0))
    rejected = RejectedEvents(profiles)
    rejected.add(site, 2)
    rejected.add(f"{site}-b", 1)
    with monkeypatch.context() as away:
        away.setattr(profiles, "_client", connect("redis://127.0.0.1:1"))
        with pytest.raises(RedisConnectionError):
            rejected.store()
        rejected.add(site, 3)
    rejected.store()
    rejected.store()
    assert profiles.counts(site, 1) == {"rejected": 5}
    assert profiles.counts(f"{site}-b", 1) == {"rejected": 1}
