"""Slot policy in a made-up shop: clicks won, between filling the slots at random and knowing every chance."""

import heapq
from collections.abc import Callable, Mapping, Sequence
from math import sqrt
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bench.bandit_players import WINDOW_S, Engine, Oracle, Player, Random, epsilon_greedy, lin_ucb, thompson
from bench.bandit_shop import SEEN, SLOT_LOG_ODDS, VISITS, Shop, Visit, chance

SEEDS: Final = 4
CHECKPOINTS: Final = 8
PLAYERS: Final[Mapping[str, Callable[[Shop, int], Player]]] = {
    "engine": lambda shop, _seed: Engine(shop),
    "epsilon_greedy": epsilon_greedy,
    "thompson": thompson,
    "lin_ucb": lin_ucb,
    "random": Random,
    "oracle": lambda shop, _seed: Oracle(shop),
}

Floats = NDArray[np.float64]


def play(shop: Shop, player: Player) -> Floats:
    """Let a player fill every visit's slots; gives the clicks expected of each visit's slate, shape `(n_visits,)`.

    What was shown, in which slot, decides by the visit's own luck what is seen and clicked, and when: equal slates fare
    equally, whoever fills them.
    """
    expected = np.zeros(len(shop.visits))
    # (when, number, what, visit, creative); the number keeps the order of what happens at once.
    coming: list[tuple[float, int, str, Visit, int]] = []
    number = 0
    for index, visit in enumerate(shop.visits):
        while coming and coming[0][0] <= visit.at_s:
            _, _, what, of, creative = heapq.heappop(coming)
            getattr(player, what)(of, creative)
        eligible = np.flatnonzero(shop.running(visit.at_s)).tolist()
        slate = player.choose(visit, eligible)
        expected[index] = shop.expected_clicks(visit, slate)
        for slot, creative in enumerate(slate):
            if visit.seen_luck[slot] >= SEEN[slot]:
                continue
            player.seen(visit, creative, slot)
            delay_s = float(visit.delays_s[slot])
            clicked = visit.luck[creative] < chance(visit.clicks_if_seen[creative] + SLOT_LOG_ODDS[slot])
            if not clicked or delay_s >= WINDOW_S:
                number += 1
                heapq.heappush(coming, (visit.at_s + WINDOW_S, number, "ignored", visit, creative))
            if clicked:
                number += 1
                what = "clicked" if delay_s < WINDOW_S else "clicked_late"
                heapq.heappush(coming, (visit.at_s + delay_s, number, what, visit, creative))
    return expected


def measure(seed: int, seeds: int = SEEDS, visits: int = VISITS) -> dict[str, Any]:
    """Play shops of seeds `seed` and up with everyone; gives shares of the gap, and regret over time, over shops."""
    won: dict[str, list[Floats]] = {name: [] for name in PLAYERS}
    for number in range(seed, seed + seeds):
        shop = Shop(number, visits)
        for name, player in PLAYERS.items():
            won[name].append(play(shop, player(shop, number)))
    share = {
        name: [
            float((mine - even).sum() / (best - even).sum())
            for mine, even, best in zip(won[name], won["random"], won["oracle"], strict=True)
        ]
        for name in PLAYERS
        if name not in ("random", "oracle")
    }
    ends = [visits * (step + 1) // CHECKPOINTS for step in range(CHECKPOINTS)]
    regret = {
        name: [
            round(
                _mean(
                    [
                        float((best[:end] - mine[:end]).sum())
                        for mine, best in zip(won[name], won["oracle"], strict=True)
                    ]
                ),
                1,
            )
            for end in ends
        ]
        for name in PLAYERS
        if name != "oracle"
    }
    return {
        "gap_recovered": {name: round(_mean(values), 4) for name, values in share.items()},
        "standard_error": {name: _error(values) for name, values in share.items()},
        "gap_recovered_by_seed": {name: [round(value, 4) for value in values] for name, values in share.items()},
        "engine_ahead_by": {
            name: _against(share["engine"], values) for name, values in share.items() if name != "engine"
        },
        "regret_clicks": {"visits": ends, **regret},
        "clicks": {name: round(_mean([float(value.sum()) for value in values]), 1) for name, values in won.items()},
        "seeds": list(range(seed, seed + seeds)),
    }


def _against(mine: Sequence[float], others: Sequence[float]) -> dict[str, float | None]:
    ahead = [own - other for own, other in zip(mine, others, strict=True)]
    return {"mean": round(_mean(ahead), 4), "standard_error": _error(ahead), "least": round(min(ahead), 4)}


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _error(values: Sequence[float]) -> float | None:
    """Standard error of the mean; None for a single value."""
    return round(float(np.std(values, ddof=1)) / sqrt(len(values)), 4) if len(values) > 1 else None
