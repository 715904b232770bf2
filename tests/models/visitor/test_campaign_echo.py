"""Echo: a campaign's visitors see its creatives and products first, for that visit, while it runs, and no longer."""

from collections import Counter

import msgspec
import pytest

from models.bandit.click_weights import ClickWeights
from models.catalog.assortment import Assortment
from models.catalog.resources import Campaign, Creative
from models.decisions.recommend import Query, recommend
from models.decisions.scored_catalog import ScoredCatalog
from models.decisions.slots import SlotRequest, fill
from models.decisions.visitor_context import VisitorContext
from models.events.events import Event
from models.events.traffic_source import Touch
from models.learner.learner import Learner
from models.learner.snapshot import empty_snapshot
from models.visitor.campaign_echo import SLOT_SHARE, WITHOUT_SHARE, campaign_of, echoed_campaign, without_echo
from models.visitor.profile import Profile
from models.visitor.profile_batch import Change, learn
from tests.models.makers import START_S, assortment, event

NOW_S = START_S + 60.0


def _catalog(**fields: object) -> Assortment:
    made = assortment(30, creatives=12)
    made.put(Campaign(campaign_id="k1", name="Spring sale", aliases=("21907", "google/cpc"), **fields))  # type: ignore[arg-type]
    return made


def _visitor(catalog: Assortment, *events: Event) -> Profile:
    profiles = [Profile()]
    learn(profiles, [Change(0, number, event) for number, event in enumerate(events, start=1)], catalog.vector_of_item)
    return profiles[0]


def _arrival(name: str, at_s: float = 0.0) -> Event:
    return event("page_view", at_s=at_s, context={"campaign": {"source": "mail", "medium": "email", "name": name}})


@pytest.mark.parametrize("name", ["k1", "K1", "spring SALE", "21907"])
def test_a_visit_is_known_by_the_campaigns_id_name_or_alias(name: str) -> None:
    catalog = _catalog()
    found = echoed_campaign(_visitor(catalog, _arrival(name)), catalog, NOW_S)
    assert found is not None
    assert found.campaign_id == "k1"


def test_a_click_that_names_no_campaign_is_known_by_source_and_medium() -> None:
    catalog = _catalog()
    found = campaign_of(Touch("google", "cpc", "", NOW_S), catalog, NOW_S)
    assert found is not None
    assert found.campaign_id == "k1"
    assert campaign_of(Touch("google", "organic", "", NOW_S), catalog, NOW_S) is None
    assert campaign_of(Touch("google", "cpc", "other", NOW_S), catalog, NOW_S) is None


def test_the_echo_ends_with_the_visit_and_with_the_campaign() -> None:
    catalog = _catalog()
    later = _visitor(catalog, _arrival("k1"), event("page_view", at_s=7_200.0))
    assert echoed_campaign(later, catalog, START_S + 7_260.0) is None
    for fields in ({"enabled": False}, {"ends_at_s": NOW_S}, {"starts_at_s": NOW_S + 1}):
        over = _catalog(**fields)
        assert echoed_campaign(_visitor(over, _arrival("k1")), over, NOW_S) is None


def test_the_first_slot_is_the_campaigns_with_just_the_chance_that_is_stated() -> None:
    catalog = _catalog()
    profile = _visitor(catalog, _arrival("k1"))
    own = {creative.creative_id for creative in catalog.creatives.values() if creative.campaign_id == "k1"}
    first: Counter[str] = Counter()
    stated: dict[str, float] = {}
    for number in range(3_000):
        slate = fill(
            catalog,
            ClickWeights(impressions=1),
            VisitorContext(profile, NOW_S, f"v{number}", echo="k1"),
            SlotRequest("hero", 4),
        )
        slot = slate.slots[0]
        first[slot.creative.creative_id] += 1
        stated[slot.creative.creative_id] = slot.selection_probability
        if slot.creative.creative_id in own:
            assert slot.reason == "you came by its campaign"
            assert slot.selection_probability >= SLOT_SHARE / len(own) - 1e-9
        assert len({slot.creative.campaign_id for slot in slate.slots}) == 4
    assert {creative_id: count / 3_000 for creative_id, count in first.items()} == pytest.approx(stated, abs=0.03)
    assert SLOT_SHARE <= sum(stated[creative_id] for creative_id in own) < 1.0
    assert set(first) > own, "the rest stay in play"


def test_the_list_begins_with_the_campaigns_products_that_may_be_shown() -> None:
    catalog = _catalog()
    catalog.put(Creative(creative_id="named", campaign_id="k1", item_ids=("p002", "p005")))
    scored = ScoredCatalog(empty_snapshot(), catalog)
    profile = _visitor(catalog, _arrival("k1"), event("view_item", "p000", at_s=5.0))
    plain = recommend(scored, VisitorContext(profile, NOW_S), Query("for_you"))
    echoed = recommend(scored, VisitorContext(profile, NOW_S, echo="k1"), Query("for_you", exclude=frozenset({"p002"})))
    assert echoed.items[0].item.item_id == "p005"
    assert {item.reason for item in echoed.items[:3]} == {"you came by the campaign Spring sale"}
    assert echoed.items[3].item.item_id in [chosen.item.item_id for chosen in plain.items]
    held = recommend(scored, VisitorContext(profile, NOW_S, holdout=True, echo="k1"), Query("for_you"))
    assert "campaign" not in held.reason


def test_a_tenth_of_the_visitors_get_no_echo_and_both_are_counted() -> None:
    groups = [without_echo("shop", f"v{number}") for number in range(10_000)]
    assert sum(groups) / len(groups) == pytest.approx(WITHOUT_SHARE, abs=0.01)
    catalog, model = _catalog(), Learner()
    shown = {"creative_name": "c1", "creative_slot": "hero:0"}
    position = 0
    for number in range(200):
        arrived = _arrival("k1")
        for told in (arrived, event("view_promotion", params=shown), event("select_promotion", params=shown)):
            position += 1
            model.learn_event(0, position, msgspec.structs.replace(told, visitor_id=f"v{number}"), catalog)
    tallies = {name.group: tally for name, tally in model.progress.tallies.items() if name.kind == "campaign"}
    without = sum(without_echo("shop", f"v{number}") for number in range(200))
    assert {group: tally.impressions for group, tally in tallies.items()} == {"echo": 200 - without, "no_echo": without}
    assert all(tally.clicks == tally.impressions for tally in tallies.values())
