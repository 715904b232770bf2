"""Membership: every change is found at its moment, whoever looks and whenever, and told once."""

from random import Random

import msgspec
import pytest

from models.base.durations import DAY_S
from models.catalog.assortment import Assortment
from models.catalog.resources import CatalogItem
from models.events.events import Event, EventItem
from models.segments.conditions import Facts
from models.segments.lifecycle import Thresholds
from models.segments.membership import Membership, SegmentConfig, advance, counts_between, transition_event
from models.segments.segments import parse_segment
from models.visitor.profile import Profile
from models.visitor.profile_batch import Change, learn

START_S = 1_700_000_000.0
RULES = {
    "week": {"activity": {"seen_within_days": 7}},
    "quiet": {"activity": {"silent_days": 90}},
    "between": {"activity": {"seen_within_days": 60, "silent_days": 10}},
    "kitchen": {"interest": {"category": "Kitchen", "items": 2, "within_days": 20}},
    "not-kitchen": {"not": {"interest": {"category": "Home > Kitchen", "items": 2, "within_days": 20}}},
    "fresh-buyer": {"all": [{"orders": {"within_days": 45}}, {"not": {"stage": ["dormant", "lost"]}}]},
    "slipping": {"any": [{"value": {"recency_min": 4}}, {"satisfaction": {"is": "unhappy", "within_days": 33}}]},
}
CATALOG = [
    CatalogItem(item_id="pot", category=("Home", "Kitchen"), price=20.0),
    CatalogItem(item_id="pan", category=("Home", "Kitchen"), price=30.0, sale_price=24.0),
    CatalogItem(item_id="ball", category=("Sport",), brand="Round", price=10.0),
]


@pytest.fixture
def assortment() -> Assortment:
    """Three products."""
    made = Assortment()
    for item in CATALOG:
        made.put(item)
    return made


SEGMENT_CONFIG = SegmentConfig(
    Thresholds(), tuple(parse_segment({"segment_id": name, "rule": rule}) for name, rule in sorted(RULES.items()))
)


def random_profile(seed: int, assortment: Assortment) -> Profile:
    """Some weeks of a visitor's life."""
    random = Random(seed)
    changes = []
    at_s = START_S
    for position in range(1, random.randint(2, 12)):
        at_s += random.uniform(0, 9) * DAY_S
        name = random.choice(["view_item", "view_item", "add_to_cart", "purchase", "review"])
        item = random.choice(CATALOG)
        params = {"transaction_id": f"t{position}"} if name == "purchase" else {"rating": random.randint(1, 5)}
        items = (EventItem(item_id=item.item_id, price=item.price),)
        event = Event(site="s", event=name, visitor_id="v", at_s=at_s, accepted_at_s=at_s, params=params, items=items)
        changes.append(Change(0, position, event))
    profiles = [Profile()]
    learn(profiles, changes, assortment.vector_of_item, assortment.on_sale)
    return profiles[0]


@pytest.mark.parametrize("seed", range(30))
def test_the_membership_at_any_time_is_what_holds_then(seed: int, assortment: Assortment) -> None:
    """Held against a look at every hour: no change is missed between two moments that were promised."""
    profile = random_profile(seed, assortment)
    membership: Membership | None = None
    for hour in range(24 * 130):
        now_s = profile.last_at_s + hour * 3_600.0
        if membership is None or membership.due_s <= now_s:
            membership, _ = advance(profile, membership, SEGMENT_CONFIG, assortment, now_s, now_s)
        assert membership is not None
        facts = Facts(profile, assortment, SEGMENT_CONFIG.thresholds, now_s)
        holding = [segment.segment_id for segment in SEGMENT_CONFIG.segments if segment.rule.holds(facts)]
        assert [member.segment_id for member in membership.members] == holding, hour


@pytest.mark.parametrize("seed", range(30))
def test_looking_late_finds_the_same_moves_at_the_same_moments(seed: int, assortment: Assortment) -> None:
    """A worker that was away for months tells what one that was there would have told, with the same event ids."""
    profile = random_profile(seed, assortment)
    end_s = profile.last_at_s + 200 * DAY_S
    first, begun = advance(profile, None, SEGMENT_CONFIG, assortment, profile.last_at_s, profile.last_at_s)
    late, at_once = advance(profile, first, SEGMENT_CONFIG, assortment, profile.last_at_s, end_s)
    moves = []
    membership = first
    while membership is not None and membership.due_s <= end_s:
        membership, more = advance(profile, membership, SEGMENT_CONFIG, assortment, membership.due_s, membership.due_s)
        moves += more
    assert moves == at_once
    assert membership is not None
    assert late is not None
    assert msgspec.structs.replace(membership, due_s=late.due_s) == late
    told = [transition_event(move, "s", "v", "", 0.0) for move in [*begun, *moves]]
    ids = [answer.event_id for answer in told if answer is not None]
    assert len(set(ids)) == len(ids)
    assert [move.at_s for move in moves] == sorted(move.at_s for move in moves)
    assert any(move.after == "lost" and move.at_s == profile.last_at_s + 90 * DAY_S for move in moves)


def test_counts_follow_members(assortment: Assortment) -> None:
    profile = random_profile(3, assortment)
    totals: dict[str, int] = {}
    membership: Membership | None = None
    for day in range(0, 150, 3):
        now_s = profile.last_at_s + day * DAY_S
        after, moves = advance(profile, membership, SEGMENT_CONFIG, assortment, now_s, now_s)
        for count in counts_between(membership, after, moves):
            totals[count.field] = totals.get(count.field, 0) + count.by
        membership = after
        assert membership is not None
        members = {f"segment:{member.segment_id}" for member in membership.members} | {f"stage:{membership.stage}"}
        assert {name for name, count in totals.items() if count} == members
        assert set(totals.values()) <= {0, 1}
    gone, moves = advance(Profile(), membership, SEGMENT_CONFIG, assortment, 0.0, 1e12)
    assert (gone, moves) == (None, [])
    assert {change.by for change in counts_between(membership, gone, moves)} == {-1}


def test_a_rule_that_is_gone_lets_its_members_go(assortment: Assortment) -> None:
    profile = random_profile(1, assortment)
    now_s = profile.last_at_s
    membership, _ = advance(profile, None, SEGMENT_CONFIG, assortment, now_s, now_s)
    assert membership is not None
    assert membership.members
    none, moves = advance(profile, membership, SEGMENT_CONFIG._replace(segments=()), assortment, now_s, now_s)
    assert none is not None
    assert none.members == []
    assert {move.name for move in moves} == {"segment_left"}
    assert msgspec.structs.replace(none, due_s=0.0).stage == membership.stage


def test_a_bot_stands_nowhere_until_somebody_else_comes_under_its_id(assortment: Assortment) -> None:
    config = SegmentConfig(Thresholds(), ())
    agent = {"userAgent": "Mozilla/5.0 (compatible; bingbot/2.0)"}

    def seen(position: int, context: dict[str, str]) -> Change:
        told = Event(
            site="shop", event="page_view", visitor_id="v", at_s=START_S, accepted_at_s=START_S, context=context
        )
        return Change(0, position, told)

    profiles = [Profile()]
    learn(profiles, [seen(1, agent), seen(2, agent)], assortment.vector_of_item)
    assert profiles[0].is_bot
    assert advance(profiles[0], None, config, assortment, START_S, START_S + DAY_S) == (None, [])
    learn(profiles, [seen(3, {})], assortment.vector_of_item)
    assert not profiles[0].is_bot
    membership, _ = advance(profiles[0], None, config, assortment, START_S, START_S + DAY_S)
    assert membership is not None
