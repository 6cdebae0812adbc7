"""What was known at a past instant of stock, orders on their way and deliveries: dated facts cut there.

Also what became of it: when stock ran out, how long deliveries took. Demand is in `history`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import polars as pl

INSTANT = pl.Datetime("us", "UTC")
LEVELS = {"sku": pl.String, "location_id": pl.String, "at": INSTANT, "available": pl.Float64}
ORDERED = {
    "purchase_order_line_id": pl.String, "supplier_id": pl.String, "sku": pl.String, "quantity": pl.Float64,
    "ordered_at": INSTANT, "expected_at": INSTANT, "recorded_at": INSTANT,
}  # fmt: skip
RECEIVED = {"purchase_order_line_id": pl.String, "quantity": pl.Float64, "received_at": INSTANT}


@dataclass(frozen=True)
class Past:
    """`levels`: units available at a location from `at` on; `ordered`: purchase order lines; `received`: what
    came of them, each receipt.
    """

    levels: pl.DataFrame
    ordered: pl.DataFrame
    received: pl.DataFrame

    @staticmethod
    def of(*, levels: pl.DataFrame, ordered: pl.DataFrame, received: pl.DataFrame) -> Past:
        return Past(
            levels=_cast(levels, LEVELS).sort("at", "sku", "location_id"),
            ordered=_cast(ordered, ORDERED).sort("ordered_at", "purchase_order_line_id"),
            received=_cast(received, RECEIVED).drop_nulls().sort("received_at", "purchase_order_line_id"),
        )

    def inventory(self, at: datetime) -> pl.DataFrame:
        """sku, location_id, available just before an instant."""
        seen = self.levels.filter(pl.col("at") < at)
        return seen.group_by("sku", "location_id").agg(pl.col("available").last()).sort("sku", "location_id")

    def incoming(self, at: datetime) -> pl.DataFrame:
        """Purchase order lines known and still open then, in the shape of `core.incoming_supply`."""
        had = (
            self.received.filter(pl.col("received_at") < at)
            .group_by("purchase_order_line_id")
            .agg(had=pl.col("quantity").sum())
        )
        known = self.ordered.filter((pl.col("recorded_at") < at) & (pl.col("ordered_at") < at))
        left = pl.col("quantity") - pl.col("had").fill_null(0.0)
        return (
            known.join(had, on="purchase_order_line_id", how="left", maintain_order="left")
            .with_columns(open_quantity=left)
            .filter(pl.col("open_quantity") > 0)
            .drop("had", "quantity", "recorded_at")
        )

    def receipts(self, at: datetime) -> pl.DataFrame:
        """supplier_id, ordered_at, received_at of what had been delivered."""
        came = self.received.filter(pl.col("received_at") < at)
        lines = self.ordered.select("purchase_order_line_id", "supplier_id", "ordered_at")
        joined = came.join(lines, on="purchase_order_line_id", maintain_order="left")
        return joined.select("supplier_id", "ordered_at", "received_at")

    @cached_property
    def outages(self) -> pl.DataFrame:
        """sku, out_at, back_at (null while it lasts): every spell without a unit anywhere."""
        is_out = pl.col("available") <= 0
        was_out = is_out.shift(1).over("sku").fill_null(value=True)
        turns = self._pool().filter(is_out != was_out)
        spells = turns.with_columns(back_at=pl.col("at").shift(-1).over("sku")).filter(is_out)
        return spells.select("sku", pl.col("at").alias("out_at"), "back_at")

    def _pool(self) -> pl.DataFrame:
        """sku, at, available: over all locations, each at least 0, whenever it changes."""
        held = pl.col("available").clip(lower_bound=0)
        steps = self.levels.with_columns(step=held - held.shift(1).over("sku", "location_id").fill_null(0.0))
        return (
            steps.group_by("sku", "at")
            .agg(pl.col("step").sum())
            .sort("sku", "at")
            .select("sku", "at", available=pl.col("step").cum_sum().over("sku").round(6))
        )

    def next_delivery_days(self, at: datetime) -> pl.DataFrame:
        """supplier_id, days: how long the next order placed with each took, where it has come.

        From order to first receipt; the median over the lines of that order.
        """
        came = self.received.group_by("purchase_order_line_id").agg(pl.col("received_at").min())
        later = self.ordered.filter(pl.col("ordered_at") >= at)
        first = later.filter(pl.col("ordered_at") == pl.col("ordered_at").min().over("supplier_id"))
        span = (pl.col("received_at") - pl.col("ordered_at")).dt.total_seconds() / 86_400
        taken = first.join(came, on="purchase_order_line_id", how="left").group_by("supplier_id")
        return (
            taken.agg(days=span.median(), is_known=pl.col("received_at").is_not_null().all())
            .filter("is_known")
            .select("supplier_id", "days")
            .sort("supplier_id")
        )


def _cast(frame: pl.DataFrame, schema: dict[str, pl.DataType]) -> pl.DataFrame:
    return frame.select(pl.col(name).cast(kind) for name, kind in schema.items())
