"""Every shipped trigger as a story over HTTP: armed, called off, carried out once, written down."""

import pytest

from tests.api.stories.triggers.stories import DAY, HOUR, T0, Story, event, product, until, visitor


def test_a_cart_left_is_told_once_and_not_if_it_was_bought_or_emptied(story: Story) -> None:
    left, bought, emptied, late = visitor(), visitor(), visitor(), visitor()
    story.post(
        event("add_to_cart", left, "p1"),
        event("add_to_cart", bought, "p2"),
        event("add_to_cart", emptied, "p3"),
        event("add_to_cart", late, "p4"),
        event("add_to_cart", left, "p2", at=600),
        event("purchase", bought, "p2", at=HOUR, params={"transaction_id": "a"}),
        event("remove_from_cart", emptied, "p3", at=HOUR),
        event("add_to_cart", late, "p5", at=1.9 * HOUR),
    )
    story.pass_to(600 + 2 * HOUR - 1)
    assert [story.sent(visitor) for visitor in (left, bought, emptied, late)] == [[], [], [], []]
    assert story.armed(left)["cart-left"]["due"] == "2025-10-09T11:03:20.000Z"
    story.pass_to(600 + 2 * HOUR)
    assert [story.sent(visitor) for visitor in (left, bought, emptied, late)] == [["cart-left"], [], [], []]
    story.pass_to(4 * HOUR)
    (entry,) = story.journal(left)
    assert (entry["at"], entry["due_at"]) == ("2025-10-09T11:03:20.000Z", "2025-10-09T11:03:20.000Z")
    assert entry["why"] == "2 items in the cart, unchanged for 2h"
    assert [item["item_id"] for item in entry["about"]["items"]] == ["p1", "p2"]
    assert len(entry["recommended"]) == 4
    assert not {"p1", "p2"} & set(entry["recommended"])
    assert story.sent(late) == ["cart-left"]
    # A new cart after an order is another cart.
    story.post(
        event("purchase", left, "p1", "p2", at=5 * HOUR, params={"transaction_id": "b", "value": 23}),
        event("add_to_cart", left, "p3", at=6 * HOUR),
    )
    story.pass_to(9 * HOUR)
    assert story.sent(left) == ["cart-left", "cart-left"]
    assert story.journal(left)[0]["outcome"]["orders"] == [
        {"order_id": "b", "at": "2025-10-09T13:53:20.000Z", "value": 23.0, "currency": None, "taken_back": False}
    ]
    assert story.sent(bought) == story.sent(emptied) == []


def test_an_order_that_is_not_paid_is_remembered_twice_unless_it_is_paid(story: Story) -> None:
    unpaid, paid, cancelled, late = visitor(), visitor(), visitor(), visitor()
    for guest in (unpaid, paid, cancelled, late):
        story.post(event("order_created", guest, "p1", params={"order_id": f"o-{guest}", "value": 11}))
    story.post(
        event("order_paid", paid, at=300, params={"order_id": f"o-{paid}"}),
        event("order_cancelled", cancelled, at=301, params={"order_id": f"o-{cancelled}"}),
    )
    story.pass_to(601)
    assert [story.sent(visitor) for visitor in (unpaid, paid, cancelled, late)] == [
        ["order-unpaid"],
        [],
        [],
        ["order-unpaid"],
    ]
    story.post(event("purchase", late, "p1", at=2 * HOUR, params={"transaction_id": f"o-{late}"}))
    story.pass_to(25 * HOUR)
    assert story.sent(unpaid) == ["order-unpaid", "order-unpaid-offer"]
    assert story.sent(late) == ["order-unpaid"]
    assert story.sent(paid) == story.sent(cancelled) == []
    friendly, offer = story.journal(unpaid)
    assert (friendly["purpose"], friendly["offer"]) == ("service", None)
    assert (offer["purpose"], offer["offer"]["percent"]) == ("promotional", 10)
    assert offer["about"]["order_id"] == f"o-{unpaid}"


def test_browsing_without_a_cart_is_told_four_hours_later(story: Story) -> None:
    left, carted = visitor(), visitor()
    story.post(event("view_item", left, "p1"), event("view_item", carted, "p2"), event("view_item", left, "p3", at=60))
    story.post(event("add_to_cart", carted, "p2", at=90), event("view_item", visitor(), "p1", at=5))
    story.pass_to(4 * HOUR + 61)
    assert "browse-left" in story.sent(left)
    assert "browse-left" not in story.sent(carted)
    entry = story.journal(left, trigger="browse-left")[0]
    assert [item["item_id"] for item in entry["about"]["items"]] == ["p3", "p1"]
    story.post(event("view_item", left, "p5", at=30 * HOUR))  # another visit
    story.pass_to(40 * HOUR)
    assert story.sent(left).count("browse-left") == 2


