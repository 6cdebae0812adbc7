"""An order as a person or an API hands it in, checked, and turned into the fact the rules place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from oms_ops.changes import Address, Money
from oms_ops.desk import Desk
from oms_ops.errors import InvalidCommand
from oms_ops.facts import OrderFact, OrderLineFact
from oms_ops.orders import Order
from oms_ops.routing.geography import Destination
from oms_ops.units import DAY, e4, micros
from warehouse.settings import Channel

_MINUTE = 60_000_000


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
    ship_to: Address | None = None
    expires_at: datetime | None = None  # unpaid until then: canceled; default: the channel's setting
    postcode: str = ""  # for routing, where no address is told
    latitude: float | None = None
    longitude: float | None = None
    shipping_method: str = ""

    @property
    def destination(self) -> Destination | None:
        """Where it goes and how, as far as more than the country and an address was told."""
        point = None if self.latitude is None else (self.latitude, self.longitude)
        postcode = self.postcode or (self.ship_to and self.ship_to.postcode) or ""
        if not (postcode or point or self.shipping_method):
            return None
        return Destination(self.country, postcode, point, self.shipping_method)


def order_terms(order: NewOrder) -> dict[str, object]:
    """The order as it is remembered with its command: the address by its digest alone."""
    said = asdict(order)
    for name in ("ship_to", "expires_at", "postcode", "latitude", "longitude", "shipping_method"):
        del said[name]
    if order.destination is not None:
        said["destination"] = order.destination.digest
    if order.ship_to is not None:
        said["ship_to"] = order.ship_to.digest
    if order.expires_at is not None:
        said["expires_at"] = micros(order.expires_at)
    return said


def finish(desk: Desk, placed: Order, order: NewOrder, *, channel: Channel) -> None:
    """What the fact does not say of the order just placed: where it goes, and its deadlines."""
    if order.ship_to is not None:
        desk.address(placed, order.ship_to)
    set_deadlines(placed, channel=channel, expires_at=order.expires_at)


def set_deadlines(order: Order, *, channel: Channel, expires_at: datetime | None = None) -> None:
    """Until when the order may be unpaid, and its units may wait for stock; no deadline by default.

    What is sold ahead is promised from its date on.
    """
    ahead = max((line.ships_not_before or 0 for line in order.lines if line.backordered), default=0)
    if ahead > order.placed_at:
        order.promised_ship_by = ahead + channel.promise_ship_days * DAY
        order.promised_deliver_by = ahead + channel.promise_deliver_days * DAY
    minutes = channel.payment_expires_minutes
    if expires_at is not None:
        order.expires_at = micros(expires_at)
    elif minutes and order.order_status == "open" and order.total_e4 > 0:
        order.expires_at = order.placed_at + minutes * _MINUTE
    set_wait(order, channel=channel, since=max(order.placed_at, ahead))


def set_wait(order: Order, *, channel: Channel, since: int) -> None:
    """Until when its units may wait for stock, where some do and no deadline stands."""
    days = channel.backorder_max_wait_days
    waits = order.order_status == "open" and any(line.backordered for line in order.lines)
    if days and waits and order.waits_until is None:
        order.waits_until = since + days * DAY


def order_fact(order: NewOrder, *, channel: Channel, at: int) -> OrderFact:
    """The canonical fact of an order placed with us directly."""
    if (order.latitude is None) != (order.longitude is None):
        raise InvalidCommand(
            f"order {order.channel_id}:{order.external_id} needs both latitude and longitude, or neither"
        )
    lines = line_facts(order.lines, name=f"order {order.channel_id}:{order.external_id}")
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
        promised_ship_by=at + channel.promise_ship_days * DAY,
        promised_deliver_by=at + channel.promise_deliver_days * DAY,
        lines=lines,
    )


def line_facts(lines: Sequence[NewLine], *, name: str) -> list[OrderLineFact]:
    """The lines as facts, numbered from 1; `name` says in a refusal whose lines they are."""
    _require_lines(lines, name)
    return [
        OrderLineFact(number, line.line_id, line.sku, line.line_type, line.quantity, e4(line.unit_price))
        for number, line in enumerate(lines, start=1)
    ]


def _require_lines(lines: Sequence[NewLine], name: str) -> None:
    if not lines:
        raise InvalidCommand(f"{name} has no lines")
    if len({line.line_id for line in lines}) < len(lines):
        raise InvalidCommand(f"{name} has a line id twice")
    for line in lines:
        if line.quantity <= 0 or (e4(line.unit_price) < 0 and line.line_type != "adjustment"):
            raise InvalidCommand(
                f"line {line.line_id} of {name} needs a quantity above 0 and a price of 0 or more, "
                f"found {line.quantity} at {line.unit_price}"
            )
