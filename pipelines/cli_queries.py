"""The few questions of the `oms` command that `warehouse.queries` does not answer.

Over a release's connection, or the warehouse's for the stock ledger; with bound values.
"""

from __future__ import annotations

from collections.abc import Sequence
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

CHANNELS = """
select distinct channel_id
from kpi_daily
order by channel_id
"""

TITLES = """
select sku, title
from product
where sku in (select unnest($skus::varchar[]))
"""

MOVEMENTS = """
select
    m.movement_seq,
    m.occurred_at,
    m.recorded_at,
    m.location_id,
    m.kind,
    m.quantity,
    sum(m.quantity * k.on_hand) over so_far as on_hand,
    sum(m.quantity * k.available) over so_far as available,
    sum(m.quantity * k.committed) over so_far as committed,
    sum(m.quantity * k.reserved) over so_far as reserved,
    sum(m.quantity * k.incoming) over so_far as incoming,
    m.order_id,
    m.line_id,
    m.reference,
    m.reason
from core.inventory_movement as m
join core.movement_kind as k on k.kind = m.kind
where m.sku = $sku
  and ($location_id::varchar is null or m.location_id = $location_id)
window so_far as (partition by m.location_id order by m.movement_seq)
order by m.movement_seq
"""


def similar_skus(con: duckdb.DuckDBPyConnection, sku: str) -> list[str]:
    return _names(con, SIMILAR_SKUS, wanted=sku)


def similar_orders(con: duckdb.DuckDBPyConnection, order: str) -> list[str]:
    return _names(con, SIMILAR_ORDERS, wanted=order)


def supplier_ids(con: duckdb.DuckDBPyConnection) -> list[str]:
    return _names(con, SUPPLIERS)


def channel_ids(con: duckdb.DuckDBPyConnection) -> list[str]:
    return _names(con, CHANNELS)


def product_titles(con: duckdb.DuckDBPyConnection, skus: Sequence[str]) -> dict[str, str]:
    return dict(con.execute(TITLES, {"skus": list(skus)}).fetchall())


def stock_movements(
    con: duckdb.DuckDBPyConnection, *, sku: str, location_id: str | None = None
) -> list[dict[str, object]]:
    """A sku's ledger over the warehouse, oldest first, with what each location held after each movement."""
    found = con.execute(MOVEMENTS, {"sku": sku, "location_id": location_id})
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _names(con: duckdb.DuckDBPyConnection, sql: str, **values: object) -> list[str]:
    return [name for (name,) in con.execute(sql, values or None).fetchall()]