def test_a_clients_retry_starts_nothing_twice(story: Story) -> None:
    guest = visitor()
    story.put_trigger("lead", when={"event": {"name": "generate_lead"}})
    story.post(event("generate_lead", guest, event_id="once"), event("view_item", guest, "p1", at=1, event_id="look"))
    story.post(
        event("generate_lead", guest, at=30, event_id="once"), event("view_item", guest, "p1", at=31, event_id="look")
    )
    story.settle()
    assert story.sent(guest) == ["lead"]
    body = story.secret.post("/v1/triggers/preview", json={"visitor_id": guest}).json()
    assert body["wanted"] == []


def test_who_signs_up_is_welcomed_once(story: Story) -> None:
    guest = visitor()
    story.post(event("sign_up", guest))
    story.settle()
    assert story.sent(guest) == ["welcome"]
    story.post(event("sign_up", guest, at=HOUR))
    story.pass_to(2 * HOUR)
    assert story.sent(guest) == ["welcome"]


def test_an_order_on_its_way_is_told_shipped_near_and_delivered(story: Story) -> None:
    guest, returned = visitor(), visitor()
    story.post(
        event("purchase", guest, "p1", params={"transaction_id": "o-1"}),
        event("order_shipped", guest, at=HOUR, params={"order_id": "o-1", "expected_delivery": "2025-10-12"}),
        event("order_shipped", returned, at=HOUR, params={"order_id": "o-2", "expected_delivery": "2025-10-12"}),
        event("order_cancelled", returned, at=2 * HOUR, params={"order_id": "o-2"}),
    )
    story.pass_to(5 * HOUR)
    assert story.sent(guest) == ["order-shipped"]
    assert story.sent(returned) in ([], ["order-shipped"])
    story.pass_to(2 * DAY)
    assert story.sent(guest) == ["order-shipped", "delivery-near"]
    story.post(event("order_delivered", guest, at=3 * DAY, params={"order_id": "o-1"}))
    story.pass_to(4 * DAY)
    assert story.sent(guest) == ["order-shipped", "delivery-near", "order-delivered"]
    assert "delivery-near" not in story.sent(returned)
    other = visitor()
    story.post(event("order_shipped", other, at=4 * DAY, params={"order_id": "o-3"}))
    story.settle()
    story.post(event("order_out_for_delivery", other, at=5 * DAY, params={"order_id": "o-3"}))
    story.settle()
    assert story.sent(other) == ["order-shipped", "delivery-near"]


def test_anniversaries_and_birthdays_come_on_their_day(story: Story) -> None:
    guest = visitor()
    story.post(
        event("sign_up", guest),
        event("purchase", guest, "p1", at=5 * DAY, params={"transaction_id": "o-1"}),
        event("birthday_given", guest, at=5 * DAY + 1, params={"birthday": "1990-10-20"}),
    )
    story.only("anniversary-100-days", "anniversary-1-year", "birthday")
    story.pass_to(11 * DAY)
    assert story.sent(guest) == []
    story.pass_to(11 * DAY + HOUR)
    assert story.sent(guest) == ["birthday"]
    assert story.journal(guest)[-1]["at"] == "2025-10-20T09:00:00.000Z"
    story.pass_to(99 * DAY)
    assert story.sent(guest) == ["birthday"]
    story.pass_to(100 * DAY + HOUR)  # nine in the morning
    assert story.sent(guest) == ["birthday", "anniversary-100-days"]
    story.pass_to(364 * DAY)
    assert story.sent(guest) == ["birthday", "anniversary-100-days"]
    story.pass_to(366 * DAY)
    assert story.sent(guest) == ["birthday", "anniversary-100-days", "anniversary-1-year"]
    story.pass_to(377 * DAY)
    assert story.sent(guest)[-1] == "birthday"
    assert story.sent(guest).count("birthday") == 2


def test_who_has_become_dormant_or_lost_is_won_back_once(story: Story) -> None:
    guest, returned = visitor(), visitor()
    story.only("win-back-dormant", "win-back-lost")
    story.post(event("page_view", guest), event("page_view", returned))
    story.pass_to(29 * DAY)
    story.post(event("page_view", returned, at=29 * DAY))
    story.pass_to(31 * DAY)
    until(lambda: story.sent(guest))
    assert (story.sent(guest), story.sent(returned)) == (["win-back-dormant"], [])
    entry = story.journal(guest)[0]
    assert entry["offer"]["kind"] == "gift"
    assert "silent for 30 days" in entry["why"]
    # What we sent is no sign of life.
    assert story.secret.get(f"/v1/visitors/{guest}").json()["stage"]["stage"] == "dormant"
    story.pass_to(91 * DAY)
    until(lambda: len(story.sent(guest)) == 2)
    assert story.sent(guest) == ["win-back-dormant", "win-back-lost"]


