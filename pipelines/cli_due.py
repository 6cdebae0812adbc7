"""`oms due`: what falls due in the order book, once or again and again. What that is, oms_ops.due says."""

from __future__ import annotations

import argparse
import time
from dataclasses import asdict

from pipelines.cli_alerts import this_instant
from pipelines.cli_output import print_json
from warehouse.settings import Settings


def due(arguments: argparse.Namespace, settings: Settings) -> int:
    """1 where an order refused or ATS waits to be handed over."""
    from oms_ops.store import open_book

    with open_book(settings.order_book_url) as book:
        failed = _once(book, settings, arguments, is_quiet=False)
        while arguments.every:
            time.sleep(arguments.every)
            failed = _once(book, settings, arguments, is_quiet=True)
    return int(failed)


def _once(book, settings: Settings, arguments: argparse.Namespace, *, is_quiet: bool) -> bool:
    from oms_ops.due import run_due

    done = run_due(book, settings, now=arguments.as_of or this_instant(settings))
    failed = bool(done.refused or done.ats_waiting)
    if arguments.json:
        print_json(asdict(done))
    elif words := _words(done):
        print(words, flush=True)
    elif not is_quiet:
        print("nothing is due", flush=True)
    return failed


def _words(done) -> str:
    counts = {
        "checkouts' holds expired": done.reservations_expired,
        **{f"orders {result}": units for result, units in done.orders.items()},
        "orders with authorizations expired": done.authorizations_expired,
        "units of stale lots set aside": done.lot_units_set_aside,
        "ATS values changed": done.ats_changed,
    }
    said = [f"{count:,} {what}" for what, count in counts.items() if count]
    said += [f"{order_id} refused: {why}" for order_id, why in done.refused.items()]
    return "\n".join(said + ([done.ats_waiting] if done.ats_waiting else []))
