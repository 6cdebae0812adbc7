"""Master data: products, their categories, and suppliers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warehouse.queries.asking import EVERYTHING, ask

if TYPE_CHECKING:
    import duckdb
    import polars as pl


def skus(con: duckdb.DuckDBPyConnection, *, text: str | None = None, limit: int = EVERYTHING) -> pl.DataFrame:
    """sku, title, abc_class of products whose sku or title contains `text`."""
    return ask(con, "skus", text=text or None, limit=limit)


def product(con: duckdb.DuckDBPyConnection, sku: str) -> pl.DataFrame:
    """One row of master data, or none where the sku is unknown."""
    return ask(con, "product", sku=sku)


def categories(con: duckdb.DuckDBPyConnection) -> list[str]:
    """The categories products have, by name."""
    return ask(con, "categories")["category"].to_list()


def suppliers(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    return ask(con, "suppliers")
