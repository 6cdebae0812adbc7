"""What other routing rules would have cost: past orders under two rule sets, side by side. Writes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from oms_ops.desk import Places
from oms_ops.errors import InvalidCommand
from oms_ops.routing.candidates import Request
from oms_ops.routing.reading import routing_of
from oms_ops.routing.replay import Past, replay
from oms_ops.routing.rules import Routing
from oms_ops.store import OrderBook, past
from oms_ops.units import micros
from warehouse.settings import Settings


def what_if(
    book: OrderBook, settings: Settings, tree: Mapping[str, object], *, since: datetime, until: datetime,
    source: str = "",
) -> dict[str, object]:  # fmt: skip
    """`tree`: the other rules, as warehouse.settings.load_routing reads them. Orders placed from `since` to
    before `until`. Keys: from, to, orders, now, other, difference (other - now)."""
    if since >= until:
        raise InvalidCommand(f"the period from {since} to {until} is empty")
    now, other = routing_of(settings), routing_of(settings, tree, source=source)
    before = _past(book, settings, micros(since), micros(until), (now, other))
    found = {"now": replay(now, before).figures(), "other": replay(other, before).figures()}
    difference = {
        name: round(value - found["now"][name], 4)
        for name, value in found["other"].items()
        if name not in ("orders", "units", "by_rule")
    }
    return {"from": since, "to": until, "orders": len(before.requests), **found, "difference": difference}


def _past(
    book: OrderBook, settings: Settings, since: int, until: int, routings: tuple[Routing, ...]
) -> Past:  # fmt: skip
    places = Places.of(settings)
    rules = [rule for routing in routings for rules in routing.sets for rule in rules.rules]
    needs_age = any(rule.min_stock_age_days or rule.max_stock_age_days is not None for rule in rules)
    with book.read() as con:
        orders = past.orders(con, since, until)
        replayed = {order.order_seq for order in orders}
        return Past(
            [_request(order, places) for order in orders],
            past.opening(con, since),
            past.changes(con, since, until, is_replayed=replayed.__contains__),
            settings.shop.zone,
            past.inbound(con, since) if needs_age else {},
        )


def _request(order: past.PastOrder, places: Places) -> Request:
    return Request(
        order.order_seq, order.channel_id, places.network(order.channel_id), order.wanted,
        order.destination, order.placed_at, order.placed_at, order.promised_ship_by,
        order.promised_deliver_by, order.value_e4,
    )  # fmt: skip
