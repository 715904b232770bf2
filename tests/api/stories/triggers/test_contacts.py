"""One cap for banners, invitations and messages; quiet hours; priority; what visitors have refused."""

from tests.api.stories.triggers.stories import DAY, HOUR, Story, event, until, visitor

PROMOTIONS = [
    {"campaign_id": "spring", "priority": 60},
    {"campaign_id": "sale", "priority": 40},
    {"campaign_id": "service", "promotional": False},
]


def put_banners(story: Story) -> None:
    """Three campaigns with a banner each, on a placement of three slots."""
    story.secret.put("/v1/campaigns", json={"campaigns": PROMOTIONS}).raise_for_status()
    story.secret.put("/v1/placements", json={"placements": [{"placement_id": "hero", "slots": 3}]}).raise_for_status()
    creatives = [
        {"creative_id": campaign["campaign_id"], "campaign_id": campaign["campaign_id"]} for campaign in PROMOTIONS
    ]
    story.secret.put("/v1/creatives", json={"creatives": creatives}).raise_for_status()


def shown(story: Story, guest: str) -> list[str]:
    """Which campaigns a visitor is shown."""
    slots = story.public.get("/v1/slots/hero", params={"visitor_id": guest}).json()["slots"]
    return sorted(slot["campaign_id"] for slot in slots)


def seen(story: Story, guest: str, campaign: str, at: float) -> None:
    """Let a visitor see a banner."""
    params = {"promotion_id": campaign, "creative_name": campaign, "creative_slot": "hero:0"}
    story.post(event("view_promotion", guest, at=at, params=params))


def test_banners_invitations_and_messages_share_one_cap(story: Story) -> None:
    put_banners(story)
    story.put_policy(caps=[{"most": 3, "per": "day"}])
    guest = visitor()
    story.post(event("sign_up", guest))  # the first contact: a welcome
    story.settle()
    assert story.sent(guest) == ["welcome"]
    assert shown(story, guest) == ["sale", "service", "spring"]
    seen(story, guest, "spring", at=60)
    assert shown(story, guest) == ["service", "spring"]  # room for one: the campaign of higher priority
    seen(story, guest, "service", at=61)  # promotes nothing, and counts for nothing
    seen(story, guest, "spring", at=90)
    assert shown(story, guest) == ["service"]
    body = story.public.get("/v1/slots/hero", params={"visitor_id": guest}).json()
    assert [slot["campaign_id"] for slot in body["slots"]] == ["service"]
    page = {"visitor_id": guest, "placements": ["hero"]}
    slots = story.public.post("/v1/decisions", json=page).json()["placements"]["hero"]["slots"]
    assert [slot["campaign_id"] for slot in slots] == ["service"]
    # The cap is full for messages and invitations too; what serves is sent all the same.
    story.post(
        event("add_to_cart", guest, "p1", at=120),
        event("view_item", guest, "p2", at=130),
        event("order_shipped", guest, at=140, params={"order_id": "o"}),
    )
    story.pass_to(5 * HOUR)
    assert story.sent(guest) == ["welcome", "order-shipped"]
    held = story.armed(guest)
    assert held["cart-left"]["held"] == "cap of 3 contacts a day"
    story.pass_to(DAY + 120)  # all three are a day old
    assert "cart-left" in story.sent(guest)


def test_a_page_with_room_for_one_promotion_shows_one(story: Story) -> None:
    put_banners(story)
    story.put_policy(caps=[{"most": 1, "per": "day", "channels": ["banner"]}])
    story.secret.put("/v1/placements", json={"placements": [{"placement_id": "side", "slots": 3}]}).raise_for_status()
    page = {"visitor_id": visitor(), "placements": ["hero", "side"]}
    placements = story.public.post("/v1/decisions", json=page).json()["placements"]
    campaigns = [slot["campaign_id"] for placement in placements.values() for slot in placement["slots"]]
    assert sorted(campaigns) == ["service", "spring"]


def test_a_cap_of_each_campaign_leaves_the_others(story: Story) -> None:
    put_banners(story)
    story.put_policy(caps=[{"most": 2, "per": "week", "channels": ["banner"], "each_campaign": True}])
    guest = visitor()
    seen(story, guest, "spring", at=0)
    seen(story, guest, "spring", at=1)
    seen(story, guest, "sale", at=2)
    assert shown(story, guest) == ["sale", "service"]
    story.pass_to(7 * DAY + 2)
    assert shown(story, guest) == ["sale", "service", "spring"]


