"""Visitor tokens: without one a browser neither reads, nor writes, nor takes over what is somebody's."""

import time
from typing import Any

import pytest

from models.access.visitor_token import mint_token, token_secret_of
from tests.api.conftest import Api, event, new_visitor


def token(api: Api, visitor: str, lasts_s: int = 600) -> str:
    """A token as the shop's server signs it."""
    secret = token_secret_of(api.keys.secret_key)
    return mint_token(secret, api.keys.site, visitor, int(time.time()) + lasts_s)


def sent(api: Api, *events: dict[str, Any], **body: Any) -> tuple[int, list[str], list[str]]:
    """What is accepted, the codes of what is not, and of warnings."""
    answer = api.public.post("/v1/events", json={"events": list(events), **body}).json()
    if "accepted" not in answer:
        return 0, [answer["code"]], []
    return (
        answer["accepted"],
        [rejection["code"] for rejection in answer["rejected"]],
        [warning["code"] for warning in answer["warnings"]],
    )


@pytest.fixture
def customer(known_api: Api) -> str:
    """A known customer with a cart, on a device of theirs."""
    visitor = new_visitor()
    device = f"device-of-{visitor}"
    assert sent(known_api, event("add_to_cart", device, "p7")) == (1, [], [])
    login = event("login", device, user_id=visitor)
    assert sent(known_api, login, user_token=token(known_api, visitor)) == (1, [], [])
    known_api.wait_until_learned()
    return visitor


def test_a_guessed_customer_is_neither_read_nor_written_nor_linked(known_api: Api, customer: str) -> None:
    attacker = new_visitor()
    device = f"device-of-{customer}"
    before = known_api.secret.get(f"/v1/visitors/{customer}").json()
    for guessed in (customer, device):
        assert sent(known_api, event("remove_from_cart", guessed, "p7"))[:2] == (0, ["visitor_token_missing"])
        assert sent(known_api, event("email_unsubscribed", guessed))[:2] == (0, ["visitor_token_missing"])
        body = known_api.recommend(visitor_id=guessed)
        assert body["visitor_token_missing"]
        assert body["state"]["events_seen"] == 0
        messages = known_api.public.get(f"/v1/visitors/{guessed}/messages")
        assert (messages.status_code, messages.json()["code"]) == (403, "visitor_token_missing")
    own = event("page_view", customer, user_id=customer)
    assert sent(known_api, own)[:2] == (0, ["visitor_token_missing"])
    assert sent(known_api, event("login", attacker, user_id=customer)) == (1, [], ["token_missing"])
    known_api.wait_until_learned()
    after = known_api.secret.get(f"/v1/visitors/{customer}").json()
    assert (after["events_seen"], after["cart"], after["devices"]) == (
        before["events_seen"],
        before["cart"],
        before["devices"],
    )
    assert known_api.secret.get(f"/v1/visitors/{attacker}").json()["visitor_id"] == attacker


def test_with_a_token_it_is_the_visitors_own(known_api: Api, customer: str) -> None:
    device = f"device-of-{customer}"
    for visitor in (customer, device):
        body = known_api.recommend(visitor_id=visitor, visitor_token=token(known_api, visitor))
        assert not body["visitor_token_missing"]
        assert body["state"]["events_seen"] >= 1
        page = {"visitor_id": visitor, "visitor_token": token(known_api, visitor), "lists": []}
        assert not known_api.public.post("/v1/decisions", json=page).json()["visitor_token_missing"]
        asked = known_api.public.get(
            f"/v1/visitors/{visitor}/messages", headers={"X-Visitor-Token": token(known_api, visitor)}
        )
        assert asked.status_code == 200
    by_user = known_api.recommend(visitor_id=device, visitor_token=token(known_api, customer))
    assert not by_user["visitor_token_missing"], "the visitor's own token opens their devices"
    assert sent(known_api, event("view_item", device, "p8"), visitor_token=token(known_api, device)) == (1, [], [])
    logged_in = event("view_item", device, "p9", user_id=customer, user_token=token(known_api, customer))
    assert sent(known_api, logged_in) == (1, [], [])
    assert (
        known_api.secret.get("/v1/recommendations", params={"visitor_id": customer}).json()["state"]["events_seen"] >= 1
    )


def test_a_token_is_of_one_id_one_site_and_one_time(known_api: Api, strict_api: Api, customer: str) -> None:
    good = token(known_api, customer)
    for bad in (
        token(known_api, new_visitor()),
        token(strict_api, customer),
        token(known_api, customer, lasts_s=-5),
        good[:-1] + ("0" if good[-1] != "0" else "1"),
        "9" + good,
        "",
        "x" * 5_000,
        ".",
        "1e9." + good.partition(".")[2],
        "９９" + good,
    ):
        assert known_api.public.post(
            "/v1/decisions", json={"visitor_id": customer, "visitor_token": bad, "lists": []}
        ).json()["visitor_token_missing"], bad


def test_anonymous_visitors_need_none_where_only_the_known_do(known_api: Api) -> None:
    visitor = new_visitor()
    assert sent(
        known_api,
        event("view_item", visitor, "p1"),
        event("purchase", visitor, "p1", params={"transaction_id": visitor}),
    ) == (2, [], [])
    assert known_api.recommend(visitor_id=visitor)["state"]["events_seen"] == 2


