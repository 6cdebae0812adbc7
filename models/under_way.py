"""Transfers between locations that have begun: stock promised to another place, or on its way there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import polars as pl

INSTANT = pl.Datetime("us", "UTC")
LINE = {
    "transfer_id": pl.String, "sku": pl.String, "origin_id": pl.String, "destination_id": pl.String,
    "leaving": pl.Float64, "in_transit": pl.Float64, "expected_at": INSTANT,
}  # fmt: skip


def counted(
    tables: Mapping[str, pl.DataFrame], lines: pl.DataFrame, *, as_of: datetime, transfer_days: int
) -> dict[str, pl.DataFrame]:
    """`tables` with an `inventory` less what is still to leave and an `incoming_supply` that holds what is to
    arrive, on its own date or `transfer_days` from now.

    `lines`: `LINE`, units still at the origin and on the way.
    """
    if lines.is_empty():
        return dict(tables)
    leaving = lines.group_by("sku", location_id="origin_id").agg(pl.col("leaving").sum())
    free = pl.col("available").cast(pl.Float64) - pl.col("leaving").fill_null(0.0)
    inventory = tables["inventory"].join(
        leaving, on=["sku", "location_id"], how="left", maintain_order="left"
    )  # fmt: skip
    soon = pl.lit(as_of + timedelta(days=transfer_days)).cast(INSTANT)
    due = pl.when(pl.col("expected_at") > as_of).then("expected_at").otherwise(soon)
    arriving = lines.select(
        "sku",
        purchase_order_line_id=pl.concat_str(pl.lit("transfer "), "transfer_id", pl.lit("/"), "sku"),
        location_id="destination_id",
        open_quantity=pl.col("leaving") + pl.col("in_transit"),
        expected_at=due,
    ).filter(pl.col("open_quantity") > 0)
    supply = tables["incoming_supply"].with_columns(
        pl.col("open_quantity").cast(pl.Float64), pl.col("expected_at").cast(INSTANT)
    )
    return dict(tables) | {
        "inventory": inventory.with_columns(available=free).drop("leaving"),
        "incoming_supply": pl.concat([supply, arriving.sort("sku", "location_id")], how="diagonal"),
    }
