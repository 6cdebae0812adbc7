"""An order of a stock pool dealt out to its locations: where the units are to be received.

The parts bring the locations as near as packs allow to the same cover: each location's part of all the pool
will have then, less what it has. A part is nothing or at least the supplier's minimum.
"""

from __future__ import annotations

import numpy as np
import polars as pl

ORDER = {
    "sku": pl.String, "stock_pool": pl.String, "quantity": pl.Float64, "lot": pl.Float64, "least": pl.Float64,
}  # fmt: skip
POSITION = {
    "sku": pl.String, "location_id": pl.String, "stock_pool": pl.String, "takes_purchases": pl.Boolean,
    "demand_share": pl.Float64, "available": pl.Float64, "incoming_in_time": pl.Float64,
}  # fmt: skip
DEALT = {
    "sku": pl.String, "stock_pool": pl.String, "location_id": pl.String, "quantity": pl.Float64,
    "part": pl.Float64,
}  # fmt: skip


def deal(orders: pl.DataFrame, positions: pl.DataFrame) -> pl.DataFrame:
    """The columns of `DEALT`, sorted: where each order's units go and what part of the order that is.

    `orders`: `ORDER`, one a sku and pool; parts are whole multiples of `lot`, an order's rest below one lot
    goes with its largest part. `positions`: `POSITION`; a location that takes no purchases is served by the
    pool's first that does, and an order of an unknown pool stays with the location of the pool's name.
    """
    wanted = orders.select(pl.col(name).cast(kind) for name, kind in ORDER.items())
    found = [_pool(pool, rows, positions) for (pool,), rows in wanted.group_by(["stock_pool"])]
    table = pl.concat([pl.DataFrame(schema=DEALT), *found])
    return table.filter(pl.col("quantity") > 0).sort("sku", "stock_pool", "location_id")


def _pool(pool: str, orders: pl.DataFrame, positions: pl.DataFrame) -> pl.DataFrame:
    held = positions.filter(pl.col("stock_pool") == pool).with_columns(
        location_id=pl.when("takes_purchases").then("location_id").otherwise(pl.lit(pool))
    )
    have = pl.col("available") + pl.col("incoming_in_time")
    sums = held.group_by("sku", "location_id").agg(pl.col("demand_share").sum(), have=have.sum())
    places = sums["location_id"].unique().sort().to_list() or [pool]
    share, stock = (_wide(orders, sums, places, name) for name in ("demand_share", "have"))
    share[share.sum(axis=1) <= 0, places.index(pool) if pool in places else 0] = 1.0
    quantity, lot, least = (orders[name].to_numpy() for name in ("quantity", "lot", "least"))
    parts = split(quantity, share=share, have=stock, lot=np.maximum(lot, 1e-9), least=least)
    return pl.DataFrame(
        {
            "sku": np.repeat(orders["sku"].to_numpy(), len(places)).tolist(),
            "stock_pool": [pool] * parts.size,
            "location_id": places * len(parts),
            "quantity": parts.reshape(-1),
            "part": (parts / np.maximum(quantity, 1e-9)[:, None]).reshape(-1),
        },
        schema=DEALT,
    )


def _wide(orders: pl.DataFrame, sums: pl.DataFrame, places: list[str], value: str) -> np.ndarray:
    """(orders, places)"""
    columns = [
        orders.select("sku").join(
            sums.filter(pl.col("location_id") == place).select("sku", value), on="sku", how="left",
            maintain_order="left",
        )[value]
        for place in places
    ]  # fmt: skip
    return np.stack([column.fill_null(0.0).to_numpy() for column in columns], axis=1)


def split(
    quantity: np.ndarray, *, share: np.ndarray, have: np.ndarray, lot: np.ndarray, least: np.ndarray
) -> np.ndarray:
    """(orders, places) units, each row summing to its quantity."""
    open_to = share > 0
    parts = _levelled(quantity, share, have, lot, open_to)
    for _ in range(share.shape[1] - 1):
        short = (parts > 0) & (parts < least[:, None] - 1e-9) & (open_to.sum(axis=1) > 1)[:, None]
        rows = short.any(axis=1)
        if not rows.any():
            break
        smallest = np.where(short, parts, np.inf).argmin(axis=1)
        open_to[rows, smallest[rows]] = False
        parts[rows] = _levelled(quantity[rows], share[rows], have[rows], lot[rows], open_to[rows])
    return parts


def _levelled(
    quantity: np.ndarray, share: np.ndarray, have: np.ndarray, lot: np.ndarray, open_to: np.ndarray
) -> np.ndarray:
    """Whole lots to the open places: to those furthest below their part of all there is, then what is left
    over of a lot to the largest part.
    """
    share = np.where(open_to, share, 0.0)
    share = share / np.maximum(share.sum(axis=1, keepdims=True), 1e-12)
    held = np.where(open_to, have, 0.0)
    lacks = _lacking(quantity, share, held)
    lots = np.floor(quantity / lot + 1e-9)
    wanted = lacks / lot[:, None]
    given = np.floor(wanted + 1e-9)
    over = lots - given.sum(axis=1)
    place = np.argsort(np.argsort(-np.where(open_to, wanted - given, -1.0), axis=1, kind="stable"), axis=1)
    given += place < over[:, None]
    parts = given * lot[:, None]
    rest = quantity - parts.sum(axis=1)
    parts[np.arange(len(parts)), parts.argmax(axis=1)] += rest
    return parts


def _lacking(quantity: np.ndarray, share: np.ndarray, have: np.ndarray) -> np.ndarray:
    """(orders, places) that sum to the quantity: up to one cover for all that get any (water filling)."""
    gets = share > 0
    for _ in range(share.shape[1]):
        total = quantity + np.where(gets, have, 0.0).sum(axis=1)
        weight = np.where(gets, share, 0.0)
        level = total / np.maximum(weight.sum(axis=1), 1e-12)
        over = gets & (weight * level[:, None] < have - 1e-9)
        if not over.any():
            break
        gets &= ~over
    return np.where(gets, weight * level[:, None] - have, 0.0)
