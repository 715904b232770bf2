"""Profile batch: whatever the batches, each event is learned once, by the visitor it belongs to."""

from models.catalog.feature_hashing import vector_of
from models.events.events import EventItem
from models.events.names import VISITOR_DELETED
from models.visitor.profile import Profile, decode_profile, discrete_part, encode_profile, recent_items
from models.visitor.profile_batch import Change, learn
from tests.models.makers import event
from tests.models.visitor.devices import learned, login
from tests.models.visitor.profiles import apply, busy, profile_of


def test_a_replay_changes_nothing() -> None:
    events = busy(200)
    profile, _ = apply(Profile(), events)
    before = encode_profile(profile)
    again, outcomes = apply(profile, events)
    assert set(outcomes) == {"replayed"}
    assert encode_profile(again) == before


def test_batches_of_any_size_give_the_same_discrete_part() -> None:
    events = busy(300)
    whole = profile_of(*events)
    piecewise = Profile()
    for start in range(0, len(events), 7):
        piecewise, _ = apply(piecewise, events[start : start + 7], start)
        piecewise = decode_profile(encode_profile(piecewise))
    assert discrete_part(piecewise) == discrete_part(whole)


def test_erasure_leaves_a_position_and_nothing_else() -> None:
    erased = profile_of(event("view_item", "a", user_id="u"), event("add_to_cart", "a"), event(VISITOR_DELETED))
    assert encode_profile(erased) == encode_profile(Profile(position=3, given=3))
    after, outcomes = apply(erased, [event("view_item", "a"), event("view_item", "b")], start=2)
    assert outcomes == ["replayed", "applied"]
    assert recent_items(after) == ["b"]


def test_what_came_before_an_erasure_in_the_same_batch_leaves_no_interest() -> None:
    profile = profile_of(event("view_item", "a", items=(EventItem(item_id="a", brand="x"),)), event(VISITOR_DELETED))
    assert profile.sketch == b""


def test_visitors_of_one_batch_do_not_mix() -> None:
    profiles = [Profile(), Profile()]
    looks = [Change(1, 1, event("view_item", "a")), Change(0, 2, event("view_item", "b"))]
    learn(profiles, looks, lambda item: vector_of((f"brand:{item.item_id}",)))
    assert [recent_items(profile) for profile in profiles] == [["b"], ["a"]]
    alone = [Profile()]
    learn(alone, [Change(0, 1, looks[0].event)], lambda item: vector_of((f"brand:{item.item_id}",)))
    assert encode_profile(alone[0]) == encode_profile(profiles[1])


def test_a_logout_told_under_a_visitors_own_id_leaves_them_known() -> None:
    ann = learned(Profile(), event("view_item", "a", visitor="ann", user_id="ann"), login("ann", "", 5))
    assert (ann.user_id, ann.events_seen) == ("ann", 1)


def test_logins_of_one_batch_in_the_wrong_order_give_what_was_before_to_the_earlier() -> None:
    seen = event("view_item", "a", visitor="d1")
    for first, then in ((("bob", 20), ("ann", 10)), (("ann", 10), ("bob", 20))):
        device = learned(Profile(), seen, login("d1", *first), login("d1", *then))
        assert [(part.user_id, part.back) for part in device.parts] == [("ann", False)]
        apart = learned(learned(Profile(), seen, login("d1", *first)), login("d1", *then), first=3)
        kept = [part.user_id for part in apart.parts if not part.back]
        assert kept[-1] == "ann"


def test_a_bots_looks_move_nobodys_interests() -> None:
    own = event("view_item", "a", items=(EventItem(item_id="a", brand="x"),))
    crawled = event(
        "view_item", items=(EventItem(item_id="b", brand="y"),), at_s=5, context={"userAgent": "GPTBot/1.2"}
    )
    assert profile_of(crawled).sketch == b""
    mixed, alone = profile_of(own, crawled), profile_of(own)
    assert mixed.sketch == alone.sketch != b""


def test_what_the_engine_tells_again_is_no_duplicate_of_anybodys_event() -> None:
    sent = event("message_sent", event_id="m1", by_engine=True)
    told = [sent, sent, event("page_view", event_id="e1"), event("page_view", event_id="e1")]
    _, outcomes = apply(Profile(), told)
    assert outcomes == ["told", "notice", "applied", "duplicate"]
