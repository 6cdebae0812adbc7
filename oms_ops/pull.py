"""The book into the warehouse: new events and movements by number, balances, states and ATS as they stand.

One read transaction of the book, one transaction of the warehouse: the copy is one consistent state, or the
one before. The book never reads the warehouse.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import duckdb

from oms_ops import ledger
from oms_ops.availability import of_stock, stock_of
from oms_ops.copying import REAL, TEXT, WHOLE, as_view
from oms_ops.errors import OmsError
from oms_ops.order_state import STATE_COLUMNS, state_row
from oms_ops.store import BookConnection, OrderBook, export, publication
from warehouse.settings import Settings
from warehouse.sql_files import read_sql
from warehouse.transaction import transaction

ROWS_AT_ONCE = 500_000
_FOLDER = Path(__file__).resolve().parent / "sql" / "pull" / "into"

_EVENT = {
    "event_seq": WHOLE, "order_id": TEXT, "event_kind": TEXT, "occurred_at": WHOLE, "recorded_at": WHOLE,
    "detail": TEXT,
}  # fmt: skip
_MOVEMENT = {
    "movement_seq": WHOLE, "posting_seq": WHOLE, "stock_no": WHOLE, "kind_no": WHOLE, "quantity": WHOLE,
    "line_id": TEXT,
}  # fmt: skip
_POSTING = {
    "posting_seq": WHOLE, "order_id": TEXT, "reference": TEXT, "reason": TEXT, "occurred_at": WHOLE,
    "recorded_at": WHOLE,
}  # fmt: skip
_PLACE = {"stock_no": WHOLE, "sku": TEXT, "location_id": TEXT} | dict.fromkeys(ledger.QUANTITIES, WHOLE)
_KIND = {"kind_no": WHOLE, "kind": TEXT} | dict.fromkeys(ledger.QUANTITIES, WHOLE)
_SUPPLY = {
    "purchase_order_line_id": TEXT, "supplier_id": TEXT, "sku": TEXT, "location_id": TEXT,
    "open_quantity": WHOLE, "ordered_at": WHOLE, "expected_at": WHOLE,
}  # fmt: skip
_ATS = {
    "channel_id": TEXT, "sku": TEXT, "ats": WHOLE, "free_by_location": TEXT, "unrouted_units": WHOLE,
    "threshold": REAL, "pool": REAL, "share": REAL, "max_quantity": REAL, "note": TEXT,
}  # fmt: skip
_PUBLICATION = {
    "publication_seq": WHOLE, "channel_id": TEXT, "sku": TEXT, "ats": WHOLE, "terms": TEXT,
    "computed_at": WHOLE, "movement_seq": WHOLE, "attempts": WHOLE, "pushed_at": WHOLE,
    "acknowledged_at": WHOLE, "superseded_at": WHOLE, "change_no": WHOLE,
}  # fmt: skip


@dataclass
class PullReport:
    """New rows, and rows written per table of `core`."""

    events: int = 0
    movements: int = 0
    tables: dict[str, int] = field(default_factory=dict)


def pull(
    con: duckdb.DuckDBPyConnection, book: OrderBook, settings: Settings, *, as_of: datetime,
    progress: Callable[[str], None] | None = None,
) -> PullReport:  # fmt: skip
    """Bring `core` up to the book's present state; ATS is stamped `as_of`."""
    say = progress or (lambda _: None)
    report = PullReport()
    with book.read_settled() as (source, last_movement), transaction(con):
        events_before = _last(con, "order_event", "event_seq", limit=export.last_event(source))
        report.tables["movement_kind"] = _pull_kinds(con)
        report.movements = report.tables["inventory_movement"] = _pull_movements(
            con, source, say, high=last_movement
        )
        report.events = report.tables["order_event"] = _pull_events(con, source, events_before, say)
        report.tables["order_state"] = _pull_states(con, source, events_before)
        report.tables["stock_balance"] = _pull_balances(con, source)
        report.tables["incoming_supply"] = _pull_supply(con, source)
        report.tables["ats"] = _pull_ats(con, source, settings, as_of)
        report.tables["ats_publication"] = _pull_publications(con, source)
    return report


def _pull_kinds(con: duckdb.DuckDBPyConnection) -> int:
    rows = ledger.kind_rows()
    with as_view(con, "pulled_kind", _KIND, rows=rows):
        con.execute("DELETE FROM core.movement_kind")
        con.execute(
            "INSERT INTO core.movement_kind SELECT * EXCLUDE (kind_no) FROM pulled_kind ORDER BY kind_no"
        )
    return len(rows)


