"""Canonical facts out of the warehouse, in the order the book applies them, a chunk at a time.

The stream above the mark is sorted once into temporary tables (on disk where memory ends), so that each chunk
is one short scan per table, however long the stream. What a fact does is in rules/.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from operator import itemgetter
from pathlib import Path

import duckdb

from oms_ops import facts as f
from oms_ops.errors import OmsError
from warehouse.sql_files import read_sql

_FOLDER = Path(__file__).resolve().parent / "sql" / "feed"
_FLAT: dict[str, Callable] = {
    "purchase_order": f.PurchaseOrderFact._make,
    "receipt": f.ReceiptFact._make,
    "stock_count": f.StockCountFact._make,
    "stock_adjustment": f.StockAdjustmentFact._make,
    "cancellation": f.CancellationFact._make,
    "shipment": f.ShipmentFact._make,
    "delivery": f.DeliveryFact._make,
}
_WITH_LINES: dict[str, tuple[Callable, Callable]] = {
    "order": (f.OrderFact._make, f.OrderLineFact._make),
    "refund": (f.RefundFact._make, f.RefundLineFact._make),
}


def facts(con: duckdb.DuckDBPyConnection, _settings, *, after: int, limit: int) -> Iterator[list[f.Fact]]:
    """Facts above `after`, `limit` at a time. A read-only connection will do."""
    kinds = _prepare(con, after)
    try:
        low = after
        for high in _ends(con, after, limit):
            yield _chunk(con, kinds, low, high)
            low = high
    finally:
        for name in _names(kinds):
            con.execute(" ".join(["DROP TABLE IF EXISTS", f"feed_{name}"]))


def _prepare(con: duckdb.DuckDBPyConnection, after: int) -> set[str]:
    """Sorted temporary tables of the kinds that occur. OmsError where a fact of the stream has no row."""
    found = con.execute(
        "SELECT fact_kind, count(*) FROM core.intake_fact WHERE apply_seq > $after GROUP BY fact_kind",
        {"after": after},
    ).fetchall()
    counts = dict(found)
    unknown = counts.keys() - _FLAT.keys() - _WITH_LINES.keys()
    if unknown:
        raise OmsError(f"core.intake_fact has facts of unknown kind {sorted(unknown)}")
    for name in _names(set(counts)):
        statement = " ".join(["CREATE OR REPLACE TEMP TABLE", f"feed_{name}", "AS", read_sql(_FOLDER, name)])
        con.execute(statement, {"after": after})
    for kind, expected in counts.items():
        rows = con.execute(" ".join(["SELECT count(*) FROM", f"feed_{kind}"])).fetchone()[0]
        if rows != expected:
            raise OmsError(f"core.intake_fact names {expected} facts of kind {kind}, the tables have {rows}")
    return set(counts)


def _names(kinds: set[str]) -> list[str]:
    return [
        name for kind in sorted(kinds) for name in ([kind, f"{kind}_line"] if kind in _WITH_LINES else [kind])
    ]


def _ends(con: duckdb.DuckDBPyConnection, after: int, limit: int) -> list[int]:
    """The last `apply_seq` of each chunk."""
    rows = con.execute(
        """
        WITH numbered AS (
            SELECT apply_seq, (row_number() OVER (ORDER BY apply_seq) - 1) // $limit AS chunk_no
            FROM core.intake_fact
            WHERE apply_seq > $after
        )
        SELECT max(apply_seq) FROM numbered GROUP BY chunk_no ORDER BY chunk_no
        """,
        {"after": after, "limit": limit},
    ).fetchall()
    return [row[0] for row in rows]


def _chunk(con: duckdb.DuckDBPyConnection, kinds: set[str], low: int, high: int) -> list[f.Fact]:
    found: list[f.Fact] = []
    for kind in kinds & _FLAT.keys():
        found += map(_FLAT[kind], _rows(con, kind, low, high, columns="*"))
    for kind in kinds & _WITH_LINES.keys():
        make, make_line = _WITH_LINES[kind]
        lines = map(make_line, _rows(con, f"{kind}_line", low, high, columns="* EXCLUDE (apply_seq)"))
        for row in _rows(con, kind, low, high, columns="*"):
            found.append(make((*row[:-1], list(islice(lines, row[-1])))))
    found.sort(key=itemgetter(0))
    return found


def _rows(con: duckdb.DuckDBPyConnection, name: str, low: int, high: int, *, columns: str) -> list[tuple]:
    """Rows of a range, in the order they were sorted into the table."""
    query = ["SELECT", columns, "FROM", f"feed_{name}", "WHERE apply_seq > $low AND apply_seq <= $high"]
    return con.execute(" ".join([*query, "ORDER BY rowid"]), {"low": low, "high": high}).fetchall()
