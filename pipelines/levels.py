"""What the forecast is cut by and added up by: units by channel and location, from the warehouse.

How it is cut is in `models.splits`, how added up in `models.totals`, how sums did in `models.total_scores`.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb
    import polars as pl

SOLD_DAILY = """
SELECT sku, dimension, member, business_date AS day, units::DOUBLE AS units
FROM marts.demand_part
WHERE units > 0 AND business_date > $after::DATE AND business_date <= $until::DATE
ORDER BY ALL
"""
SOLD_WEEKLY = """
SELECT dimension, member, date_trunc('week', business_date)::DATE AS week_start, sum(units)::DOUBLE AS units
FROM marts.demand_part AS part
WHERE units > 0 AND NOT EXISTS (
    SELECT 1 FROM marts.product
    WHERE product.sku = part.sku AND date_trunc('week', part.business_date)::DATE + 7 > discontinued_on
)
GROUP BY ALL
ORDER BY ALL
"""
HISTORY = "SELECT sku, week_start, units, lost_units FROM marts.demand_history ORDER BY sku, week_start"
BACKTEST = (
    "SELECT sku, cutoff_date, week_start, mean FROM marts.backtest_forecast "
    "ORDER BY sku, cutoff_date, week_start"
)


def parts(con: duckdb.DuckDBPyConnection, *, until: date) -> pl.DataFrame:
    """Units of the year up to a day by sku, channel and location, as `splits.split` takes them."""
    return parts_at(con, [until])[until]


def parts_at(con: duckdb.DuckDBPyConnection, days: list[date]) -> dict[date, pl.DataFrame]:
    """The same of several days, each seeing nothing after it."""
    from models import splits

    if not days:
        return {}
    found = sold(con, after=min(days) - splits.YEAR, until=max(days))
    return {day: splits.lately(found, today=day) for day in days}


def sold(con: duckdb.DuckDBPyConnection, *, after: date, until: date) -> pl.DataFrame:
    """sku, dimension, member, day, units: by channel and by location, of `until` and the days before it."""
    return con.execute(SOLD_DAILY, {"after": after, "until": until}).pl()


def forecast(
    forecast_weekly: pl.DataFrame,
    split: pl.DataFrame,
    product: pl.DataFrame,
    *,
    weeks: pl.DataFrame,
    said: pl.DataFrame,
) -> dict[str, pl.DataFrame]:
    """The marts level_history, forecast_level and level_accuracy; `weeks` of `history`, `said` of `past`."""
    from models import total_scores, totals

    return {
        "level_history": weeks,
        "forecast_level": totals.forecast(forecast_weekly, split, product, said, weeks),
        "level_accuracy": total_scores.accuracy(said, weeks),
    }


def history(con: duckdb.DuckDBPyConnection, product: pl.DataFrame) -> pl.DataFrame:
    """The columns of marts.level_history; a channel's units as demand counts them, less what was canceled,
    unshipped, the same day. Weeks not wholly before a product's end are none of it.
    """
    from models import totals

    sold = con.execute(SOLD_WEEKLY).pl()
    return totals.history(con.execute(HISTORY).pl(), sold, product)


def past(
    con: duckdb.DuckDBPyConnection, backtest: pl.DataFrame, product: pl.DataFrame, weeks: pl.DataFrame
) -> pl.DataFrame:
    """What sums were said to be at the cutoffs of `backtest` (sku, cutoff_date, week_start, mean), and what
    came; a channel's and a location's by the proportions of the year before the cutoff.
    """
    from models import totals

    cutoffs = backtest["cutoff_date"].unique().sort().to_list()
    return totals.past(backtest, parts_at(con, cutoffs), product, weeks)
