"""What there is, what waits for it and what is to come, for availability and the warehouse's copy."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, Select, column, func, select, table

from oms_ops.store import OrderBook, export, policies
from oms_ops.store import stock_tables as s
from oms_ops.store import tables as t
from oms_ops.units import DAY

_SKUS_AT_ONCE = 5_000
_kit = table("kit", column("kit_sku"), column("is_stocked"))
_kit_component = table("kit_component", column("kit_sku"), column("component_sku"), column("quantity"))


class Due(NamedTuple):
    """Units that come to a location or are owed to a channel's buyers (`place`), and when, if known."""

    place: str
    sku: str
    at: int | None
    units: int
    source: str


def available(con: Connection, *, skus: Sequence[str] | None = None) -> dict[str, dict[str, int]]:
    """Units available by sku and location."""
    found: dict[str, dict[str, int]] = {}
    balance = t.stock_balance.c
    query = select(balance.sku, balance.location_id, balance.available)
    for sku, location_id, units in _of_skus(con, query, balance.sku, skus):
        found.setdefault(sku, {})[location_id] = units
    return found


def waiting(con: Connection, *, skus: Sequence[str] | None = None) -> dict[tuple[str, str], int]:
    """Units captured, due and not yet allocated, by channel and sku: preorders take none of today's stock."""
    line, order = t.order_line.c, t.order.c
    query = select(order.channel_id, line.sku, func.sum(line.backordered))
    query = query.join(t.order, order.order_seq == line.order_seq)
    query = query.where(line.backordered > 0, line.ships_not_before.is_(None))
    found = _of_skus(con, query.group_by(order.channel_id, line.sku), line.sku, skus)
    return {(channel_id, sku): int(total) for channel_id, sku, total in found}


def free(
    con: Connection, skus: Collection[str], *, network: Collection[str], buffers: Mapping[str, int]
) -> dict[str, dict[str, int]]:  # fmt: skip
    """What a checkout may still set aside, by sku and location; below zero where a location is oversold.

    `buffers` of the locations hold where nothing else was decided.
    """
    found: dict[str, dict[str, int]] = {sku: {} for sku in skus}
    row = t.stock_balance.c
    query = select(row.sku, row.location_id, row.available).where(row.sku.in_(list(skus)))
    kept_back = policies.buffers(con, skus)
    for sku, location_id, units in con.execute(query.where(row.location_id.in_(list(network)))):
        found[sku][location_id] = units - kept_back(sku, location_id, buffers.get(location_id, 0))
    return found


def due(con: Connection, skus: Collection[str], *, network: Collection[str], at: int) -> dict[str, int]:
    """Units per sku still set aside by checkouts whose time is up."""
    row = t.reservation.c
    query = select(row.sku, func.sum(row.quantity)).where(row.state == "active", row.expires_at <= at)
    query = query.where(row.sku.in_(list(skus)), row.location_id.in_(list(network))).group_by(row.sku)
    return {sku: int(units) for sku, units in con.execute(query)}


def is_known(book: OrderBook, key: str) -> bool:
    """Whether a command was carried out under the key."""
    with book.read() as con:
        query = select(t.command.c.idempotency_key).where(t.command.c.idempotency_key == key)
        return con.execute(query).first() is not None


def kits(con: Connection) -> dict[str, dict[str, int]]:
    """Kit sku to component sku to units in one kit; none in a book that has no kits.

    A kit that is built ahead has stock of its own and counts as any other sku.
    """
    if not con.dialect.has_table(con, _kit_component.name):
        return {}
    part = _kit_component.c
    query = select(part.kit_sku, part.component_sku, part.quantity).where(part.quantity > 0)
    if con.dialect.has_table(con, _kit.name):
        built_ahead = select(_kit.c.kit_sku).where(_kit.c.is_stocked == 1)
        query = query.where(part.kit_sku.not_in(built_ahead))
    found: dict[str, dict[str, int]] = {}
    for kit_sku, component_sku, units in con.execute(query):
        found.setdefault(kit_sku, {})[component_sku] = int(units)
    return found


def incoming(con: Connection, sku: str) -> list[Due]:
    """What is still owed to each location, as the warehouse's copy has it."""
    return [
        Due(location_id, found, expected_at, units, line_id)
        for line_id, _, found, location_id, units, _, expected_at in export.incoming_supply(con)
        if found == sku
    ] + _on_the_way(con, sku)


def _on_the_way(con: Connection, sku: str) -> list[Due]:
    """Transfers that have left, by the day they are expected, if anybody said."""
    line, head = s.transfer_line.c, s.transfer.c
    left = line.shipped - line.received - line.lost
    query = select(head.destination_id, line.sku, head.expected_at, left, head.transfer_id)
    query = query.join(s.transfer, head.transfer_id == line.transfer_id).where(line.sku == sku, left > 0)
    return [Due(*row[:3], int(row[3]), f"transfer {row[4]}") for row in con.execute(query)]


def owed(con: Connection, sku: str) -> list[Due]:
    """Units captured and not yet allocated, per order line, by the date promised or sold ahead for."""
    line, order = t.order_line.c, t.order.c
    due = func.coalesce(line.ships_not_before, order.promised_ship_by)
    query = select(order.channel_id, line.sku, due, line.backordered, order.order_id)
    query = query.join(t.order, order.order_seq == line.order_seq)
    query = query.where(line.backordered > 0, line.sku == sku)
    return [Due(*row) for row in con.execute(query.order_by(line.order_seq, line.line_no))]


def moved_since(con: Connection, movement_seq: int) -> set[str]:
    """Skus whose stock has moved after that movement."""
    movement, balance = t.inventory_movement.c, t.stock_balance.c
    numbers = select(movement.stock_no).where(movement.movement_seq > movement_seq).distinct()
    return set(con.execute(select(balance.sku).where(balance.stock_no.in_(numbers))).scalars())


def touched_since(con: Connection, event_seq: int) -> set[str]:
    """Skus of the orders something has happened to after that event."""
    event, line = t.order_event.c, t.order_line.c
    orders = select(event.order_seq).where(event.event_seq > event_seq).distinct()
    return set(con.execute(select(line.sku).where(line.order_seq.in_(orders)).distinct()).scalars())


def sold_by_day(con: Connection, *, since: int, until: int) -> Iterator[tuple[str, str, int, int]]:
    """(channel_id, sku, day after `since`, units ordered) where something was, test orders apart."""
    line, order = t.order_line.c, t.order.c
    day = ((order.placed_at - since) // DAY).label("sold_day")
    query = select(order.channel_id, line.sku, day, func.sum(line.quantity))
    query = query.join(t.order, order.order_seq == line.order_seq)
    query = query.where(order.placed_at >= since, order.placed_at < until, order.is_test == 0)
    query = query.where(line.line_type == "product", line.quantity > 0)
    query = query.group_by(order.channel_id, line.sku, "sold_day")
    for channel_id, sku, number, units in con.execute(query):
        yield channel_id, sku, int(number), int(units)


def _of_skus(con: Connection, query: Select, sku, skus: Sequence[str] | None) -> Iterator[tuple]:
    """Rows of every sku, or of `skus`, some thousands at a time."""
    if skus is None:
        yield from con.execute(query).cursor.fetchall()
        return
    for start in range(0, len(skus), _SKUS_AT_ONCE):
        yield from con.execute(query.where(sku.in_(skus[start : start + _SKUS_AT_ONCE]))).cursor.fetchall()
