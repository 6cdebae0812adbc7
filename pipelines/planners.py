"""The planners' part of the forecast stage: their overrides laid over it, kept as laid, and scored.

How an override moves a number and what it was worth is in models; here are the tables they come from.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pipelines.run import Run
from warehouse import marts

if TYPE_CHECKING:
    import duckdb
    import polars as pl

KEPT = "meta.override_step"
DEMAND = """
SELECT sku, business_date, units::DOUBLE AS units, exposure::DOUBLE AS exposure
FROM marts.demand_daily
UNION ALL
SELECT sku, business_date, 0, max(exposure)
FROM marts.availability_day AS day
WHERE NOT EXISTS (
    SELECT 1 FROM marts.demand_daily AS demand
    WHERE demand.sku = day.sku AND demand.business_date = day.business_date
)
GROUP BY ALL HAVING count(*) = (SELECT count(*) FROM core.channel WHERE share > 0)
"""


@dataclass(frozen=True)
class Laid:
    """The forecast with the overrides in it; every step they made and made before, scored where known."""

    weekly: pl.DataFrame
    daily: pl.DataFrame
    kept: pl.DataFrame
    scored: pl.DataFrame


def lay(
    con: duckdb.DuckDBPyConnection,
    run: Run,
    overrides: list[dict],
    *,
    weekly: pl.DataFrame,
    daily: pl.DataFrame,
) -> Laid:
    from models.overrides import apply_overrides, override_steps
    from models.value_added import keep_steps, learned_weights, scored_steps

    today = run.as_of.astimezone(ZoneInfo(run.settings.shop.zone)).date()
    before = _kept(con)
    weights = {}
    if run.settings.forecast.weigh_overrides:
        weights = learned_weights(_scored(con, before, today, scored_steps), overrides)
    how = {"overrides": overrides, "categories": _categories(con), "weights": weights}
    steps = override_steps(weekly, **how)
    kept = keep_steps(before, steps, overrides=overrides, forecast_weekly=weekly, today=today)
    weekly, daily = apply_overrides(weekly, daily, **how)
    return Laid(weekly, daily, kept, _scored(con, kept, today, scored_steps))


def write(con: duckdb.DuckDBPyConnection, laid: Laid) -> None:
    marts.replace(con, "forecast_weekly", laid.weekly)
    marts.replace(con, "forecast_daily", laid.daily)
    marts.replace(con, "override_value", laid.scored)
    con.execute(" ".join(["DROP TABLE IF EXISTS", KEPT]))
    con.from_arrow(laid.kept.to_arrow()).create(KEPT)


def _scored(con: duckdb.DuckDBPyConnection, kept: pl.DataFrame, today: date, score) -> pl.DataFrame:
    return score(
        kept,
        con.execute(DEMAND).pl(),
        prices=con.execute("SELECT sku, mean_price FROM marts.product").pl(),
        today=today,
    )


def _categories(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    return dict(con.execute("SELECT sku, category FROM marts.product").fetchall())


def has_kept(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether any override was ever laid, so that there is something to score."""
    return _exists(con) and con.table(KEPT).limit(1).fetchone() is not None


def _exists(con: duckdb.DuckDBPyConnection) -> bool:
    asked = "SELECT 1 FROM duckdb_tables() WHERE schema_name || '.' || table_name = ?"
    return con.execute(asked, [KEPT]).fetchone() is not None


def _kept(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    import polars as pl

    from models.value_added import KEPT as COLUMNS

    if not _exists(con):
        return pl.DataFrame(schema=COLUMNS)
    return con.table(KEPT).pl().cast(COLUMNS).select(*COLUMNS)
