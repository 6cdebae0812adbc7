"""`oms override`: a planner's changes of the forecast, with who and why."""

from __future__ import annotations

import argparse

from pipelines.cli_alerts import this_instant
from pipelines.cli_output import Column, print_json, print_table
from pipelines.cli_release import current_release, release_connection
from pipelines.cli_stock import known_product
from warehouse.settings import Settings

COLUMNS = (
    Column("override_id", "Override"),
    Column("state", "State"),
    Column("sku", "Sku"),
    Column("first_week", "First week"),
    Column("last_week", "Last week"),
    Column("action", "Action"),
    Column("value", "Value", "number"),
    Column("author", "By"),
    Column("reason", "Reason", width=50),
)


def override(arguments: argparse.Namespace, settings: Settings) -> None:
    current_release(settings)
    {"add": _add, "list": _list, "revoke": _revoke}[arguments.action](arguments, settings)


def _add(arguments: argparse.Namespace, settings: Settings) -> None:
    from oms_ops.decisions import add_override
    from oms_ops.store import open_book

    with release_connection(settings) as con:
        sku = known_product(con, arguments.sku)["sku"]
    given = {"set": arguments.set, "factor": arguments.factor, "add": arguments.add}
    action, value = next((name, value) for name, value in given.items() if value is not None)
    with open_book(settings.order_book_url) as book:
        override_id = add_override(
            book,
            sku=sku,
            first_week=arguments.first_week,
            last_week=arguments.last_week or arguments.first_week,
            action=action,
            value=value,
            reason=arguments.reason,
            author=arguments.by,
            now=this_instant(settings),
        )
    print(f"{override_id} is recorded; the next `oms run` forecasts with it")


def _list(arguments: argparse.Namespace, settings: Settings) -> None:
    from oms_ops.decisions import overrides
    from oms_ops.store import open_book

    with open_book(settings.order_book_url) as book:
        rows = overrides(book, as_of=this_instant(settings))
    rows = [
        row
        for row in rows
        if (arguments.everything or row["state"] == "active") and arguments.sku in (None, row["sku"])
    ]
    if arguments.json:
        print_json(rows)
        return
    print_table(rows, COLUMNS)
    if not rows:
        print("no overrides" if arguments.everything else "no active overrides")


def _revoke(arguments: argparse.Namespace, settings: Settings) -> None:
    from oms_ops.decisions import revoke_override
    from oms_ops.store import open_book

    with open_book(settings.order_book_url) as book:
        revoke_override(book, arguments.override, by=arguments.by, now=this_instant(settings))
    print(f"{arguments.override.upper()} is revoked; the next `oms run` forecasts without it")
