"""Master data: products, their categories, and suppliers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from warehouse.queries.asking import EVERYTHING, ask, tuples

if TYPE_CHECKING:
    import duckdb
    import polars as pl


def skus(con: duckdb.DuckDBPyConnection, *, text: str | None = None, limit: int = EVERYTHING) -> pl.DataFrame:
    """sku, title, abc_class of products whose sku or title contains `text`."""
    return ask(con, "skus", text=text or None, limit=limit)


def product(con: duckdb.DuckDBPyConnection, sku: str) -> pl.DataFrame:
    """One row of master data, or none where the sku is unknown."""
    return ask(con, "product", sku=sku)


def suppliers(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    return ask(con, "suppliers")


def product_titles(con: duckdb.DuckDBPyConnection, skus: Sequence[str]) -> dict[str, str]:
    """The titles of those skus that are products."""
    return dict(tuples(con, "product_titles", skus=list(skus)))


def similar_skus(con: duckdb.DuckDBPyConnection, wanted: str) -> list[str]:
    """The 20 skus spelled most like it, the nearest first."""
    return [sku for (sku,) in tuples(con, "similar_skus", wanted=wanted)]


def categories(con: duckdb.DuckDBPyConnection) -> list[str]:
    """The categories products have, by name."""
    return [category for (category,) in tuples(con, "categories")]


def supplier_ids(con: duckdb.DuckDBPyConnection) -> list[str]:
    return [supplier_id for (supplier_id,) in tuples(con, "supplier_ids")]