def test_nobody_is_spoken_for_without_a_token_where_all_need_one(strict_api: Api) -> None:
    minted = strict_api.public.post("/v1/visitor-tokens")
    assert minted.status_code == 201
    visitor, own = minted.json()["visitor_id"], minted.json()["visitor_token"]
    assert sent(strict_api, event("view_item", visitor, "p1"))[:2] == (0, ["visitor_token_missing"])
    assert sent(strict_api, event("view_item", visitor, "p1"), visitor_token=own) == (1, [], [])
    assert strict_api.recommend(visitor_id=visitor)["visitor_token_missing"]
    assert strict_api.recommend(visitor_id=visitor, visitor_token=own)["state"]["events_seen"] == 1
    assert not strict_api.recommend()["visitor_token_missing"], "for nobody in particular"
    assert (
        strict_api.secret.post("/v1/events", json={"events": [event("page_view", new_visitor())]}).json()["accepted"]
        == 1
    )


def test_a_token_is_minted_at_first_contact_and_never_for_whom_was_seen(known_api: Api, customer: str) -> None:
    mine = new_visitor()
    minted = known_api.public.post("/v1/visitor-tokens", json={"visitor_id": mine})
    assert (minted.status_code, minted.json()["visitor_id"]) == (201, mine)
    assert sent(known_api, event("page_view", mine)) == (1, [], [])
    for seen in (mine, customer, f"device-of-{customer}"):
        refused = known_api.public.post("/v1/visitor-tokens", json={"visitor_id": seen})
        assert (refused.status_code, refused.json()["code"]) == (409, "visitor_seen")
    by_server = known_api.secret.post("/v1/visitor-tokens", json={"visitor_id": customer, "lasts_s": 60}).json()
    assert not known_api.recommend(visitor_id=customer, visitor_token=by_server["visitor_token"])[
        "visitor_token_missing"
    ]
    for client, body, code in (
        (known_api.secret, {}, "visitor_id_missing"),
        (known_api.secret, {"visitor_id": "v", "lasts_s": 1}, "lasts_s_invalid"),
        (known_api.public, {"lasts_s": 60}, "lasts_s_invalid"),
    ):
        assert client.post("/v1/visitor-tokens", json=body).json()["code"] == code


def test_what_became_of_orders_and_mails_a_browser_does_not_tell(known_api: Api) -> None:
    visitor = new_visitor()
    for name in (
        "order_paid",
        "order_shipped",
        "order_cancelled",
        "refund",
        "email_sent",
        "message_sent",
        "Order Refunded",
    ):
        told = event(name, visitor, "p1", params={"order_id": "o", "transaction_id": "o"})
        refused = known_api.public.post("/v1/events", json={"events": [told]})
        assert (refused.status_code, refused.json().get("code")) == (403, "key_public"), (name, refused.json())


def test_a_token_asked_for_before_there_was_a_customer_never_speaks_for_them(known_api: Api, strict_api: Api) -> None:
    for api in (known_api, strict_api):
        guessed, device, attacker = new_visitor(), new_visitor(), new_visitor()
        early = api.public.post("/v1/visitor-tokens", json={"visitor_id": guessed}).json()["visitor_token"]
        own = api.public.post("/v1/visitor-tokens", json={"visitor_id": attacker}).json()["visitor_token"]
        told = [event("add_to_cart", device, "p7"), event("login", device, user_id=guessed)]
        assert api.secret.post("/v1/events", json={"events": told}).json()["accepted"] == 2
        read = api.recommend(visitor_id=guessed, visitor_token=early)
        assert (read["visitor_token_missing"], read["state"]["events_seen"]) == (True, 0)
        messages = api.public.get(f"/v1/visitors/{guessed}/messages", headers={"X-Visitor-Token": early})
        assert messages.json()["code"] == "visitor_token_missing"
        for name in (guessed, device):
            refused = sent(api, event("email_unsubscribed", name), visitor_token=early, user_token=early)
            assert refused[:2] == (0, ["visitor_token_missing"])
        login = event("login", attacker, user_id=guessed)
        assert sent(api, login, visitor_token=own, user_token=early) == (1, [], ["token_missing"])
        api.wait_until_learned()
        seen = api.secret.get(f"/v1/visitors/{guessed}").json()
        assert (seen["devices"], seen["contact"]["messages_refused"]) == ([device], False)


def test_a_device_goes_on_speaking_for_who_logged_in_on_it(known_api: Api, strict_api: Api) -> None:
    for api in (known_api, strict_api):
        device, customer = new_visitor(), new_visitor()
        own = api.public.post("/v1/visitor-tokens", json={"visitor_id": device}).json()["visitor_token"]
        login = event("login", device, user_id=customer)
        assert sent(api, login, visitor_token=own, user_token=token(api, customer)) == (1, [], [])
        assert sent(api, event("view_item", device, "p8"), visitor_token=own) == (1, [], [])
        assert not api.recommend(visitor_id=device, visitor_token=own)["visitor_token_missing"]


def test_a_guests_order_is_nobodys_to_read_who_guesses_its_number(known_api: Api) -> None:
    number = new_visitor()
    order = {"event": "purchase", "params": {"order_id": number}, "items": [{"item_id": "p3"}]}
    assert known_api.secret.post("/v1/events", json={"events": [order]}).json()["accepted"] == 1
    guest = f"order-{number}"
    read = known_api.recommend(visitor_id=guest)
    assert (read["visitor_token_missing"], read["state"]["events_seen"]) == (True, 0)
    assert sent(known_api, event("complaint_made", guest))[:2] == (0, ["visitor_token_missing"])
    assert known_api.recommend(visitor_id=guest, visitor_token=token(known_api, guest))["state"]["events_seen"] == 1
    by_page = {"event": "purchase", "params": {"order_id": new_visitor()}, "items": [{"item_id": "p3"}]}
    assert sent(known_api, by_page)[0] == 1, "a page may tell of an order without a visitor"
