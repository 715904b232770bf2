"""Signed up, in a stage or a segment, unhappy."""

from tests.models.makers import event
from tests.models.triggers.shop import Shop, names


def test_an_event_told_again_arms_nothing_again() -> None:
    shop = Shop().see(event("sign_up"))
    assert names(shop.at(1)) == ["welcome"]
    shop.see(event("sign_up", at_s=5))
    assert shop.at(10) == []
