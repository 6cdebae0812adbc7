"""The weeks of a panel by stock pool: what each sold, what would have been asked of it, and its part of a
forecast as known then. What a day asked of it is in `pool_demand`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from models.panel import Panel
from models.pool_demand import PoolDemand
from models.pools import Pool


@dataclass(frozen=True)
class PoolWeeks:
    """(skus, weeks) of the panel: `units` sold, `adjusted` as the panel's, NaN where unknown. `share`: (skus,
    weeks) part of a sku's demand as known when each week began.
    """

    pool: Pool
    units: np.ndarray
    adjusted: np.ndarray
    share: np.ndarray


def of_pools(whole: Panel, demand: PoolDemand, *, sold_from: int, shares_from: int) -> list[PoolWeeks]:
    """`units` and `adjusted` from the one week on, `share` from the other; before, there are none."""
    if len(demand.pools) == 1:
        return [PoolWeeks(demand.pools[0], whole.units, whole.adjusted, np.ones(whole.units.shape))]
    asked = demand.asked(since=whole.week(max(sold_from, 0)))
    shares = _shares(whole, demand, first=max(shares_from, 0))
    found = []
    for pool in demand.pools:
        units = _by_week(whole, asked.filter(pl.col("pool_id") == pool.pool_id))
        adjusted = np.divide(
            whole.adjusted * units, whole.units, out=whole.adjusted * 0, where=whole.units > 0
        )
        found.append(PoolWeeks(pool, units, adjusted, shares[pool.pool_id]))
    return found


def _by_week(whole: Panel, asked: pl.DataFrame) -> np.ndarray:
    week = (pl.col("business_date") - whole.first_week).dt.total_days() // 7
    rows = asked.with_columns(week=week).join(_places(whole), on="sku")
    rows = rows.filter(pl.col("week") < whole.width)
    found = np.zeros(whole.units.shape)
    np.add.at(found, (rows["row"].to_numpy(), rows["week"].to_numpy()), rows["units"].to_numpy())
    return found


def _shares(whole: Panel, demand: PoolDemand, *, first: int) -> dict[str, np.ndarray]:
    found = {pool.pool_id: np.zeros(whole.units.shape) for pool in demand.pools}
    skus = pl.Series(whole.skus, dtype=pl.String)
    for week in range(first, whole.width):
        day: date = whole.week(week) - timedelta(days=1)
        known = demand.shares(day, skus).join(_places(whole), on="sku")
        for (pool_id,), rows in known.group_by(["pool_id"]):
            found[pool_id][rows["row"].to_numpy(), week] = rows["share"].to_numpy()
    return found


def _places(whole: Panel) -> pl.DataFrame:
    schema = {"sku": pl.String, "row": pl.Int64}
    return pl.DataFrame({"sku": list(whole.skus), "row": range(len(whole.skus))}, schema=schema)
