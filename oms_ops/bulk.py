"""The fold: canonical facts into the order book, in order, exactly once, by the rules single commands use.

One transaction per chunk writes everything the chunk did and the position reached, so that a run killed at
any instant continues where it stood. The result does not depend on how the facts are cut into chunks.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from oms_ops import facts as f
from oms_ops.desk import Desk, Places
from oms_ops.documents import PurchaseLine
from oms_ops.orders import Order
from oms_ops.rules import reported, stock
from oms_ops.store import OrderBook
from oms_ops.store.bulk_run import BulkRun, Done

BESIDE_FROM = 10_000  # facts in a chunk from which another process writes it
KEEP_LINES = 400_000  # lines of open orders kept at hand between chunks; about 300 MB


@dataclass
class ApplyReport:
    """`ignored`: facts about orders nobody has told us of, and orders told twice."""

    facts: int = 0
    orders: int = 0
    lines: int = 0
    events: int = 0
    movements: int = 0
    ignored: int = 0
    last_apply_seq: int = 0

    def add(self, done: Done) -> None:
        for name in ("facts", "orders", "lines", "events", "movements", "ignored"):
            setattr(self, name, getattr(self, name) + getattr(done, name))
        self.last_apply_seq = done.applied_through


def apply(
    book: OrderBook, facts: Iterable[Sequence[f.Fact]], *, settings,
    progress: Callable[[ApplyReport], None] | None = None,
) -> ApplyReport:  # fmt: skip
    """Apply chunks of facts in `apply_seq` order. Facts at or below the mark in the book are passed over."""
    report = ApplyReport(last_apply_seq=book.applied_through())
    run = BulkRun(
        book, Places.of(settings), carry=_carry, keep_lines=KEEP_LINES, beside_from=BESIDE_FROM
    )  # fmt: skip
    with _no_cycle_search():
        for done in run.written(facts):
            report.add(done)
            if progress:
                progress(report)
    return report


def _carry(desk: Desk, chunk: Sequence[f.Fact], mark: int) -> Done | None:
    """Apply the chunk's facts above the mark at the desk."""
    fresh = [fact for fact in chunk if fact.apply_seq > mark]
    if not fresh:
        return None
    _fetch(desk, fresh)
    events, movements = desk.numbers.event, desk.numbers.movement
    ignored = sum([not _HANDLERS[type(fact)](desk, fact) for fact in fresh])
    placed = [fact for fact in fresh if type(fact) is f.OrderFact]
    return Done(
        facts=len(fresh),
        orders=len(placed),
        lines=sum(len(fact.lines) for fact in placed),
        events=desk.numbers.event - events,
        movements=desk.numbers.movement - movements,
        ignored=ignored,
        applied_through=fresh[-1].apply_seq,
    )


