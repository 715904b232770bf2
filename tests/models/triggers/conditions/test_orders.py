"""Orders on their way."""

from tests.models.makers import event
from tests.models.triggers.shop import DAY, Shop, names


def test_an_order_takes_its_timers_with_it_when_it_is_paid() -> None:
    shop = Shop().see(event("order_created", "p001", params={"order_id": "o"}))
    assert {timer.trigger_id for timer in shop.state.timers} >= {"order-unpaid", "order-unpaid-offer"}
    assert names(shop.at(700)) == ["order-unpaid"]
    shop.see(event("purchase", "p001", at_s=800, params={"transaction_id": "o"}))
    assert shop.at(2 * DAY) == []
    paid_first = Shop().see(
        event("order_paid", "p001", params={"order_id": "o"}), event("order_created", "p001", params={"order_id": "o"})
    )
    assert paid_first.at(2 * DAY) == []


def test_history_of_long_ago_starts_nothing() -> None:
    shop = Shop()
    for day in range(20):
        order = {"order_id": f"o{day}"}
        shop.see(
            event("order_created", "p001", at_s=day * DAY, params=order),
            event("order_shipped", at_s=day * DAY, params=order),
        )
    assert shop.at(400 * DAY) == []
