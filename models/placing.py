"""What to buy and move for every stock pool, and where to receive it.

Each pool is planned on its own part of the demand, its own stock and what is on its way to it. What one lacks
and another has to spare is moved before more is bought; what is bought is dealt out to the pool's locations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import polars as pl

from models import explain, lead_times, pool_transfers, replenish, stock, transfers
from models import pools as pooling
from models.dealing import deal
from models.pools import Pool
from models.replenishment import agreed

Tables = Mapping[str, pl.DataFrame]
ROUNDS = 3
PLACE = {
    "sku": pl.String, "location_id": pl.String, "stock_pool": pl.String, "takes_purchases": pl.Boolean,
    "demand_share": pl.Float64, "expected_demand": pl.Float64, "available": pl.Float64,
    "incoming_in_time": pl.Float64, "suggested_quantity": pl.Float64, "lot": pl.Float64, "least": pl.Float64,
    "is_divided": pl.Boolean, "withheld_quantity": pl.Float64, "proposal_id": pl.String,
}  # fmt: skip
PROPOSAL = replenish.PROPOSAL | {
    "stock_pool": pl.String, "pool_quantity": replenish.UNITS, "location_available": replenish.UNITS,
    "location_incoming": replenish.UNITS, "location_demand": pl.Float64,
}  # fmt: skip


@dataclass(frozen=True)
class Network:
    """Where stock lies and who sells it: `pools`, first the one of what no pool names; `channels`: the
    locations each may sell from, nearest first; `parts`: a sku's demand by channel and location
    (`splits.shares`).
    """

    pools: Sequence[Pool]
    channels: Mapping[str, Sequence[str]]
    parts: pl.DataFrame

    def of_pool(self, pool: Pool) -> dict[str, list[str]]:
        inside = {
            name: [place for place in network if place in pool.locations]
            for name, network in self.channels.items()
        }
        return {name: network for name, network in inside.items() if network}


@dataclass(frozen=True)
class Placed:
    """`proposals` by sku and receiving location and `places` in the columns above; `positions` by sku and
    pool, named by its first location, as are the `steps`; `moves` as `transfers.COLUMNS` and proposal_id.
    """

    proposals: pl.DataFrame
    positions: pl.DataFrame
    steps: pl.DataFrame
    places: pl.DataFrame
    moves: pl.DataFrame


def propose(
    tables: Tables,
    network: Network,
    *,
    channel_units: pl.DataFrame,
    as_of: datetime,
    terms: Sequence[agreed.Agreed] = (),
    transfer_days: int = 2,
    whole_orders_of: frozenset[str] = frozenset(),
    seed: int = 0,
    **rules: object,
) -> Placed:
    """`tables` and `rules` as `replenish.propose` takes them, `incoming_supply` with its location_id.

    `channel_units`: sku, channel_id, units sold lately. `whole_orders_of`: suppliers whose orders are not
    divided over locations. A transfer takes `transfer_days`. `chances` name their location_id.
    """
    given = {"as_of": as_of, "terms": terms, **rules}
    parts = cut(tables, network)
    alone = [_plan(pool, own, given, seed + number) for number, (pool, own) in enumerate(parts)]
    today = as_of.date()
    between, after = _moved(parts, alone, network, given, days=transfer_days, seed=seed)
    inside = [
        transfers.propose(
            positions=found.positions,
            forecast_weekly=own["forecast_weekly"],
            inventory=own["inventory"],
            channel_units=channel_units,
            networks=network.of_pool(pool),
            today=today,
        )
        for (pool, own), found in zip(parts, alone, strict=True)
    ]
    positions = pl.concat([found.positions for found in alone]).sort("sku", "location_id")
    positions = _bought_after(positions, after)
    places = _places(positions, tables, network, today)
    places = _divided(places, tables["product"], network, terms, whole_orders_of)
    proposals = dealt(pl.concat([found.proposals for found in after]), places)
    got = proposals.select("sku", "location_id", suggested_quantity=pl.col("quantity").cast(pl.Float64))
    places = places.join(got, on=["sku", "location_id"], how="left").with_columns(
        pl.col("suggested_quantity").fill_null(0.0)
    )
    return Placed(
        proposals,
        positions,
        pl.concat([found.steps for found in after]).sort("sku", "location_id", "step_no"),
        places.select(pl.col(name).cast(kind) for name, kind in PLACE.items()).sort("sku", "location_id"),
        _named(pl.concat([pool_transfers.from_locations(between, places), *inside]), today),
    )


def _named(moves: pl.DataFrame, today: date) -> pl.DataFrame:
    """Most margin first, each with its proposal_id."""
    way = pl.concat_str(
        pl.lit("move"), "sku", "from_location_id", "to_location_id", "channels", separator=" "
    )
    ranked = moves.sort("saved_margin", "sku", "from_location_id", descending=[True, False, False])
    return ranked.with_columns(proposal_id=way + f"@{today}")


def cut(tables: Tables, network: Network) -> list[tuple[Pool, dict[str, pl.DataFrame]]]:
    """Every pool with its part of the tables: of the forecast and of what is owed by its share of demand;
    of what lies there and is not asked for, none.
    """
    pools = network.pools
    if len(pools) == 1:
        return [(pools[0], dict(tables))]
    share = pooling.shares(network.parts, pools, network.channels, skus=tables["forecast_weekly"]["sku"])
    found = []
    for pool in pools:
        here = pooling.here(pool, pools)
        own = share.filter(pl.col("pool_id") == pool.pool_id, pl.col("share") > 0).select("sku", "share")
        own = pl.concat([own, _idle(tables["inventory"].filter(here), own)])
        owed = tables["backordered"].join(own, on="sku", maintain_order="left")
        owed = owed.select("sku", backordered=pl.col("backordered").cast(pl.Float64) * pl.col("share"))
        changed = {
            "forecast_weekly": pooling.portion(tables["forecast_weekly"], own),
            "inventory": tables["inventory"].filter(here),
            "incoming_supply": tables["incoming_supply"].filter(here),
            "backordered": owed,
            "receipts": _receipts(tables["receipts"], here),
        }
        found.append((pool, dict(tables) | changed))
    return found


def _idle(inventory: pl.DataFrame, sold: pl.DataFrame) -> pl.DataFrame:
    """sku, share: what lies in a pool that nobody asks it for, and so may go where somebody does."""
    lying = inventory.filter(pl.col("available") > 0).select("sku").unique().sort("sku")
    return lying.join(sold, on="sku", how="anti").with_columns(share=pl.lit(0.0))


def _receipts(receipts: pl.DataFrame, here: pl.Expr) -> pl.DataFrame:
    if "location_id" not in receipts.columns:
        return receipts
    return lead_times.nearest(receipts.filter(here), receipts)


def _plan(pool: Pool, tables: Tables, given: Mapping, seed: int) -> replenish.Replenishment:
    own = {"terms": agreed.at(pool.locations, given["terms"])}
    if given.get("chances") is not None:
        own["chances"] = given["chances"].filter(pl.col("location_id") == pool.pool_id)
    return replenish.propose(**tables, **given | own, returns_location=pool.pool_id, seed=seed)


def _moved(
    parts: Sequence[tuple[Pool, dict[str, pl.DataFrame]]],
    alone: Sequence[replenish.Replenishment],
    network: Network,
    given: Mapping,
    *,
    days: int,
    seed: int,
) -> tuple[pl.DataFrame, list[replenish.Replenishment]]:
    """What to move between pools and what to buy after it: units that come early sell before a purchase could
    be there, so that a pool may lack some more of what another still has to spare.
    """
    moves = pl.DataFrame(schema=transfers.COLUMNS)
    after = list(alone)
    for _round in range(ROUNDS):
        more = _between([found.positions for found in after], network)
        if more.is_empty():
            break
        moves = pool_transfers.together(moves, more)
        after = _after(moves, parts, alone, given, days=days, seed=seed)
    return moves, after


def _between(positions: Sequence[pl.DataFrame], network: Network) -> pl.DataFrame:
    """What one pool would buy and another has beyond what it would itself be filled up to."""
    if len(positions) == 1:
        return pl.DataFrame(schema=transfers.COLUMNS)
    channels = {pool.pool_id: ", ".join(network.of_pool(pool)) or "its customers" for pool in network.pools}
    return pool_transfers.between(pl.concat(positions), channels)


def _after(
    between: pl.DataFrame,
    parts: Sequence[tuple[Pool, dict[str, pl.DataFrame]]],
    alone: Sequence[replenish.Replenishment],
    given: Mapping,
    *,
    days: int,
    seed: int,
) -> list[replenish.Replenishment]:
    """Planned anew where something is moved, as if it were on its way."""
    if between.is_empty():
        return list(alone)
    skus = between["sku"].unique()
    moved, found = pl.col("sku").is_in(skus.to_list()), []
    for number, ((pool, own), before) in enumerate(zip(parts, alone, strict=True)):
        own = own | {
            "forecast_weekly": own["forecast_weekly"].filter(moved),
            "inventory": _less(own["inventory"], between.filter(pl.col("from_location_id") == pool.pool_id)),
            "incoming_supply": _coming(
                own["incoming_supply"],
                between.filter(pl.col("to_location_id") == pool.pool_id),
                at=given["as_of"] + timedelta(days=days),
            ),
        }
        again = _plan(pool, own, given, seed + number)
        found.append(
            replenish.Replenishment(
                *(
                    pl.concat([getattr(before, name).filter(~moved), getattr(again, name)])
                    for name in ("proposals", "positions", "steps")
                )
            )
        )
    return found


def _less(inventory: pl.DataFrame, leaving: pl.DataFrame) -> pl.DataFrame:
    """Taken from the location that has most."""
    units = leaving.group_by("sku").agg(leaves=pl.col("quantity").sum())
    most = pl.col("available").rank("ordinal", descending=True).over("sku") == 1
    return (
        inventory.join(units, on="sku", how="left", maintain_order="left")
        .with_columns(
            available=pl.col("available").cast(pl.Float64)
            - pl.when(most).then(pl.col("leaves").fill_null(0.0)).otherwise(0.0)
        )
        .drop("leaves")
    )


def _coming(supply: pl.DataFrame, arriving: pl.DataFrame, *, at: datetime) -> pl.DataFrame:
    units = arriving.group_by("sku").agg(open_quantity=pl.col("quantity").sum()).sort("sku")
    rows = units.select(
        "sku", "open_quantity",
        purchase_order_line_id=pl.lit("transfer/") + pl.col("sku"),
        expected_at=pl.lit(at).cast(stock.SUPPLY["expected_at"]),
    )  # fmt: skip
    known = supply.select(pl.col(name).cast(kind) for name, kind in stock.SUPPLY.items())
    return pl.concat([known, rows.select(known.columns)])


def _bought_after(positions: pl.DataFrame, after: Sequence[replenish.Replenishment]) -> pl.DataFrame:
    """`positions` as they stand today, with what is bought once the transfers are made."""
    bought = pl.concat([found.positions for found in after]).select(
        "sku", "location_id", bought="suggested_quantity", withheld="withheld_quantity"
    )
    joined = positions.join(bought, on=["sku", "location_id"], how="left", maintain_order="left")
    return joined.with_columns(
        suggested_quantity=pl.col("bought").fill_null(0.0),
        withheld_quantity=pl.col("withheld").fill_null(0.0),
    ).drop("bought", "withheld")


def _places(positions: pl.DataFrame, tables: Tables, network: Network, today: date) -> pl.DataFrame:
    """A row for every position and location of its pool; stock of a location that no pool names is the
    first's, and takes no purchases.
    """
    known = [
        (place, pool.pool_id, place in pool.receives) for pool in network.pools for place in pool.locations
    ]
    named = {place for place, _pool, _takes in known}
    others = sorted(set(tables["inventory"]["location_id"].unique()) - named)
    home = pl.DataFrame(
        known + [(place, network.pools[0].pool_id, False) for place in others],
        schema={"location_id": pl.String, "stock_pool": pl.String, "takes_purchases": pl.Boolean},
        orient="row",
    )
    inside = pooling.shares_inside(network.parts, network.pools, skus=positions["sku"])
    key = ["sku", "location_id"]
    due = pl.col("lead_time_days") + pl.col("review_days")
    facts = positions.select(
        "sku", "expected_demand", stock_pool="location_id", due=due, lot="pack_size",
        least="min_order_quantity", withheld="withheld_quantity",
    )  # fmt: skip
    stocked = tables["inventory"].select(*key, pl.col("available").cast(pl.Float64))
    coming = tables["incoming_supply"].select(
        *key, pl.col("open_quantity").cast(pl.Float64), day=stock.days_until(today)
    )
    table = facts.join(home, on="stock_pool").join(stocked, on=key, how="left")
    coming = coming.join(table.select(*key, "due"), on=key).filter(pl.col("day") <= pl.col("due"))
    in_time = coming.group_by(key).agg(incoming_in_time=pl.col("open_quantity").sum())
    return (
        table.join(in_time, on=key, how="left")
        .join(inside.select(*key, demand_share="share"), on=key, how="left")
        .with_columns(
            pl.col("demand_share", "available", "incoming_in_time").fill_null(0.0),
            expected_demand=(pl.col("expected_demand") * pl.col("demand_share").fill_null(0.0)).round(2),
            withheld_quantity=pl.when(pl.col("location_id") == pl.col("stock_pool"))
            .then("withheld")
            .otherwise(0.0),
            proposal_id=pl.concat_str("sku", pl.lit("@"), "location_id", pl.lit(f"@{today}")),
        )
        .drop("due", "withheld")
        .sort("sku", "location_id")
    )


def _divided(
    places: pl.DataFrame,
    product: pl.DataFrame,
    network: Network,
    terms: Sequence[agreed.Agreed],
    whole: frozenset[str],
) -> pl.DataFrame:
    rows = [
        (sku, pool.pool_id)
        for pool in network.pools
        for sku in sorted(
            agreed.whole_orders(product, agreed.at(pool.locations, terms), suppliers=whole)
        )
    ]  # fmt: skip
    is_whole = pl.DataFrame(rows, schema={"sku": pl.String, "stock_pool": pl.String}, orient="row")
    marked = is_whole.with_columns(is_divided=pl.lit(value=False))
    joined = places.join(marked, on=["sku", "stock_pool"], how="left")
    return joined.with_columns(pl.col("is_divided").fill_null(value=True))


def dealt(proposals: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    """Each pool's proposal as one for every location that receives a part of it, in the columns above."""
    orders = orders_of(proposals.rename({"location_id": "stock_pool"}), places)
    parts = deal(orders, places)
    here = places.select(
        "sku", "location_id", location_available="available", location_incoming="incoming_in_time",
        location_demand="expected_demand", proposal_id="proposal_id",
    )  # fmt: skip
    table = (
        parts.join(proposals.rename({"location_id": "stock_pool", "quantity": "pool_quantity"}).drop(
            "proposal_id"), on=["sku", "stock_pool"])
        .join(here, on=["sku", "location_id"], how="left")
        .with_columns(
            pl.col("location_available", "location_incoming", "location_demand").fill_null(0.0),
            cost=pl.col("quantity") * pl.col("unit_cost").cast(pl.Float64),
        )
        .sort("sku", "location_id")
    )  # fmt: skip
    told = pl.Series(explain.parts(table), dtype=pl.String)
    table = table.with_columns(explanation=told + pl.col("explanation"))
    return table.select(pl.col(name).cast(kind) for name, kind in PROPOSAL.items())


def orders_of(wanted: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    """sku, stock_pool and quantity to what `deal` takes: lots and minimums, whole where not to be divided."""
    rules = places.group_by("sku", "stock_pool").agg(pl.col("lot", "least", "is_divided").first())
    joined = wanted.select("sku", "stock_pool", pl.col("quantity").cast(pl.Float64)).join(
        rules, on=["sku", "stock_pool"], how="left", maintain_order="left"
    )
    is_whole = ~pl.col("is_divided").fill_null(value=False)
    return joined.with_columns(
        lot=pl.col("lot").fill_null(1.0),
        least=pl.when(is_whole).then("quantity").otherwise(pl.col("least").fill_null(0.0)),
    )
