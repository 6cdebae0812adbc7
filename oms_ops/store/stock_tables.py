"""Tables of the warehouse's documents: purchase orders, transfers, cycle counts, kits, lots, snapshots.

Beside tables.py, whose conventions hold here. A transfer line's lots are a JSON object: units by lot code.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table, Text

from oms_ops.store import columns as col
from oms_ops.store.tables import metadata


def _of_stock() -> Column:
    target = ForeignKey("stock_balance.stock_no")
    return Column("stock_no", col.NUMBER, target, primary_key=True, autoincrement=False)


def _instant(name: str) -> Column:
    return Column(name, BigInteger)


purchase_order = Table(
    "purchase_order",
    metadata,
    col.name("purchase_order_id"),
    Column("supplier_id", Text),
    col.text("location_id"),
    col.text("state"),
    col.whole("tolerance_percent"),
    col.whole("drafted_at"),
    _instant("ordered_at"),
    _instant("expected_at"),
    **col.CLUSTERED,
)

transfer = Table(
    "transfer",
    metadata,
    col.name("transfer_id"),
    col.text("origin_id"),
    col.text("destination_id"),
    col.text("state"),
    col.whole("drafted_at"),
    _instant("shipped_at"),
    _instant("expected_at"),
    **col.CLUSTERED,
)

transfer_line = Table(
    "transfer_line",
    metadata,
    col.name("transfer_id", "transfer.transfer_id"),
    col.name("sku"),
    col.whole("quantity"),
    col.whole("shipped"),
    col.whole("received"),
    col.whole("lost"),
    col.text("lots"),
    **col.CLUSTERED,
)

cycle_count = Table(
    "cycle_count",
    metadata,
    col.name("count_id"),
    col.text("location_id"),
    col.text("state"),
    col.whole("approval_units"),
    col.whole("opened_at"),
    col.whole("frozen_seq"),
    _instant("closed_at"),
    Column("approved_by", Text),
    **col.CLUSTERED,
)

cycle_count_line = Table(
    "cycle_count_line",
    metadata,
    col.name("count_id", "cycle_count.count_id"),
    col.name("sku"),
    col.whole("expected"),
    Column("counted", BigInteger),
    _instant("counted_at"),
    Column("variance", BigInteger),
    Column("reason", Text),
    **col.CLUSTERED,
)

kit = Table(
    "kit",
    metadata,
    col.name("kit_sku"),
    col.whole("is_stocked"),
    col.whole("defined_at"),
    **col.CLUSTERED,
)

kit_component = Table(
    "kit_component",
    metadata,
    col.name("kit_sku", "kit.kit_sku"),
    col.name("component_sku"),
    col.whole("quantity"),
    **col.CLUSTERED,
)

lot_tracking = Table("lot_tracking", metadata, col.name("sku"), col.whole("since"), **col.CLUSTERED)

lot = Table(
    "lot",
    metadata,
    col.name("sku"),
    col.name("lot_code"),
    _instant("expires_at"),
    col.whole("first_seen_at"),
    Column("blocked_reason", Text),
    Index("lot_code", "lot_code"),
    **col.CLUSTERED,
)

stock_lot = Table(
    "stock_lot",
    metadata,
    _of_stock(),
    col.name("lot_code"),
    col.whole("on_hand"),
    col.whole("set_aside"),
    **col.CLUSTERED,
)

lot_movement = Table(
    "lot_movement",
    metadata,
    col.key("movement_seq"),
    col.name("lot_code"),
    col.whole("on_hand"),
    col.whole("set_aside"),
    Index("lot_movement_lot", "lot_code"),
    **col.CLUSTERED,
)

stock_snapshot = Table(
    "stock_snapshot",
    metadata,
    _of_stock(),
    col.whole("counted_at"),
    col.whole("known_at"),
    col.whole("includes_committed"),
    col.text("feed_id"),
    col.text("document_id"),
    **col.CLUSTERED,
)

snapshot_log = Table(
    "snapshot_log",
    metadata,
    _of_stock(),
    col.key("movement_seq"),
    col.whole("occurred_at"),
    col.whole("recorded_at"),
    col.whole("on_hand"),
    col.whole("committed"),
    **col.CLUSTERED,
)

STOCK_PAPERS = (
    purchase_order,
    transfer,
    transfer_line,
    cycle_count,
    cycle_count_line,
    kit,
    kit_component,
    lot_tracking,
    lot,
    stock_lot,
    lot_movement,
    stock_snapshot,
    snapshot_log,
)
