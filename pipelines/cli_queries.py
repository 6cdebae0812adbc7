"""The few questions of the `oms` command that `warehouse.queries` does not answer.

Over a release's connection; with bound values.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

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

CATEGORIES = """
select distinct category
from product
order by category
"""

TITLES = """
select sku, title
from product
where sku in (select unnest($skus::varchar[]))
"""

LAST_FORECAST_WEEK = """
select max(week_start)
from forecast_weekly
"""


def similar_skus(con: duckdb.DuckDBPyConnection, sku: str) -> list[str]:
    return _names(con, SIMILAR_SKUS, wanted=sku)


def similar_orders(con: duckdb.DuckDBPyConnection, order: str) -> list[str]:
    return _names(con, SIMILAR_ORDERS, wanted=order)


def supplier_ids(con: duckdb.DuckDBPyConnection) -> list[str]:
    return _names(con, SUPPLIERS)


def channel_ids(con: duckdb.DuckDBPyConnection) -> list[str]:
    return _names(con, CHANNELS)


def categories(con: duckdb.DuckDBPyConnection) -> list[str]:
    return _names(con, CATEGORIES)


def product_titles(con: duckdb.DuckDBPyConnection, skus: Sequence[str]) -> dict[str, str]:
    return dict(con.execute(TITLES, {"skus": list(skus)}).fetchall())


def last_forecast_week(con: duckdb.DuckDBPyConnection) -> date | None:
    return con.execute(LAST_FORECAST_WEEK).fetchone()[0]


def _names(con: duckdb.DuckDBPyConnection, sql: str, **values: object) -> list[str]:
    return [name for (name,) in con.execute(sql, values or None).fetchall()]