def test_quiet_hours_put_off_what_promotes_and_nothing_else(story: Story) -> None:
    story.put_policy(
        quiet_hours={"from": "12:00", "to": "20:00"}, time_zone="Europe/Berlin"
    )  # 10:00 to 18:00 UTC on that day; the story begins at 08:53
    guest, bought = visitor(), visitor()
    story.post(
        event("add_to_cart", guest, "p1"),
        event("add_to_cart", bought, "p1"),
        event("order_shipped", guest, at=2 * HOUR, params={"order_id": "o"}),
    )
    story.pass_to(3 * HOUR)
    assert story.sent(guest) == ["order-shipped"]
    assert story.armed(guest)["cart-left"] | {"subject": "", "expires": ""} == {
        "trigger_id": "cart-left",
        "subject": "",
        "due": "2025-10-09T18:00:00.000Z",
        "expires": "",
        "held": "quiet hours",
    }
    story.post(event("purchase", bought, "p1", at=4 * HOUR, params={"transaction_id": "x"}))
    story.pass_to(10 * HOUR)
    assert story.sent(guest) == ["order-shipped", "cart-left"]
    assert story.journal(guest)[-1]["at"] == "2025-10-09T18:00:00.000Z"
    assert story.journal(guest)[-1]["reason"] == "quiet hours"
    assert "cart-left" not in story.sent(bought)


def test_what_is_held_for_too_long_is_given_up_and_written_down(story: Story) -> None:
    story.put_policy(quiet_hours={"from": "10:00", "to": "18:00"})
    story.put_trigger("cart-left", when={"cart_left": {"after": "2h"}}, lasts="1h")
    guest = visitor()
    story.post(event("add_to_cart", guest, "p1"))
    story.pass_to(20 * HOUR)
    assert story.sent(guest) == []
    (entry,) = story.journal(guest, trigger="cart-left")
    assert (entry["status"], entry["reason"]) == ("expired", "quiet hours")


def test_of_several_that_are_due_the_most_important_goes_first(story: Story) -> None:
    story.put_policy(caps=[{"most": 1, "per": "day", "channels": ["message"]}])
    story.only()
    for trigger_id, priority in (("low", 10), ("high", 90), ("middle", 50)):
        story.put_trigger(trigger_id, when={"cart_left": {"after": "1h"}}, priority=priority)
    guest = visitor()
    story.post(event("add_to_cart", guest, "p1"))
    story.pass_to(2 * HOUR)
    assert story.sent(guest) == ["high"]
    story.pass_to(26 * HOUR)
    assert story.sent(guest) == ["high", "middle"]
    story.pass_to(51 * HOUR)
    assert story.sent(guest) == ["high", "middle", "low"]


def test_messages_of_other_systems_count_once(story: Story) -> None:
    story.put_policy(caps=[{"most": 2, "per": "day", "channels": ["message"]}])
    guest = visitor()
    story.post(event("email_sent", guest, params={"campaign": "newsletter"}), event("sign_up", guest, at=1))
    story.settle()
    assert story.sent(guest) == ["welcome"]
    message_id = story.journal(guest)[0]["message_id"]
    # The mailer tells of the same welcome; a receipt promotes nothing.
    story.post(
        event("email_sent", guest, at=2, params={"message_id": message_id}),
        event("email_sent", guest, at=3, params={"campaign": "receipt", "purpose": "transactional"}),
        event("add_to_cart", guest, "p1", at=4),
    )
    story.pass_to(3 * HOUR)
    assert story.armed(guest)["cart-left"]["held"] == "cap of 2 messages a day"
    story.pass_to(DAY + 1)
    assert "cart-left" in story.sent(guest)


def test_who_wants_no_messages_gets_none_that_promote(story: Story) -> None:
    guest = visitor()
    story.post(event("email_unsubscribed", guest), event("add_to_cart", guest, "p1", at=1))
    story.post(event("order_shipped", guest, at=2, params={"order_id": "o"}))
    story.pass_to(3 * HOUR)
    assert story.sent(guest) == ["order-shipped"]
    (entry,) = story.journal(guest, status="suppressed")
    assert (entry["trigger_id"], entry["reason"]) == ("cart-left", "the visitor wants no promotional messages")
    story.post(event("consent_updated", guest, at=4 * HOUR, params={"marketing": True}))
    story.post(event("add_to_cart", guest, "p2", at=4 * HOUR), event("sign_up", guest, at=4 * HOUR))
    story.settle()
    assert story.sent(guest) == ["order-shipped", "welcome"]


def test_a_preview_says_what_a_trigger_would_do(story: Story) -> None:
    story.put_policy(quiet_hours={"from": "06:00", "to": "20:00"})
    guest = visitor()
    story.post(event("add_to_cart", guest, "p1"))
    until(lambda: "cart-left" in story.armed(guest))
    draft = {"trigger_id": "draft", "when": {"cart_left": {"after": "1h"}}, "offer": {"code": "X"}}
    body = story.secret.post("/v1/triggers/preview", json={"visitor_id": guest, "trigger": draft}).json()
    assert (body["would"]["does"], body["would"]["reason"]) == ("hold", "quiet hours")
    assert body["would"]["offer"] == {"code": "X"}
    assert len(body["would"]["recommended"]) == 4
    assert story.secret.get("/v1/triggers/draft").status_code == 404
    bad = story.secret.post("/v1/triggers/preview", json={"visitor_id": guest, "trigger": {"trigger_id": "x"}})
    assert bad.status_code == 422
