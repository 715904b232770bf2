"""Contact policy: caps slide, quiet hours keep their zone and its summer time; what does not fit is named."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from models.base.errors import InvalidError
from models.visitor.contact_history import Contact
from models.visitor.contact_policy import (
    ContactPolicy,
    capped,
    held_back,
    parse_policy,
    quiet_until_s,
    room,
    written_policy,
)
from models.visitor.holds import hold_words

DAY = 86_400.0
NOW = 1_760_000_000.0
BERLIN = ZoneInfo("Europe/Berlin")


def policy(**raw: Any) -> ContactPolicy:
    """Make one."""
    return parse_policy(raw)


def local(text: str) -> float:
    """A moment in Berlin."""
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).timestamp()


def test_a_cap_counts_its_channels_in_a_sliding_window() -> None:
    made = policy(caps=[{"most": 2, "per": "day", "channels": ["message", "banner"]}])
    touches = [
        Contact(NOW - DAY, "message", "a"),  # just out of the window
        Contact(NOW - DAY + 60, "banner", "a"),
        Contact(NOW - 60, "on_site", "a"),
        Contact(NOW - 50, "message", "a", promotional=False),
    ]
    assert capped(made, touches, "message", "b", NOW) is None
    assert room(made, touches, "message", NOW) == 1
    touches.append(Contact(NOW - 40, "message", "c"))
    hold = capped(made, touches, "banner", "b", NOW)
    assert hold is not None
    assert (hold_words(hold.code), hold.until_s) == ("cap of 2 banners or messages a day", NOW + 60)
    assert hold_words(hold.code).startswith("cap of 2")
    assert capped(made, touches, "on_site", "b", NOW) is None
    assert capped(made, touches, "message", "b", hold.until_s) is None


def test_a_cap_of_each_campaign_counts_that_campaign() -> None:
    made = policy(caps=[{"most": 1, "per": "week", "each_campaign": True}])
    touches = [Contact(NOW - 60, "banner", "spring")]
    assert capped(made, touches, "message", "spring", NOW) is not None
    assert capped(made, touches, "message", "sale", NOW) is None


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2025-10-09T21:59", None),
        ("2025-10-09T22:00", "2025-10-10T08:00"),
        ("2025-10-10T07:59", "2025-10-10T08:00"),
        ("2025-10-10T08:00", None),
        ("2025-10-25T23:00", "2025-10-26T08:00"),  # the night summer time ends
        ("2025-03-30T01:00", "2025-03-30T08:00"),  # and the one it begins
    ],
)
def test_quiet_hours_go_past_midnight_in_their_zone(now: str, until: str | None) -> None:
    made = policy(quiet_hours={"from": "22:00", "to": "08:00"}, time_zone="Europe/Berlin")
    assert quiet_until_s(made, "message", local(now)) == (None if until is None else local(until))
    assert quiet_until_s(made, "banner", local(now)) is None


def test_of_two_reasons_the_one_that_lasts_longer_is_told() -> None:
    made = policy(quiet_hours={"from": "00:00", "to": "23:59"}, caps=[{"most": 1, "per": "week"}])
    hold = held_back(made, [Contact(NOW - 60, "message", "a")], "message", "a", NOW)
    assert hold is not None
    assert hold_words(hold.code) == "cap of 1 contacts a week"


def test_a_policy_survives_being_written() -> None:
    made = policy(
        caps=[{"most": 3, "per": "day", "channels": ["message"]}],
        quiet_hours={"from": "22:00", "to": "08:00"},
        webhook={"url": "https://shop.example/hook", "secret": "a secret of enough letters"},
    )
    assert parse_policy(written_policy(made)) == made


@pytest.mark.parametrize(
    ("raw", "named"),
    [
        ([], "JSON object"),
        ({"caps": [{"most": 61, "per": "day"}]}, "caps[0].most"),
        ({"caps": [{"most": 1, "per": "year"}]}, "year"),
        ({"caps": [{"most": 1, "per": "day", "channels": ["fax"]}]}, "fax"),
        ({"quiet_hours": {"from": "9", "to": "10:00"}}, "from"),
        ({"quiet_hours": {"from": "10:00", "to": "10:00"}}, "10:00"),
        ({"time_zone": "../etc/passwd"}, "../etc/passwd"),
        ({"webhook": {"url": "ftp://x", "secret": "0123456789abcdef"}}, "ftp://x"),
        ({"webhook": {"url": "https://x", "secret": "short"}}, "secret"),
        ({"cap": []}, "cap"),
    ],
)
def test_what_does_not_fit_is_named(raw: object, named: str) -> None:
    with pytest.raises(InvalidError) as found:
        parse_policy(raw)
    assert named in str(found.value)