@contextmanager
def _no_cycle_search() -> Iterator[None]:
    """The fold makes millions of objects and no cycles: looking for them is a quarter of its time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _fetch(desk: Desk, facts: Sequence[f.Fact]) -> None:
    """What the chunk names, in a few queries instead of one per fact."""
    whole, headers, parcels, purchases = [], [], [], []
    for fact in facts:
        kind = type(fact)
        if kind is f.DeliveryFact:
            headers.append(fact.order_id)
        elif kind in _OF_ORDERS and fact.order_id is not None:
            whole.append(fact.order_id)
        if kind is f.ShipmentFact or kind is f.DeliveryFact:
            parcels.append(fact.shipment_id)
        if kind is f.PurchaseOrderFact or (kind is f.ReceiptFact and fact.purchase_order_line_id):
            purchases.append(fact.purchase_order_line_id)
    desk.shelf.fetch_orders(whole)
    desk.shelf.fetch_headers(headers)
    desk.shelf.fetch_shipments(parcels)
    desk.shelf.fetch_purchase_lines(purchases)
    desk.shelf.fetch_refunds([fact.refund_id for fact in facts if type(fact) is f.RefundFact])
    desk.shelf.fetch_keys([_KEYS[type(fact)](fact) for fact in facts if type(fact) in _KEYS])


def _order(desk: Desk, fact: f.OrderFact) -> bool:
    if desk.shelf.order(fact.order_id) is not None:
        return False
    desk.at(fact.placed_at, recorded_at=fact.recorded_at, key=f"order:{fact.order_id}")
    reported.order(desk, fact)
    return True


def _cancellation(desk: Desk, fact: f.CancellationFact) -> bool:
    known = _known(desk, fact, fact.canceled_at)
    if known:
        reported.cancellation(desk, fact, known=known)
    return known is not None


def _refund(desk: Desk, fact: f.RefundFact) -> bool:
    if fact.order_id is None or desk.shelf.order(fact.order_id) is None:
        desk.at(fact.refunded_at, recorded_at=fact.recorded_at)
        reported.stray_refund(desk, fact)
        return fact.order_id is None
    known = _known(desk, fact, fact.refunded_at)
    if known and desk.shelf.is_refunded_here(fact.refund_id):
        reported.confirmed_refund(desk, fact, known=known)
    elif known:
        reported.refund(desk, fact, known=known)
    return known is not None


def _shipment(desk: Desk, fact: f.ShipmentFact) -> bool:
    known = _known(desk, fact, fact.shipped_at)
    if known:
        reported.shipment(desk, fact, known=known)
    return known is not None


def _delivery(desk: Desk, fact: f.DeliveryFact) -> bool:
    known = _known(desk, fact, fact.delivered_at, find=desk.shelf.header)
    if known:
        reported.delivery(desk, fact, known=known)
    return known is not None


def _known(
    desk: Desk, fact: f.Fact, occurred_at: int, *, find: Callable[[str], Order | None] | None = None
) -> Order | None:
    """The fact's order, with the desk set to the fact; None where there is none or it was told before."""
    key = _KEYS[type(fact)](fact)
    known = (find or desk.shelf.order)(fact.order_id)
    if known is None or not desk.shelf.first_time(key):
        return None
    desk.at(occurred_at, recorded_at=fact.recorded_at, key=key)
    return known


def _purchase_order(desk: Desk, fact: f.PurchaseOrderFact) -> bool:
    desk.at(fact.ordered_at, recorded_at=fact.recorded_at)
    line = PurchaseLine(*fact[2:7], 0, fact.ordered_at, fact.expected_at)
    stock.order_inbound(desk, line)
    return True


def _receipt(desk: Desk, fact: f.ReceiptFact) -> bool:
    desk.at(fact.received_at, recorded_at=fact.recorded_at)
    stock.receive(
        desk, fact.sku, location_id=fact.location_id, quantity=fact.quantity, reference=fact.receipt_id,
        purchase_line_id=fact.purchase_order_line_id,
    )  # fmt: skip
    return True


def _stock_count(desk: Desk, fact: f.StockCountFact) -> bool:
    desk.at(fact.counted_at, recorded_at=fact.recorded_at)
    stock.count(
        desk, fact.sku, location_id=fact.location_id, quantity=fact.quantity, reference=fact.count_id,
        reason="stock count", kind="snapshot_reset",
    )  # fmt: skip
    return True


def _stock_adjustment(desk: Desk, fact: f.StockAdjustmentFact) -> bool:
    desk.at(fact.adjusted_at, recorded_at=fact.recorded_at)
    if fact.quantity:
        stock.adjust(
            desk, fact.sku, location_id=fact.location_id, quantity=fact.quantity,
            reference=fact.adjustment_id, reason=fact.reason,
        )  # fmt: skip
    return bool(fact.quantity)


_HANDLERS: dict[type, Callable[[Desk, f.Fact], bool]] = {
    f.OrderFact: _order,
    f.CancellationFact: _cancellation,
    f.RefundFact: _refund,
    f.ShipmentFact: _shipment,
    f.DeliveryFact: _delivery,
    f.PurchaseOrderFact: _purchase_order,
    f.ReceiptFact: _receipt,
    f.StockCountFact: _stock_count,
    f.StockAdjustmentFact: _stock_adjustment,
}
_KEYS: dict[type, Callable[[f.Fact], str]] = {
    f.CancellationFact: lambda fact: f"cancellation:{fact.order_id}",
    f.RefundFact: lambda fact: f"refund:{fact.refund_id}",
    f.ShipmentFact: lambda fact: f"shipment:{fact.shipment_id}",
    f.DeliveryFact: lambda fact: f"delivery:{fact.shipment_id}",
}
_OF_ORDERS = {f.OrderFact, f.CancellationFact, f.RefundFact, f.ShipmentFact}
