"""Which locations are planned as one stock, and every pool's part of the tables.

What makes a pool is in models/pools.py; here the settings and the warehouse are read for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipelines import levels, terms
from pipelines.run import Run
from warehouse.connection import reader

if TYPE_CHECKING:
    import polars as pl

    from models.placing import Network
    from models.pools import Pool


def network(run: Run, tables: dict[str, pl.DataFrame], units: pl.DataFrame) -> Network:
    """`units`: of `levels.parts`."""
    from models import splits
    from models.placing import Network

    found, channels = _pools(run)
    skus = tables["forecast_weekly"]["sku"].unique().sort()
    return Network(found, channels, splits.shares(units, tables["product"], skus))


def each(run: Run, tables: dict[str, pl.DataFrame]) -> Iterator[tuple[str, dict[str, object]]]:
    """Every pool's name with its part of the tables and the `terms` that hold there."""
    from models import placing
    from models.replenishment import agreed

    stated, (found, _channels) = terms.agreed(run.settings), _pools(run)
    cut = [(found[0], tables)]
    if len(found) > 1:
        with reader(run.settings) as con:
            units = levels.parts(con, until=run.as_of.date())
        cut = placing.cut(tables, network(run, tables, units))
    for pool, own in cut:
        yield pool.pool_id, dict(own) | {"terms": agreed.at(pool.locations, stated)}


def _pools(run: Run) -> tuple[list[Pool], dict[str, list[str]]]:
    """Of active locations by priority, and the locations each channel may sell from."""
    from models import pools

    active = [place for place in run.settings.locations if place.is_active]
    places = sorted(active or run.settings.locations, key=lambda place: (place.priority, place.location_id))
    names = [place.location_id for place in places]
    channels = {
        channel.channel_id: [place for place in names if place in channel.network]
        for channel in run.settings.channels
    }
    wanted = [pools.Place(place.location_id, place.stock_pool, place.takes_purchases) for place in places]
    return pools.find(wanted, channels), channels
