"""What routing asks the book: where an order goes, what a location was given today, how old its stock is.

Kept at hand for one transaction; what the desk did in it and has not written yet is the asker's to add.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, func, select

from oms_ops.ledger import Stock
from oms_ops.routing.geography import Destination
from oms_ops.store import tables as t
from oms_ops.store.lifecycle_tables import shipping_address
from oms_ops.store.routing_tables import IS_INBOUND, ensure_index, manual_queue, order_destination

if TYPE_CHECKING:
    from oms_ops.store.shelf import Shelf

_E6 = 1_000_000


class RoutingFacts:
    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._destinations: dict[int, Destination] = {}
        self._loads: dict[tuple[str, int], tuple[int, int]] = {}
        self._inbound: dict[int, list[tuple[int, int]]] = {}

    def destination(self, order_seq: int, country: str) -> Destination:
        if order_seq not in self._destinations:
            row = self._shelf.con.execute(_destination_of(order_seq)).first()
            self._destinations[order_seq] = destination_of(row, country)
        return self._destinations[order_seq]

    def keep_destination(self, order_seq: int, destination: Destination) -> None:
        self._destinations[order_seq] = destination

    def load(self, location_id: str, first: int, end: int) -> tuple[int, int]:
        """Fulfillment orders made for the location from `first` to before `end`, and the units given to them;
        what was canceled or released since counts: the hands were spoken for."""
        if (location_id, first) not in self._loads:
            ensure_index(self._shelf.con, "fulfillment_order_day")
            work = t.fulfillment_order.c
            of_day = (work.location_id == location_id) & (work.created_at >= first) & (work.created_at < end)
            orders = select(func.count()).select_from(t.fulfillment_order).where(of_day)
            claim = t.allocation.c
            units = (
                select(func.sum(claim.quantity))
                .select_from(t.fulfillment_order)
                .join(
                    t.allocation,
                    (claim.order_seq == work.order_seq) & (claim.fulfillment_no == work.fulfillment_no),
                )
                .where(of_day)
            )
            con = self._shelf.con
            found = (con.execute(orders).scalar() or 0, int(con.execute(units).scalar() or 0))
            self._loads[location_id, first] = found
        return self._loads[location_id, first]

    def inbound(self, stock: Stock) -> list[tuple[int, int]]:
        """(when, units) of what came in to the place, oldest first."""
        if stock.stock_no not in self._inbound:
            ensure_index(self._shelf.con, "inventory_movement_inbound")
            movement = t.inventory_movement.c
            query = (
                select(t.posting.c.occurred_at, movement.quantity)
                .join(t.posting, t.posting.c.posting_seq == movement.posting_seq)
                .where(movement.stock_no == stock.stock_no, IS_INBOUND, movement.quantity > 0)
                .order_by(movement.movement_seq)
            )
            rows = self._shelf.con.execute(query)
            self._inbound[stock.stock_no] = [(row[0], row[1]) for row in rows]
        return self._inbound[stock.stock_no]

    def waits_for_a_person(self, order_seq: int) -> bool:
        queue = manual_queue.c
        query = select(queue.order_seq).where(queue.order_seq == order_seq, queue.left_at.is_(None))
        return self._shelf.con.execute(query).first() is not None

    def clear(self) -> None:
        """To be called once the transaction's rows are written."""
        self._destinations.clear()
        self._loads.clear()
        self._inbound.clear()


def waiting_orders(con: Connection) -> list[str]:
    """Ids of open orders with units that wait for stock, but for those a person is to decide on."""
    line, queue = t.order_line.c, manual_queue.c
    query = (
        select(t.order.c.order_id)
        .distinct()
        .select_from(t.order)
        .join(t.order_line, line.order_seq == t.order.c.order_seq)
        .outerjoin(manual_queue, (queue.order_seq == t.order.c.order_seq) & queue.left_at.is_(None))
        .where(line.backordered > 0, line.ships_not_before.is_(None))
        .where(t.order.c.order_status == "open", queue.order_seq.is_(None))
    )
    return sorted(con.execute(query).scalars())


def queued_for_a_person(con: Connection) -> list[tuple[str, str, int, int]]:
    """(order_id, reason, queued_at, units) of orders that wait for a person, the longest first."""
    line, queue = t.order_line.c, manual_queue.c
    query = (
        select(t.order.c.order_id, queue.reason, queue.queued_at, func.sum(line.backordered))
        .select_from(manual_queue)
        .join(t.order, t.order.c.order_seq == queue.order_seq)
        .join(t.order_line, line.order_seq == queue.order_seq)
        .where(queue.left_at.is_(None), line.backordered > 0)
        .group_by(t.order.c.order_id, queue.reason, queue.queued_at, queue.order_seq)
        .order_by(queue.queued_at, queue.order_seq)
    )
    return [(*row[:3], int(row[3])) for row in con.execute(query)]


def destination_row(order_seq: int, to: Destination, *, has_address: bool) -> tuple:
    """A postcode that stands in the address is kept there alone."""
    latitude, longitude = to.point or (None, None)
    return (
        order_seq,
        "" if has_address else to.postcode,
        None if latitude is None else round(latitude * _E6),
        None if longitude is None else round(longitude * _E6),
        to.shipping_method,
    )


def destination_of(row, country: str) -> Destination:
    """From the columns of an order's destination and address, each perhaps unknown."""
    point = None if row.latitude_e6 is None else (row.latitude_e6 / _E6, row.longitude_e6 / _E6)
    postcode = row.address_postcode or row.postcode or ""
    return Destination(country, postcode, point, row.shipping_method or "")


def destination_columns() -> tuple:
    to = order_destination.c
    address_postcode = shipping_address.c.postcode.label("address_postcode")
    return (to.postcode, to.latitude_e6, to.longitude_e6, to.shipping_method, address_postcode)


def with_destination(query):
    """The columns' tables, beside `order`."""
    order_seq = t.order.c.order_seq
    return query.outerjoin(order_destination, order_destination.c.order_seq == order_seq).outerjoin(
        shipping_address, shipping_address.c.order_seq == order_seq
    )


def _destination_of(order_seq: int):
    query = with_destination(select(*destination_columns()).select_from(t.order))
    return query.where(t.order.c.order_seq == order_seq)
