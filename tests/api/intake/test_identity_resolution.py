"""Identity over HTTP: anonymous visitors become known, on several devices, and shared devices mix nobody."""

import time
import uuid
from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest

from tests.api.conftest import Api, event, new_visitor

START_S = 1_770_000_000.0


def new_user() -> str:
    """An id that a shop would give a customer."""
    return f"user-{uuid.uuid4().hex[:10]}"


def seen_of(api: Api, visitor: str) -> dict[str, Any]:
    """What is known of whoever goes by an id."""
    response = api.secret.get(f"/v1/visitors/{visitor}")
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


def cart_of(api: Api, visitor: str) -> dict[str, int]:
    return {line["item_id"]: line["quantity"] for line in seen_of(api, visitor)["cart"]}


def slate_of(api: Api, visitor: str) -> list[str]:
    response = api.public.get("/v1/slots/hero", params={"visitor_id": visitor})
    return [slot["creative_id"] for slot in response.json()["slots"]]


def in_one_window(look: Callable[[], None]) -> None:
    """Look twice within one window in which slates are held: again, should its end have come between."""
    for _ in range(3):
        window = int(time.time() // 600)
        try:
            look()
        except AssertionError:
            if int(time.time() // 600) == window:
                raise
        else:
            return


def test_a_login_brings_the_history_of_the_device_to_the_known_visitor(api: Api) -> None:
    phone, laptop, user = new_visitor(), new_visitor(), new_user()
    api.post(
        event("view_item", phone, "p0", timestamp=START_S),
        event("view_item", phone, "p6", timestamp=START_S + 5),
        event("add_to_cart", phone, {"item_id": "p12", "quantity": 2, "price": 22}, timestamp=START_S + 10),
    )
    assert seen_of(api, phone)["user_id"] is None
    api.post(event("login", phone, user_id=user, timestamp=START_S + 20))
    seen = seen_of(api, phone)  # at once, wherever the stream is
    assert (seen["user_id"], seen["devices"], seen["events_seen"]) == (user, [phone], 4)
    assert cart_of(api, phone) == cart_of(api, user) == {"p12": 2}
    api.post(
        event("view_item", laptop, "p18", timestamp=START_S + 30),
        event("add_to_cart", laptop, {"item_id": "p5", "price": 15}, timestamp=START_S + 35),
        event("login", laptop, user_id=user, timestamp=START_S + 40),
    )
    for name in (phone, laptop, user):
        assert cart_of(api, name) == {"p12": 2, "p5": 1}
    api.wait_until_learned()
    for name in (phone, laptop, user):
        seen = seen_of(api, name)
        assert (seen["events_seen"], seen["devices"]) == (7, sorted([phone, laptop]))
        assert cart_of(api, name) == {"p12": 2, "p5": 1}
        assert [recent["item_id"] for recent in seen["recent_items"]] == ["p5", "p18", "p12", "p6", "p0"]
        assert seen["interests"]["15m"]["categories"]
    # What the other device looked at is recommended here, and what is in the joined cart is not.
    items = api.recommend(visitor_id=laptop, limit=20)
    assert items["tier"] in ("personalized", "session")
    assert not {"p12", "p5"} & {item["item_id"] for item in items["items"]}


def test_events_without_a_user_id_stay_with_who_logged_in_until_a_logout(api: Api) -> None:
    device, user = new_visitor(), new_user()
    api.post(event("login", device, user_id=user))
    api.post(event("add_to_cart", device, {"item_id": "p1", "price": 11}))
    assert cart_of(api, user) == {"p1": 1}
    api.post(event("logout", device))
    api.post(event("add_to_cart", device, {"item_id": "p2", "price": 12}))
    assert cart_of(api, device) == {"p2": 1}
    assert seen_of(api, device)["user_id"] is None
    assert cart_of(api, user) == {"p1": 1}
    api.wait_until_learned()
    assert (cart_of(api, device), cart_of(api, user)) == ({"p2": 1}, {"p1": 1})


def test_a_second_login_on_a_shared_device_mixes_nobody(api: Api) -> None:
    device, ann, bob = new_visitor(), new_user(), new_user()
    api.post(event("add_to_cart", device, {"item_id": "p1", "price": 11}), event("login", device, user_id=ann))
    api.post(event("view_item", device, "p3"))
    api.post(event("login", device, user_id=bob))
    assert cart_of(api, device) == {}
    api.post(event("add_to_cart", device, {"item_id": "p8", "price": 18}))
    for _ in range(2):
        assert cart_of(api, ann) == {"p1": 1}
        assert cart_of(api, bob) == cart_of(api, device) == {"p8": 1}
        assert [recent["item_id"] for recent in seen_of(api, bob)["recent_items"]] == ["p8"]
        api.wait_until_learned()
    # The first is back, and finds what was left.
    api.post(event("login", device, user_id=ann))
    assert cart_of(api, device) == {"p1": 1}


@pytest.mark.parametrize("number", [2, 3, 4])
@pytest.mark.parametrize("at_once", [False, True])
def test_ids_that_belong_to_each_other_hand_nothing_round_for_ever(api: Api, number: int, at_once: bool) -> None:
    ring = [new_user() for _ in range(number)]
    told = [
        each
        for place, user in enumerate(ring)
        for each in (event("view_item", user, f"p{place}"), event("login", user, user_id=ring[(place + 1) % number]))
    ]
    for part in [told] if at_once else [[each] for each in told]:
        api.post(*part)
    api.wait_until_learned()
    seen = seen_of(api, ring[-1])
    assert (seen["user_id"], seen["events_seen"]) == (ring[-1], 2 * number), "all is the last one's, once"
    assert seen_of(api, ring[-2]) == seen | {"visitor_id": ring[-2]}


@pytest.mark.parametrize("order", list(permutations(range(4)))[::3])
def test_any_order_of_the_same_events_makes_the_same_visitor(api: Api, order: tuple[int, ...]) -> None:
    phone, laptop, user = new_visitor(), new_visitor(), new_user()
    purchase = event(
        "purchase",
        laptop,
        {"item_id": "p7", "price": 17},
        user_id=user,
        timestamp=START_S + 100,
        params={"transaction_id": user},
    )
    stories = [
        [event("add_to_cart", phone, {"item_id": "p7", "price": 17}, timestamp=START_S, event_id=f"{user}-1")],
        [event("login", phone, user_id=user, timestamp=START_S + 50, event_id=f"{user}-2")],
        [event("add_to_cart", laptop, {"item_id": "p9", "price": 19}, timestamp=START_S + 60, event_id=f"{user}-3")],
        [purchase],
    ]
    for place in order:
        api.post(*stories[place])
    for _ in range(2):
        seen = seen_of(api, user)
        assert {line["item_id"] for line in seen["cart"]} == {"p9"}
        assert (seen["events_seen"], seen["value"]["orders"], seen["value"]["lifetime_value"]) == (4, 1, 17.0)
        assert seen["devices"] == sorted([phone, laptop])
        api.wait_until_learned()


def test_neither_variant_nor_slate_flips_at_login(api: Api) -> None:
    def look() -> None:
        device, other, user = new_visitor(), new_visitor(), new_user()
        api.post(*(event("view_item", other, f"p{number}") for number in (2, 5, 8, 11)))
        api.post(event("login", other, user_id=user))
        api.post(event("view_item", device, "p0"), event("view_item", device, "p6"))
        head = api.recommend(visitor_id=device)
        slate = slate_of(api, device)
        api.post(event("login", device, user_id=user))
        assert slate_of(api, device) == slate
        after = api.recommend(visitor_id=device)
        assert (after["holdout"], after["visitor_id"]) == (head["holdout"], device)
        api.wait_until_learned()
        assert slate_of(api, device) == slate

    in_one_window(look)


def test_the_timeline_tells_the_time_before_the_login_too(api: Api) -> None:
    phone, laptop, user = new_visitor(), new_visitor(), new_user()
    api.post(
        event("view_item", phone, "p1", timestamp=START_S),
        event("search", phone, params={"search_term": "x"}, timestamp=START_S + 1),
    )
    api.wait_until_learned()
    api.post(event("login", phone, user_id=user, timestamp=START_S + 2))
    api.post(
        event("view_item", laptop, "p2", timestamp=START_S + 3),
        event("login", laptop, user_id=user, timestamp=START_S + 4),
    )
    told = ["login", "view_item", "login", "search", "view_item"]
    for _ in range(2):
        for name in (phone, laptop, user):
            entries = api.secret.get(f"/v1/visitors/{name}/timeline").json()["entries"]
            assert [event["event"] for event in entries] == told
        api.wait_until_learned()
    # Who logs in next on the phone sees nothing of it.
    api.post(event("login", phone, user_id=(other := new_user()), timestamp=START_S + 10))
    entries = api.secret.get(f"/v1/visitors/{other}/timeline").json()["entries"]
    assert [event["event"] for event in entries] == ["login"]


def test_an_erasure_takes_the_known_visitor_and_their_devices(api: Api) -> None:
    phone, laptop, user = new_visitor(), new_visitor(), new_user()
    api.post(event("view_item", phone, "p1"), event("login", phone, user_id=user))
    api.post(event("view_item", laptop, "p2"), event("login", laptop, user_id=user))
    api.wait_until_learned()
    assert api.secret.delete(f"/v1/visitors/{phone}").status_code == 204
    for name in (phone, laptop, user):
        assert api.secret.get(f"/v1/visitors/{name}").status_code == 404
        assert api.secret.get(f"/v1/visitors/{name}/timeline").status_code == 404
    api.wait_until_learned()
    # The device is nobody's again.
    api.post(event("view_item", phone, "p3"))
    seen = seen_of(api, phone)
    assert (seen["user_id"], seen["events_seen"]) == (None, 1)
    assert api.secret.get(f"/v1/visitors/{user}").status_code == 404


def test_an_erasure_leaves_a_shared_device_to_who_holds_it(api: Api) -> None:
    device, ann, bob = new_visitor(), new_user(), new_user()
    api.post(event("view_item", device, "p1"), event("login", device, user_id=ann))
    api.post(event("login", device, user_id=bob), event("add_to_cart", device, {"item_id": "p4", "price": 14}))
    api.wait_until_learned()
    assert api.secret.delete(f"/v1/visitors/{ann}").status_code == 204
    api.post(event("view_item", device, "p3"))
    for name in (device, bob):
        assert cart_of(api, name) == {"p4": 1}
        assert seen_of(api, name)["events_seen"] == 3
    assert api.secret.get(f"/v1/visitors/{ann}").status_code == 404


def test_every_accepted_event_is_accounted_for_once(api: Api) -> None:
    api.wait_until_learned()
    before = api.secret.get("/v1/status").json()["events"]
    device, user = new_visitor(), new_user()
    look = event("view_item", device, "p1", event_id="one", timestamp=START_S)
    api.post(look, event("login", device, user_id=user, event_id="two", timestamp=START_S + 1))
    api.post(look)  # a client's retry, after the login
    api.wait_until_learned()
    after = api.secret.get("/v1/status").json()["events"]
    moved = {name: after[name] - before[name] for name in ("applied", "duplicates", "dead_letters")}
    assert moved == {"applied": 2, "duplicates": 1, "dead_letters": 0}
    assert seen_of(api, user)["events_seen"] == 2


def test_a_segment_counts_a_known_visitor_once(api: Api) -> None:
    item = f"p-{uuid.uuid4().hex[:8]}"
    category = f"Only {item}"
    api.put_items({"item_id": item, "title": "One", "product_type": category, "price": "5.00 EUR"})
    rule = {"interest": {"category": category}}
    phone, laptop, user = new_visitor(), new_visitor(), new_user()
    api.post(event("view_item", phone, item), event("view_item", laptop, item))
    api.wait_until_learned()

    def matches() -> list[str]:
        answer = api.secret.post("/v1/segments/preview", json={"rule": rule}).json()
        return sorted(example["visitor_id"] for example in answer["examples"])

    assert matches() == sorted([phone, laptop])
    api.post(event("login", phone, user_id=user), event("login", laptop, user_id=user))
    api.wait_until_learned()
    assert matches() == [user]
    # Other tests count on the catalog as it was.
    assert api.secret.delete(f"/v1/catalog/items/{item}").status_code == 204


@pytest.mark.parametrize(
    "nobody", ["undefined", "NULL", "[object Object]", "00000000-0000-0000-0000-000000000000", "Guest"]
)
def test_who_logs_in_as_nobody_shares_nothing_with_others_who_do(api: Api, nobody: str) -> None:
    devices = [new_visitor() for _ in range(3)]
    for number, device in enumerate(devices):
        told = [event("add_to_cart", device, f"p{number}"), event("login", device, user_id=nobody)]
        body = api.public.post("/v1/events", json={"events": told}).json()
        assert (body["accepted"], [warning["code"] for warning in body["warnings"]]) == (2, ["placeholder"])
    api.wait_until_learned()
    for number, device in enumerate(devices):
        assert cart_of(api, device) == {f"p{number}": 1}
        assert seen_of(api, device)["user_id"] is None
    assert api.secret.get(f"/v1/visitors/{nobody}").status_code == 404


def test_an_event_of_nobody_goes_to_the_user_it_names_and_of_an_order_to_the_order(api: Api) -> None:
    user = new_user()
    order = {"transaction_id": f"T-{user}", "value": 12}
    told = [
        event("view_item", "undefined", "p1", user_id=user),
        event("purchase", "null", "p1", params=order),
        event("view_item", "undefined", "p1"),
    ]
    body = api.public.post("/v1/events", json={"events": told}).json()
    assert (body["accepted"], [(bad["index"], bad["code"]) for bad in body["rejected"]]) == (
        2,
        [(2, "visitor_id_placeholder")],
    )
    assert seen_of(api, user)["events_seen"] == 1
    assert seen_of(api, f"order-T-{user}")["value"]["orders"] == 1


def test_nobody_is_served_as_a_new_visitor_is(api: Api) -> None:
    for path in ("/v1/recommendations", "/v1/slots/hero"):
        assert api.public.get(path, params={"visitor_id": "undefined"}).status_code == 200
    asked = {"visitor_id": "null", "lists": [{"strategy": "for_you"}]}
    assert api.public.post("/v1/decisions", json=asked).status_code == 200
    refused = api.public.get("/v1/visitors/undefined/messages")
    assert (refused.status_code, refused.json()["code"]) == (422, "visitor_id_placeholder")


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_two_logins_of_one_batch_mix_nobody_whatever_their_order(api: Api, order: tuple[int, ...]) -> None:
    device, ann, bob = new_visitor(), new_user(), new_user()
    told = [
        event("add_to_cart", device, "p4", timestamp=START_S),
        event("login", device, user_id=ann, timestamp=START_S + 10),
        event("login", device, user_id=bob, timestamp=START_S + 20),
    ]
    api.post(*(told[place] for place in order))
    assert (cart_of(api, ann), cart_of(api, bob)) == ({"p4": 1}, {})
    api.wait_until_learned()
    assert (cart_of(api, ann), cart_of(api, bob)) == ({"p4": 1}, {})


@pytest.mark.parametrize("settled", [False, True])
def test_a_login_told_late_takes_back_what_another_visitor_was_given(api: Api, settled: bool) -> None:
    device, ann, bob = new_visitor(), new_user(), new_user()
    api.post(
        event("view_item", device, "p6", timestamp=START_S),
        event("add_to_cart", device, {"item_id": "p4", "price": 4}, timestamp=START_S + 1),
        event("purchase", device, "p7", params={"transaction_id": f"o-{device}", "value": 9}, timestamp=START_S + 2),
    )
    api.post(event("add_to_cart", bob, {"item_id": "p5", "price": 5}, user_id=bob, timestamp=START_S + 3))
    api.post(event("login", device, user_id=bob, timestamp=START_S + 20))
    assert cart_of(api, bob) == {"p4": 1, "p5": 1}
    if settled:
        api.wait_until_learned()
    api.post(event("login", device, user_id=ann, timestamp=START_S + 10))

    def apart() -> None:
        assert (cart_of(api, ann), cart_of(api, bob)) == ({"p4": 1}, {"p5": 1})
        assert (seen_of(api, ann)["value"]["orders"], seen_of(api, bob)["value"]["orders"]) == (1, 0)
        assert "p6" in [recent["item_id"] for recent in seen_of(api, ann)["recent_items"]]
        assert {recent["item_id"] for recent in seen_of(api, bob)["recent_items"]} == {"p5"}

    api.wait_until_learned()
    ends_at = time.monotonic() + 10  # what is taken back goes through the log once more
    while time.monotonic() < ends_at and cart_of(api, bob) != {"p5": 1}:
        time.sleep(0.05)
    api.wait_until_learned()
    apart()
    told = [entry["event"] for entry in api.secret.get(f"/v1/visitors/{bob}/timeline").json()["entries"]]
    assert "purchase" not in told
    api.post(event("view_item", device, "p8", timestamp=START_S + 30))
    assert "p8" in [recent["item_id"] for recent in seen_of(api, bob)["recent_items"]], "the device is still bob's"


def until_true(check: Callable[[], bool]) -> bool:
    """Wait a while for what goes through the log more than once."""
    ends_at = time.monotonic() + 15
    while time.monotonic() < ends_at and not check():
        time.sleep(0.05)
    return check()


@pytest.mark.parametrize("at_once", [False, True])
@pytest.mark.parametrize("late_first", [False, True])
def test_a_logout_of_nobody_known_parts_what_was_before_from_what_came_after(
    api: Api, late_first: bool, at_once: bool
) -> None:
    device, ann, bob = new_visitor(), new_user(), new_user()
    shopped = [
        event("add_to_cart", device, {"item_id": "p4", "price": 4}, timestamp=START_S + 1),
        event("purchase", device, "p7", params={"transaction_id": f"o-{device}", "value": 9}, timestamp=START_S + 2),
        event("logout", device, timestamp=START_S + 10),
        event("add_to_cart", device, {"item_id": "p5", "price": 5}, timestamp=START_S + 20),
    ]
    for batch in [shopped] if at_once else [[told] for told in shopped]:
        api.post(*batch)
    assert cart_of(api, device) == {"p4": 1, "p5": 1}, "nobody is known: all of it is the device's"
    logins = [
        event("login", device, user_id=bob, timestamp=START_S + 30),
        event("login", device, user_id=ann, timestamp=START_S),
    ]
    for told in logins[::-1] if late_first else logins:
        api.post(told)
        api.wait_until_learned()
    assert until_true(lambda: (cart_of(api, ann), cart_of(api, bob)) == ({"p4": 1}, {"p5": 1}))
    assert (seen_of(api, ann)["value"]["orders"], seen_of(api, bob)["value"]["orders"]) == (1, 0)
    timelines = [api.secret.get(f"/v1/visitors/{visitor}/timeline").json()["entries"] for visitor in (ann, bob)]
    of_ann, of_bob = ([entry["event"] for entry in timeline] for timeline in timelines)
    assert ("purchase" in of_ann, "purchase" in of_bob) == (True, False)
    assert (of_ann.count("add_to_cart"), of_bob.count("add_to_cart")) == (1, 1)
    api.wait_until_learned()
    bought = api.secret.get("/v1/reports/lifetime-value").json()
    assert bought["rows"], "the order is in the reports as well"


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_logout_parts_what_comes_in_one_request_by_its_time(api: Api, order: tuple[int, ...]) -> None:
    device, ann, bob = new_visitor(), new_user(), new_user()
    told = [
        event("add_to_cart", device, {"item_id": "p4", "price": 4}, timestamp=START_S + 1),
        event("logout", device, timestamp=START_S + 10),
        event("add_to_cart", device, {"item_id": "p5", "price": 5}, timestamp=START_S + 20),
    ]
    api.post(*(told[place] for place in order))
    api.post(event("login", device, user_id=bob, timestamp=START_S + 30))
    api.post(event("login", device, user_id=ann, timestamp=START_S))
    assert (cart_of(api, ann), cart_of(api, bob)) == ({"p4": 1}, {"p5": 1}), "wherever the stream is"
    api.wait_until_learned()
    assert until_true(lambda: (cart_of(api, ann), cart_of(api, bob)) == ({"p4": 1}, {"p5": 1}))


@pytest.mark.parametrize("settled", [False, True])
def test_an_event_sent_again_with_the_user_id_counts_once(api: Api, settled: bool) -> None:
    device, user = new_visitor(), new_user()
    look = {"event_id": f"look-{device}", "timestamp": START_S}
    api.post(event("view_item", device, "p1", **look))
    api.post(event("login", device, user_id=user, timestamp=START_S + 10))
    if settled:
        api.wait_until_learned()
    api.post(event("view_item", device, "p1", user_id=user, **look))
    for _ in range(2):
        assert seen_of(api, user)["events_seen"] == 2
        api.wait_until_learned()


def test_what_a_wrong_login_was_said_to_complain_of_and_refuse_goes_with_it(api: Api) -> None:
    device, ann, bob, now_s = new_visitor(), new_user(), new_user(), time.time() - 600
    api.post(
        event("complaint_made", device, timestamp=now_s + 1),
        event("email_unsubscribed", device, timestamp=now_s + 2),
        event("sign_up", device, timestamp=now_s + 3),
    )
    api.post(event("view_item", bob, "p5", user_id=bob, timestamp=now_s + 3))
    api.post(event("login", device, user_id=bob, timestamp=now_s + 20))

    def restrained(visitor: str) -> tuple[bool, bool]:
        contact = seen_of(api, visitor)["contact"]
        return contact["promotions_suspended"], contact["messages_refused"]

    assert until_true(lambda: restrained(bob) == (True, True))
    api.wait_until_learned()
    api.post(event("login", device, user_id=ann, timestamp=now_s))
    assert until_true(lambda: (restrained(ann), restrained(bob)) == ((True, True), (False, False)))
    api.wait_until_learned()
    stages = [seen_of(api, visitor)["stage"]["stage"] for visitor in (ann, bob)]
    assert stages == ["effective", "potential"]
