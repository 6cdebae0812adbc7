"""An order as it stands: its lines, the claims on stock, the work per location, the money. State, no rules.

`is_new` and `is_changed` tell the store what to write. The rules that change these objects are in rules/.
"""

from __future__ import annotations

from collections.abc import Iterable

from oms_ops import lifecycle


class Line:
    """One line. A line that needs stock keeps quantity = canceled + backordered + allocated + shipped."""

    __slots__ = (
        "line_no", "line_id", "sku", "line_type", "quantity", "unit_price_e4", "canceled", "backordered",
        "returned", "refunded_units", "refunded_e4", "ships_not_before", "parent_line_no", "needs_stock",
        "forgiven_e4", "allocated", "shipped", "is_new", "is_changed",
    )  # fmt: skip

    def __init__(
        self, line_no, line_id, sku, line_type, quantity, unit_price_e4,
        canceled=0, backordered=0, returned=0, refunded_units=0, refunded_e4=0, ships_not_before=None,
        parent_line_no=None,
        *, is_test=False,
    ) -> None:  # fmt: skip
        self.line_no = line_no
        self.line_id = line_id
        self.sku = sku
        self.line_type = line_type
        self.quantity = quantity
        self.unit_price_e4 = unit_price_e4
        self.canceled = canceled
        self.backordered = backordered
        self.returned = returned
        self.refunded_units = refunded_units
        self.refunded_e4 = refunded_e4
        self.ships_not_before = ships_not_before  # set while waiting units are scheduled, not due
        self.parent_line_no = parent_line_no  # of a kit's component: the kit's line
        self.needs_stock = line_type == "product" and quantity > 0 and not is_test
        self.forgiven_e4 = 0  # of refunded_e4: given for goods that came back, or as goodwill
        self.allocated = 0
        self.shipped = 0
        self.is_new = False  # added to an order that stands in the book already
        self.is_changed = False

    @property
    def unshipped(self) -> int:
        return self.backordered + self.allocated

    @property
    def claimable(self) -> int:
        """Waiting units that take stock as soon as there is some; scheduled ones do not."""
        return self.backordered if self.ships_not_before is None else 0

    @property
    def cancelable(self) -> int:
        """Units that can still be taken off the order: what has not shipped, or a charge as a whole."""
        return self.unshipped if self.needs_stock else max(0, self.quantity - self.canceled)

    @property
    def amount_e4(self) -> int:
        return self.quantity * self.unit_price_e4

    @property
    def due_again_e4(self) -> int:
        """What was given back for canceled units: to be paid again when something is added."""
        if not self.refunded_e4:
            return 0
        return min(self.refunded_e4 - self.forgiven_e4, max(0, self.canceled * self.unit_price_e4))

    @property
    def units_given_back(self) -> int:
        """Units canceled or returned whose money has not been given back yet."""
        return max(0, self.canceled + self.returned - self.refunded_units)


class Allocation:
    """A claim of one line on one location. What is neither shipped nor released is open."""

    __slots__ = (
        "allocation_no", "line", "fulfillment_no", "stock", "quantity", "shipped", "released", "picked",
        "is_new", "is_changed",
    )  # fmt: skip

    def __init__(
        self, allocation_no, line, fulfillment_no, stock, quantity, shipped=0, released=0, picked=0, *,
        is_new=False,
    ) -> None:  # fmt: skip
        self.allocation_no = allocation_no
        self.line = line
        self.fulfillment_no = fulfillment_no
        self.stock = stock
        self.quantity = quantity
        self.shipped = shipped
        self.released = released
        self.picked = picked  # of the open units
        self.is_new = is_new
        self.is_changed = False

    @property
    def open_units(self) -> int:
        return self.quantity - self.shipped - self.released

    @property
    def state(self) -> str:
        return lifecycle.allocation_state(self.quantity, shipped=self.shipped, released=self.released)


