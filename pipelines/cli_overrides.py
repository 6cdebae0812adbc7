"""`oms override`: a planner's changes of the forecast, with who and why, and what they were worth."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipelines.cli_alerts import this_instant
from pipelines.cli_errors import CommandError, did_you_mean
from pipelines.cli_output import Column, print_json, print_table
from pipelines.cli_release import current_release, release_connection
from pipelines.cli_stock import known_product
from warehouse import queries
from warehouse.settings import Settings

if TYPE_CHECKING:
    import duckdb

COLUMNS = (
    Column("override_id", "Override"),
    Column("state", "State"),
    Column("target", "Of"),
    Column("first_week", "First week"),
    Column("last_week", "Last week"),
    Column("action", "Action"),
    Column("value", "Value", "number"),
    Column("author", "By"),
    Column("reason_code", "Kind"),
    Column("reason", "Reason", width=44),
)
SCORE_COLUMNS = (
    Column("name", "Whose"),
    Column("overrides", "Overrides", "count"),
    Column("weeks_scored", "Weeks scored", "count"),
    Column("weeks_open", "Open", "count"),
    Column("wape_before", "WAPE before", "ratio"),
    Column("wape_planned", "WAPE planner", "ratio"),
    Column("value_added_ratio", "Value added", "ratio"),
    Column("value_added_money", "In money", "money"),
    Column("share_better", "Nearer in", "ratio"),
    Column("mean_weight", "Weight", "number"),
)


def override(arguments: argparse.Namespace, settings: Settings) -> None:
    current_release(settings)
    {"add": _add, "list": _list, "score": _score, "revoke": _revoke}[arguments.action](arguments, settings)


def _add(arguments: argparse.Namespace, settings: Settings) -> None:
    from oms_ops.decisions import add_override
    from oms_ops.store import open_book

    with release_connection(settings) as con:
        target = _target(con, arguments)
        reach = queries.forecast_reach(con)
    given = {"set": arguments.set, "factor": arguments.factor, "add": arguments.add}
    action, value = next((name, value) for name, value in given.items() if value is not None)
    with open_book(settings.order_book_url) as book:
        override_id = add_override(
            book,
            **target,
            first_week=arguments.first_week,
            last_week=arguments.last_week or arguments.first_week,
            action=action,
            value=value,
            reason=arguments.reason,
            reason_code=arguments.code,
            expires_on=arguments.expires,
            author=arguments.by,
            now=this_instant(settings),
        )
    if reach is not None and arguments.first_week > reach:
        first = arguments.first_week
        print(f"{override_id} is recorded; forecasts reach {reach} today, it counts once they reach {first}")
        return
    print(f"{override_id} is recorded; the next `oms run` forecasts with it")


def _target(con: duckdb.DuckDBPyConnection, arguments: argparse.Namespace) -> dict[str, str]:
    """What is overruled, spelled as the release spells it."""
    if arguments.shop:
        return {"scope": "shop"}
    if arguments.category is None:
        return {"scope": "sku", "sku": known_product(con, arguments.sku)["sku"]}
    known = queries.categories(con)
    for category in known:
        if category.upper() == arguments.category.strip().upper():
            return {"scope": "category", "category": category}
    hint = did_you_mean(arguments.category, known) or f"; known: {', '.join(known)}"
    raise CommandError(f"unknown category {arguments.category!r}{hint}")


def target_of(row: Mapping[str, object]) -> str:
    return "the whole shop" if row["scope"] == "shop" else str(row[str(row["scope"])])


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
    print_table([row | {"target": target_of(row)} for row in rows], COLUMNS)
    if not rows:
        print("no overrides" if arguments.everything else "no active overrides")


def _score(arguments: argparse.Namespace, settings: Settings) -> None:
    with release_connection(settings) as con:
        asked = {"author": arguments.planner, "sku": arguments.sku}
        rows = queries.override_score(con, by=arguments.by, **asked).to_dicts()
    if arguments.json:
        print_json(rows)
        return
    print_table(rows, SCORE_COLUMNS)
    if not rows:
        print("nothing to score: no override was laid over a forecast before its week began")
    elif not any(row["weeks_scored"] for row in rows):
        print("\nno overridden week is over yet")


def _revoke(arguments: argparse.Namespace, settings: Settings) -> None:
    from oms_ops.decisions import revoke_override
    from oms_ops.store import open_book

    with open_book(settings.order_book_url) as book:
        revoke_override(book, arguments.override, by=arguments.by, now=this_instant(settings))
    print(f"{arguments.override.upper()} is revoked; the next `oms run` forecasts without it")
