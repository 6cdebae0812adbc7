"""What was known at a past instant of stock, orders on their way and deliveries: dated facts cut there.

Also what became of it: when stock ran out, how long deliveries took. Demand is in `history`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

import polars as pl

from models import lead_times

INSTANT = pl.Datetime("us", "UTC")
LEVELS = {"sku": pl.String, "location_id": pl.String, "at": INSTANT, "available": pl.Float64}
ORDERED = {
    "purchase_order_line_id": pl.String, "supplier_id": pl.String, "sku": pl.String, "quantity": pl.Float64,
    "location_id": pl.String, "ordered_at": INSTANT, "expected_at": INSTANT, "recorded_at": INSTANT,
}  # fmt: skip
MOVING = {"sku": pl.String, "location_id": pl.String, "at": INSTANT, "on_way": pl.Float64}
RECEIVED = {"purchase_order_line_id": pl.String, "quantity": pl.Float64, "received_at": INSTANT}


@dataclass(frozen=True)
class Past:
    """`levels`: units available at a location from `at` on; `ordered`: purchase order lines; `received`: what
    came of them, each receipt; `moving`: units on transfers to a location from `at` on, each taken to be
    there `transfer_days` after whoever asks. `whole`: of which this is one part, asked where the part tells
    too little.
    """

    levels: pl.DataFrame
    ordered: pl.DataFrame
    received: pl.DataFrame
    moving: pl.DataFrame
    transfer_days: int = 0
    whole: Past | None = None

    @staticmethod
    def of(
        *,
        levels: pl.DataFrame,
        ordered: pl.DataFrame,
        received: pl.DataFrame,
        moving: pl.DataFrame | None = None,
        transfer_days: int = 0,
    ) -> Past:
        under_way = pl.DataFrame(schema=MOVING) if moving is None else moving
        return Past(
            levels=_cast(levels, LEVELS).sort("at", "sku", "location_id"),
            ordered=_cast(ordered, ORDERED).sort("ordered_at", "purchase_order_line_id"),
            received=_cast(received, RECEIVED).drop_nulls().sort("received_at", "purchase_order_line_id"),
            moving=_cast(under_way, MOVING).sort("at", "sku", "location_id"),
            transfer_days=transfer_days,
        )

    @staticmethod
    def together(parts: Sequence[Past]) -> list[Past]:
        """The same parts, each of the whole they make; their orders must not share an id."""
        ordered = pl.concat([part.ordered for part in parts])
        received = pl.concat([part.received for part in parts])
        whole = Past.of(levels=pl.DataFrame(schema=LEVELS), ordered=ordered, received=received)
        return [replace(part, whole=whole) for part in parts]

    def part(self, here: pl.Expr) -> Past:
        """Stock and orders where `here`, of the column location_id, holds."""
        return Past(
            self.levels.filter(here), self.ordered.filter(here), self.received, self.moving.filter(here),
            transfer_days=self.transfer_days, whole=self,
        )  # fmt: skip

    def inventory(self, at: datetime) -> pl.DataFrame:
        """sku, location_id, available just before an instant."""
        seen = self.levels.filter(pl.col("at") < at)
        return seen.group_by("sku", "location_id").agg(pl.col("available").last()).sort("sku", "location_id")

    def incoming(self, at: datetime) -> pl.DataFrame:
        """Purchase order lines known and still open then, and transfers under way, in the shape of
        `core.incoming_supply`.
        """
        had = (
            self.received.filter(pl.col("received_at") < at)
            .group_by("purchase_order_line_id")
            .agg(had=pl.col("quantity").sum())
        )
        known = self.ordered.filter((pl.col("recorded_at") < at) & (pl.col("ordered_at") < at))
        left = pl.col("quantity") - pl.col("had").fill_null(0.0)
        owed = (
            known.join(had, on="purchase_order_line_id", how="left", maintain_order="left")
            .with_columns(open_quantity=left)
            .filter(pl.col("open_quantity") > 0)
            .drop("had", "quantity", "recorded_at")
        )
        return pl.concat([owed, self._under_way(at)], how="diagonal") if self.moving.height else owed

    def _under_way(self, at: datetime) -> pl.DataFrame:
        """What no supplier sends has none, and no day of order."""
        seen = (
            self.moving.filter(pl.col("at") < at).group_by("sku", "location_id").agg(pl.col("on_way").last())
        )
        there = pl.lit(at + timedelta(days=self.transfer_days)).cast(INSTANT)
        return (
            seen.filter(pl.col("on_way") > 0)
            .sort("sku", "location_id")
            .select(
                "sku", "location_id", open_quantity="on_way", expected_at=there,
                purchase_order_line_id=pl.concat_str(pl.lit("transfer "), "location_id", pl.lit("/"), "sku"),
            )
        )  # fmt: skip

    def receipts(self, at: datetime) -> pl.DataFrame:
        """supplier_id, ordered_at, received_at of what had been delivered; where a supplier had not often
        delivered to a part, what it delivered anywhere.
        """
        came = self.received.filter(pl.col("received_at") < at)
        lines = self.ordered.select("purchase_order_line_id", "supplier_id", "ordered_at")
        joined = came.join(lines, on="purchase_order_line_id", maintain_order="left")
        found = joined.select("supplier_id", "ordered_at", "received_at")
        return found if self.whole is None else lead_times.nearest(found, self.whole.receipts(at))

    @cached_property
    def outages(self) -> pl.DataFrame:
        """sku, out_at, back_at (null while it lasts): every spell without a unit at any location."""
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

        From order to first receipt; the median over the lines of that order. The next order for a part; for
        another where none is placed for it any more.
        """
        found = self._next_deliveries(at)
        if self.whole is not None:
            others = self.whole._next_deliveries(at).join(found, on="supplier_id", how="anti")
            found = pl.concat([found, others])
        return found.filter("is_known").select("supplier_id", "days").sort("supplier_id")

    def _next_deliveries(self, at: datetime) -> pl.DataFrame:
        came = self.received.group_by("purchase_order_line_id").agg(pl.col("received_at").min())
        later = self.ordered.filter(pl.col("ordered_at") >= at)
        first = later.filter(pl.col("ordered_at") == pl.col("ordered_at").min().over("supplier_id"))
        span = (pl.col("received_at") - pl.col("ordered_at")).dt.total_seconds() / 86_400
        taken = first.join(came, on="purchase_order_line_id", how="left").group_by("supplier_id")
        return taken.agg(days=span.median(), is_known=pl.col("received_at").is_not_null().all())


def _cast(frame: pl.DataFrame, schema: dict[str, pl.DataType]) -> pl.DataFrame:
    return frame.select(pl.col(name).cast(kind) for name, kind in schema.items())
