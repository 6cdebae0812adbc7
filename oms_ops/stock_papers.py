"""The warehouse's documents: purchase orders, transfers, cycle counts, kits, lots, snapshots. No rules.

Each has a `key`, its primary key in the book. What may become of them is in rules/, their rows in
store/stock_papers.py. Lines of a purchase order are documents.PurchaseLine: feeds tell them without a header.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from oms_ops.documents import PurchaseLine


@dataclass(slots=True)
class PurchaseOrder:
    purchase_order_id: str
    supplier_id: str | None
    location_id: str
    state: str
    tolerance_percent: int
    drafted_at: int
    ordered_at: int | None = None
    expected_at: int | None = None
    lines: list[PurchaseLine] = field(default_factory=list)

    @property
    def key(self) -> tuple[str]:
        return (self.purchase_order_id,)


@dataclass(slots=True)
class TransferLine:
    """`lots`: units of each lot that left and have not arrived, for skus tracked by lot."""

    sku: str
    quantity: int
    shipped: int = 0
    received: int = 0
    lost: int = 0
    lots: dict[str, int] = field(default_factory=dict)

    @property
    def in_transit(self) -> int:
        return self.shipped - self.received - self.lost


@dataclass(slots=True)
class Transfer:
    transfer_id: str
    origin_id: str
    destination_id: str
    state: str
    drafted_at: int
    shipped_at: int | None = None
    expected_at: int | None = None
    lines: list[TransferLine] = field(default_factory=list)

    @property
    def key(self) -> tuple[str]:
        return (self.transfer_id,)


@dataclass(slots=True)
class CountLine:
    """`expected`: the book's units when the count was opened; `counted` None until somebody counted."""

    sku: str
    expected: int
    counted: int | None = None
    counted_at: int | None = None
    variance: int | None = None
    reason: str | None = None


@dataclass(slots=True)
class CycleCount:
    """`frozen_seq`: the ledger's last movement when `expected` was noted."""

    count_id: str
    location_id: str
    state: str
    approval_units: int
    opened_at: int
    frozen_seq: int
    closed_at: int | None = None
    approved_by: str | None = None
    lines: list[CountLine] = field(default_factory=list)

    @property
    def key(self) -> tuple[str]:
        return (self.count_id,)


@dataclass(slots=True)
class Kit:
    """A stocked kit is built ahead and sold from its own stock; any other is sold out of its components'."""

    kit_sku: str
    is_stocked: bool
    defined_at: int
    components: dict[str, int] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()  # components of the definition before this one

    @property
    def key(self) -> tuple[str]:
        return (self.kit_sku,)


@dataclass(slots=True)
class LotTracking:
    """This sku's units are known by lot, since then."""

    sku: str
    since: int

    @property
    def key(self) -> tuple[str]:
        return (self.sku,)


@dataclass(slots=True)
class Lot:
    """`expires_at`: the first instant at which its units may not be shipped any more; None: they keep."""

    sku: str
    lot_code: str
    expires_at: int | None
    first_seen_at: int
    blocked_reason: str | None = None

    @property
    def key(self) -> tuple[str, str]:
        return (self.sku, self.lot_code)


@dataclass(frozen=True, slots=True)
class LotUnits:
    """Units of a lot that come in, as the label says."""

    lot_code: str
    quantity: int
    expires_at: int | None = None


@dataclass(slots=True)
class SnapshotMark:
    """The newest snapshot of one sku at one location: what happened up to `counted_at` is in it."""

    stock_no: int
    counted_at: int
    known_at: int
    includes_committed: bool
    feed_id: str
    document_id: str

    @property
    def key(self) -> tuple[int]:
        return (self.stock_no,)
