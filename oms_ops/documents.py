"""What stands beside orders: parcels, returns and purchase order lines. State, no rules."""

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
    is_new: bool = False


@dataclass(slots=True)
class ReturnLine:
    return_line_no: int
    line_no: int
    quantity: int
    state: str
    disposition: str | None = None
    location_id: str | None = None
    is_new: bool = False


@dataclass(slots=True)
class Return:
    return_seq: int
    return_id: str
    order_seq: int
    state: str
    requested_at: int
    recorded_at: int
    lines: list[ReturnLine] = field(default_factory=list)
    is_new: bool = False


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

    @property
    def open_units(self) -> int:
        return max(0, self.quantity - self.received)
