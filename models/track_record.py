"""How alerts have done so far: past mornings walked again, on stock as recorded and as a plain buyer has it.

Tables in, tables out; the walk is `replay`, the played stock `buyer`, the measures `alert_scores`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from models import alert_scores, buyer, history, panel, replay
from models.alert_scores import Score
from models.errors import PlanError
from models.forecast import categories
from models.known import Past
from models.panel import WEEK
from models.recalibration import Recalibration
from models.replenishment.agreed import Agreed

LEARNING_WEEKS = 10
SETTLING_WEEKS = 13
LEAST_SPANS = 5


@dataclass(frozen=True)
class Record:
    """On one stock: our score, each plain rule's at as many alerts, what was said and what came true.

    `uncorrected` is the calibration of what the simulation alone would have said.
    """

    stock: str
    first_morning: date
    last_morning: date
    mornings: int
    sayings: int
    scores: list[Score]
    calibration: pl.DataFrame
    uncorrected: pl.DataFrame
    recalibration: Recalibration


def measure(
    *,
    demand_daily: pl.DataFrame,
    availability_day: pl.DataFrame | None,
    past: Past,
    product: pl.DataFrame,
    suppliers: pl.DataFrame,
    as_of: datetime,
    zone: str,
    weeks: int,
    raise_at: float,
    resolve_below: float,
    seed: int,
    terms: Sequence[Agreed] = (),
    stocks: tuple[str, ...] = ("played", "recorded"),
    progress: Callable[[str], None] | None = None,
) -> list[Record]:
    """One record per wanted stock, over the last `weeks` Mondays; ten more before them are for learning only.

    Fewer where history is short: a forecast needs eight weeks of it. Raises `PlanError` where none is left.
    """
    cutoff = as_of.astimezone(ZoneInfo(zone)).date() - timedelta(days=1)
    days = history.validate(demand_daily, availability_day=availability_day)
    whole = panel.build(days, cutoff=cutoff, category=categories(product), ended=history.ends(product))
    spoken = list(
        replay.forecasts(days, whole=whole, weeks=weeks + LEARNING_WEEKS, seed=seed, progress=progress)
    )
    if not spoken:
        raise PlanError(f"demand from {whole.first_week} to {cutoff} is too short to walk a morning again")
    found = []
    for stock in stocks:
        kept = past
        if stock == "played":
            opening = spoken[0].cutoff + timedelta(days=1) - SETTLING_WEEKS * WEEK
            asked = history.before_end(days, whole.ended)
            kept = _played(past, asked, product, opening=opening, last_day=cutoff, zone=zone, seed=seed)
        if progress:
            progress(f"walking {len(spoken)} mornings on {stock} stock")
        tables = {"past": kept, "days": days, "product": product, "suppliers": suppliers, "terms": terms}
        mornings = replay.walk(spoken, **tables, zone=zone, seed=seed, now=as_of)
        found.append(
            _record(
                stock,
                mornings,
                weeks=weeks,
                raise_at=raise_at,
                resolve_below=resolve_below,
                now=as_of,
                zone=zone,
            )
        )
    return found


def _record(
    stock: str,
    mornings: pl.DataFrame,
    *,
    weeks: int,
    raise_at: float,
    resolve_below: float,
    now: datetime,
    zone: str,
) -> Record:
    said, known = replay.calibrated(mornings, now=now)
    ats = said["at"].unique().sort().to_list()[-weeks:]
    scored = said.filter(pl.col("at").is_in(ats) & pl.col("came_true").is_not_null())
    closed = scored["at"].dt.convert_time_zone(zone).dt.date().unique().sort()
    return Record(
        stock=stock,
        first_morning=closed.min() if len(closed) else now.date(),
        last_morning=closed.max() if len(closed) else now.date(),
        mornings=len(closed),
        sayings=len(scored),
        scores=alert_scores.beside(scored, raise_at=raise_at, resolve_below=resolve_below),
        calibration=_calibration(scored, "probability"),
        uncorrected=_calibration(scored, "raw_probability"),
        recalibration=known,
    )


def _calibration(scored: pl.DataFrame, said: str) -> pl.DataFrame:
    return alert_scores.calibration(scored[said].to_numpy(), scored["came_true"].to_numpy())


def _played(
    past: Past,
    days: pl.DataFrame,
    product: pl.DataFrame,
    *,
    opening: date,
    last_day: date,
    zone: str,
    seed: int,
) -> Past:
    """Goods of suppliers with at least five deliveries known, bought by the plain rule from `opening` on."""
    spans = _spans(past)
    goods = (
        product.filter((pl.col("product_kind") == "product") & pl.col("supplier_id").is_in(list(spans)))
        .select("sku", "supplier_id", pl.col("pack_size", "min_order_quantity").cast(pl.Float64))
        .sort("sku")
    )
    first = opening - timedelta(days=buyer.RATE_DAYS)
    demand = _matrix(days, goods["sku"].to_list(), first=first, last=last_day)
    return buyer.play(
        demand,
        buyer.Goods(
            skus=tuple(goods["sku"]),
            supplier_id=goods["supplier_id"].to_list(),
            pack_size=goods["pack_size"].to_numpy(),
            min_order_quantity=goods["min_order_quantity"].to_numpy(),
            spans=spans,
        ),
        first_day=opening,
        before=past,
        zone=zone,
        rng=np.random.default_rng(seed % 2**32),
    )


def _spans(past: Past) -> dict[str, np.ndarray]:
    """By supplier, days of its deliveries of the whole past: how the world is, not what a morning knew."""
    lines = past.ordered.select("purchase_order_line_id", "supplier_id", "ordered_at")
    span = (pl.col("received_at") - pl.col("ordered_at")).dt.total_seconds() / 86_400
    came = past.received.join(lines, on="purchase_order_line_id", maintain_order="left")
    grouped = came.select("supplier_id", days=span).filter(pl.col("days") >= 0).sort("supplier_id", "days")
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
