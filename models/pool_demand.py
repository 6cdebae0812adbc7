"""Past demand by stock pool: what each was asked for day by day, and what part of a sku's was known to be its
own.

What makes a pool, and how a forecast is parted, is in `pools`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from models import pools as pooling
from models import splits
from models.pools import Pool

SOLD = {
    "sku": pl.String, "dimension": pl.String, "member": pl.String, "day": pl.Date, "units": pl.Float64,
}  # fmt: skip
ASKED = {"pool_id": pl.String, "sku": pl.String, "business_date": pl.Date, "units": pl.Float64}


@dataclass(frozen=True)
class PoolDemand:
    """`channels`: the locations each may sell from. `sold`: `SOLD`, units by channel and by location;
    of one pool nothing is asked of it. `category`: sku, category.
    """

    pools: Sequence[Pool]
    channels: Mapping[str, Sequence[str]]
    sold: pl.DataFrame
    category: pl.DataFrame

    def shares(self, day: date, skus: pl.Series) -> pl.DataFrame:
        """sku, pool_id, share as known at the end of a day."""
        return pooling.shares(self._parts(day, skus), self.pools, self.channels, skus=skus)

    def asked(self, *, since: date) -> pl.DataFrame:
        """`ASKED`, from a day on: what the channels sold that sell from the pool. A channel of several pools
        is parted by what was known at the end of each week.
        """
        units = self.sold.filter(pl.col("dimension") == "channel", pl.col("day") >= since).select(
            "sku", "units", channel_id="member", business_date="day"
        )
        alone = self._of_one_pool(units["channel_id"])
        others = units.join(alone, on="channel_id", how="anti")
        sunday = (pl.col("business_date").dt.truncate("1w") + timedelta(days=6)).alias("sunday")
        parted = [
            self._parted(rows, sunday=day) for (day,), rows in others.group_by([sunday], maintain_order=True)
        ]
        found = pl.concat(
            rows.select(*ASKED, "channel_id") for rows in (units.join(alone, on="channel_id"), *parted)
        )
        key = ["pool_id", "sku", "business_date"]
        by_day = found.filter(pl.col("units") > 0).sort(*key, "channel_id").group_by(key, maintain_order=True)
        return by_day.agg(pl.col("units").sum())

    def _of_one_pool(self, channels: pl.Series) -> pl.DataFrame:
        """channel_id, pool_id of the channels that sell from one pool alone."""
        names = channels.unique().sort().to_list()
        reach = pooling.reach(names, self.pools, self.channels)
        sells_from = reach.join(pooling.home(self.pools), on="location_id").select("channel_id", "pool_id")
        return sells_from.unique().filter(pl.len().over("channel_id") == 1)

    def _parted(self, units: pl.DataFrame, *, sunday: date) -> pl.DataFrame:
        skus = units["sku"].unique().sort()
        parts = self._parts(sunday, skus)
        share = pooling.shares_of_channels(parts, self.pools, self.channels, skus=skus)
        return units.join(share, on=["sku", "channel_id"]).with_columns(
            units=pl.col("units") * pl.col("share")
        )

    def _parts(self, day: date, skus: pl.Series) -> pl.DataFrame:
        return splits.shares(splits.lately(self.sold, today=day), self.category, skus)
