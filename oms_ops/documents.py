"""What stands beside orders: parcels, payments, refunds, returns, exchanges, claims, purchase order lines.

State, no rules. Fields stand in the order of the tables' columns.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Shipment:
    """One parcel from one location; a shipment from several is as many rows with one `shipment_id`."""

    shipment_seq: int
    shipment_id: str
    order_seq: int
    location_id: str
    state: str
    carrier: str | None
    tracking_number: str | None
    shipped_at: int
    recorded_at: int
    delivered_at: int | None = None
    state_at: int | None = None  # of the latest report; None: since it was shipped
    is_new: bool = False


@dataclass(slots=True)
class ReturnLine:
    return_line_no: int
    line_no: int
    quantity: int
    state: str
    disposition: str | None = None
    location_id: str | None = None
    reason: str | None = None
    is_new: bool = False


@dataclass(slots=True)
class Return:
    return_seq: int
    return_id: str
    order_seq: int
    state: str
    requested_at: int
    recorded_at: int
    reason: str | None = None
    closed_at: int | None = None
    lines: list[ReturnLine] = field(default_factory=list)
    is_new: bool = False

    def units(self, *states: str) -> dict[int, int]:
        """Units per line of the order that stand in one of the states."""
        units: dict[int, int] = {}
        for line in self.lines:
            if line.state in states:
                units[line.line_no] = units.get(line.line_no, 0) + line.quantity
        return units


@dataclass(slots=True)
class Payment:
    """`parent_seq`: the transaction it captures, voids or gives back. `reference`: the gateway's name."""

    payment_seq: int
    order_seq: int
    kind: str
    status: str
    amount_e4: int
    reference: str | None
    occurred_at: int
    recorded_at: int
    parent_seq: int | None = None
    expires_at: int | None = None
    settled_at: int | None = None
    tender: str | None = None
    message: str | None = None

    @property
    def counts(self) -> bool:
        """Done or on its way: either takes up what it draws on."""
        return self.status in ("success", "pending")


@dataclass(slots=True)
class RefundLine:
    """Given back for one line, and what a fee took from its value. `units`: whose money this was.

    `forgiven_e4`: what of the amount nobody has to pay again, whatever is canceled or added.
    """

    line_no: int
    units: int
    amount_e4: int
    deducted_e4: int = 0
    forgiven_e4: int = 0


@dataclass(slots=True)
class Refund:
    """`amount_e4` was paid, `credited_e4` put against lines that replace others. State as a payment."""

    refund_id: str
    order_seq: int
    state: str
    amount_e4: int
    credited_e4: int
    reason: str | None
    return_id: str | None
    claim_id: str | None
    occurred_at: int
    recorded_at: int
    lines: list[RefundLine] = field(default_factory=list)
    is_new: bool = False

    @property
    def counts(self) -> bool:
        return self.state in ("success", "pending")


@dataclass(slots=True)
class Exchange:
    """A return whose goods others replace: lines `first_line_no` to `last_line_no`, and the credit's line."""

    return_id: str
    order_seq: int
    first_line_no: int
    last_line_no: int
    credit_line_no: int | None
    ships_first: int
    state: str
    is_new: bool = False


@dataclass(slots=True)
class Claim:
    """The buyer says something went wrong with `units` (per line number) that were shipped."""

    claim_id: str
    order_seq: int
    kind: str
    state: str
    shipment_id: str | None
    note: str | None
    opened_at: int
    recorded_at: int
    resolved_at: int | None = None
    outcome: str | None = None
    units: dict[int, int] = field(default_factory=dict)
    is_new: bool = False


@dataclass(slots=True)
class Papers:
    """All that was written about one order's money and goods that came back, oldest first."""

    payments: list[Payment] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)
    returns: list[Return] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)


@dataclass(slots=True)
class ReservedUnits:
    """Units of one sku set aside at one location."""

    reservation_seq: int
    sku: str
    location_id: str
    quantity: int


@dataclass(slots=True)
class Reservation:
    """A checkout's hold, all of its units in one state."""

    reservation_id: str
    channel_id: str
    state: str
    reserved_at: int
    expires_at: int
    ended_at: int | None = None
    order_seq: int | None = None
    units: list[ReservedUnits] = field(default_factory=list)
    is_new: bool = False


@dataclass(slots=True)
class PurchaseLine:
    """What one purchase order line still owes. `quantity` is 0 while only a receipt has named it."""

    purchase_order_line_id: str
    supplier_id: str | None
    sku: str
    location_id: str
    quantity: int
    received: int
    ordered_at: int | None
    expected_at: int | None
    purchase_order_id: str | None = None  # None: told by a feed, line by line
    canceled: int = 0
    drafted: int = 0  # what a draft asks for; it owes nothing yet

    @property
    def open_units(self) -> int:
        return max(0, self.quantity - self.received - self.canceled)
