"""Attribution against cases worked out by hand."""

import pytest

from models.reports.attribution import (
    ConversionPath,
    Credit,
    first_touch,
    last_touch,
    markov,
    removal_effects,
    without_direct,
)


def test_first_and_last_touch_take_all_the_credit() -> None:
    paths = [ConversionPath(("a", "b", "c"), 30.0), ConversionPath(("b",), 10.0), ConversionPath(("a", "c"), None)]
    assert first_touch(paths) == {"a": Credit(1, 30.0), "b": Credit(1, 10.0)}
    assert last_touch(paths) == {"c": Credit(1, 30.0), "b": Credit(1, 10.0)}


def test_removal_effects_equal_those_worked_out_by_hand() -> None:
    """start to a: 2/3, to b: 1/3; a to b: 1/2, a to nothing: 1/2; b to c: 1/2, b to order: 1/2; c to order: 1.

    An order is reached by 2/3 times 1/2 + 1/3 = 2/3. Without a: 1/3. Without b: 0. Without c: 2/3 times 1/2 = 1/3.
    """
    paths = [ConversionPath(("a", "b", "c"), 1.0), ConversionPath(("a",), None), ConversionPath(("b",), 1.0)]
    effects = removal_effects(paths)
    assert effects == {"a": pytest.approx(1 / 2), "b": pytest.approx(1.0), "c": pytest.approx(1 / 2)}
    shares = markov([ConversionPath(touches, None if revenue is None else 50.0) for touches, revenue in paths])
    assert {touch: tuple(round(part, 9) for part in credit) for touch, credit in shares.items()} == {
        "a": (0.5, 25.0),
        "b": (1.0, 50.0),
        "c": (0.5, 25.0),
    }


def test_credit_sums_to_all_orders_and_all_revenue() -> None:
    paths = [
        ConversionPath(("a", "b", "a"), 5.0),
        ConversionPath(("b", "b"), 7.0),
        ConversionPath(("c",), None),
        ConversionPath(("c", "a"), 1.0),
    ]
    for how in (first_touch, last_touch, markov):
        found = how(paths)
        assert sum(credit.orders for credit in found.values()) == pytest.approx(3)
        assert sum(credit.revenue for credit in found.values()) == pytest.approx(13.0)


def test_one_touch_alone_gets_everything_and_no_order_gives_none() -> None:
    assert markov([ConversionPath(("a",), 9.0)]) == {"a": Credit(1.0, 9.0)}
    assert markov([ConversionPath(("a",), None)]) == {}
    assert markov([]) == {}
    assert removal_effects([ConversionPath(("a", "b"), None)]) == {"a": 0.0, "b": 0.0}


def test_names_of_states_are_no_touches() -> None:
    assert markov([ConversionPath(("start", "order", "none"), 3.0)]).keys() == {"start", "order", "none"}


def test_direct_visits_count_only_among_themselves() -> None:
    assert without_direct(("email", "direct", "social")) == ("email", "social")
    assert without_direct(("direct",)) == ("direct",)
