"""Every kind of condition, by the name it goes by in a trigger's `when`."""

from typing import Final

from models.triggers.conditions.base import TriggerCondition
from models.triggers.conditions.behaviour import Happened
from models.triggers.conditions.cart import BrowseLeft, CartLeft, Hesitation
from models.triggers.conditions.catalog import BackInStock, PriceDropped
from models.triggers.conditions.dates import Anniversary, Birthday
from models.triggers.conditions.lifecycle import SegmentEntered, StageEntered, Unhappy, Welcome
from models.triggers.conditions.orders import DeliveryNear, OrderDelivered, OrderShipped, OrderUnpaid

CONDITION_KINDS: Final[dict[str, type[TriggerCondition]]] = {
    "cart_left": CartLeft,
    "order_unpaid": OrderUnpaid,
    "browse_left": BrowseLeft,
    "welcome": Welcome,
    "order_shipped": OrderShipped,
    "delivery_near": DeliveryNear,
    "order_delivered": OrderDelivered,
    "anniversary": Anniversary,
    "birthday": Birthday,
    "stage": StageEntered,
    "unhappy": Unhappy,
    "price_drop": PriceDropped,
    "back_in_stock": BackInStock,
    "hesitation": Hesitation,
    "segment": SegmentEntered,
    "event": Happened,
}
