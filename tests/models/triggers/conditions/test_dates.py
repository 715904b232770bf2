"""Birthdays and anniversaries."""

from tests.models.makers import event
from tests.models.triggers.shop import DAY, Shop, trigger


def test_the_29th_of_february_is_kept_on_the_28th_and_every_year() -> None:
    only = trigger(when={"birthday": {"at": "10:00"}}, lasts="2d")
    shop = Shop(only).see(event("birthday_given", params={"birthday": "1992-02-29"}))  # told on 2023-11-14
    days = []
    for day in range(3 * 366):
        days += [entry.at_s for entry in shop.at(day * DAY)]
    assert len(days) == 3
    assert [timer.subject for timer in shop.state.timers] == ["birthday:2027"]
