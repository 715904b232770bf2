"""Order confirmation: whether the shop's server tells of each order that browsers tell of."""

from typing import Final, Literal, get_args

OrderConfirmation = Literal["none", "server"]
ORDER_CONFIRMATIONS: Final[tuple[OrderConfirmation, ...]] = get_args(OrderConfirmation)
"""Who confirms an order that a browser tells of: nobody, so that it counts as it is; or the shop's server, until which
it is claimed, and counts neither as revenue nor among the bestsellers."""
