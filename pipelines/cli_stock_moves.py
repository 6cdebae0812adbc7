"""`oms stock receive|adjust|count|po|transfer|expire`: a person at the shell moves stock, or asks (`lot`,
`transfers`).

Each move is a command of the order book under an idempotency key: with --key the same line again changes
nothing.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from pipelines.cli_errors import CommandError
from pipelines.cli_output import Column, print_json, print_table
from warehouse import settings as settings_module
from warehouse.settings import Settings

if TYPE_CHECKING:
    from oms_ops.service import StockService

LINE_COLUMNS = tuple(
    Column(key, title, kind)
    for key, title, kind in (
        ("sku", "Sku", "text"),
        ("quantity", "Planned", "units"),
        ("shipped", "Shipped", "units"),
        ("received", "Received", "units"),
        ("lost", "Lost", "units"),
        ("canceled", "Canceled", "units"),
        ("open_units", "To come", "units"),
        ("in_transit", "In transit", "units"),
    )
)
LOT_COLUMNS = (
    Column("occurred_at", "When (UTC)", "when"),
    Column("location_id", "Where"),
    Column("kind", "Movement"),
    Column("on_hand", "On hand", "units"),
    Column("set_aside", "Set aside", "units"),
    Column("order_id", "Order"),
    Column("reference", "Reference"),
    Column("reason", "Reason", width=40),
)
TRANSFER_COLUMNS = (
    Column("transfer_id", "Transfer"),
    Column("state", "State"),
    Column("origin_id", "From"),
    Column("destination_id", "To"),
    Column("products", "Products", "count"),
    Column("units", "Units", "units"),
    Column("in_transit", "In transit", "units"),
    Column("drafted_at", "Drafted (UTC)", "when"),
)


def act(arguments: argparse.Namespace, settings: Settings) -> int:
    """One command on the book; prints where it left things."""
    from oms_ops.service import StockService
    from oms_ops.store import open_book

    with open_book(settings.order_book_url) as book:
        answer = _ACTIONS[arguments.action](
            StockService(book, settings), arguments, _when(arguments, settings)
        )
    if arguments.json:
        print_json(answer)
    else:
        _print(answer)
    return 0


def lot(arguments: argparse.Namespace, settings: Settings) -> int:
    """Where a lot is and where it went."""
    from oms_ops.service import StockService
    from oms_ops.store import open_book

    with open_book(settings.order_book_url) as book:
        found = StockService(book, settings).lot(arguments.lot, sku=arguments.sku)
    if not found:
        raise CommandError(f"no lot {arguments.lot!r} in the order book")
    if arguments.json:
        print_json(found)
        return 0
    for each in found:
        expires = f", expires {each['expires_at']:%Y-%m-%d}" if each["expires_at"] else ""
        blocked = f", blocked: {each['blocked_reason']}" if each["blocked_reason"] else ""
        print(f"lot {each['lot_code']} of {each['sku']}{expires}{blocked}")
        for place, units in each["places"].items():
            print(f"  {place}: {units['on_hand']} on hand, {units['set_aside']} of them set aside")
        print_table(each["movements"], LOT_COLUMNS)
    return 0


def transfers(arguments: argparse.Namespace, settings: Settings) -> int:
    """Those that have not ended, or all: what there is to pick, to ship and to wait for."""
    from oms_ops.lifecycle import MOVES
    from oms_ops.rules.transfers import OPEN, THING
    from oms_ops.service import StockService
    from oms_ops.store import open_book

    states = tuple(MOVES[THING]) if arguments.everything else OPEN
    with open_book(settings.order_book_url) as book:
        found = StockService(book, settings).standing_transfers(states=states)
    if arguments.json:
        print_json(found)
    elif found:
        print_table([row | _sums(row["lines"]) for row in found], TRANSFER_COLUMNS)
    else:
        print("no transfers")
    return 0


def _sums(lines: list[Mapping[str, object]]) -> dict[str, object]:
    units, in_transit = (sum(line[name] for line in lines) for name in ("quantity", "in_transit"))
    return {"products": len(lines), "units": units, "in_transit": in_transit}


def _when(arguments: argparse.Namespace, settings: Settings) -> dict[str, object]:
    now = settings_module.clock(settings, wall=datetime.now(UTC))
    return {"at": now, "key": arguments.key or f"shell:{uuid4()}"}


def _receive(stock: StockService, arguments: argparse.Namespace, when: dict) -> dict:
    from oms_ops.stock_papers import LotUnits
    from oms_ops.units import micros

    lots = None
    if arguments.lot:
        expires = arguments.expires
        lots = [LotUnits(arguments.lot, arguments.units, None if expires is None else micros(expires))]
    return stock.receive(
        arguments.sku,
        arguments.location.upper(),
        quantity=arguments.units,
        purchase_order_line_id=arguments.purchase_line,
        lots=lots,
        **when,
    )


def _adjust(stock: StockService, arguments: argparse.Namespace, when: dict) -> dict:
    place = (arguments.sku, arguments.location.upper())
    return stock.adjust(*place, quantity=arguments.units, reason=arguments.reason, **when)


def _count(stock: StockService, arguments: argparse.Namespace, when: dict) -> dict:
    place = (arguments.sku, arguments.location.upper())
    return stock.count(*place, quantity=arguments.units, reason=arguments.reason, **when)


def _expire(stock: StockService, _arguments: argparse.Namespace, when: dict) -> dict:
    return stock.expire_lots(**when)


def _po(stock: StockService, arguments: argparse.Namespace, when: dict) -> dict:
    name, units = arguments.name, dict(arguments.lines)
    match arguments.step:
        case "draft":
            supplier, place = _needed(arguments, "supplier"), _needed(arguments, "location").upper()
            more = {"supplier_id": supplier, "location_id": place, "expected_at": arguments.expected}
            tolerance = arguments.tolerance or 0
            return stock.draft_purchase(name, units=units, tolerance_percent=tolerance, **more, **when)
        case "order":
            return stock.order_purchase(name, expected_at=arguments.expected, **when)
        case "receive":
            return stock.receive_purchase(name, units=units, **when)
        case "cancel":
            reason = _needed(arguments, "reason")
            return stock.cancel_purchase(name, units=units or None, reason=reason, **when)
        case "expect":
            expected = _needed(arguments, "expected")
            return stock.expect_purchase(name, expected_at=expected, skus=list(units) or None, **when)
    return stock.close_purchase(name, reason=_needed(arguments, "reason"), **when)


def _transfer(stock: StockService, arguments: argparse.Namespace, when: dict) -> dict:
    name, units = arguments.name, dict(arguments.lines) or None
    match arguments.step:
        case "draft":
            origin, destination = _needed(arguments, "origin").upper(), _needed(arguments, "to").upper()
            more = {"origin_id": origin, "destination_id": destination, "expected_at": arguments.expected}
            return stock.draft_transfer(name, units=units or {}, **more, **when)
        case "ready":
            return stock.ready_transfer(name, **when)
        case "ship":
            return stock.ship_transfer(name, units=units, **when)
        case "receive":
            return stock.receive_transfer(name, units=units, **when)
        case "lose":
            return stock.lose_transfer(name, units=units or {}, reason=_needed(arguments, "reason"), **when)
    return stock.cancel_transfer(name, **when)


def _needed(arguments: argparse.Namespace, option: str):
    value = getattr(arguments, option)
    if value is None:
        flag = "from" if option == "origin" else option
        raise CommandError(f"oms stock {arguments.action} {arguments.step} needs --{flag}")
    return value


def _print(answer: Mapping[str, object]) -> None:
    """The document and its lines, or a balance's quantities that are not zero."""
    head = {name: value for name, value in answer.items() if name != "lines" and value not in (0, None, {})}
    print(", ".join(f"{name} {value}" for name, value in head.items()) or "nothing to do")
    lines = answer.get("lines", [])
    if lines:
        print_table(lines, [column for column in LINE_COLUMNS if column.key in lines[0]])


_ACTIONS: Mapping[str, Callable[[StockService, argparse.Namespace, dict], dict]] = {
    "receive": _receive,
    "adjust": _adjust,
    "count": _count,
    "expire": _expire,
    "po": _po,
    "transfer": _transfer,
}
