"""Wrong keys: a few are free, the rest wait ever longer; a minute without forgives, and floods are not kept whole."""

from api.http.edge.wrong_keys import FORGIVEN_AFTER_S, FREE_TRIES, WrongKeys


def test_waits_grow_and_end_at_a_minute() -> None:
    wrong_keys = WrongKeys()
    waits = [wrong_keys.tried("a", number / 100) for number in range(FREE_TRIES + 2_000)]
    assert waits[:FREE_TRIES] == [0] * FREE_TRIES
    assert waits[FREE_TRIES : FREE_TRIES + 8] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert max(waits) == 60


def test_a_minute_without_one_forgives() -> None:
    wrong_keys = WrongKeys()
    for number in range(FREE_TRIES + 3):
        wrong_keys.tried("a", float(number))
    assert wrong_keys.tried("b", 8.0) == 0
    assert wrong_keys.tried("a", 7.0 + FORGIVEN_AFTER_S) > 0
    assert wrong_keys.tried("a", 7.1 + 2 * FORGIVEN_AFTER_S) == 0


def test_addresses_without_number_take_bounded_room() -> None:
    wrong_keys = WrongKeys()
    for number in range(120_000):
        wrong_keys.tried(str(number), 1.0)
    assert len(wrong_keys) <= 50_000