@pytest.mark.parametrize(
    "said",
    [
        {"event": "survey_answered", "params": {"nps": 6}},
        {"event": "review_added", "params": {"rating": 2}},
        {"event": "complaint_made", "params": {"reason": "broken"}},
    ],
    ids=["nps", "rating", "complaint"],
)
def test_recovery_comes_first_and_nothing_is_promoted_until_it_is_resolved(
    story: Story, said: dict[str, object]
) -> None:
    story.secret.put(
        "/v1/campaigns", json={"campaigns": [{"campaign_id": "spring"}, {"campaign_id": "help", "promotional": False}]}
    )
    story.secret.put("/v1/placements", json={"placements": [{"placement_id": "hero", "slots": 2}]})
    creatives = [{"creative_id": "c1", "campaign_id": "spring"}, {"creative_id": "c2", "campaign_id": "help"}]
    story.secret.put("/v1/creatives", json={"creatives": creatives}).raise_for_status()
    guest = visitor()

    def shown() -> list[str]:
        slots = story.public.get("/v1/slots/hero", params={"visitor_id": guest}).json()["slots"]
        return sorted(slot["creative_id"] for slot in slots)

    story.post(event("add_to_cart", guest, "p1"))
    assert shown() == ["c1", "c2"]
    story.post({"visitor_id": guest, "timestamp": T0 + HOUR, **said})
    story.settle()
    assert story.sent(guest) == ["service-recovery"]
    assert shown() == ["c2"]
    story.pass_to(10 * HOUR)
    assert story.sent(guest) == ["service-recovery"]
    assert story.armed(guest)["cart-left"]["held"] == "a complaint is open"
    story.post({"visitor_id": guest, "timestamp": T0 + 11 * HOUR, **said})  # said again: one recovery is enough
    story.settle()
    story.post(event("complaint_resolved", guest, at=12 * HOUR))
    story.settle()
    assert story.sent(guest) == ["service-recovery", "cart-left"]
    assert shown() == ["c1", "c2"]


def test_price_drops_and_returns_of_what_is_wanted_are_told(story: Story) -> None:
    wishing, looking, twice, buyer = visitor(), visitor(), visitor(), visitor()
    story.only("price-drop", "back-in-stock")
    story.post(
        event("add_to_wishlist", wishing, "p5"),
        event("view_item", looking, "p5"),
        event("view_item", twice, "p5"),
        event("view_item", twice, "p5", at=60),
        event("add_to_cart", buyer, "p5"),
        event("purchase", buyer, "p5", at=60, params={"transaction_id": "o"}),
    )
    story.settle()
    story.put_items(product(5, sale_price="14.80 EUR"))  # of 15: too little to speak of
    story.settle()
    story.put_items(product(5, sale_price="9.00 EUR"))
    until(lambda: story.sent(wishing) and story.sent(twice))
    assert [story.sent(visitor) for visitor in (wishing, twice, looking, buyer)] == [
        ["price-drop"],
        ["price-drop"],
        [],
        [],
    ]
    assert "costs 9.00 instead of 15.00" in story.journal(wishing)[0]["why"]
    story.put_items(product(5, sale_price="9.00 EUR", title="The same at the same price"))
    story.put_items(product(5, sale_price="9.00 EUR", availability="out of stock"))
    story.settle()
    story.put_items(product(5, sale_price="9.00 EUR", availability="in stock"))
    until(lambda: len(story.sent(wishing)) == 2)
    assert story.sent(wishing) == ["price-drop", "back-in-stock"]
    story.put_items(product(5, sale_price="5.00 EUR"))
    until(lambda: len(story.sent(wishing)) == 3)
    assert story.sent(wishing)[-1] == "price-drop"
    # Looked at while it was sold out, once is enough.
    story.put_items(product(6, availability="out of stock"))
    story.post(event("view_item", looking, "p6", at=HOUR))
    story.settle()
    story.put_items(product(6))
    until(lambda: story.sent(looking))
    assert story.sent(looking) == ["back-in-stock"]


def test_what_no_longer_holds_when_it_is_due_is_not_sent(story: Story) -> None:
    """All at once, and the clock moved with the same request: what came in time is not overlooked."""
    guest = visitor()
    story.post(
        event("add_to_cart", guest, "p1"),
        event("purchase", guest, "p1", at=HOUR, params={"transaction_id": "o"}),
        event("page_view", "clock", at=30 * HOUR),
    )
    story.settle()
    assert [name for name in story.sent(guest) if name == "cart-left"] == []


