"""The made-up shop: the same for all who play in it, and the engine ahead of them."""

import numpy as np

from bench.bandit_players import Engine, Oracle, Player, Random, lin_ucb, thompson
from bench.bandit_shop import SLOTS, Shop
from bench.bandit_simulate import measure, play


def test_a_shop_is_the_same_for_the_same_seed() -> None:
    first, second = Shop(3, visits=200), Shop(3, visits=200)
    assert all(
        visitor.visitor_id == other.visitor_id for visitor, other in zip(first.visits, second.visits, strict=True)
    )
    assert play(first, Engine(first)).tolist() == play(second, Engine(second)).tolist()
    assert [visit.at_s for visit in first.visits] == sorted(visit.at_s for visit in first.visits)


def test_there_are_always_enough_creatives_and_they_come_and_go() -> None:
    shop = Shop(4, visits=500)
    running = [frozenset(np.flatnonzero(shop.running(visit.at_s)).tolist()) for visit in shop.visits]
    assert min(len(step) for step in running) >= 4
    assert running[0] != running[-1]


def test_no_campaign_comes_twice_while_another_could() -> None:
    shop = Shop(5, visits=50)
    players: list[Player] = [Engine(shop), Random(shop, 1), Oracle(shop), lin_ucb(shop, 1), thompson(shop, 1)]
    for visit in shop.visits:
        eligible = np.flatnonzero(shop.running(visit.at_s)).tolist()
        for player in players:
            slate = player.choose(visit, eligible)
            assert len(set(slate)) == SLOTS
            assert set(slate) <= set(eligible)
            assert len({int(shop.campaign[chosen]) for chosen in slate}) == min(SLOTS, len({*shop.campaign[eligible]}))


def test_the_engine_is_ahead_of_those_who_know_less() -> None:
    found = measure(seed=900, seeds=1, visits=1_500)
    share = found["gap_recovered"]
    assert share["engine"] > max(share["thompson"], share["epsilon_greedy"], share["lin_ucb"])
    assert share["engine"] > 0.3
    assert found["clicks"]["random"] < found["clicks"]["engine"] < found["clicks"]["oracle"]
