"""Strategies: the names of the lists there are."""

from typing import Final, Literal, get_args

from models.base.errors import InvalidError, show_value

Strategy = Literal[
    "for_you",
    "similar",
    "also_viewed",
    "also_bought",
    "bundles",
    "buy_again",
    "up_sell",
    "cross_sell",
    "clearance",
    "threshold_nudge",
    "bestsellers",
    "trending",
    "new",
    "recently_viewed",
]


STRATEGIES: Final[tuple[Strategy, ...]] = get_args(Strategy)


def parse_strategy(value: object) -> Strategy:
    """Check a strategy's name; raises `InvalidError`."""
    for strategy in STRATEGIES:
        if value == strategy:
            return strategy
    raise InvalidError("strategy_invalid", f"strategy must be one of {', '.join(STRATEGIES)}, got {show_value(value)}")