def test_programs_and_floods_start_nothing(story: Story) -> None:
    bot, flood, person = visitor(), visitor(), visitor()
    agent = {"userAgent": "Mozilla/5.0 (compatible; Storebot-Google/1.0)"}
    story.post(event("add_to_cart", bot, "p1", context=agent), event("add_to_cart", person, "p1"))
    story.post(event("add_to_cart", flood, "p1"))
    story.post(*(event("view_item", flood, "p1", at=number / 100) for number in range(400)))
    story.pass_to(5 * HOUR)
    assert (story.sent(bot), story.sent(flood)) == ([], [])
    assert story.sent(person) == ["cart-left"]


def test_a_trigger_of_the_sites_own_and_one_switched_off(story: Story) -> None:
    story.put_trigger(
        "lead",
        when={"event": {"name": "generate_lead", "after": "30m", "unless": ["call_ended"]}},
        offer={"code": "CALL"},
        only={"device": "mobile"},
    )
    story.put_trigger("cart-left", when={"cart_left": {"after": "10m", "value_min": 20}})
    phone, called, desk = visitor(), visitor(), visitor()
    mobile = {"device": "mobile"}
    story.post(
        event("generate_lead", phone, context=mobile),
        event("generate_lead", called, context=mobile),
        event("generate_lead", desk, context={"device": "desktop"}),
        event("call_ended", called, at=60),
        {**event("add_to_cart", phone), "items": [{"item_id": "p1", "price": 15, "quantity": 1}]},
        {**event("add_to_cart", desk), "items": [{"item_id": "p1", "price": 15, "quantity": 2}]},
    )
    story.pass_to(HOUR)
    assert [story.sent(visitor) for visitor in (phone, called, desk)] == [["lead"], [], ["cart-left"]]
    story.put_trigger("cart-left", when={"cart_left": {}}, enabled=False)
    third = visitor()
    story.post(event("add_to_cart", third, "p1", at=HOUR))
    story.pass_to(10 * HOUR)
    assert "cart-left" not in story.sent(third)
    assert story.secret.delete("/v1/triggers/cart-left").status_code == 204
    assert story.secret.get("/v1/triggers/cart-left").json()["when"] == {"cart_left": {"after": "2h"}}


def test_who_is_erased_is_forgotten_with_the_journal(story: Story) -> None:
    guest = visitor()
    story.post(event("sign_up", guest), event("add_to_cart", guest, "p1"))
    until(lambda: story.sent(guest))
    message_id = story.journal(guest)[0]["message_id"]
    assert story.secret.delete(f"/v1/visitors/{guest}").status_code == 204
    until(lambda: not story.journal(guest))
    assert story.secret.get(f"/v1/journal/{message_id}").status_code == 404
    story.pass_to(5 * HOUR)
    assert story.journal(guest) == []


def test_what_a_device_began_goes_on_with_the_visitor_who_logs_in(story: Story) -> None:
    """Cart, unpaid order, what is wanted and the caps join; the device itself is told nothing more."""
    device, anna = visitor(), f"anna-{visitor()}"
    story.put_policy(caps=[{"most": 1, "per": "hour", "channels": ["message"]}])
    story.only("cart-left", "order-unpaid", "price-drop", "browse-left", "welcome")
    story.post(
        event("sign_up", device),
        event("view_item", device, "p1", at=10),
        event("add_to_wishlist", device, "p7", at=15),
        event("order_created", device, "p3", at=20, params={"order_id": "o"}),
        event("add_to_cart", device, "p2", at=30),
    )
    story.settle()
    assert story.sent(device) == ["welcome"]
    story.post(event("login", device, at=60, user_id=anna))
    story.settle()
    story.settle()
    assert set(story.armed(device)) == set(story.armed(anna)) == {"order-unpaid", "cart-left"}
    story.post(event("order_paid", device, at=120, user_id=anna, params={"order_id": "o"}))
    story.pass_to(6 * HOUR)
    assert story.sent(anna) == ["welcome", "cart-left"]
    assert {message["visitor_id"] for message in story.journal(anna)} == {device, anna}
    story.put_items(product(7, sale_price="9.00 EUR"))
    until(lambda: "price-drop" in story.sent(anna))
    message = story.journal(anna)[0]
    story.post(event("email_opened", device, at=7 * HOUR, user_id=anna, params={"message_id": message["message_id"]}))
    story.settle()
    assert story.journal(device)[0]["outcome"]["opened"] == "2025-10-09T15:53:20.000Z"
