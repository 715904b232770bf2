"""Address tag: one address has one tag for a week, at one site, and nobody can tell the address from it."""

from models.access.address_tag import address_tag
from models.base.durations import DAY_S

NOW_S = 2_000 * 7 * DAY_S


def test_an_address_has_one_tag_a_week_and_a_site() -> None:
    tag = address_tag("secret", "192.0.2.7", NOW_S)
    assert address_tag("secret", "192.0.2.7", NOW_S + 6.9 * DAY_S) == tag
    others = {
        address_tag("secret", "192.0.2.8", NOW_S),
        address_tag("secret", "192.0.2.7", NOW_S + 7 * DAY_S),
        address_tag("other", "192.0.2.7", NOW_S),
    }
    assert tag not in others
    assert len(others) == 3
    assert "192" not in tag


def test_a_browser_without_an_address_has_a_tag_too() -> None:
    assert address_tag("secret", "", NOW_S)
