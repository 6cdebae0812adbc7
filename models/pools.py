"""Stock pools: locations that serve the same customers are planned as one stock, others on their own.

Two locations belong together where a channel may sell from both, directly or through others: an order that
one cannot fill is routed to the other. A location may be told to be planned alone, or with others of its
choice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from models.errors import PlanError
from models.quantiles import QUANTILE_NAMES

WIDTH_90 = 3.2897  # standard deviations between the 5 and the 95 % quantile of a normal distribution


@dataclass(frozen=True)
class Place:
    """A location as planning sees it. `stock_pool`: a name of its own choice, '' to follow the channels."""

    location_id: str
    stock_pool: str = ""
    takes_purchases: bool = True


@dataclass(frozen=True)
class Pool:
    """`locations` by priority; `receives`: those that purchases may be sent to, the first its name."""

    locations: tuple[str, ...]
    receives: tuple[str, ...]

    @property
    def pool_id(self) -> str:
        return self.receives[0]


def find(places: Sequence[Place], networks: Mapping[str, Sequence[str]]) -> list[Pool]:
    """The pools of `places` (by priority, those that fill orders), in the order of their first locations.

    `networks`: channel to the locations it may sell from. A location that no channel sells from is a reserve
    of the first pool. Raises `PlanError` where nothing of a pool takes purchases.
    """
    known = {place.location_id: place for place in places}
    group = {name: f"named {place.stock_pool}" if place.stock_pool else name for name, place in known.items()}
    sold = {name for network in networks.values() for name in network}
    for network in networks.values():
        free = [name for name in network if name in known and not known[name].stock_pool]
        for name in free[1:]:
            group = {one: group[free[0]] if of == group[name] else of for one, of in group.items()}
    members: dict[str, list[str]] = {}
    for name in known:
        is_reserve = name not in sold and not known[name].stock_pool
        members.setdefault("" if is_reserve else group[name], []).append(name)
    reserve = members.pop("", [])
    found = list(members.values()) or [[]]
    found[0] += reserve
    return [_pool(names, known) for names in found if names]


def _pool(members: list[str], known: Mapping[str, Place]) -> Pool:
    names = [name for name in known if name in members]
    receives = tuple(name for name in names if known[name].takes_purchases)
    if not receives:
        raise PlanError(
            f"nothing of {', '.join(names)} takes purchases, and they are planned as one stock; set "
            "takes_purchases = true for one of these locations"
        )
    return Pool(tuple(names), receives)


def here(pool: Pool, pools: Sequence[Pool]) -> pl.Expr:
    """Whether a `location_id` is of the pool; one that no pool names is of the first."""
    if pool == pools[0]:
        return ~pl.col("location_id").is_in([place for other in pools[1:] for place in other.locations])
    return pl.col("location_id").is_in(list(pool.locations))


def shares(
    parts: pl.DataFrame, pools: Sequence[Pool], networks: Mapping[str, Sequence[str]], *, skus: pl.Series
) -> pl.DataFrame:
    """sku, pool_id, share of a sku's demand.

    `parts`: sku, dimension, member, share, as `splits.shares` finds them. A channel's part goes to the pool
    it sells from; where it sells from several, as the sku's units left their locations. Of `skus` that no
    part is known of, the first pool has all.
    """
    found = (
        _reached(parts, pools, networks, skus=skus)
        .group_by("sku", "pool_id")
        .agg(share=(pl.col("share") * pl.col("of_channel")).sum())
        .sort("sku", "pool_id")
    )
    whole = pl.col("share").sum().over("sku")
    found = found.filter(whole > 0).with_columns(share=pl.col("share") / whole)
    unknown = pl.DataFrame({"sku": skus.unique()}).join(found, on="sku", how="anti")
    alone = unknown.with_columns(pool_id=pl.lit(pools[0].pool_id), share=pl.lit(1.0))
    return pl.concat([found, alone]).sort("sku", "pool_id")


def shares_of_channels(
    parts: pl.DataFrame, pools: Sequence[Pool], networks: Mapping[str, Sequence[str]], *, skus: pl.Series
) -> pl.DataFrame:
    """sku, channel_id, pool_id, share of what the channel sells of the sku; `parts` as for `shares`."""
    key = ["sku", "channel_id", "pool_id"]
    found = _reached(parts, pools, networks, skus=skus).group_by(key).agg(share=pl.col("of_channel").sum())
    return found.sort(key)


def shares_inside(parts: pl.DataFrame, pools: Sequence[Pool], *, skus: pl.Series) -> pl.DataFrame:
    """sku, pool_id, location_id, share of its pool's demand; `parts` as `shares` takes them."""
    every = _left_from(parts, pools, skus=skus)
    return every.with_columns(share=_parted(pl.col("share"), over=("sku", "pool_id")))


