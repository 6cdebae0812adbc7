"""The order book's front door: every command on orders and stock, and the answer to "where is my order".

The commands are in commands/, by subject; the rules they carry out, in rules/, are those of the bulk run.
"""

from __future__ import annotations

from oms_ops.commands.claims import ClaimCommands
from oms_ops.commands.counting import CountCommands
from oms_ops.commands.due import DueCommands
from oms_ops.commands.feeds import FeedCommands
from oms_ops.commands.fulfillment import FulfillmentCommands
from oms_ops.commands.kits import KitCommands
from oms_ops.commands.lots import LotCommands
from oms_ops.commands.money import MoneyCommands
from oms_ops.commands.orders import OrderCommands
from oms_ops.commands.proposals import ProposalCommands
from oms_ops.commands.purchasing import PurchasingCommands
from oms_ops.commands.reservations import ReservationService
from oms_ops.commands.returns import ReturnCommands
from oms_ops.commands.routing import RoutingService
from oms_ops.commands.shipments import ShipmentCommands
from oms_ops.commands.stock import StockCommands
from oms_ops.commands.transfer_proposals import TransferProposalCommands
from oms_ops.commands.transfers import TransferCommands
from oms_ops.new_orders import NewLine, NewOrder
from oms_ops.store.history import order_view

__all__ = [
    "NewLine",
    "NewOrder",
    "OrderService",
    "ReservationService",
    "RoutingService",
    "StockService",
    "order_view",
]


class OrderService(
    OrderCommands,
    FulfillmentCommands,
    ShipmentCommands,
    MoneyCommands,
    ReturnCommands,
    ClaimCommands,
    DueCommands,
):
    """Commands on one order, each one transaction under an idempotency `key`."""


class StockService(
    StockCommands,
    PurchasingCommands,
    ProposalCommands,
    TransferProposalCommands,
    TransferCommands,
    CountCommands,
    KitCommands,
    LotCommands,
    FeedCommands,
):
    """Commands on stock, each one transaction under an idempotency `key`."""
