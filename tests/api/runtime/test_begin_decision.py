"""Begin a decision: what was accepted before counts, and a store that does not answer costs a short wait, then none."""

import asyncio
import os
import signal
import time
from pathlib import Path

from prometheus_client import REGISTRY
from starlette.requests import Request

from api.runtime.begin_decision import agent_of, begin_decision
from api.runtime.site import Site
from api.runtime.state import State
from models.catalog.resources import Campaign, Creative, Placement
from models.decisions.recommend import Query
from models.visitor.profile import recent_items
from shopwindow.embedded import EmbeddedRedis
from tests.api.runtime.running import accept, in_process, looked_at
from tests.models.makers import item


def test_an_event_accepted_before_counts_and_its_freshness_is_told_once(redis_server: EmbeddedRedis) -> None:
    async def work(state: State, site: Site) -> None:
        nobody = await begin_decision(state, site, "v")
        assert (nobody.visitor.profile.events_seen, nobody.subject.freshness_ms) == (0, None)
        await accept(state, site, looked_at("v", "p001"))
        first, again = await begin_decision(state, site, "v"), await begin_decision(state, site, "v")
        assert recent_items(first.visitor.profile) == recent_items(again.visitor.profile) == ["p001"]
        assert first.subject.freshness_ms is not None
        assert again.subject.freshness_ms is None
        assert (first.subject.owner_id, first.subject.degraded) == ("v", "")

    in_process(redis_server.url, work)


def test_the_catalog_is_the_one_of_now(redis_server: EmbeddedRedis) -> None:
    async def work(state: State, site: Site) -> None:
        for number in range(5):
            await asyncio.to_thread(state.stores.catalogs.put, site.name, "items", [item(number)], 1.0)
            decision = await begin_decision(state, site, "v")
            assert len(decision.site.assortment.items) == number + 1

    in_process(redis_server.url, work)


def test_the_holdout_is_by_the_id_the_page_sent(redis_server: EmbeddedRedis) -> None:
    async def work(state: State, site: Site) -> list[bool]:
        return [(await begin_decision(state, site, f"v{number}")).visitor.holdout for number in range(40)]

    assert not any(in_process(redis_server.url, work))
    assert all(in_process(redis_server.url, work, holdout_share=1.0))


def asked_no_more() -> float:
    """How many decisions were spared the wait for Redis."""
    return REGISTRY.get_sample_value("shopwindow_degraded_decisions_total", {"reason": "breaker_open"}) or 0.0


def test_a_store_that_does_not_answer_degrades_decisions_and_is_soon_asked_no_more(tmp_path: Path) -> None:
    with EmbeddedRedis(tmp_path) as server:

        async def work(state: State, site: Site) -> None:
            await accept(state, site, looked_at("v", "p001"))
            campaigns = [Campaign(campaign_id="spring"), Campaign(campaign_id="service", promotional=False)]
            creatives = [Creative(creative_id=each.campaign_id, campaign_id=each.campaign_id) for each in campaigns]
            put = state.stores.catalogs.put
            before = asked_no_more()
            await asyncio.to_thread(put, site.name, "campaigns", campaigns, 1.0)
            await asyncio.to_thread(put, site.name, "creatives", creatives, 1.0)
            await asyncio.to_thread(put, site.name, "placements", [Placement(placement_id="hero", slots=2)], 1.0)
            await begin_decision(state, site, "v")
            os.kill(server.pid, signal.SIGSTOP)
            try:
                for _ in range(3):
                    decision = await begin_decision(state, site, "v")
                    assert decision.subject.degraded == "visitor state unavailable"
                    assert decision.visitor.profile.events_seen == 0
                slate = decision.fill("hero", 2)
                shown = [slot.creative.campaign_id for slot in slate.slots]
                assert shown == ["service"], "what might hold a promotion back is not known"
                assert "visitor state unavailable" in slate.reason
                assert len((await begin_decision(state, site, "")).fill("hero", 2).slots) == 2, (
                    "nobody has refused anything"
                )
                assert decision.recommend(Query("for_you")).reason.startswith("visitor state unavailable: ")
                deadline_s = time.monotonic() + 10
                while asked_no_more() == before:
                    assert time.monotonic() < deadline_s
                    await begin_decision(state, site, "v")
            finally:
                os.kill(server.pid, signal.SIGCONT)
            deadline_s = time.monotonic() + 10
            while (await begin_decision(state, site, "v")).subject.degraded:
                assert time.monotonic() < deadline_s
                await asyncio.sleep(0.1)
            assert (await begin_decision(state, site, "v")).visitor.profile.events_seen == 1

        in_process(server.url, work, redis_deadline_s=0.4)


def test_the_agent_is_the_browsers_word_for_itself() -> None:
    def request(*headers: tuple[bytes, bytes]) -> Request:
        return Request({"type": "http", "method": "GET", "path": "/", "headers": list(headers)})

    assert agent_of(request((b"user-agent", b"Mozilla/5.0"))) == "Mozilla/5.0"
    assert agent_of(request()) == ""
