"""Decisions: what was chosen is what is logged, with the chance it had; a variant met is told once."""

import time
from typing import Any

import orjson
import pytest

from api.runtime.begin_decision import begin_decision
from api.runtime.site import Site
from api.runtime.state import State
from models.catalog.resources import Campaign, Creative, Placement
from models.decisions.recommend import Query
from models.events.events import decode_event
from models.events.names import EXPERIMENT_EXPOSED
from models.experiments.parsing import parse_experiment
from models.visitor.contact_policy import parse_policy
from shopwindow.embedded import EmbeddedRedis
from store.log.log import partition_of
from tests.api.runtime.running import PARTITIONS, accept, in_process, looked_at
from tests.models.makers import item

BOT = "Mozilla/5.0 (compatible; Storebot-Google/1.0)"
SWAPPED = {
    "experiment_id": "e",
    "variants": [
        {"variant_id": "a", "lists": {"for_you": {"strategy": "new"}}},
        {"variant_id": "b", "lists": {"for_you": {"strategy": "trending"}}},
    ],
}


async def open_shop(state: State, site: Site) -> None:
    """Sell eight products, and show six creatives of three campaigns."""
    state.stores.catalogs.put(site.name, "items", [item(number) for number in range(8)], 1.0)
    state.stores.catalogs.put(site.name, "campaigns", [Campaign(campaign_id=f"k{number}") for number in range(3)], 1.0)
    creatives = [Creative(creative_id=f"c{number}", campaign_id=f"k{number % 3}") for number in range(6)]
    state.stores.catalogs.put(site.name, "creatives", creatives, 1.0)
    state.stores.catalogs.put(site.name, "placements", [Placement(placement_id="hero", slots=2)], 1.0)
    await site.follow()


def logged(state: State, site: Site, visitor: str) -> list[dict[str, Any]]:
    """What the decision log holds of a visitor's partition, once there is anything."""
    reader = state.logs.decisions.reader({partition_of(site.name, visitor, PARTITIONS): 0})
    records = [record.value for batch in reader.poll(100, 5.0) for record in batch.records]
    reader.close()
    return [orjson.loads(value) for value in records]


def exposures(state: State, site: Site, visitor: str, within_s: float) -> list[tuple[str, str]]:
    """Which variants the event log says a visitor met, waited for: experiment and variant."""
    reader = state.logs.events.reader({partition_of(site.name, visitor, PARTITIONS): 0})
    deadline_s, found = time.monotonic() + within_s, list[tuple[str, str]]()
    while time.monotonic() < deadline_s and not found:
        events = [decode_event(record.value) for batch in reader.poll(100, 0.1) for record in batch.records]
        found = [
            (told.params["experiment_id"], told.params["variant_id"])
            for told in events
            if told.event == EXPERIMENT_EXPOSED
        ]
    reader.close()
    return found


def test_what_was_chosen_is_logged_with_the_chance_it_had(redis_server: EmbeddedRedis) -> None:
    async def work(state: State, site: Site) -> None:
        await open_shop(state, site)
        await accept(state, site, looked_at("v", "p001"))
        decision = await begin_decision(state, site, "v")
        found = decision.recommend(Query("for_you", limit=3))
        slate = decision.fill("hero", 2)
        decision.log()
        (record,) = logged(state, site, "v")
        assert (record["decision_id"], record["visitor_id"]) == (decision.decision_id, "v")
        listed, filled = record["chosen"]
        assert listed["items"] == [chosen.item.item_id for chosen in found.items]
        assert (listed["strategy"], listed["tier"], filled["placement"]) == ("for_you", found.tier, "hero")
        assert len(filled["slots"]) == 2
        for slot, (creative_id, chance, places) in zip(slate.slots, filled["slots"], strict=True):
            assert (creative_id, chance) == (slot.creative.creative_id, slot.selection_probability)
            assert tuple(filled["eligible"][place] for place in places) == slot.drawn_from
        assert creative_id in filled["eligible"]

    in_process(redis_server.url, work)


def test_a_head_says_what_is_known_and_nothing_of_nobody(redis_server: EmbeddedRedis) -> None:
    async def work(state: State, site: Site) -> None:
        nobody = (await begin_decision(state, site, "")).head()
        assert (nobody["visitor_id"], nobody["campaign_id"], nobody["echo"]) == (None, None, False)
        assert nobody["state"] == {"events_seen": 0, "as_of": None, "age_ms": None, "freshness_ms": None}
        await accept(state, site, {**looked_at("v", "p001"), "timestamp": "2026-01-02T03:04:05Z"})
        known = (await begin_decision(state, site, "v")).head()
        assert (known["visitor_id"], known["state"]["events_seen"]) == ("v", 1)
        assert known["state"]["as_of"] == "2026-01-02T03:04:05.000Z"

    in_process(redis_server.url, work)


def test_promotions_of_one_page_share_its_room(redis_server: EmbeddedRedis) -> None:
    async def work(state: State, site: Site) -> None:
        await open_shop(state, site)
        policy = parse_policy({"caps": [{"most": 1, "per": "day", "channels": ["banner"]}]})
        state.stores.trigger_config.put_policy(site.name, policy)
        site.read_policy()
        decision = await begin_decision(state, site, "v")
        first, second = decision.fill("hero", 2), decision.fill("hero", 2)
        assert (len(first.slots), len(second.slots), decision.promoted) == (1, 0, 1)

    in_process(redis_server.url, work)


@pytest.mark.parametrize(("agent", "told"), [("Mozilla/5.0", True), (BOT, False)], ids=["browser", "program"])
def test_a_variant_that_was_met_is_told_once_and_of_programs_never(
    redis_server: EmbeddedRedis, agent: str, told: bool
) -> None:
    async def work(state: State, site: Site) -> None:
        await open_shop(state, site)
        state.stores.catalogs.put(site.name, "experiments", [parse_experiment(SWAPPED)], 1.0)
        await site.follow()
        met = set()
        for _ in range(3):
            decision = await begin_decision(state, site, "v", agent)
            decision.recommend(decision.asked(Query("for_you", limit=2)))
            decision.log()
            met |= {(part["experiment_id"], part["variant_id"]) for part in decision.head()["experiments"]}
        while state.memory.recording:
            await next(iter(state.memory.recording))
        assert len(met) == 1
        found = exposures(state, site, "v", 2.0 if told else 0.3)
        assert set(found) == (met if told else set())
        assert len(found) <= 1

    in_process(redis_server.url, work)
