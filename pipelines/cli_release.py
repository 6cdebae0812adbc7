"""Reading commands about the release as a whole: `oms status` and `oms kpis`; and how a command opens the release."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING

from pipelines.cli_errors import CommandError, did_you_mean
from pipelines.cli_output import Column, print_facts, print_json, print_table, show
from warehouse.settings import Channel, Settings

if TYPE_CHECKING:
    import duckdb

    from warehouse.releases import Release

MEASURES = (
    ("gross_sales", "Gross sales", "money"),
    ("discounts", "Discounts", "money"),
    ("returns", "Returns", "money"),
    ("net_sales", "Net sales", "money"),
    ("shipping", "Shipping", "money"),
    ("taxes", "Taxes", "money"),
    ("total_sales", "Total sales", "money"),
    ("gift_card_sales", "Gift cards", "money"),
    ("adjustments", "Adjustments", "money"),
    ("orders", "Orders", "count"),
    ("units", "Units", "units"),
    ("returned_units", "Returned units", "units"),
    ("customers", "Customers", "count"),
    ("new_customers", "New customers", "count"),
    ("returning_customers", "Returning customers", "count"),
    ("anonymous_orders", "Anonymous orders", "count"),
    ("aov", "Average order value", "money"),
    ("return_rate", "Return rate", "ratio"),
)
BY_PERIOD = (
    "gross_sales",
    "discounts",
    "returns",
    "net_sales",
    "total_sales",
    "orders",
    "units",
    "customers",
    "aov",
)


def current_release(settings: Settings) -> Release:
    from warehouse import releases

    release = releases.current(settings)
    if release is None:
        raise CommandError(f"there is no release in {settings.home} yet; run `make run` first")
    return release


@contextmanager
def release_connection(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    with current_release(settings).connect() as con:
        yield con


def known_channel(settings: Settings, channel_id: str | None) -> Channel | None:
    if channel_id is None:
        return None
    for channel in settings.channels:
        if channel.channel_id == channel_id.lower():
            return channel
    known = [channel.channel_id for channel in settings.channels]
    hint = did_you_mean(channel_id, known) or f"; known: {', '.join(known)}"
    raise CommandError(f"unknown channel {channel_id!r}{hint}")


def kpis(arguments: argparse.Namespace, settings: Settings) -> None:
    first, end = arguments.date_from, arguments.date_to
    if first >= end:
        raise CommandError(
            f"--from {first} must lie before --to {end}, which is the first day not counted any more"
        )
    channel = known_channel(settings, arguments.channel)
    release = current_release(settings)
    with release.connect() as con:
        answer = _kpis(con, arguments, channel_id=channel and channel.channel_id)
    answer = {"release": release.name, "currency": settings.shop.currency, **answer}
    if arguments.json:
        print_json(answer)
    elif arguments.by:
        _print_periods(answer, by=arguments.by)
    else:
        _print_period(answer, first=first, end=end)


def _kpis(con: duckdb.DuckDBPyConnection, arguments: argparse.Namespace, *, channel_id: str | None) -> dict:
    from warehouse.kpis import kpis as measure

    asked = {
        "date_from": arguments.date_from,
        "date_to": arguments.date_to,
        "channel": channel_id,
        "as_of": arguments.as_of,
    }
    frame = {
        "from": asked["date_from"],
        "to": asked["date_to"],
        "channel": channel_id,
        "as_of": arguments.as_of,
    }
    answer = frame | measure(con, **asked)[0]
    return answer | {"periods": measure(con, **asked, by=arguments.by)} if arguments.by else answer


def _print_period(answer: dict, *, first: date, end: date) -> None:
    known_as_of = f", as known at {show(answer['as_of'], 'when')} UTC" if answer["as_of"] else ""
    where = answer["channel"] or "all channels"
    print(f"{first} up to, without, {end}; {where}; {answer['currency']}{known_as_of}\n")
    rows = [
        {"label": label, "value": show(answer[key], kind)} for key, label, kind in MEASURES if key in answer
    ]
    width = max(len(row["value"]) for row in rows)
    print_facts({row["label"]: row["value"].rjust(width) for row in rows})


def _print_periods(answer: dict, *, by: str) -> None:
    kinds = {key: (label, kind) for key, label, kind in MEASURES}
    columns = [Column("period", by.capitalize())]
    columns += [Column(key, kinds[key][0], kinds[key][1]) for key in BY_PERIOD]
    print_table(answer["periods"], columns)
    if not answer["periods"]:
        print(f"nothing between {answer['from']} and {answer['to']}")


def status(arguments: argparse.Namespace, settings: Settings) -> None:
    from warehouse import queries

    release = current_release(settings)
    with release.connect() as con:
        tables = {name: _count(con, name) for name in _tables(con)}
        checks = queries.checks(con).to_dicts()
        stages = queries.stages(con).to_dicts()
        waiting = queries.quarantine_counts(con)["open_documents"].sum()
    failed = [check for check in checks if not check["passed"]]
    answer = {
        "release": release.name,
        **{key: value for key, value in release.manifest.items() if key not in ("tables", "files", "name")},
        "home": str(settings.home),
        "tables": tables,
        "checks": {"passed": len(checks) - len(failed), "failed": len(failed)},
        "failed_checks": failed,
        "quarantined": int(waiting or 0),
        "stages": stages,
    }
    if arguments.json:
        print_json(answer | ({"all_checks": checks} if arguments.checks else {}))
        return
    _print_status(answer)
    shown = checks if arguments.checks else failed
    if shown:
        print()
        print_table(shown, CHECK_COLUMNS)


CHECK_COLUMNS = (
    Column("passed", "Passed"),
    Column("subject", "Subject"),
    Column("check_name", "Check"),
    Column("violations", "Violations", "count"),
    Column("detail", "Detail", width=60),
)
