"""Sessions: visits cut by session id and time, and clicks on mails that lead to one."""

from models.events.sessions import SESSION_GAP_S, Moment, visits_of


def click(at_s: float, campaign: str = "", session_id: str = "") -> Moment:
    return Moment(at_s, session_id, click=not session_id, campaign=campaign)


def test_a_session_ends_after_half_an_hour_and_what_is_off_site_belongs_to_none() -> None:
    moments = [Moment(0, "a"), Moment(10, "", off_site=True), Moment(SESSION_GAP_S, ""), Moment(3 * SESSION_GAP_S, "a")]
    assert visits_of(moments) == [0, -1, 0, 1]


def test_a_click_belongs_to_the_visit_that_follows_within_minutes() -> None:
    yesterday = Moment(0, "old")
    assert visits_of([yesterday, click(90_000), Moment(90_060, "new")]) == [0, 1, 1]
    assert visits_of([yesterday, click(90_000), click(90_010), Moment(90_060, "new")]) == [0, 1, 1, 1]
    assert visits_of([yesterday, click(90_000), Moment(90_030, "", off_site=True), Moment(90_060, "new")])[-1] == 1
    assert visits_of([yesterday, click(90_000), Moment(90_000 + SESSION_GAP_S + 1, "new")]) == [0, 1, 2]
    assert visits_of([yesterday, click(90_000)]) == [0, 1], "nothing followed: a visit of its own"


def test_a_click_of_another_campaign_is_not_what_led_to_the_visit() -> None:
    yesterday = Moment(0, "old")
    assert visits_of([yesterday, click(90_000, "may"), Moment(90_060, "new", campaign="may")]) == [0, 1, 1]
    assert visits_of([yesterday, click(90_000, "may"), Moment(90_060, "new", campaign="june")]) == [0, 1, 2]
    assert visits_of([yesterday, click(90_000, "may"), Moment(90_060, "new")]) == [0, 1, 1]
