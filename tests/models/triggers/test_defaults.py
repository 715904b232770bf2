"""Defaults: what every site begins with fits and has a name."""

from models.triggers.defaults import SHIPPED, shipped_triggers


def test_every_shipped_trigger_fits_and_has_a_name() -> None:
    shipped = shipped_triggers()
    assert len(shipped) == len(SHIPPED) == 17
    assert all(trigger.raw["name"] for trigger in shipped.values())
    assert {trigger.kind for trigger in shipped.values() if not trigger.promotional} == {
        "unhappy",
        "order_shipped",
        "delivery_near",
        "order_delivered",
        "order_unpaid",
    }
