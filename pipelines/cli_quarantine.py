"""`oms quarantine`: the documents that could not be read, with their reasons, and another try at them."""

from __future__ import annotations

import argparse
import sys
import uuid

from pipelines.cli_output import Column, print_json, print_table
from pipelines.cli_release import release_connection
from warehouse.settings import Settings

SHOWN = 20
COLUMNS = (
    Column("quarantine_id", "No."),
    Column("status", "Status"),
    Column("channel_id", "Feed"),
    Column("kind", "Kind"),
    Column("external_id", "Document", width=24),
    Column("where", "File and line", width=44),
    Column("reason_code", "Reason"),
    Column("reason", "Found", width=90),
)


def quarantine(arguments: argparse.Namespace, settings: Settings) -> None:
    if arguments.retry:
        _retry(arguments, settings)
    else:
        _list(arguments, settings)


def _list(arguments: argparse.Namespace, settings: Settings) -> None:
    from warehouse import queries

    with release_connection(settings) as con:
        rows = queries.quarantine(
            con,
            status=None if arguments.everything else "open",
            reason_code=arguments.reason,
            channel=arguments.channel,
            limit=queries.EVERYTHING,
        ).to_dicts()
    shown = rows[: arguments.limit or (len(rows) if arguments.json else SHOWN)]
    if arguments.json:
        print_json(shown)
        return
    print_table([row | {"where": _where(row)} for row in shown], COLUMNS)
    print(f"\n{len(shown):,} of {len(rows):,} documents" if rows else "nothing in quarantine")


def _where(row: dict) -> str:
    return row["path"] if row["line_no"] is None else f"{row['path']}:{row['line_no']}"


def _retry(arguments: argparse.Namespace, settings: Settings) -> None:
    from oms_ops.intake.canonical import interpret
    from warehouse.connection import writer

    def say(line: str) -> None:
        print(line, file=sys.stderr)

    with writer(settings) as con:
        report = interpret(con, settings, run_id=str(uuid.uuid4()), progress=say)
        left = con.execute("select count(*) from raw.quarantine where status = 'open'").fetchone()[0]
    facts = sum(report.facts_out.values())
    if arguments.json:
        print_json({"documents": report.documents_in, "facts": facts, "open": left})
        return
    print(f"{report.documents_in:,} documents put right: {facts:,} facts; {left:,} stay in quarantine")
    if facts:
        print("`oms run` takes the facts up")
