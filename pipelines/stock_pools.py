"""Which locations are planned as one stock, and every pool's part of the tables.

What makes a pool is in models/pools.py; here the settings and the warehouse are read for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from pipelines import levels, terms
from pipelines.run import Run
from warehouse.connection import reader
from warehouse.settings import Settings

if TYPE_CHECKING:
    import duckdb
    import polars as pl

    from models.placing import Network
    from models.pool_demand import PoolDemand
    from models.pools import Pool


def network(run: Run, tables: dict[str, pl.DataFrame], units: pl.DataFrame) -> Network:
    """`units`: of `levels.parts`."""
    from models import splits
    from models.placing import Network

    found, channels = pools_and_channels(run.settings)
    skus = tables["forecast_weekly"]["sku"].unique().sort()
    return Network(found, channels, splits.shares(units, tables["product"], skus))


def each(run: Run, tables: dict[str, pl.DataFrame]) -> Iterator[tuple[str, dict[str, object]]]:
    """Every pool's name with its part of the tables and the `terms` that hold there."""
    from models import placing
    from models.replenishment import agreed

    stated, (found, _channels) = terms.agreed(run.settings), pools_and_channels(run.settings)
    cut = [(found[0], tables)]
    if len(found) > 1:
        with reader(run.settings) as con:
            units = levels.parts(con, until=run.local.date())
        cut = placing.cut(tables, network(run, tables, units))
    for pool, own in cut:
        yield pool.pool_id, dict(own) | {"terms": agreed.at(pool.locations, stated)}


def demand(
    con: duckdb.DuckDBPyConnection, settings: Settings, *, product: pl.DataFrame, until: date
) -> PoolDemand:
    """What each pool was asked for up to a day; of a shop of one pool nothing is read."""
    import polars as pl

    from models.pool_demand import SOLD, PoolDemand

    found, channels = pools_and_channels(settings)
    sold = pl.DataFrame(schema=SOLD)
    if len(found) > 1:
        sold = levels.sold(con, after=date.min, until=until)
    return PoolDemand(found, channels, sold, product.select("sku", "category"))


def pools_and_channels(settings: Settings) -> tuple[list[Pool], dict[str, list[str]]]:
    """Of active locations by priority, and the locations each channel may sell from."""
    from models import pools

    active = [place for place in settings.locations if place.is_active]
    places = sorted(active or settings.locations, key=lambda place: (place.priority, place.location_id))
    names = [place.location_id for place in places]
    channels = {
        channel.channel_id: [place for place in names if place in channel.network]
        for channel in settings.channels
    }
    wanted = [pools.Place(place.location_id, place.stock_pool, place.takes_purchases) for place in places]
    return pools.find(wanted, channels), channels
