"""What the order book refuses, as one small exception tree.

Expected business outcomes (a backorder) are events, not errors; these are the commands that change nothing.
"""

from __future__ import annotations


class OmsError(Exception):
    """Anything oms_ops refuses; the message names the offender, what was found and what is allowed."""


class UnknownOrder(OmsError):
    """No order with this id stands in the book."""


class UnknownSku(OmsError):
    """No product, stock or order line has this sku."""


class UnknownLocation(OmsError):
    """The settings name no such location."""


class UnknownReturn(OmsError):
    """No return with this id stands in the book."""


class UnknownReservation(OmsError):
    """No reservation with this id stands in the book."""


class UnknownClaim(OmsError):
    """No claim with this id stands in the book."""


class IllegalMove(OmsError):
    """The transition tables do not allow this move from where the object stands."""


class InvalidCommand(OmsError):
    """The command contradicts itself or the book: no quantity, a line that is not there, a used key."""


class RefundTooLarge(OmsError):
    """More money than captured - refunded, of the order or of one line."""


class OutOfStock(OmsError):
    """Units asked for that no location of the network has; every shortage at once, as `shortages`."""

    def __init__(self, shortages: dict[str, tuple[int, int]]) -> None:
        self.shortages = shortages
        listed = "; ".join(
            f"{sku}: {wanted} wanted, {found} available" for sku, (wanted, found) in shortages.items()
        )
        super().__init__(f"out of stock: {listed}")


class OverBackorderCap(OutOfStock):
    """More units would wait for stock than the policy of their sku lets wait; `over`: units of this order
    that would wait, units of other orders that do, and the cap, per sku."""

    def __init__(self, over: dict[str, tuple[int, int, int]]) -> None:
        super().__init__({sku: (own, max(0, cap - others)) for sku, (own, others, cap) in over.items()})
        self.over = over
        listed = "; ".join(
            f"{sku}: {own} units would wait beside {others} of other orders, its cap is {cap}"
            for sku, (own, others, cap) in over.items()
        )
        self.args = (f"beyond the backorder cap: {listed}",)