def reach(
    channels: Sequence[str], pools: Sequence[Pool], networks: Mapping[str, Sequence[str]]
) -> pl.DataFrame:
    """channel_id, location_id: where each channel may sell from, everywhere if nothing is known of that."""
    everywhere = tuple(place for pool in pools for place in pool.locations)
    return pl.DataFrame(
        [
            (name, place)
            for name in channels
            for place in networks.get(name) or everywhere
            if place in everywhere
        ],
        schema={"channel_id": pl.String, "location_id": pl.String},
        orient="row",
    )


def home(pools: Sequence[Pool]) -> pl.DataFrame:
    """location_id, pool_id."""
    return pl.DataFrame(
        [(place, pool.pool_id) for pool in pools for place in pool.locations],
        schema={"location_id": pl.String, "pool_id": pl.String},
        orient="row",
    )


def _left_from(parts: pl.DataFrame, pools: Sequence[Pool], *, skus: pl.Series) -> pl.DataFrame:
    """sku, location_id, pool_id, share of the sku's units that left there, of every sku and location."""
    by_place = (
        parts.filter(pl.col("dimension") == "location")
        .select("sku", pl.col("member").alias("location_id"), "share")
        .join(home(pools), on="location_id")
    )
    every = (
        pl.DataFrame({"sku": skus.unique()})
        .join(home(pools), how="cross")
        .join(by_place, on=["sku", "location_id", "pool_id"], how="left")
    )
    return every.with_columns(pl.col("share").fill_null(0.0)).sort("sku", "pool_id", "location_id")


def _reached(
    parts: pl.DataFrame, pools: Sequence[Pool], networks: Mapping[str, Sequence[str]], *, skus: pl.Series
) -> pl.DataFrame:
    """sku, channel_id, share of the sku; location_id, pool_id, of_channel: the location's part of it."""
    channels = parts.filter(pl.col("dimension") == "channel").rename({"member": "channel_id"})
    names = channels["channel_id"].unique().sort().to_list()
    return (
        channels.select("sku", "channel_id", "share")
        .join(reach(names, pools, networks), on="channel_id")
        .join(_left_from(parts, pools, skus=skus).rename({"share": "left_from"}), on=["sku", "location_id"])
        .sort("sku", "channel_id", "location_id")  # sums of shares to the last bit, run after run
        .with_columns(of_channel=_parted(pl.col("left_from"), over=("sku", "channel_id")))
    )


def _parted(amount: pl.Expr, *, over: Sequence[str]) -> pl.Expr:
    """Shares that sum to 1; all the same where nothing is known."""
    total = amount.sum().over(over)
    return pl.when(total > 0).then(amount / total).otherwise(1.0 / pl.len().over(over))


def portion(forecast_weekly: pl.DataFrame, share: pl.DataFrame) -> pl.DataFrame:
    """A part of every sku's forecast; `share`: sku, share. Skus without a share are left out.

    If each unit goes to the part on its own with the probability p, demand of mean m and variance v has a
    part of mean p m and variance p² v + p (1 - p) m: a small part scatters more than a large one. The
    quantiles keep their shape around the mean.
    """
    p, mean = pl.col("share"), pl.col("mean")
    variance = ((pl.col("q95") - pl.col("q05")) / WIDTH_90) ** 2
    part = p**2 * variance + p * (1 - p) * mean
    stretch = pl.when(p >= 1).then(1.0).when(variance > 0).then((part / variance).sqrt()).otherwise(p)
    table = forecast_weekly.join(share.select("sku", "share"), on="sku").with_columns(stretch=stretch)
    return table.with_columns(
        mean=p * mean,
        **{
            name: (p * mean + (pl.col(name) - mean) * pl.col("stretch")).clip(lower_bound=0.0)
            for name in QUANTILE_NAMES
        },
    ).drop("share", "stretch")
