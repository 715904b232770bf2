"""View as: a decision as it would be made for somebody else; what is not given stays as it is."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from api.runtime.begin_decision import begin_decision
from api.runtime.decision import Decision
from api.runtime.site import Site
from api.runtime.state import State
from api.runtime.view_as import view_as
from models.base.errors import InvalidError
from models.catalog.resources import Campaign
from models.visitor.profile import recent_items
from shopwindow.embedded import EmbeddedRedis
from tests.api.runtime.running import accept, in_process, looked_at
from tests.models.makers import item

SEGMENTS = frozenset({"buyers", "lookers"})


def looking(url: str, look: Callable[[Decision], None]) -> None:
    """Look at a decision for `v`, who looked at p001 from a phone in Berlin."""

    async def work(state: State, site: Site) -> None:
        state.stores.catalogs.put(site.name, "items", [item(number) for number in range(4)], 1.0)
        campaigns = [Campaign(campaign_id="spring"), Campaign(campaign_id="over", ends_at_s=5.0)]
        state.stores.catalogs.put(site.name, "campaigns", campaigns, 1.0)
        await site.follow()
        context = {"device": "mobile", "country": "DE", "region": "BE"}
        await accept(state, site, {**looked_at("v", "p001"), "context": context, "timestamp": time.time() - 60})
        look(await begin_decision(state, site, "v"))

    run: Callable[[State, Site], Awaitable[None]] = work
    in_process(url, run)


def test_what_is_given_counts_and_the_rest_stays(redis_server: EmbeddedRedis) -> None:
    def look(decision: Decision) -> None:
        before = decision.visitor.targeting
        assert (before.device, before.segments) == ("mobile", frozenset())
        seen = view_as(decision, {"segments": ["buyers"], "at": "2026-03-01T00:00:00Z"}, SEGMENTS)
        assert (seen.visitor.targeting.segments, seen.visitor.now_s) == (frozenset({"buyers"}), 1_772_323_200.0)
        assert (seen.visitor.targeting.device, seen.visitor.targeting.region) == (before.device, before.region)
        other = view_as(decision, {"region": "CH", "device": "desktop"}, SEGMENTS)
        assert (other.visitor.profile.region, other.visitor.profile.device) == ("CH", "desktop")
        assert view_as(decision, {}, SEGMENTS).visitor == decision.visitor
        assert decision.visitor.targeting == before, "nothing is changed by looking"

    looking(redis_server.url, look)


def test_items_are_learned_as_if_looked_at_just_now_the_latest_last(redis_server: EmbeddedRedis) -> None:
    def look(decision: Decision) -> None:
        seen = view_as(decision, {"items": ["p002", "p003"]}, SEGMENTS)
        assert recent_items(seen.visitor.profile) == ["p003", "p002", "p001"]
        assert seen.visitor.profile.last_at_s == seen.visitor.now_s
        assert seen.visitor.profile.events_seen == 3

    looking(redis_server.url, look)


def test_a_campaign_is_echoed_while_it_runs(redis_server: EmbeddedRedis) -> None:
    def look(decision: Decision) -> None:
        seen, over = (view_as(decision, {"campaign": campaign}, SEGMENTS) for campaign in ("spring", "over"))
        assert (seen.subject.campaign, seen.visitor.echo) == ("spring", "spring")
        assert (over.subject.campaign, over.visitor.echo) == ("", "")

    looking(redis_server.url, look)


def test_what_does_not_fit_is_named(redis_server: EmbeddedRedis) -> None:
    wrong: list[tuple[Any, str, str]] = [
        ([], "view_as_invalid", "got []"),
        ({"colour": "red"}, "field_unknown", "'colour'"),
        ({"segments": ["nobody"]}, "segment_unknown", "'nobody'"),
        ({"segments": "buyers"}, "ids_invalid", "view_as.segments"),
        ({"region": 49}, "region_invalid", "49"),
        ({"device": "watch"}, "device_invalid", "'watch'"),
        ({"at": "soon"}, "at_invalid", "'soon'"),
        ({"items": ["p999"]}, "item_unknown", "'p999'"),
        ({"items": ["p001"] * 25}, "ids_invalid", "view_as.items"),
        ({"campaign": 5}, "campaign_unknown", "5"),
        ({"campaign": "none"}, "campaign_unknown", "'none'"),
    ]

    def look(decision: Decision) -> None:
        for raw, code, named in wrong:
            with pytest.raises(InvalidError) as found:
                view_as(decision, raw, SEGMENTS)
            assert found.value.code == code
            assert named in found.value.message

    looking(redis_server.url, look)
