"""An order as a person or an API hands it in, checked, and turned into the fact the rules place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from oms_ops.errors import InvalidCommand
from oms_ops.facts import OrderFact, OrderLineFact
from oms_ops.units import e4
from warehouse.settings import Channel

_DAY = 86_400_000_000

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


def order_fact(order: NewOrder, *, channel: Channel, at: int) -> OrderFact:
    """The canonical fact of an order placed with us directly."""
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
        promised_ship_by=at + channel.promise_ship_days * _DAY,
        promised_deliver_by=at + channel.promise_deliver_days * _DAY,
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
