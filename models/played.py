"""Past stock as a plain buyer would have kept it in each stock pool, on the demand that really came.

How he buys is in `buyer`; what alerts would have said of it in `replay`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl

from models import buyer, history
from models.known import Past
from models.replay import Ground

LEAST_SPANS = 5


def grounds(
    recorded: Sequence[Ground],
    product: pl.DataFrame,
    *,
    opening: date,
    last_day: date,
    as_of: datetime,
    zone: str,
    seed: int,
) -> list[Ground]:
    """Each ground with the stock that the plain rule would have kept there."""
    given = {"opening": opening, "last_day": last_day, "as_of": as_of, "zone": zone}
    pasts = [_bought(one, product, **given, seed=seed + number) for number, one in enumerate(recorded)]
    if len(pasts) > 1:
        pasts = Past.together(pasts)
    return [replace(one, past=past) for one, past in zip(recorded, pasts, strict=True)]


def _bought(
    ground: Ground,
    product: pl.DataFrame,
    *,
    opening: date,
    last_day: date,
    as_of: datetime,
    zone: str,
    seed: int,
) -> Past:
    """Goods of suppliers with at least five deliveries known, bought by the plain rule from `opening` on."""
    spans = _spans(ground.past.receipts(as_of))
    goods = (
        product.filter((pl.col("product_kind") == "product") & pl.col("supplier_id").is_in(list(spans)))
        .select("sku", "supplier_id", pl.col("pack_size", "min_order_quantity").cast(pl.Float64))
        .sort("sku")
    )
    first = opening - timedelta(days=buyer.RATE_DAYS)
    asked = history.before_end(ground.asked, history.ends(product))
    demand = _matrix(asked, goods["sku"].to_list(), first=first, last=last_day)
    return buyer.play(
        demand,
        buyer.Goods(
            skus=tuple(goods["sku"]),
            supplier_id=goods["supplier_id"].to_list(),
            pack_size=goods["pack_size"].to_numpy(),
            min_order_quantity=goods["min_order_quantity"].to_numpy(),
            spans=spans,
            location_id=ground.stock_pool,
        ),
        first_day=opening,
        before=ground.past,
        zone=zone,
        rng=np.random.default_rng(seed % 2**32),
    )


def _spans(receipts: pl.DataFrame) -> dict[str, np.ndarray]:
    """By supplier, days of its deliveries of the whole past: how the world is, not what a morning knew."""
    span = (pl.col("received_at") - pl.col("ordered_at")).dt.total_seconds() / 86_400
    grouped = (
        receipts.select("supplier_id", days=span).filter(pl.col("days") >= 0).sort("supplier_id", "days")
    )
    return {
        name: rows["days"].to_numpy()
        for (name,), rows in grouped.group_by(["supplier_id"], maintain_order=True)
        if len(rows) >= LEAST_SPANS
    }


def _matrix(days: pl.DataFrame, skus: list[str], *, first: date, last: date) -> np.ndarray:
    """(skus, days) units; days without a row are 0."""
    place = pl.DataFrame({"sku": skus, "row": range(len(skus))}, schema={"sku": pl.String, "row": pl.Int64})
    seen = days.filter(pl.col("business_date").is_between(first, last)).join(place, on="sku")
    found = np.zeros((len(skus), (last - first).days + 1))
    columns = (seen["business_date"] - first).dt.total_days().to_numpy()
    np.add.at(found, (seen["row"].to_numpy(), columns), seen["units"].to_numpy())
    return found
