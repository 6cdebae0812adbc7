"""What falls due, done by one job: holds, orders, dates, authorizations and lots past their time, then ATS.

Each part asks what is due and does it by commands of its own, so that a job killed anywhere goes on when it
is run again, and one that is run twice changes nothing twice. What a part may do is decided in rules/.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from oms_ops.commands.due import DueReport
from oms_ops.publishing import is_publishing, publish, push
from oms_ops.service import OrderService, ReservationService, StockService
from oms_ops.store import OrderBook, lots, reading
from oms_ops.units import micros
from warehouse.settings import Settings

AT_ONCE = 1_000
KEPT = "kept"  # looked at, and nothing was to be done


@dataclass
class Done:
    """How many of each kind; refusals as text by order id; why ATS still waits to be handed over."""

    reservations_expired: int = 0
    orders: dict[str, int] = field(default_factory=dict)
    authorizations_expired: int = 0
    lot_units_set_aside: int = 0
    ats_changed: int = 0
    ats_waiting: str = ""
    refused: dict[str, str] = field(default_factory=dict)


def run_due(book: OrderBook, settings: Settings, *, now: datetime, at_once: int = AT_ONCE) -> Done:
    """Everything that is due by `now`."""
    done = Done()
    done.reservations_expired = _expire_reservations(ReservationService(book, settings), now, at_once)
    orders = OrderService(book, settings)
    for job in (orders.expire_due, orders.release_due):
        _until_none_is_left(job, done, now, at_once)
    while found := orders.expire_authorizations(now, limit=at_once)["orders"]:
        done.authorizations_expired += found
        if found < at_once:
            break
    done.lot_units_set_aside = _expire_lots(StockService(book, settings), now)
    if is_publishing(book):
        done.ats_changed = publish(book, settings, now=now).changed
        pushed = push(book, settings, now=now)
        done.ats_waiting = f"{pushed.waiting:,} values wait: {pushed.reason}" if pushed.waiting else ""
    return done


def _expire_reservations(service: ReservationService, now: datetime, at_once: int) -> int:
    expired = 0
    while True:
        with service.book.read() as con:
            due = reading.due_reservations(con, micros(now), limit=at_once)
        if not due:
            return expired
        key = f"due: reservations from {due[0]} at {now.isoformat()}"
        expired += len(service.expire(at=now, key=key, limit=at_once)["expired"])


def _until_none_is_left(
    job: Callable[..., DueReport], done: Done, now: datetime, at_once: int
) -> None:  # fmt: skip
    """Orders that are kept or refuse come up again: a round that only meets those is the last."""
    seen: set[str] = set()
    while True:
        report = job(at=now, limit=at_once)
        fresh = {
            result: [order_id for order_id in order_ids if order_id not in seen]
            for result, order_ids in report.done.items()
        }
        for result, order_ids in fresh.items():
            seen.update(order_ids)
            if order_ids and result != KEPT:
                done.orders[result] = done.orders.get(result, 0) + len(order_ids)
        done.refused |= report.refused
        if not any(fresh.values()):
            return


def _expire_lots(service: StockService, now: datetime) -> int:
    with service.book.read() as con:
        if not lots.stale_places(con, at=micros(now)):
            return 0
    answer = service.expire_lots(at=now, key=f"due: lots at {now.isoformat()}")
    return sum(answer["set_aside"].values())
