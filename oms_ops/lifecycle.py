"""The transition tables as data, the one function that asks them, and the statuses derived from quantities.

What a move does to stock is in ledger.py, what a command does in rules/. Nothing here reads or writes.
"""

from __future__ import annotations

from collections.abc import Mapping

from oms_ops.errors import IllegalMove

BEFORE_LEAVING = ("label_purchased", "label_printed", "confirmed", "ready_for_pickup")
_ON_THE_WAY = ("in_transit", "out_for_delivery", "attempted_delivery", "delayed")
_PARCEL = (*BEFORE_LEAVING, *_ON_THE_WAY)


def _others(state: str, *states: str) -> tuple[str, ...]:
    return tuple(other for other in states if other != state)


MOVES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "order": {
        "draft": ("open", "canceled"),
        "open": ("closed", "canceled"),
        "closed": ("open",),
        "canceled": (),
    },
    "fulfillment order": {
        "scheduled": ("open", "on_hold", "canceled"),
        "open": ("in_progress", "on_hold", "scheduled", "closed", "incomplete", "canceled"),
        "on_hold": ("open", "scheduled", "canceled"),
        "in_progress": ("closed", "incomplete", "open", "canceled"),
        "incomplete": ("closed",),
        "closed": (),
        "canceled": (),
    },
    # a carrier's reports may come in any order; only the ends are final, and what has left is not canceled
    "shipment": {
        **{state: _others(state, *_PARCEL, "delivered", "failure", "canceled") for state in BEFORE_LEAVING},
        **{state: _others(state, *_PARCEL, "delivered", "failure") for state in _ON_THE_WAY},
        "failure": (*_PARCEL, "delivered"),
        "delivered": (),
        "canceled": (),
    },
    "payment transaction": {
        "pending": ("success", "failure", "error"),
        "success": (),
        "failure": (),
        "error": (),
    },
    # a fulfilled one is released when its parcel is canceled before it left
    "allocation": {"allocated": ("fulfilled", "released"), "fulfilled": ("released",), "released": ()},
    "reservation": {
        "active": ("converted", "released", "expired"),
        "converted": (),
        "released": (),
        "expired": (),
    },
    "return": {
        "requested": ("open", "declined", "canceled"),
        "open": ("closed", "canceled"),
        "closed": (),
        "declined": (),
        "canceled": (),
    },
    "return line": {
        "expected": ("received", "missing"),
        "received": ("dispositioned",),
        "missing": ("received",),
        "dispositioned": (),
    },
    "exchange": {"open": ("completed", "undone"), "completed": (), "undone": ()},
    "claim": {
        "open": ("reshipped", "refunded", "denied", "withdrawn"),
        "reshipped": (),
        "refunded": (),
        "denied": (),
        "withdrawn": (),
    },
    "transfer": {
        "draft": ("ready_to_ship", "canceled"),
        "ready_to_ship": ("in_transit", "canceled"),
        "in_transit": ("partially_received", "received"),
        "partially_received": ("received",),
        "received": (),
        "canceled": (),
    },
    "purchase order": {
        "draft": ("ordered", "canceled"),
        "ordered": ("partially_received", "received", "canceled"),
        "partially_received": ("received", "closed"),
        "received": ("closed",),
        "closed": (),
        "canceled": (),
    },
}

HOLD_REASONS = (
    "awaiting_payment", "awaiting_return_items", "high_risk_of_fraud", "incorrect_address",
    "inventory_out_of_stock", "unknown_delivery_date", "other",
)  # fmt: skip
CANCEL_REASONS = ("customer", "fraud", "inventory", "declined", "expired", "staff", "other")
DISPOSITIONS = ("restocked", "damaged", "quality_control", "disposed", "kept_by_customer")
RETURN_REASONS = (
    "unwanted", "too_small", "too_large", "color", "style", "defective", "not_as_described", "wrong_item",
    "damaged_on_arrival", "arrived_late", "other",
)  # fmt: skip
CLAIM_KINDS = ("lost_parcel", "damaged_on_arrival", "wrong_item", "missing_units")
PAYMENT_KINDS = ("authorization", "capture", "sale", "void", "refund", "chargeback", "expiration")
PAYMENT_STATES = ("pending", "success", "failure", "error")


def require(thing: str, state: str, move: str, *, name: str) -> str:
    """`move` itself where the table allows it from `state`, else IllegalMove naming all three."""
    allowed = MOVES[thing][state]
    if move in allowed:
        return move
    may = f"it may become {', '.join(allowed)}" if allowed else "that is final"
    raise IllegalMove(f"{thing} {name} is {state} and cannot become {move}: {may}")


def payment_status(
    total_e4: int,
    *,
    authorized_e4: int,
    captured_e4: int,
    refunded_e4: int,
    canceled_e4: int = 0,
    voided_e4: int = 0,
    expired_e4: int = 0,
) -> str:
    """From the order's total, the value of what was canceled, and sums over successful transactions."""
    if refunded_e4 > 0:
        return "refunded" if refunded_e4 >= captured_e4 else "partially_refunded"
    if captured_e4 > 0 or total_e4 <= 0:
        return "paid" if captured_e4 >= total_e4 - canceled_e4 else "partially_paid"
    if canceled_e4 >= total_e4:
        return "voided"
    if authorized_e4 > voided_e4 + expired_e4:
        return "authorized"
    if voided_e4 > 0:
        return "voided"
    return "expired" if expired_e4 > 0 else "pending"


def fulfillment_status(
    ordered: int, *, canceled: int, shipped: int, work: tuple[str, ...] = (), is_held: bool = False
) -> str:
    """From units that need shipping and the states of the order's fulfillment orders (`work`)."""
    left = ordered - canceled - shipped
    if shipped > 0 or ordered == 0:
        return "fulfilled" if left <= 0 else "partially_fulfilled"
    if left <= 0:
        return "unfulfilled"
    if is_held or "on_hold" in work:
        return "on_hold"
    if "in_progress" in work or "incomplete" in work:
        return "in_progress"
    return "scheduled" if "scheduled" in work else "unfulfilled"


def allocation_state(quantity: int, *, shipped: int, released: int) -> str:
    if shipped + released < quantity:
        return "allocated"
    return "fulfilled" if shipped else "released"
