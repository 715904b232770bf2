"""Defaults: what every site begins with fits and has a name."""

from models.triggers.defaults import DEFAULT_TRIGGERS, default_triggers


def test_every_default_trigger_fits_and_has_a_name() -> None:
    defaults = default_triggers()
    assert len(defaults) == len(DEFAULT_TRIGGERS) == 17
    assert all(trigger.raw["name"] for trigger in defaults.values())
    assert {trigger.kind for trigger in defaults.values() if not trigger.promotional} == {
        "unhappy",
        "order_shipped",
        "delivery_near",
        "order_delivered",
        "order_unpaid",
    }
