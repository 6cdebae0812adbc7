"""The alerts' track record: past mornings walked again, written beside the marts, used by the next alerts.

The walk is models/track_record.py; here its tables are read and what it found is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from oms_ops.alerting.episodes import RAISE_AT, RESOLVE_BELOW
from pipelines import state, stock_pools, terms
from warehouse import marts
from warehouse.connection import reader, writer
from warehouse.settings import Settings
from warehouse.transaction import transaction

if TYPE_CHECKING:
    import duckdb

    from models.alert_scores import Score
    from models.recalibration import Recalibration
    from models.track_record import Record

WEEKS = 26
STOCKS = ("played", "recorded")
RECALIBRATION = "meta.alert_recalibration"
POINT = "(stock VARCHAR, said DOUBLE, came_true DOUBLE, cases BIGINT, scored_as_of TIMESTAMPTZ)"
LEVELS = """
WITH changes AS (
    SELECT movement.sku, movement.location_id, movement.occurred_at,
           sum(movement.quantity * kind.available) AS change
    FROM core.inventory_movement AS movement
    JOIN core.movement_kind AS kind ON kind.kind = movement.kind
    WHERE kind.available <> 0 AND movement.occurred_at < $as_of
    GROUP BY ALL
)
SELECT sku, location_id, occurred_at AS "at",
       sum(change) OVER (PARTITION BY sku, location_id ORDER BY occurred_at)::DOUBLE AS available
FROM changes
"""
MOVING = """
WITH changes AS (
    SELECT sku, location_id, occurred_at,
           sum(CASE WHEN kind = 'transfer_ordered' THEN quantity ELSE -quantity END) AS change
    FROM core.inventory_movement
    WHERE kind IN ('transfer_ordered', 'transfer_in', 'transfer_lost') AND occurred_at < $as_of
    GROUP BY ALL
)
SELECT sku, location_id, occurred_at AS "at",
       sum(change) OVER (PARTITION BY sku, location_id ORDER BY occurred_at)::DOUBLE AS on_way
FROM changes
"""
RECEIVED = """
SELECT purchase_order_line_id, quantity, received_at
FROM core.receipt
WHERE purchase_order_line_id IS NOT NULL AND received_at < $as_of
"""
EXPOSURE = """
SELECT sku, business_date, max(exposure) AS exposure
FROM marts.availability_day
GROUP BY sku, business_date
HAVING count(*) = (SELECT count(*) FROM core.channel WHERE share > 0)
ORDER BY sku, business_date
"""


def measure(
    settings: Settings,
    *,
    as_of: datetime,
    weeks: int,
    stocks: tuple[str, ...],
    progress: Callable[[str], None] | None = None,
) -> list[Record]:
    """Walk the past of a home's warehouse as of an instant; nothing is written."""
    from models import track_record

    with reader(settings) as con:
        tables = _inputs(con, settings, as_of)
    return track_record.measure(
        **tables,
        as_of=as_of,
        zone=settings.shop.zone,
        weeks=weeks,
        raise_at=RAISE_AT,
        resolve_below=RESOLVE_BELOW,
        seed=settings.forecast.seed,
        terms=terms.agreed(settings),
        stocks=stocks,
        progress=progress,
    )


def keep(settings: Settings, records: list[Record], *, as_of: datetime) -> None:
    """In place of the record kept before; the next run alerts by it and publishes it."""
    import polars as pl

    scores = pl.DataFrame(score_rows(records, as_of=as_of), infer_schema_length=None)
    calibration = pl.DataFrame(calibration_rows(records, as_of=as_of), infer_schema_length=None)
    points = _points(records, as_of=as_of)
    with writer(settings) as con, transaction(con):
        marts.replace(con, "alert_score", scores)
        marts.replace(con, "alert_calibration", calibration)
        con.execute(" ".join(["CREATE OR REPLACE TABLE", RECALIBRATION, POINT]))
        if points:
            con.executemany(" ".join(["INSERT INTO", RECALIBRATION, "VALUES (?, ?, ?, ?, ?)"]), points)


def known(con: duckdb.DuckDBPyConnection, settings: Settings, *, as_of: datetime) -> Recalibration:
    """What the settings want learnt, where it was found by `as_of`; else what is said is believed."""
    from models.recalibration import Recalibration

    if not state.is_there(con, RECALIBRATION):
        return Recalibration()
    rows = con.execute(
        f"SELECT said, came_true, cases FROM {RECALIBRATION} "  # noqa: S608
        "WHERE stock = ? AND scored_as_of <= ? ORDER BY said",
        [settings.alerts.learn_from, as_of],
    ).fetchall()
    if not rows:
        return Recalibration()
    said, came_true, cases = zip(*rows, strict=True)
    return Recalibration(said=said, true=came_true, cases=cases[0])


def mark(con: duckdb.DuckDBPyConnection) -> str:
    """Changes when another track record is kept."""
    return str(con.execute("SELECT count(*), sum(hash(t)) FROM marts.alert_score AS t").fetchone())


def score_rows(records: list[Record], *, as_of: datetime) -> list[dict]:
    """Rows of marts.alert_score: of all stock pools together, of each. An unreachable threshold is NULL."""
    rows = []
    for record in records:
        about = {
            "stock": record.stock, "first_morning": record.first_morning, "last_morning": record.last_morning,
            "mornings": record.mornings, "sayings": record.sayings, "scored_as_of": as_of,
        }  # fmt: skip
        rows += [about | {"stock_pool": ""} | score_row(score) for score in record.scores]
        for part in record.pools:
            of_pool = about | {"stock_pool": part.stock_pool, "sayings": part.sayings}
            rows += [of_pool | score_row(score) for score in part.scores]
    return rows


def score_row(score: Score) -> dict:
    from math import isfinite

    found = score.row()
    return found | {"raise_at": found["raise_at"] if isfinite(found["raise_at"]) else None}


def calibration_rows(records: list[Record], *, as_of: datetime) -> list[dict]:
    return [
        {"stock": record.stock, "scored_as_of": as_of} | row
        for record in records
        for row in record.calibration.to_dicts()
    ]


def _points(records: list[Record], *, as_of: datetime) -> list[tuple]:
    return [
        (record.stock, said, came_true, record.recalibration.cases, as_of)
        for record in records
        for said, came_true in zip(record.recalibration.said, record.recalibration.true, strict=True)
    ]


def _inputs(con: duckdb.DuckDBPyConnection, settings: Settings, as_of: datetime) -> dict[str, object]:
    from models.known import Past

    when = {"as_of": as_of}
    past = Past.of(
        levels=con.execute(LEVELS, when).pl(),
        ordered=con.execute("SELECT * FROM core.purchase_order_line WHERE ordered_at < $as_of", when).pl(),
        received=con.execute(RECEIVED, when).pl(),
        moving=con.execute(MOVING, when).pl(),
        transfer_days=settings.replenishment.transfer_days,
    )
    product = con.execute("SELECT * FROM marts.product ORDER BY sku").pl()
    return {
        "demand_daily": con.execute("SELECT * FROM marts.demand_daily ORDER BY sku, business_date").pl(),
        "availability_day": con.execute(EXPOSURE).pl(),
        "past": past,
        "pool_demand": stock_pools.demand(con, settings, product=product, until=as_of.date()),
        "product": product,
        "suppliers": con.execute("SELECT * FROM core.supplier ORDER BY supplier_id").pl(),
    }
