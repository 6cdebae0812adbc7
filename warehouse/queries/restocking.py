"""What to buy, move or clear, and the record it rests on: suppliers' lead times, order rules replayed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warehouse.queries.asking import EVERYTHING, ask

if TYPE_CHECKING:
    import duckdb
    import polars as pl


def proposals(
    con: duckdb.DuckDBPyConnection,
    *,
    supplier_id: str | None = None,
    sku: str | None = None,
    limit: int = EVERYTHING,
) -> pl.DataFrame:
    """Purchase proposals with every term, most urgent first."""
    return ask(con, "proposals", supplier_id=supplier_id, sku=sku, limit=limit)


def purchase_steps(con: duckdb.DuckDBPyConnection, *, supplier_id: str | None = None) -> pl.DataFrame:
    """Quantities that could be bought now with their cost and expected gain, for a basket under a budget."""
    return ask(con, "purchase_steps", supplier_id=supplier_id)


def stock_positions(con: duckdb.DuckDBPyConnection, *, sku: str | None = None) -> pl.DataFrame:
    """Every sku at every location it is planned for: demand, stock, what is on its way, what to buy."""
    return ask(con, "stock_positions", sku=sku)


def supplier_record(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Every supplier's lead times, lateness and overdue lines."""
    return ask(con, "supplier_record")


def transfer_proposals(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Units to move between locations before buying, most margin first."""
    return ask(con, "transfer_proposals")


def excess_stock(con: duckdb.DuckDBPyConnection, *, kind: str | None = None) -> pl.DataFrame:
    """Stock not needed for half a year, or ever, dearest first, with what to do."""
    return ask(con, "excess_stock", kind=kind)


def policy_curve(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Order rules replayed over past weeks: service against stock, and where the shop stands, all stock pools
    together and each where there are several.
    """
    return ask(con, "policy_curve")


def withheld_purchases(con: duckdb.DuckDBPyConnection, *, supplier_id: str | None = None) -> pl.DataFrame:
    """What is wanted now, of suppliers that take no orders within a year."""
    return ask(con, "withheld_purchases", supplier_id=supplier_id)