class Work:
    """A fulfillment order: the work for one location. Its lines are its allocations.

    `fulfill_at`: not to be begun before. `holds` are its own, beside those of its order.
    """

    __slots__ = (
        "fulfillment_no", "parent_no", "location_id", "state", "created_at", "fulfill_at", "holds", "is_new",
        "is_changed",
    )  # fmt: skip

    def __init__(
        self, fulfillment_no, parent_no, location_id, state, created_at, fulfill_at=None, *, is_new=False
    ) -> None:  # fmt: skip
        self.fulfillment_no = fulfillment_no
        self.parent_no = parent_no
        self.location_id = location_id
        self.state = state
        self.created_at = created_at
        self.fulfill_at = fulfill_at
        self.holds: dict[str, int] = {}
        self.is_new = is_new
        self.is_changed = False


class Order:
    """The header and everything that hangs on it. `holds` maps an active hold's reason to its number.

    Unpaid at `expires_at` it is canceled; what still waits for stock at `waits_until` is. `queue_seq` is the
    place among those who wait for stock, where it is not the order's own number.
    """

    __slots__ = (
        "order_seq", "order_id", "channel_id", "external_id", "order_number", "customer_id", "country",
        "currency", "is_test", "placed_at", "recorded_at", "promised_ship_by", "promised_deliver_by",
        "total_e4", "units_backordered_at_placement", "order_status", "cancel_reason", "expires_at",
        "waits_until", "queue_seq",
        "lines", "allocations", "work", "paid_e4", "holds", "is_new", "is_changed", "is_header",
    )  # fmt: skip

    def __init__(
        self, order_seq, order_id, channel_id, external_id, order_number, customer_id, country, currency,
        is_test, placed_at, recorded_at, promised_ship_by, promised_deliver_by, total_e4,
        units_backordered_at_placement, order_status, cancel_reason=None, expires_at=None, waits_until=None,
        queue_seq=None, *, is_new=False, is_header=False,
    ) -> None:  # fmt: skip
        self.order_seq = order_seq
        self.order_id = order_id
        self.channel_id = channel_id
        self.external_id = external_id
        self.order_number = order_number
        self.customer_id = customer_id
        self.country = country
        self.currency = currency
        self.is_test = bool(is_test)
        self.placed_at = placed_at
        self.recorded_at = recorded_at
        self.promised_ship_by = promised_ship_by
        self.promised_deliver_by = promised_deliver_by
        self.total_e4 = total_e4
        self.units_backordered_at_placement = units_backordered_at_placement
        self.order_status = order_status
        self.cancel_reason = cancel_reason
        self.expires_at = expires_at
        self.waits_until = waits_until
        self.queue_seq = queue_seq
        self.lines: list[Line] = []
        self.allocations: list[Allocation] = []
        self.work: list[Work] = []
        self.paid_e4: dict[str, int] = {}
        self.holds: dict[str, int] = {}
        self.is_new = is_new
        self.is_changed = False
        self.is_header = is_header  # without lines, claims and money: only good to note an event on

    def line(self, line_no: int) -> Line:
        """Lines stand in the order of their numbers, usually 1, 2, 3 ..."""
        if line_no <= len(self.lines) and self.lines[line_no - 1].line_no == line_no:
            return self.lines[line_no - 1]
        return next(line for line in self.lines if line.line_no == line_no)

    def line_by_id(self, line_id: str | None) -> Line | None:
        return next((line for line in self.lines if line.line_id == line_id), None)

    def open_allocations(self) -> list[Allocation]:
        return [claim for claim in self.allocations if claim.quantity > claim.shipped + claim.released]

    def open_work(self) -> list[Work]:
        return [work for work in self.work if work.state not in ("closed", "canceled")]

    def queue_place(self, line: Line) -> tuple[int, int, int]:
        """Where the line stands among all that wait for its sku: the oldest order first."""
        return (self.queue_seq or self.order_seq, self.order_seq, line.line_no)

    def add_paid(self, kind: str, amount_e4: int, *, status: str) -> None:
        """`paid_e4` sums what succeeded by kind, and what is on its way under "pending " and the kind."""
        if status == "success":
            self.paid_e4[kind] = self.paid_e4.get(kind, 0) + amount_e4
        elif status == "pending":
            self.paid_e4[f"pending {kind}"] = self.paid_e4.get(f"pending {kind}", 0) + amount_e4

    def name_of(self, work: Work) -> str:
        """What a person calls one of its fulfillment orders."""
        return f"{work.fulfillment_no} of {self.order_id}"

    @property
    def captured_e4(self) -> int:
        return self.paid_e4.get("capture", 0) + self.paid_e4.get("sale", 0)

    @property
    def refunded_e4(self) -> int:
        return self.paid_e4.get("refund", 0) + self.paid_e4.get("chargeback", 0)

    @property
    def refundable_e4(self) -> int:
        """What is left of captured - refunded; refunds and chargebacks on their way count."""
        pending_e4 = self.paid_e4.get("pending refund", 0) + self.paid_e4.get("pending chargeback", 0)
        return max(0, self.captured_e4 - self.refunded_e4 - pending_e4)

    @property
    def owed_e4(self) -> int:
        """The total less what was canceled: what the buyer has to pay or has paid for."""
        return self.total_e4 - self.canceled_e4

    @property
    def outstanding_e4(self) -> int:
        """What the buyer still has to pay; below zero, what the shop holds too much.

        Money given back for what was canceled is due again when something is added; what was given back
        beyond that (a return, goodwill) is forgiven: nobody has to pay it twice.
        """
        unpaid_e4 = self.owed_e4 - self.captured_e4
        given_back_e4 = self.paid_e4.get("refund", 0) + self.paid_e4.get("pending refund", 0)
        if not given_back_e4:
            return unpaid_e4
        credit_e4 = self.credited_e4
        named_e4 = sum([line.refunded_e4 for line in self.lines])
        due_again_e4 = sum([line.due_again_e4 for line in self.lines])
        base_e4 = unpaid_e4 + given_back_e4 + credit_e4 - (named_e4 - due_again_e4)
        unnamed_e4 = max(0, given_back_e4 + credit_e4 - named_e4)
        return base_e4 - min(unnamed_e4, max(0, base_e4))

    @property
    def overpaid_e4(self) -> int:
        """What the shop holds too much and may give back."""
        return max(0, min(-self.outstanding_e4, self.refundable_e4))

    @property
    def credited_e4(self) -> int:
        """Value of goods given in exchange, put against the lines that replace them."""
        return -sum(
            [
                (line.quantity - line.canceled) * line.unit_price_e4
                for line in self.lines
                if line.line_type == "exchange_credit"
            ]
        )

    @property
    def canceled_e4(self) -> int:
        return sum(line.canceled * line.unit_price_e4 for line in self.lines)

    @property
    def units_ordered(self) -> int:
        return _units(self.lines, "quantity")

    @property
    def units_canceled(self) -> int:
        return _units(self.lines, "canceled")

    @property
    def units_shipped(self) -> int:
        return _units(self.lines, "shipped")

    @property
    def units_unshipped(self) -> int:
        return sum(line.backordered + line.allocated for line in self.lines)

    @property
    def payment_status(self) -> str:
        return lifecycle.payment_status(
            self.total_e4,
            canceled_e4=self.canceled_e4,
            authorized_e4=self.paid_e4.get("authorization", 0),
            captured_e4=self.captured_e4,
            refunded_e4=self.refunded_e4,
            voided_e4=self.paid_e4.get("void", 0),
            expired_e4=self.paid_e4.get("expiration", 0),
        )

    @property
    def fulfillment_status(self) -> str:
        scheduled = ("scheduled",) if any(line.backordered - line.claimable for line in self.lines) else ()
        return lifecycle.fulfillment_status(
            self.units_ordered,
            canceled=self.units_canceled,
            shipped=self.units_shipped,
            work=(*(work.state for work in self.work), *scheduled),
            is_held=bool(self.holds),
        )


def _units(lines: Iterable[Line], quantity: str) -> int:
    return sum(getattr(line, quantity) for line in lines if line.needs_stock)
