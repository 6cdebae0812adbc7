"""An order as a person or an API hands it in, checked, and turned into the fact the rules place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal

from oms_ops.errors import InvalidCommand
from oms_ops.facts import OrderFact, OrderLineFact
from oms_ops.routing.geography import Destination
from oms_ops.units import e4
from warehouse.settings import Channel

_DAY = 86_400_000_000

_TOLD = ("postcode", "latitude", "longitude", "shipping_method")

Money = Decimal | int | str


@dataclass(frozen=True)
class NewLine:
    line_id: str
    sku: str
    quantity: int
    unit_price: Money
    line_type: str = "product"


@dataclass(frozen=True)
class NewOrder:
    channel_id: str
    external_id: str
    lines: Sequence[NewLine]
    country: str
    currency: str
    customer_id: str | None = None
    is_test: bool = False
    postcode: str = ""
    latitude: float | None = None
    longitude: float | None = None
    shipping_method: str = ""

    @property
    def destination(self) -> Destination | None:
        """Where it goes and how, as far as more than the country was told."""
        point = None if self.latitude is None else (self.latitude, self.longitude)
        if not (self.postcode or point or self.shipping_method):
            return None
        return Destination(self.country, self.postcode, point, self.shipping_method)

    def terms(self) -> dict[str, object]:
        """What the order asks for, as the command remembers it: what was not told is not there."""
        told = {key: getattr(self, key) for key in _TOLD if getattr(self, key) not in ("", None)}
        return {key: value for key, value in asdict(self).items() if key not in _TOLD} | told


def order_fact(order: NewOrder, *, channel: Channel, at: int) -> OrderFact:
    """The canonical fact of an order placed with us directly."""
    _require_placeable(order)
    lines = [
        OrderLineFact(number, line.line_id, line.sku, line.line_type, line.quantity, e4(line.unit_price))
        for number, line in enumerate(order.lines, start=1)
    ]
    return OrderFact(
        apply_seq=0,
        recorded_at=at,
        order_id=f"{order.channel_id}:{order.external_id}",
        channel_id=order.channel_id,
        external_id=order.external_id,
        order_number=order.external_id,
        customer_id=order.customer_id,
        country=order.country,
        currency=order.currency,
        is_test=order.is_test,
        placed_at=at,
        promised_ship_by=at + channel.promise_ship_days * _DAY,
        promised_deliver_by=at + channel.promise_deliver_days * _DAY,
        lines=lines,
    )


def _require_placeable(order: NewOrder) -> None:
    name = f"order {order.channel_id}:{order.external_id}"
    if not order.lines:
        raise InvalidCommand(f"{name} has no lines")
    if len({line.line_id for line in order.lines}) < len(order.lines):
        raise InvalidCommand(f"{name} has a line id twice")
    if (order.latitude is None) != (order.longitude is None):
        raise InvalidCommand(f"{name} needs both latitude and longitude, or neither")
    for line in order.lines:
        if line.quantity <= 0 or (e4(line.unit_price) < 0 and line.line_type != "adjustment"):
            raise InvalidCommand(
                f"line {line.line_id} of {name} needs a quantity above 0 and a price of 0 or more, "
                f"found {line.quantity} at {line.unit_price}"
            )
