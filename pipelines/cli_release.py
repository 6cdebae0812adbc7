"""`oms status` and `oms kpis`: the release as a whole; and how a command opens it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pipelines.cli_errors import CommandError, did_you_mean
from pipelines.cli_output import Column, print_facts, print_json, print_table, show
from warehouse.settings import Settings

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
    ("canceled_orders", "Canceled orders", "count"),
    ("cancellation_rate", "Cancellation rate", "ratio"),
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
TABLE_COLUMNS = (Column("table", "Table"), Column("rows", "Rows", "count"))
CHECK_COLUMNS = (
    Column("passed", "Passed"),
    Column("check_name", "Check", width=40),
    Column("subject", "Subject"),
    Column("violations", "Broken", "count"),
    Column("detail", "Found", width=70),
)


def current_release(settings: Settings) -> Release:
    from warehouse import releases

    release = releases.current(settings)
    if release is None:
        raise CommandError(f"there is no release in {settings.home} yet; run `make run` first")
    return release


def shop_day(release: Release, settings: Settings) -> date:
    """The business date the release stands on."""
    return release.as_of.astimezone(ZoneInfo(settings.shop.zone)).date()


@contextmanager
def release_connection(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    with current_release(settings).connect() as con:
        yield con


def known_channel(settings: Settings, con: duckdb.DuckDBPyConnection, wanted: str | None) -> str | None:
    """The channel's id as the settings or the release spell it; an unknown one names those there are."""
    from warehouse import queries

    if wanted is None:
        return None
    stated = [channel.channel_id for channel in settings.channels]
    known = list(dict.fromkeys([*stated, *queries.channel_ids(con)]))
    for channel_id in known:
        if channel_id.upper() == wanted.upper():
            return channel_id
    hint = did_you_mean(wanted, known) or f"; known: {', '.join(known)}"
    raise CommandError(f"unknown channel {wanted!r}{hint}")


def kpis(arguments: argparse.Namespace, settings: Settings) -> None:
    first, end = arguments.date_from, arguments.date_to
    if first >= end:
        raise CommandError(
            f"--from {first} must lie before --to {end}, which is the first day not counted any more"
        )
    release = current_release(settings)
    with release.connect() as con:
        answer = _kpis(con, arguments, channel_id=known_channel(settings, con, arguments.channel))
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
    total = measure(con, **asked)[0]
    answer = {
        "from": total.pop("period_start"),
        "to": total.pop("period_end"),
        "channel": channel_id,
        "as_of": arguments.as_of,
        **total,
    }
    return answer | {"periods": measure(con, **asked, by=arguments.by) if arguments.by else []}


def _print_period(answer: dict, *, first: date, end: date) -> None:
    last = end - timedelta(days=1)
    days = "1 day" if first == last else f"{(end - first).days} days"
    known = f", as known at {show(answer['as_of'], 'when')} UTC" if answer["as_of"] else ""
    where = answer["channel"] or "all channels"
    print(f"{first} to {last} ({days}), {where}, {answer['currency']}{known}\n")
    values = {label: show(answer[key], kind) for key, label, kind in MEASURES}
    width = max(map(len, values.values()))
    print_facts({label: value.rjust(width) for label, value in values.items()})


def _print_periods(answer: dict, *, by: str) -> None:
    named = {key: Column(key, label, kind) for key, label, kind in MEASURES}
    columns = [Column("period_start", "Week of" if by == "week" else by.capitalize())]
    total = answer | {"period_start": "all"}
    print_table([*answer["periods"], total], columns + [named[key] for key in BY_PERIOD])


def status(arguments: argparse.Namespace, settings: Settings) -> None:
    from warehouse import queries

    release = current_release(settings)
    with release.connect() as con:
        checks = queries.checks(con).to_dicts()
        waiting = int(queries.quarantine_counts(con)["open_documents"].sum())
    about = {name: value for name, value in release.manifest.items() if name not in ("tables", "settings")}
    answer = {
        "release": about.pop("name"),
        **about,
        "as_of": release.as_of,
        "published_at": release.published_at,
        "home": str(settings.home),
        "tables": {name: table["rows"] for name, table in release.manifest["tables"].items()},
        "quarantined": waiting,
        "checks_passed": sum(check["passed"] for check in checks),
        "checks_failed": sum(not check["passed"] for check in checks),
        "invariants": [check for check in checks if _is_invariant(check)],
        "checks": checks if arguments.checks else [check for check in checks if not check["passed"]],
    }
    if arguments.json:
        print_json(answer)
    else:
        _print_status(answer, release)


def _is_invariant(check: dict) -> bool:
    return "invariant I" in check["check_name"]


def _invariants(checks: list[dict]) -> str:
    if not checks:
        return "not checked by this run, as the book had not changed; `oms stock verify` does"
    broken = [check["check_name"] for check in checks if not check["passed"]]
    return f"BROKEN: {', '.join(broken)}" if broken else f"all {len(checks)} hold"


def _print_status(answer: dict, release: Release) -> None:
    print_facts(
        {
            "Release": answer["release"],
            "As of": f"{show(release.as_of, 'when')} UTC",
            "Published": f"{show(release.published_at, 'when')} UTC",
            "Code": f"{answer['code_version']}, run {answer['run_id']}",
            "Home": answer["home"],
            "Quarantine": f"{answer['quarantined']:,} documents" if answer["quarantined"] else "empty",
            "Checks": f"{answer['checks_passed']:,} passed, {answer['checks_failed']:,} failed",
            "Invariants": _invariants(answer["invariants"]),
        }
    )
    print()
    print_table([{"table": name, "rows": rows} for name, rows in answer["tables"].items()], TABLE_COLUMNS)
    if answer["checks"]:
        print()
        words = {True: "yes", False: "NO"}
        print_table([check | {"passed": words[check["passed"]]} for check in answer["checks"]], CHECK_COLUMNS)
