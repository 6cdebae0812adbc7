"""Interpretation: raw documents to canonical facts and the one stream of facts the order book applies.

Works in steps, each one transaction over the documents of some landing passes, in the order they were sent:
one run over all of them leaves what a run after every landing leaves. A document that cannot be interpreted
takes all its facts with it into quarantine and is tried again at every step.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import duckdb

from oms_ops.channels import Feed, feeds
from oms_ops.intake import flat, lookups, reasons, session
from oms_ops.intake.sql_files import sql
from warehouse.settings import Settings
from warehouse.transaction import transaction

BYTES_AT_ONCE = 256 * 2**20
_FLATS_FIRST = ("supplier", "product")
_FLATS_LAST = (
    "ledger_entry",
    "purchase_order_line",
    "receipt",
    "stock_count",
    "stock_adjustment",
    "shipment",
    "delivery",
)
_TABLES = (
    *(flat.FLATS[name].table.removeprefix("core.") for name in (*_FLATS_FIRST, *_FLATS_LAST)),
    "order_header",
    "order_line",
    "order_cancellation",
    "refund",
    "refund_line",
    "intake_fact",
)
_ORDER_LINES = {
    "mapped": "mapped_order",
    "own": "line.line_id AS line_id,\n    line.title AS title",
    "id_absent": "coalesce(line.line_id, '') = ''",
    "sku_needed": "true",
    "own_check": "",
    "rounding": "line_id || '-rounding' AS line_id",
}
_REFUND_LINES = {
    "mapped": "mapped_refund",
    "own": "nullif(trim(line.order_line_id), '') AS order_line_id,\n    line.restock_kind AS restock_kind,\n"
    "    line.role AS role",
    "id_absent": "false",
    "sku_needed": "line.order_line_id IS NULL",
    "own_check": "WHEN coalesce(line.restock_kind, '') NOT IN ('cancel', 'return', 'no_restock') THEN "
    "'bad_value: restock type ' || coalesce(line.restock_kind, 'missing') "
    "|| '; allowed: cancel, return, no_restock'",
    "rounding": "'no_restock' AS restock_kind,\n    'fee' AS role",
}


@dataclass(frozen=True)
class InterpretReport:
    """Documents new or put right, rows gained per core table, and new quarantine entries."""

    documents_in: int = 0
    facts_out: dict[str, int] = field(default_factory=dict)
    quarantined: int = 0


def interpret(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    *,
    run_id: str,
    progress: Callable[[str], None] = lambda line: None,
    bytes_at_once: int = BYTES_AT_ONCE,
) -> InterpretReport:
    """Interpret every landed document that is not yet, and what waits in quarantine."""
    session.begin(con, settings, run_id=run_id)
    lookups.load(con, settings)
    documents, quarantined = 0, 0
    facts: Counter[str] = Counter()
    for after, through in list(_steps(con, bytes_at_once=bytes_at_once)):
        with transaction(con):
            step = _step(con, feeds(settings), after=after, through=through)
        documents += step.documents_in
        quarantined += step.quarantined
        facts.update(step.facts_out)
        if through > after:
            progress(
                f"interpreted {documents:,} documents, {facts['intake_fact']:,} facts for the order book"
            )
    return InterpretReport(documents_in=documents, facts_out=dict(facts), quarantined=quarantined)


def _steps(con: duckdb.DuckDBPyConnection, *, bytes_at_once: int) -> Iterator[tuple[int, int]]:
    """Ranges (after, through] of document_seq: landing passes put together up to `bytes_at_once`.

    Where nothing was landed since, one empty range if documents wait in quarantine.
    """
    after = con.execute("SELECT coalesce(max(through_seq), 0) FROM staging.interpreted").fetchone()[0]
    passes = con.execute(
        "SELECT through_seq, body_bytes FROM staging.landing WHERE through_seq > ? ORDER BY through_seq",
        [after],
    ).fetchall()
    through, gathered = after, 0
    for last, body_bytes in passes:
        if gathered and gathered + body_bytes > bytes_at_once:
            yield after, through
            after, gathered = through, 0
        through, gathered = last, gathered + body_bytes
    if through > after or _waiting(con):
        yield after, through


def _waiting(con: duckdb.DuckDBPyConnection) -> int:
    return con.execute(
        "SELECT count(*) FROM raw.quarantine "
        "WHERE status = 'open' AND document_seq IS NOT NULL AND reason_code <> 'bad_encoding'"
    ).fetchone()[0]


def _step(con: duckdb.DuckDBPyConnection, known: list[Feed], *, after: int, through: int) -> InterpretReport:
    con.execute("SET VARIABLE after_seq = ?", [after])
    con.execute("SET VARIABLE through_seq = ?", [through])
    before = _row_counts(con)
    con.execute(sql("step_begin"))
    for feed in known:
        if feed.kind.is_part:
            session.point_at(con, feed)
            con.execute(sql("parts"))
    present = set(con.execute("SELECT DISTINCT channel_id, kind FROM todo").fetchall())
    due = [feed for feed in known if (feed.channel_id, feed.kind.name) in present]
    reasons.refuse_unnamed(con, due)
    for fact in _FLATS_FIRST:
        _flat(con, due, fact)
    _orders(con, [feed for feed in due if feed.kind.fact == "order"])
    _refunds(con, [feed for feed in due if feed.kind.fact == "refund"])
    for fact in _FLATS_LAST:
        _flat(con, due, fact)
    con.execute(sql("verdict"))
    reasons.name_missing_fields(con, due)
    documents, quarantined = con.execute(sql("step_tally")).fetchone()
    con.execute(sql("step_end"))
    gained = {name: count - before[name] for name, count in _row_counts(con).items() if count > before[name]}
    return InterpretReport(documents_in=documents, facts_out=gained, quarantined=quarantined)


def _row_counts(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    return {name: con.table(f"core.{name}").count("*").fetchone()[0] for name in _TABLES}


def _map(con: duckdb.DuckDBPyConnection, feed: Feed, *, into: str) -> None:
    """Run a feed's mapping over its documents of this step; `into` is what goes before its SELECT."""
    session.point_at(con, feed)
    con.execute(sql("document"))
    if feed.kind.partner:
        con.execute(sql("partner"))
    if feed.kind.is_part:
        con.execute(sql("part_document"))
    if feed.kind.layout == "csv":
        session.csv_headers(con, feed.kind, "SELECT DISTINCT split_part(body, chr(10), 1) FROM document")
        con.execute(sql("csv_row", names=session.csv_names(feed.kind)))
    con.execute(f"{into} {feed.kind.mapping.read_text(encoding='utf-8')}")


def _flat(con: duckdb.DuckDBPyConnection, due: list[Feed], fact: str) -> None:
    for feed in due:
        if feed.kind.fact == fact:
            _map(con, feed, into="CREATE OR REPLACE TEMP TABLE mapped AS")
            flat.interpret(con, flat.FLATS[fact])
            if fact == "product":
                con.execute(sql("known_skus"))


def _orders(con: duckdb.DuckDBPyConnection, due: list[Feed]) -> None:
    if due:
        for feed in due:
            _map(con, feed, into="INSERT INTO mapped_order BY NAME")
        con.execute(sql("lines", **_ORDER_LINES))
        for name in ("orders", "order_versions", "order_facts"):
            con.execute(sql(name))


def _refunds(con: duckdb.DuckDBPyConnection, due: list[Feed]) -> None:
    if due:
        for feed in due:
            _map(con, feed, into="INSERT INTO mapped_refund BY NAME")
        con.execute(sql("lines", **_REFUND_LINES))
        con.execute(sql("refunds"))
