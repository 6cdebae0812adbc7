"""`oms alerts`: the restock alerts as they stand in the order book, and what a person does about them."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime

from pipelines import cli_alert_score
from pipelines.cli_errors import CommandError
from pipelines.cli_output import Column, print_json, print_table, show
from pipelines.cli_release import current_release, release_connection
from warehouse import settings as settings_module
from warehouse.settings import Settings

SHOWN = 20
COLUMNS = (
    Column("episode_id", "Alert"),
    Column("severity", "Severity"),
    Column("state", "State"),
    Column("sku", "Sku"),
    Column("title", "Title", width=30),
    Column("location_id", "Where"),
    Column("stockout_probability", "P(out)", "ratio"),
    Column("margin_at_risk", "At risk", "money"),
    Column("available", "Available", "units"),
    Column("suggested_quantity", "Buy", "units"),
    Column("order_by", "Order by"),
)


def alerts(arguments: argparse.Namespace, settings: Settings) -> int | None:
    current_release(settings)
    return {
        None: _list,
        "list": _list,
        "ack": _acknowledge,
        "snooze": _snooze,
        "deliver": _deliver,
        "score": cli_alert_score.score,
    }[arguments.action](arguments, settings)


def this_instant(settings: Settings) -> datetime:
    """When a decision made now is dated: the sample's clock where the sample is loaded."""
    return settings_module.clock(settings, wall=datetime.now(UTC))


def _list(arguments: argparse.Namespace, settings: Settings) -> None:
    from oms_ops.alerting.episodes import STATES
    from oms_ops.decisions import episodes
    from oms_ops.store import open_book

    with open_book(settings.order_book_url) as book:
        rows = episodes(book, states=None if arguments.everything else STATES[:3])
    titles = _titles(settings, [row["sku"] for row in rows])
    rows = [row | {"title": titles.get(row["sku"])} for row in sorted(rows, key=_urgency)]
    shown = rows[: arguments.limit or (len(rows) if arguments.json else SHOWN)]
    if arguments.json:
        print_json(shown)
        return
    print_table(shown, COLUMNS)
    print(f"\n{len(shown):,} of {len(rows):,} alerts" if rows else "no restock alerts")


def _titles(settings: Settings, skus: list[str]) -> dict[str, str]:
    from warehouse import queries

    with release_connection(settings) as con:
        return queries.product_titles(con, skus)


def _urgency(row: dict) -> tuple:
    from oms_ops.alerting.episodes import SEVERITIES

    number = int(row["episode_id"].removeprefix("A-"))
    return (row["state"] == "resolved", -SEVERITIES.index(row["severity"]), -row["margin_at_risk"], number)


def _acknowledge(arguments: argparse.Namespace, settings: Settings) -> None:
    from oms_ops.decisions import acknowledge
    from oms_ops.store import open_book

    with open_book(settings.order_book_url) as book:
        acknowledge(book, arguments.episode, by=arguments.by, now=this_instant(settings))
    print(f"{arguments.episode.upper()} is acknowledged by {arguments.by}")


def _snooze(arguments: argparse.Namespace, settings: Settings) -> None:
    from oms_ops.decisions import snooze
    from oms_ops.store import open_book

    with open_book(settings.order_book_url) as book:
        snooze(book, arguments.episode, until=arguments.until, by=arguments.by, now=this_instant(settings))
    print(
        f"{arguments.episode.upper()} is quiet until {show(arguments.until, 'when')} UTC, unless it worsens"
    )


def _deliver(arguments: argparse.Namespace, settings: Settings) -> int:
    from oms_ops.alerting import deliver, retry_failed
    from oms_ops.store import open_book

    with open_book(settings.order_book_url) as book:
        if arguments.retry_failed:
            retry_failed(book)
        report = deliver(book, settings, now=this_instant(settings))
    if not report.sinks:
        raise CommandError(
            "no sink is configured; set file, webhook_url or smtp_url under [alerts] in oms.toml"
        )
    for sink in report.sinks:
        held = f", {sink.held:,} held" if sink.held else ""
        sent = f"{sink.sink}: {sink.delivered:,} delivered"
        print(f"{sent}, {sink.pending:,} waiting, {sink.failed:,} refused{held}")
        if sink.reason:
            print(f"oms: {sink.sink}: {sink.reason}", file=sys.stderr)
    return 1 if report.pending or report.failed else 0