def _pull_movements(
    con: duckdb.DuckDBPyConnection, source: BookConnection, say: Callable[[str], None], *, high: int
) -> int:
    low = _last(con, "inventory_movement", "movement_seq", limit=high)
    places = export.places(source)
    with (
        as_view(con, "pulled_place", _PLACE, rows=places),
        as_view(con, "pulled_kind", _KIND, rows=ledger.kind_rows()),
    ):
        for start, end in export.ranges(low, high, size=ROWS_AT_ONCE):
            rows = export.movements(source, start, end)
            if not rows:
                continue
            postings = [row[1] for row in rows]
            entries = export.postings(source, min(postings), max(postings))
            with (
                as_view(con, "pulled_movement", _MOVEMENT, rows=rows),
                as_view(con, "pulled_posting", _POSTING, rows=entries),
            ):
                con.execute(read_sql(_FOLDER, "inventory_movement"))
            say(f"{end - low:,} of {high - low:,} movements")
    return high - low


def _pull_events(
    con: duckdb.DuckDBPyConnection, source: BookConnection, low: int, say: Callable[[str], None]
) -> int:
    high = export.last_event(source)
    for start, end in export.ranges(low, high, size=ROWS_AT_ONCE):
        with as_view(con, "pulled_event", _EVENT, rows=export.events(source, start, end)):
            con.execute(read_sql(_FOLDER, "order_event"))
        say(f"{end - low:,} of {high - low:,} events")
    return high - low


def _pull_states(con: duckdb.DuckDBPyConnection, source: BookConnection, events_before: int) -> int:
    touched = export.orders_touched(source, after_event=events_before)
    for batch in export.order_states(source, touched):
        with as_view(con, "pulled_state", STATE_COLUMNS, rows=[state_row(row) for row in batch]):
            con.execute("DELETE FROM core.order_state WHERE order_id IN (SELECT order_id FROM pulled_state)")
            con.execute(read_sql(_FOLDER, "order_state"))
    return len(touched)


def _pull_balances(con: duckdb.DuckDBPyConnection, source: BookConnection) -> int:
    rows = export.places(source)
    with as_view(con, "pulled_place", _PLACE, rows=rows):
        con.execute("DELETE FROM core.stock_balance")
        con.execute("INSERT INTO core.stock_balance SELECT * EXCLUDE (stock_no) FROM pulled_place")
    return len(rows)


def _pull_supply(con: duckdb.DuckDBPyConnection, source: BookConnection) -> int:
    rows = export.incoming_supply(source)
    with as_view(con, "pulled_supply", _SUPPLY, rows=rows):
        con.execute("DELETE FROM core.incoming_supply")
        con.execute(read_sql(_FOLDER, "incoming_supply"))
    return len(rows)


def _pull_ats(
    con: duckdb.DuckDBPyConnection, source: BookConnection, settings: Settings, as_of: datetime
) -> int:
    rows = [
        (
            found.channel_id, found.sku, found.ats.value, json.dumps(dict(found.ats.free_by_location)),
            found.ats.terms.unrouted_units, found.ats.terms.threshold, found.ats.pool, found.ats.terms.share,
            found.ats.terms.max_quantity, found.ats.note,
        )
        for found in of_stock(stock_of(source), settings)
    ]  # fmt: skip
    with as_view(con, "pulled_ats", _ATS, rows=rows):
        con.execute("DELETE FROM core.ats")
        con.execute(read_sql(_FOLDER, "ats"), {"as_of": as_of})
    return len(rows)


def _pull_publications(con: duckdb.DuckDBPyConnection, source: BookConnection) -> int:
    """Those written, pushed, acknowledged or superseded since the last copy."""
    last = publication.last_change(source)
    rows = publication.changed(source, after=_last(con, "ats_publication", "change_no", limit=last))
    with as_view(con, "pulled_publication", _PUBLICATION, rows=rows):
        con.execute(
            "DELETE FROM core.ats_publication "
            "WHERE publication_seq IN (SELECT publication_seq FROM pulled_publication)"
        )
        con.execute(read_sql(_FOLDER, "ats_publication"))
    return len(rows)


def _last(con: duckdb.DuckDBPyConnection, table: str, number: str, *, limit: int) -> int:
    """The last number copied so far. OmsError where the book has not got that far: it is another book."""
    query = " ".join(["SELECT coalesce(max(", number, "), 0) FROM", f"core.{table}"])
    last = con.execute(query).fetchone()[0]
    if last > limit:
        raise OmsError(
            f"the warehouse has {table} up to {number} {last}, the order book only up to {limit}: "
            "it is not the book the warehouse was filled from; restore it, or start the warehouse anew"
        )
    return last
