"""Tables of the warehouse's documents: purchase orders, transfers, cycle counts, kits, lots, snapshots.

Beside tables.py, whose conventions hold here. A transfer line's lots are a JSON object: units by lot code.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table, Text

from oms_ops.store.tables import _CLUSTERED, _key, _number, _text, _whole, metadata


def _name(name: str, target: str | None = None) -> Column:
    return Column(name, Text, *([ForeignKey(target)] if target else []), primary_key=True)


def _of_stock() -> Column:
    target = ForeignKey("stock_balance.stock_no")
    return Column("stock_no", _number, target, primary_key=True, autoincrement=False)


def _instant(name: str) -> Column:
    return Column(name, BigInteger)


purchase_order = Table(
    "purchase_order",
    metadata,
    _name("purchase_order_id"),
    Column("supplier_id", Text),
    _text("location_id"),
    _text("state"),
    _whole("tolerance_percent"),
    _whole("drafted_at"),
    _instant("ordered_at"),
    _instant("expected_at"),
    **_CLUSTERED,
)

transfer = Table(
    "transfer",
    metadata,
    _name("transfer_id"),
    _text("origin_id"),
    _text("destination_id"),
    _text("state"),
    _whole("drafted_at"),
    _instant("shipped_at"),
    _instant("expected_at"),
    **_CLUSTERED,
)

transfer_line = Table(
    "transfer_line",
    metadata,
    _name("transfer_id", "transfer.transfer_id"),
    _name("sku"),
    _whole("quantity"),
    _whole("shipped"),
    _whole("received"),
    _whole("lost"),
    _text("lots"),
    **_CLUSTERED,
)

cycle_count = Table(
    "cycle_count",
    metadata,
    _name("count_id"),
    _text("location_id"),
    _text("state"),
    _whole("approval_units"),
    _whole("opened_at"),
    _whole("frozen_seq"),
    _instant("closed_at"),
    Column("approved_by", Text),
    **_CLUSTERED,
)

cycle_count_line = Table(
    "cycle_count_line",
    metadata,
    _name("count_id", "cycle_count.count_id"),
    _name("sku"),
    _whole("expected"),
    Column("counted", BigInteger),
    _instant("counted_at"),
    Column("variance", BigInteger),
    Column("reason", Text),
    **_CLUSTERED,
)

kit = Table(
    "kit",
    metadata,
    _name("kit_sku"),
    _whole("is_stocked"),
    _whole("defined_at"),
    **_CLUSTERED,
)

kit_component = Table(
    "kit_component",
    metadata,
    _name("kit_sku", "kit.kit_sku"),
    _name("component_sku"),
    _whole("quantity"),
    **_CLUSTERED,
)

lot_tracking = Table("lot_tracking", metadata, _name("sku"), _whole("since"), **_CLUSTERED)

lot = Table(
    "lot",
    metadata,
    _name("sku"),
    _name("lot_code"),
    _instant("expires_at"),
    _whole("first_seen_at"),
    Column("blocked_reason", Text),
    Index("lot_code", "lot_code"),
    **_CLUSTERED,
)

stock_lot = Table(
    "stock_lot",
    metadata,
    _of_stock(),
    _name("lot_code"),
    _whole("on_hand"),
    _whole("set_aside"),
    **_CLUSTERED,
)

lot_movement = Table(
    "lot_movement",
    metadata,
    _key("movement_seq"),
    _name("lot_code"),
    _whole("on_hand"),
    _whole("set_aside"),
    Index("lot_movement_lot", "lot_code"),
    **_CLUSTERED,
)

stock_snapshot = Table(
    "stock_snapshot",
    metadata,
    _of_stock(),
    _whole("counted_at"),
    _whole("known_at"),
    _whole("includes_committed"),
    _text("feed_id"),
    _text("document_id"),
    **_CLUSTERED,
)

snapshot_log = Table(
    "snapshot_log",
    metadata,
    _of_stock(),
    _key("movement_seq"),
    _whole("occurred_at"),
    _whole("recorded_at"),
    _whole("on_hand"),
    _whole("committed"),
    **_CLUSTERED,
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
