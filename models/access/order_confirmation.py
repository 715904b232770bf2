"""Order confirmation: whether the shop's server tells of each order that browsers tell of."""

from typing import Final, Literal, get_args

from models.base.errors import InvalidError, show_value

OrderConfirmation = Literal["none", "server"]
ORDER_CONFIRMATIONS: Final[tuple[OrderConfirmation, ...]] = get_args(OrderConfirmation)
"""Who confirms an order that a browser tells of: nobody, so that it counts as it is; or the shop's server, until which
it is claimed, and counts neither as revenue nor among the bestsellers."""


def parse_order_confirmation(text: str) -> OrderConfirmation:
    """Read who confirms orders; raises `InvalidError`."""
    for known in ORDER_CONFIRMATIONS:
        if text == known:
            return known
    detail = f"order_confirmation has value {show_value(text)}, not one of {', '.join(ORDER_CONFIRMATIONS)}"
    raise InvalidError("order_confirmation_invalid", detail)
