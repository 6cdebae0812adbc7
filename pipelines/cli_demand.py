"""`oms demand SKU`: what was asked for, day by day or week by week, of the sku, its channels or locations."""

from __future__ import annotations

import argparse
from datetime import date, timedelta
from typing import TYPE_CHECKING

from pipelines.cli_imports import admit_pandas
from pipelines.cli_output import Column, print_json, print_table
from pipelines.cli_release import current_release, shop_day
from pipelines.cli_stock import known_product
from warehouse.settings import Settings

if TYPE_CHECKING:
    import duckdb
    import polars as pl

SHOWN = {"week": 13, "day": 28}
MEMBER = {"channel": Column("channel_id", "Channel"), "location": Column("location_id", "Location")}
WHEN = {"week": Column("week_start", "Week of"), "day": Column("business_date", "Day")}
SOLD, SHIPPED = Column("units", "Sold", "units"), Column("units", "Shipped", "units")
COLUMNS = (
    Column("returned_units", "Returned", "units"),
    Column("exposure", "In stock", "ratio"),
    Column("demand", "Demand", "number"),
    Column("lost_units", "Lost", "number"),
    Column("lost_q10", "10 %", "number"),
    Column("lost_q90", "90 %", "number"),
    Column("mark", ""),
)


def demand(arguments: argparse.Namespace, settings: Settings) -> None:
    release = current_release(settings)
    today = shop_day(release, settings)
    cutoff = today - timedelta(days=1)
    by, grain = arguments.by, arguments.grain
    with release.connect() as con:
        product = known_product(con, arguments.sku)
        found = history(con, product["sku"], by=by, grain=grain, cutoff=cutoff)
    limit = arguments.limit or (None if arguments.json else SHOWN[grain])
    rows = (found if limit is None else _lately(found, grain, limit)).drop("sku").to_dicts()
    if arguments.json:
        about = {
            "sku": product["sku"],
            "title": product["title"],
            "by": by,
            "grain": grain,
            "last_day": cutoff,
            "discontinued_on": product["discontinued_on"],
        }
        print_json(about | {"rows": rows})
        return
    print(f"{product['sku']} {product['title']}")
    if product["discontinued_on"] and product["discontinued_on"] <= today:
        print(f"Discontinued on {product['discontinued_on']}: its history ends the day before.")
    if not rows:
        print(
            f"nothing sold in a full week up to {cutoff}"
            if grain == "week"
            else f"nothing sold up to {cutoff}"
        )
        return
    print(f"demand by {f'{by} and ' if by else ''}{grain}, up to {cutoff}\n")
    marked = [row | {"mark": "bulk" if row["is_bulk"] else ""} for row in rows]
    units = SHIPPED if by == "location" else SOLD
    print_table(marked, (*((MEMBER[by],) if by else ()), WHEN[grain], units, *COLUMNS))


def history(
    con: duckdb.DuckDBPyConnection, sku: str, *, by: str | None, grain: str, cutoff: date
) -> pl.DataFrame:
    """Of `models.grains.complete`; a sku alone is the sum of its channels."""
    import polars as pl

    from models import grains
    from models import history as past_ends
    from warehouse import queries

    daily = queries.demand_parts(con, sku, dimension=by or "channel")
    named = pl.lit(sku).alias("sku")
    key = ["sku", MEMBER[by].key] if by else ["sku"]
    if by:
        daily = daily.rename({"member": MEMBER[by].key})
    else:
        daily = daily.group_by("business_date").agg(pl.col("units", "returned_units").sum())
    if by == "channel":
        short = queries.sku_exposure(con, sku, date_from=date.min, date_to=cutoff + timedelta(days=1))
    else:
        short = queries.sku_days_out(con, sku)
    admit_pandas()
    return grains.complete(
        daily.with_columns(named),
        key=key,
        cutoff=cutoff,
        grain=grain,
        exposure=short.with_columns(named),
        ended=past_ends.last_dates(past_ends.ends(queries.product(con, sku))),
    )


def _lately(found: pl.DataFrame, grain: str, periods: int) -> pl.DataFrame:
    """The last `periods` weeks or days there are."""
    import polars as pl

    when, width = WHEN[grain].key, timedelta(days=7 if grain == "week" else 1)
    return found.filter(pl.col(when) > pl.col(when).max() - periods * width)
