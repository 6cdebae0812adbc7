"""Runs the supply simulation for every sku and writes its tables.

`supply_seconds` has a row per batch and location, `backordered_seconds` one per order and sku whose
units came late. The rules are in `supply.py`, the documents in `sql/`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import duckdb
import numpy as np
import pyarrow as pa

from sample.supply import DAY, NEVER, Batch, Sku, Supplier, batches, ready_at, split, suppliers

EVENTS = """
    SELECT code, epoch(happened_at)::BIGINT AS at, change, invoice FROM stock_event
    ORDER BY code, happened_at, rank, invoice
"""
SUPPLY = {
    "code": pa.string(),
    "supplier": pa.int64(),
    "batch_no": pa.int64(),
    "location": pa.string(),
    "quantity": pa.int64(),
    "first_quantity": pa.int64(),
    "ordered_at": pa.int64(),
    "expected_at": pa.int64(),
    "arrives_at": pa.int64(),
    "rest_at": pa.int64(),
    "is_opening": pa.bool_(),
}
BACKORDERED = {"invoice": pa.string(), "code": pa.string(), "ready_at": pa.int64()}


def plan(con: duckdb.DuckDBPyConnection, *, seed: int, opening: datetime, clock: datetime) -> None:
    """Writes tables supplier, supply_seconds and backordered_seconds from stock_event and product."""
    start, end = int(opening.timestamp()), int(clock.timestamp())
    known = suppliers(seed)
    open_days = con.execute(
        "SELECT DISTINCT epoch(placed_at)::BIGINT // ? AS day FROM sale ORDER BY day", [DAY]
    ).fetchnumpy()["day"]
    supply: list[tuple] = []
    backordered: list[tuple] = []
    for sku, invoices in _skus(con, known):
        plan_of = batches(sku, seed=seed, opening=start, clock=end, open_days=open_days)
        rng = np.random.default_rng([seed, len(sku.code), *sku.code.encode()])
        supply += [row for no, batch in enumerate(plan_of, 1) for row in _rows(sku, batch, no=no, rng=rng)]
        backordered += _late(sku, invoices, plan_of)
    _write(
        con,
        "supplier",
        [(s.number, s.lead_days) for s in known],
        {"supplier": pa.int64(), "lead_days": pa.int64()},
    )
    _write(con, "supply_seconds", supply, SUPPLY)
    _write(con, "backordered_seconds", backordered, BACKORDERED)


def _skus(con: duckdb.DuckDBPyConnection, known: list[Supplier]) -> Iterator[tuple[Sku, np.ndarray]]:
    products = {
        code: (int(pack), int(pack * packs), europe, known[supplier - 1])
        for code, pack, packs, europe, supplier in con.execute(
            "SELECT code, pack_size, moq_packs, is_sold_in_europe, supplier FROM product"
        ).fetchall()
    }
    events = con.execute(EVENTS).fetchnumpy()
    codes = events["code"]
    starts = np.flatnonzero(np.concatenate([[True], codes[1:] != codes[:-1]])) if len(codes) else []
    for first, end in zip(starts, [*starts[1:], len(codes)], strict=True):
        code = str(codes[first])
        span = slice(first, end)
        yield (
            Sku(code, *products[code], events["at"][span], events["change"][span]),
            events["invoice"][span],
        )


def _rows(sku: Sku, batch: Batch, *, no: int, rng: np.random.Generator) -> Iterator[tuple]:
    expected_at = batch.ordered_at + sku.supplier.lead_days * DAY
    for place, units in split(batch.quantity, sku, rng=rng).items():
        first = units if batch.rest_at is None else units * 7 // 10
        yield (
            sku.code, sku.supplier.number, no, place, units, first, batch.ordered_at, expected_at,
            batch.arrives_at, batch.rest_at, batch.is_opening,
        )  # fmt: skip


def _late(sku: Sku, invoices: np.ndarray, plan_of: list[Batch]) -> list[tuple]:
    supplied = []
    for batch in plan_of:
        first = batch.quantity if batch.rest_at is None else batch.quantity * 7 // 10
        supplied += [(batch.arrives_at, first), (batch.rest_at or batch.arrives_at, batch.quantity - first)]
    ready = ready_at(sku.at, sku.change, supplied)
    return [
        (str(invoices[place]), sku.code, None if ready[place] == NEVER else int(ready[place]))
        for place in np.flatnonzero(ready != sku.at)
    ]


def _write(
    con: duckdb.DuckDBPyConnection, name: str, rows: list[tuple], kinds: dict[str, pa.DataType]
) -> None:
    columns = zip(*rows, strict=True) if rows else [[]] * len(kinds)
    arrays = [pa.array(list(column), type=kind) for column, kind in zip(columns, kinds.values(), strict=True)]
    con.register("rows_found", pa.table(arrays, names=list(kinds)))
    con.table("rows_found").create(name)
    con.unregister("rows_found")
