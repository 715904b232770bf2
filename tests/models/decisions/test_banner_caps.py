"""Banner caps: banners are held to the same policy as messages."""

from models.bandit.click_weights import ClickWeights
from models.catalog.assortment import Assortment
from models.catalog.resources import Campaign, Creative
from models.decisions.banner_caps import FREE, limits_for
from models.decisions.slots import SlotRequest, fill
from models.decisions.visitor_context import VisitorContext
from models.visitor.contact_history import ContactHistory, learn_contact
from models.visitor.contact_policy import ContactPolicy, parse_policy
from models.visitor.profile import Profile
from tests.models.makers import START_S, event

POLICY = parse_policy({"caps": [{"most": 2, "per": "day"}]})


def catalog() -> Assortment:
    """Three promotional campaigns of two creatives, and one that promotes nothing."""
    made = Assortment()
    for campaign_id, promotional, priority in (("a", True, 50), ("b", True, 70), ("c", True, 50), ("s", False, 50)):
        made.put(Campaign(campaign_id=campaign_id, promotional=promotional, priority=priority))
        for number in range(2):
            made.put(Creative(creative_id=f"{campaign_id}{number}", campaign_id=campaign_id))
    return made


def seen(*campaigns: str) -> ContactHistory:
    """A visitor who saw banners."""
    history = ContactHistory()
    for number, campaign in enumerate(campaigns):
        params = {"creative_name": "c", "promotion_id": campaign}
        learn_contact(history, event("view_promotion", at_s=number, params=params))
    return history


def test_without_caps_on_banners_nothing_is_asked() -> None:
    assert limits_for(ContactPolicy(), seen("a"), catalog(), START_S) is FREE
    only_messages = parse_policy({"caps": [{"most": 1, "per": "day", "channels": ["message"]}]})
    assert limits_for(only_messages, seen("a"), catalog(), START_S) is FREE


def test_where_room_is_short_the_campaign_of_higher_priority_stays() -> None:
    found = limits_for(POLICY, seen("a", "s"), catalog(), START_S + 10)
    assert (found.room, sorted(found.left_out)) == (1, ["a0", "a1", "c0", "c1"])
    full = limits_for(POLICY, seen("a", "a"), catalog(), START_S + 10)
    assert (full.room, sorted(full.left_out)) == (0, ["a0", "a1", "b0", "b1", "c0", "c1"])
    assert full.why == "cap of 2 contacts a day"
    assert limits_for(POLICY, seen("a", "a"), catalog(), START_S + 86_410).room == 2
    assert limits_for(POLICY, None, catalog(), START_S, promoted=2).room == 0


def test_a_slate_never_has_more_promotions_than_there_is_room_for() -> None:
    made = catalog()
    for room in range(4):
        policy = parse_policy({"caps": [{"most": 3, "per": "day"}]})
        banner_limits = limits_for(policy, seen(*["a"] * (3 - room)), made, START_S + 10)
        for number in range(20):
            slate = fill(
                made,
                ClickWeights(),
                VisitorContext(Profile(), START_S, f"v{number}"),
                SlotRequest("hero", 6, banner_limits=banner_limits),
            )
            promoted = [slot for slot in slate.slots if slot.creative.campaign_id != "s"]
            assert len(promoted) == room
            assert len(slate.slots) == room + 2
            for slot in slate.slots:
                assert slot.selection_probability == 1 / len(slot.drawn_from)


def test_a_complaint_leaves_what_promotes_nothing() -> None:
    history = seen()
    learn_contact(history, event("complaint_made"))
    found = limits_for(ContactPolicy(), history, catalog(), START_S)
    assert found.left_out == {"a0", "a1", "b0", "b1", "c0", "c1"}
    slate = fill(
        Assortment(),
        ClickWeights(),
        VisitorContext(Profile(), START_S, "v"),
        SlotRequest("hero", 2, banner_limits=found),
    )
    assert slate.reason == "no creative is eligible, promotions are held back: a complaint is open"
