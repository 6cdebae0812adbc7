"""The few questions of the `oms` command that `warehouse.queries` does not answer: what may have been meant, and counts.

All over a release's connection; values are bound, table names come from the release itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

SIMILAR_SKUS = """
select sku
from product
order by jaro_winkler_similarity(sku, $wanted) desc, sku
limit 20
"""

SIMILAR_ORDERS = """
with name as (
    select order_id as name from order_fact
    union all
    select order_number from order_fact
    union all
    select external_id from order_fact
)
select name
from name
order by jaro_winkler_similarity(upper(name), upper($wanted)) desc, name
limit 20
"""

SUPPLIERS = """
select distinct supplier_id
from product
where supplier_id is not null
order by supplier_id
"""


def similar_skus(con: duckdb.DuckDBPyConnection, sku: str) -> list[str]:
    return _names(con, SIMILAR_SKUS, wanted=sku)


def similar_orders(con: duckdb.DuckDBPyConnection, order: str) -> list[str]:
    return _names(con, SIMILAR_ORDERS, wanted=order)


def supplier_ids(con: duckdb.DuckDBPyConnection) -> list[str]:
    return _names(con, SUPPLIERS)


def row_counts(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Rows of every table of the release, by name."""
    from warehouse.contracts import quoted, tables

    present = {
        name for (name,) in con.execute("select view_name from duckdb_views() where not internal").fetchall()
    }
    return {
        name: con.execute(f"select count(*) from {quoted(name)}").fetchone()[0]  # noqa: S608
        for name in tables("marts")
        if name in present
    }


def _names(con: duckdb.DuckDBPyConnection, sql: str, **values: object) -> list[str]:
    return [name for (name,) in con.execute(sql, values or None).fetchall()]
