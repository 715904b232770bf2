"""/v1/visitors/{id}/timeline over HTTP."""

from tests.api.conftest import Api, event, new_visitor


def test_touchpoints_of_every_channel_stand_on_one_timeline(api: Api) -> None:
    visitor = new_visitor()
    mail = {"campaign": "may", "subject": "New in May"}
    order = {"order_id": "o1"}
    day = "2026-01-05T10:"
    api.post(
        event("email_sent", visitor, params=mail, timestamp=f"{day}00:00Z"),
        event("email_opened", visitor, params=mail, timestamp=f"{day}01:00Z"),
        event("email_clicked", visitor, params=mail, timestamp=f"{day}02:00Z"),
        event("view_item", visitor, "p1", timestamp=f"{day}02:05Z"),
        event("search", visitor, params={"search_term": "kettle"}, timestamp=f"{day}03:00Z"),
        event("add_to_cart", visitor, "p1", timestamp=f"{day}04:00Z"),
        event("order_created", visitor, "p1", params=order, timestamp=f"{day}05:00Z"),
        event("order_paid", visitor, params=order, timestamp=f"{day}06:00Z"),
        event("order_shipped", visitor, params=order, timestamp="2026-01-06T10:00:00Z"),
        event("order_delivered", visitor, params=order, timestamp="2026-01-07T10:00:00Z"),
        event("order_returned", visitor, params=order, timestamp="2026-01-08T10:00:00Z"),
        event("chat_started", visitor, timestamp="2026-01-09T10:00:00Z"),
        event("call_ended", visitor, params={"topic": "return"}, timestamp="2026-01-09T11:00:00Z"),
        event("complaint_made", visitor, params={"reason": "late"}, timestamp="2026-01-09T12:00:00Z"),
        event("review_added", visitor, "p1", params={"rating": 2}, timestamp="2026-01-10T10:00:00Z"),
        event("survey_answered", visitor, params={"nps": 3}, timestamp="2026-01-10T10:01:00Z"),
        event("sign_up", visitor, timestamp="2026-01-10T10:02:00Z"),
        event("login", visitor, user_id=visitor, timestamp="2026-01-10T10:03:00Z"),
        event("loyalty_updated", visitor, params={"loyalty_points": 10}, timestamp="2026-01-10T10:04:00Z"),
        event("birthday_given", visitor, params={"birthday": "1990-04-23"}, timestamp="2026-01-10T10:05:00Z"),
    )
    before = api.secret.get(f"/v1/visitors/{visitor}/timeline").json()
    api.wait_until_learned()
    seen = api.secret.get(f"/v1/visitors/{visitor}/timeline").json()
    assert seen == before  # what is accepted stands there at once, and only once when the stream has it too
    assert seen["next_before"] is None
    assert len(seen["entries"]) == 20
    assert [entry["kind"] for entry in seen["entries"]] == [
        "birthday", "loyalty", "account", "account", "survey", "review", "complaint", "call", "chat",
        "order", "order", "order", "order", "order", "cart", "search", "product_view", "mail", "mail", "mail",
    ]  # fmt: skip
    by_event = {entry["event"]: entry for entry in seen["entries"]}
    assert by_event["view_item"]["title"] == "Looked at Product 1"
    assert by_event["view_item"]["dwell_ms"] == 55_000
    assert by_event["view_item"]["visit"]["source"]["channel"] == "email"
    assert by_event["view_item"]["visit"]["source"]["campaign"] == "may"
    assert by_event["email_clicked"]["followed_by"]["looked_at"][0]["item_ids"] == ["p1"]
    assert by_event["email_sent"]["visit"] is None
    assert by_event["survey_answered"]["details"] == {"nps": 3}


def test_pages_follow_one_another_without_gap_or_repeat(api: Api) -> None:
    visitor = new_visitor()
    stamps = [f"2026-01-05T10:{number // 3:02}:00Z" for number in range(30)]  # three at each moment
    api.post(
        *(event("page_view", visitor, params={"page_title": f"t{n}"}, timestamp=at) for n, at in enumerate(stamps))
    )
    titles: list[str] = []
    before: str | None = None
    for _ in range(10):
        parameters: dict[str, str | int] = {"limit": 7, **({"before": before} if before else {})}
        page = api.secret.get(f"/v1/visitors/{visitor}/timeline", params=parameters).json()
        titles += [entry["details"]["page_title"] for entry in page["entries"]]
        before = page["next_before"]
        if before is None:
            break
    assert titles == [f"t{number}" for number in reversed(range(30))]
    page = api.secret.get(f"/v1/visitors/{visitor}/timeline", params={"before": "2026-01-05T10:01:00Z"}).json()
    assert [entry["details"]["page_title"] for entry in page["entries"]] == ["t2", "t1", "t0"]


def test_a_retry_stands_there_once_and_an_erased_visitor_not_at_all(api: Api) -> None:
    visitor = new_visitor()
    for _ in range(2):
        api.post(event("page_view", visitor, event_id="e1"), event("page_view", visitor, event_id="e2"))
    assert len(api.secret.get(f"/v1/visitors/{visitor}/timeline").json()["entries"]) == 2
    api.wait_until_learned()
    assert len(api.secret.get(f"/v1/visitors/{visitor}/timeline").json()["entries"]) == 2
    assert api.secret.delete(f"/v1/visitors/{visitor}").status_code == 204
    gone = api.secret.get(f"/v1/visitors/{visitor}/timeline")
    assert (gone.status_code, gone.json()["code"]) == (404, "visitor_unknown")
    api.wait_until_learned()
    assert api.secret.get(f"/v1/visitors/{visitor}/timeline").status_code == 404
    api.post(event("page_view", visitor, event_id="e1"))
    assert len(api.secret.get(f"/v1/visitors/{visitor}/timeline").json()["entries"]) == 1


def test_a_timeline_needs_the_secret_key_and_sound_parameters(api: Api) -> None:
    assert api.public.get("/v1/visitors/x/timeline").status_code == 403
    wrong: list[dict[str, str | int]] = [{"before": "yesterday"}, {"limit": 0}, {"limit": 1_001}, {"before": "nan"}]
    for parameters in wrong:
        response = api.secret.get("/v1/visitors/x/timeline", params=parameters)
        assert (response.status_code, response.json()["code"]) == (422, "parameter_invalid")
        assert str(next(iter(parameters.values()))) in response.json()["detail"]
    assert api.secret.get("/v1/visitors/nobody/timeline").status_code == 404
