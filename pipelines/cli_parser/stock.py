"""Arguments of `oms stock`: the questions about stock, and the moves a person makes at the shell."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from pipelines.cli_parser.parts import actions_of, add
from pipelines.cli_parser.values import a_count, a_difference, a_sku, a_sku_with_units, an_instant, units

PO_STEPS = ("draft", "order", "receive", "expect", "cancel", "close")
TRANSFER_STEPS = ("draft", "ready", "ship", "receive", "lose", "cancel")


def stock(sub: argparse.ArgumentParser) -> None:
    actions = actions_of(sub)
    line = "prove every balance equal to its ledger (invariants I1 to I6, lots L1)"
    add(actions, "verify", line=line, is_reading=True)
    repair = add(actions, "repair", line="rebuild the stored balances from the ledger", is_reading=True)
    repair.add_argument("--dry-run", action="store_true", help="say what is wrong and leave it")
    why = add(actions, "why", line="the movements that made a balance, newest last", is_reading=True)
    why.add_argument("--all", action="store_true", dest="everything", help="not only since the last snapshot")
    why.add_argument("sku", type=a_sku, metavar="SKU")
    why.add_argument("location", nargs="?", metavar="LOCATION")
    lot = add(actions, "lot", line="where a lot is and which orders it went to", is_reading=True)
    lot.add_argument("lot", metavar="LOT")
    lot.add_argument("--sku", type=a_sku, metavar="SKU", help="one sku's, where several have such a lot")
    transfers = add(actions, "transfers", line="transfers that have not ended", is_reading=True)
    transfers.add_argument("--all", action="store_true", dest="everything", help="and those that have")
    _moves(actions)
    _documents(actions)


def _moves(actions) -> None:
    receive = add(actions, "receive", line="goods came in", is_reading=True)
    _place(receive, a_count)
    receive.add_argument("--purchase-line", metavar="ID", help="what of a purchase order they are")
    receive.add_argument("--lot", metavar="CODE", help="for a sku tracked by lot")
    receive.add_argument("--expires", type=an_instant, metavar="D", help="the lot's expiry")
    adjust = add(actions, "adjust", line="found (5) or written off (-5)", is_reading=True)
    _place(adjust, a_difference)
    count = add(actions, "count", line="so many were counted", is_reading=True)
    _place(count, units)
    for move in (adjust, count):
        move.add_argument("--reason", required=True, metavar="WORDS")
    expire = add(actions, "expire", line="set aside what has expired or is recalled", is_reading=True)
    for move in (receive, adjust, count, expire):
        _key(move)


def _documents(actions) -> None:
    po = add(actions, "po", line=f"a purchase order: {', '.join(PO_STEPS)}", is_reading=True)
    po.add_argument("step", choices=PO_STEPS)
    po.add_argument("--supplier", metavar="S")
    po.add_argument("--location", metavar="L", help="where it is delivered")
    po.add_argument("--tolerance", type=units, metavar="PERCENT", help="more than ordered that is accepted")
    transfer = add(actions, "transfer", line=f"a transfer: {', '.join(TRANSFER_STEPS)}", is_reading=True)
    transfer.add_argument("step", choices=TRANSFER_STEPS)
    transfer.add_argument("--from", dest="origin", metavar="L")
    transfer.add_argument("--to", metavar="L")
    for document in (po, transfer):
        document.add_argument("name", metavar="ID")
        document.add_argument("lines", nargs="*", type=a_sku_with_units, metavar="SKU=UNITS")
        document.add_argument("--expected", type=an_instant, metavar="D", help="when it should arrive")
        document.add_argument("--reason", metavar="WORDS")
        _key(document)


def _place(sub: argparse.ArgumentParser, kind: Callable[[str], int]) -> None:
    sub.add_argument("sku", type=a_sku, metavar="SKU")
    sub.add_argument("location", metavar="LOCATION")
    sub.add_argument("units", type=kind, metavar="UNITS")


def _key(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--key", metavar="K", help="the same key again changes nothing (default: a new one)")
