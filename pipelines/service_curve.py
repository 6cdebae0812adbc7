"""The curve of service against stock: order rules replayed over past weeks, kept for a week.

The replay is models/policy_curve.py; here its tables are read and what it found is kept.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pipelines import alert_scoring, state, stock_pools, terms
from pipelines.run import Run
from warehouse import marts
from warehouse.connection import reader
from warehouse.settings import Settings

if TYPE_CHECKING:
    import duckdb
    import polars as pl

STAGE = "policy_curve"
RECEIPTS = """
SELECT po.supplier_id, po.location_id, po.ordered_at, r.received_at
FROM core.receipt AS r
JOIN core.purchase_order_line AS po USING (purchase_order_line_id)
ORDER BY r.receipt_id
"""
STOCK_THEN = """
SELECT movement.sku, movement.location_id, sum(movement.quantity * kind.available)::DOUBLE AS available
FROM core.inventory_movement AS movement
JOIN core.movement_kind AS kind ON kind.kind = movement.kind
WHERE kind.available <> 0 AND movement.occurred_at < $as_of
GROUP BY ALL
ORDER BY ALL
"""


def inputs_if_due(con: duckdb.DuckDBPyConnection, run: Run) -> dict[str, object] | None:
    """What a new curve is measured on; None where one as young as a forecast may be is there."""
    made = state.recorded(con, STAGE)
    if made is not None and _is_young(run, _mark(run), *made):
        return None
    return _inputs(con, run.settings, run.as_of)


def of(run: Run, tables: dict[str, object]) -> pl.DataFrame:
    """marts.policy_curve."""
    run.say("  replaying order rules over past weeks …")
    return _measured(run.settings, tables, as_of=run.as_of)


def keep(con: duckdb.DuckDBPyConnection, run: Run, found: pl.DataFrame) -> None:
    marts.replace(con, STAGE, found)
    state.record(con, STAGE, _mark(run), as_of=run.as_of, run_id=run.run_id)


def _mark(run: Run) -> str:
    return state.fingerprint(
        run.code_version,
        run.settings.replenishment,
        run.settings.purchase_terms,
        stock_pools.pools_and_channels(run.settings),
    )


def measure(
    settings: Settings, *, as_of: datetime, weeks: int, until: datetime | None = None
) -> pl.DataFrame:
    """Over so many weeks before `until` (up to `as_of`, which it is unless said), with what was known and lay
    there then; nothing is written.
    """
    end = as_of if until is None else until
    with reader(settings) as con:
        tables = _inputs(con, settings, end)
        if end < as_of:
            tables["inventory"] = con.execute(STOCK_THEN, {"as_of": end}).pl()
            tables["receipts"] = tables["receipts"].filter(tables["receipts"]["received_at"] < end)
    return _measured(settings, tables, as_of=end, weeks=weeks)


def _measured(settings: Settings, tables: dict[str, object], **given: object) -> pl.DataFrame:
    from models import policy_curve

    wanted = settings.replenishment
    return policy_curve.measure(
        **tables,
        **given,
        zone=settings.shop.zone,
        service_levels={
            "A": wanted.service_level_a, "B": wanted.service_level_b, "C": wanted.service_level_c
        },
        policy=wanted.policy,
        holding_rate=wanted.holding_rate,
        review_days=wanted.review_days,
        terms=terms.agreed(settings),
        seed=settings.forecast.seed,
    )  # fmt: skip


def _is_young(run: Run, mark: str, before: str, made_as_of: datetime) -> bool:
    age = run.as_of - made_as_of
    return mark == before and timedelta(0) <= age < timedelta(days=run.settings.forecast.refresh_days)


def _inputs(con: duckdb.DuckDBPyConnection, settings: Settings, as_of: datetime) -> dict[str, object]:
    product = con.execute("SELECT * FROM marts.product ORDER BY sku").pl()
    return {
        "demand_daily": con.execute("SELECT * FROM marts.demand_daily ORDER BY sku, business_date").pl(),
        "availability_day": con.execute(alert_scoring.EXPOSURE).pl(),
        "pool_demand": stock_pools.demand(con, settings, product=product, until=as_of.date()),
        "product": product,
        "inventory": con.execute("SELECT * FROM marts.inventory ORDER BY sku, location_id").pl(),
        "receipts": con.execute(RECEIPTS).pl(),
        "suppliers": con.execute("SELECT * FROM core.supplier ORDER BY supplier_id").pl(),
    }
