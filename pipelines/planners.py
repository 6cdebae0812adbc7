"""The planners' part of the forecast stage: their overrides laid over it, kept as laid, and scored; and what
the forecast before this one said.

How an override moves a number and what it was worth is in models; here are the tables they come from.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pipelines import state
from pipelines.run import Run
from warehouse import marts

if TYPE_CHECKING:
    import duckdb
    import polars as pl

KEPT = "meta.override_step"
BEFORE = {
    "champions_before": ("marts.champion", "meta.champion_before"),
    "forecast_before": ("marts.forecast_weekly", "meta.forecast_before"),
}
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
    """Marts by name with the overrides in them, and every step overrides made, today or before."""

    tables: dict[str, pl.DataFrame]
    kept: pl.DataFrame


def lay(
    con: duckdb.DuckDBPyConnection, run: Run, overrides: list[dict], *, base: dict[str, pl.DataFrame]
) -> Laid:
    """`base` holds the forecast's tables before any override: weekly, daily, metric, driver, change."""
    from models import accuracy, changes, drivers, value_added
    from models.overrides import apply_overrides, override_steps

    today = run.as_of.astimezone(ZoneInfo(run.settings.shop.zone)).date()
    before, weights = _kept(con), {}
    if run.settings.forecast.weigh_overrides:
        weights = value_added.learned_weights(_scored(con, before, today), overrides)
    how = {"overrides": overrides, "categories": _categories(con), "weights": weights}
    steps = override_steps(base["weekly"], **how)
    kept = value_added.keep_steps(
        before, steps, overrides=overrides, forecast_weekly=base["weekly"], today=today
    )
    weekly, daily = apply_overrides(base["weekly"], base["daily"], **how)
    scored = _scored(con, kept, today)
    tables = {
        "forecast_weekly": weekly,
        "forecast_daily": daily,
        "forecast_metric": accuracy.with_overrides(base["metric"], scored),
        "forecast_driver": drivers.with_override(base["driver"], weekly),
        "forecast_change": changes.with_overrides(base["change"], weekly),
        "override_value": scored,
    }
    return Laid(tables, kept)


def write(con: duckdb.DuckDBPyConnection, laid: Laid) -> None:
    for name, frame in laid.tables.items():
        marts.replace(con, name, frame)
    state.keep(con, KEPT, laid.kept)


def before(con: duckdb.DuckDBPyConnection, run: Run) -> dict[str, pl.DataFrame | None]:
    """What the last forecast of an earlier instant left: its champions and its weeks, overrides included.

    A forecast made again as of the same instant is compared with the same one as the first time.
    """
    made = state.recorded(con, "forecast_base")
    if made is None:
        return dict.fromkeys(BEFORE)
    if made[1] < run.as_of:
        return {name: con.table(mart).pl() for name, (mart, _) in BEFORE.items()}
    return {name: con.table(kept).pl() if _exists(con, kept) else None for name, (_, kept) in BEFORE.items()}


def keep_before(con: duckdb.DuckDBPyConnection, found: dict[str, pl.DataFrame | None]) -> None:
    for name, frame in found.items():
        if frame is not None:
            state.keep(con, BEFORE[name][1], frame)


def _scored(con: duckdb.DuckDBPyConnection, kept: pl.DataFrame, today: date) -> pl.DataFrame:
    from models.value_added import scored_steps

    return scored_steps(
        kept,
        con.execute(DEMAND).pl(),
        prices=con.execute("SELECT sku, mean_price FROM marts.product").pl(),
        today=today,
    )


def _categories(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    return dict(con.execute("SELECT sku, category FROM marts.product").fetchall())


def has_kept(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether any override was ever laid, so that there is something to score."""
    return _exists(con, KEPT) and con.table(KEPT).limit(1).fetchone() is not None


def _exists(con: duckdb.DuckDBPyConnection, table: str) -> bool:
    asked = "SELECT 1 FROM duckdb_tables() WHERE schema_name || '.' || table_name = ?"
    return con.execute(asked, [table]).fetchone() is not None


def _kept(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    import polars as pl

    from models.value_added import KEPT as COLUMNS

    if not _exists(con, KEPT):
        return pl.DataFrame(schema=COLUMNS)
    return con.table(KEPT).pl().cast(COLUMNS).select(*COLUMNS)
