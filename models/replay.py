"""Walks past Monday mornings: what each would have said with what was known then, and what came of it.

Stock and orders come from `known`, demand from `history`; how well it was said is in `alert_scores`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from models import backtest, history, pools, recalibration, risk
from models.known import Past
from models.panel import WEEK, Panel
from models.quantiles import QUANTILE_NAMES
from models.recalibration import Recalibration
from models.replenishment.agreed import Agreed

HORIZON_WEEKS = 13
DRAWS = 256
WARM_UP_WEEKS = (16, 12, 8, 4)
LEARNT_FROM = 13
SALES_DAYS = 28
LEAST_CAME_TRUE = 25
NEARLY_ALL = 0.95
KEY = ("stock_pool", "sku", "at")
MORNING = {
    "stock_pool": pl.String, "at": pl.Datetime("us", "UTC"), "sku": pl.String, "available": pl.Float64,
    "on_order": pl.Float64, "daily_sales": pl.Float64, "lead_time_days": pl.Float64,
    "raw_probability": pl.Float64, "margin_at_risk": pl.Float64, "out_at": pl.Datetime("us", "UTC"),
    "closes_at": pl.Datetime("us", "UTC"), "came_true": pl.Boolean,
}  # fmt: skip


@dataclass(frozen=True)
class Spoken:
    """A forecast as it would have stood on a Monday morning."""

    cutoff: date
    weekly: pl.DataFrame


@dataclass(frozen=True)
class Ground:
    """What is walked as one stock: its own past, what it was asked for (sku, business_date, units) and, by
    cutoff, its part of each sku's demand as known then (sku, share); None where all of it is its own.
    """

    stock_pool: str
    past: Past
    asked: pl.DataFrame
    shares: Mapping[date, pl.DataFrame] | None = None
    terms: Sequence[Agreed] = ()

    def part(self, spoken: Spoken) -> pl.DataFrame:
        if self.shares is None:
            return spoken.weekly
        return pools.portion(spoken.weekly, self.shares[spoken.cutoff])


def forecasts(
    days: pl.DataFrame,
    *,
    whole: Panel,
    weeks: int,
    seed: int,
    progress: Callable[[str], None] | None = None,
) -> Iterator[Spoken]:
    """The last `weeks` Sundays' forecasts by the champions and with the spread that were known then."""
    last = whole.week(whole.width) - timedelta(days=1)
    wanted = [last - WEEK * number for number in range(weeks, 0, -1)]
    warm_up = [wanted[0] - WEEK * number for number in WARM_UP_WEEKS]
    cutoffs = [day for day in warm_up + wanted if day >= whole.first_week + backtest.LEAST_WEEKS * WEEK]
    origins = backtest.origins_at(
        days, cutoffs, whole=whole, horizon=HORIZON_WEEKS, seed=seed, scored_from=wanted[0], progress=progress
    )
    before: list[backtest.Origin] = []
    succession = backtest.Succession()
    for origin in origins:
        if origin.is_scored:
            named = succession.named(before, by=origin.cutoff)
            yield Spoken(origin.cutoff, _weekly(origin, before[-LEARNT_FROM:], champions=named))
        before.append(origin)


def _weekly(
    origin: backtest.Origin, before: list[backtest.Origin], *, champions: Mapping[str, str]
) -> pl.DataFrame:
    mean = origin.chosen(champions)
    skus, steps = mean.shape
    spread = np.zeros((skus, steps, len(QUANTILE_NAMES)))
    models = np.array([champions[name] for name in origin.classes], dtype=object)
    for name in sorted(set(models)):
        members = models == name
        known = backtest.calibration(before, model_name=name, by=origin.cutoff)
        spread[members] = known.quantiles(origin.classes[members], mean[members])
    monday = origin.cutoff + timedelta(days=1)
    return pl.DataFrame(
        {
            "sku": np.repeat(np.array(origin.skus, dtype=object), steps).tolist(),
            "week_start": [monday + WEEK * step for step in range(steps)] * skus,
            "demand_class": np.repeat(origin.classes, steps).tolist(),
            "mean": mean.reshape(-1),
            **{name: spread[:, :, place].reshape(-1) for place, name in enumerate(QUANTILE_NAMES)},
        },
        schema_overrides={"sku": pl.String, "demand_class": pl.String},
    )


def walk(
    spoken: Sequence[Spoken],
    *,
    grounds: Sequence[Ground],
    days: pl.DataFrame,
    product: pl.DataFrame,
    suppliers: pl.DataFrame,
    zone: str,
    seed: int,
    now: datetime,
) -> pl.DataFrame:
    """`MORNING`: each sku that a ground had in stock on each morning and that had not ended, sorted
    by ground, sku and morning.

    came_true: the ground's shelf was empty before the delivery of the next order placed with the supplier;
    null where that has not come by `now`. Prices are those of the shop's sales (`days`) known then, terms
    with suppliers today's.
    """
    given = {"days": days, "product": product, "suppliers": suppliers, "zone": zone, "now": now}
    found = [
        _morning(one, ground, **given, seed=seed + number)
        for number, ground in enumerate(grounds)
        for one in spoken
    ]
    return pl.concat([pl.DataFrame(schema=MORNING), *found]).sort(KEY)


def _morning(
    spoken: Spoken,
    ground: Ground,
    *,
    days: pl.DataFrame,
    product: pl.DataFrame,
    suppliers: pl.DataFrame,
    zone: str,
    seed: int,
    now: datetime,
) -> pl.DataFrame:
    past = ground.past
    at = datetime.combine(spoken.cutoff + timedelta(days=1), time(), tzinfo=ZoneInfo(zone)).astimezone(UTC)
    said = risk.assess(
        forecast_weekly=ground.part(spoken),
        product=_priced(
            history.on_sale(product, day=spoken.cutoff + timedelta(days=1)),
            days.filter(pl.col("business_date") <= spoken.cutoff),
        ),
        inventory=past.inventory(at),
        incoming_supply=past.incoming(at),
        receipts=past.receipts(at),
        suppliers=suppliers,
        as_of=at.astimezone(ZoneInfo(zone)),
        terms=ground.terms,
        seed=seed,
        draws=DRAWS,
    ).filter(pl.col("available") > 0)
    lately = pl.col("business_date").is_between(
        spoken.cutoff - timedelta(days=SALES_DAYS), spoken.cutoff, closed="right"
    )
    sales = ground.asked.filter(lately).group_by("sku").agg(daily_sales=pl.col("units").sum() / SALES_DAYS)
    next_out = past.outages.filter(pl.col("out_at") >= at).group_by("sku").agg(pl.col("out_at").min())
    closes_at = pl.lit(at) + pl.duration(seconds=pl.col("days") * 86_400)
    table = (
        said.join(sales, on="sku", how="left")
        .join(past.next_delivery_days(at), on="supplier_id", how="left")
        .join(next_out, on="sku", how="left")
        .with_columns(
            pl.col("daily_sales").fill_null(0.0),
            at=pl.lit(at),
            closes_at=closes_at,
            stock_pool=pl.lit(ground.stock_pool),
        )
        .with_columns(
            came_true=pl.when(pl.col("closes_at") <= now).then(
                (pl.col("out_at") < pl.col("closes_at")).fill_null(value=False)
            )
        )
    )
    return table.select(pl.col(name).cast(kind) for name, kind in MORNING.items())


def _priced(product: pl.DataFrame, seen: pl.DataFrame) -> pl.DataFrame:
    prices = seen.group_by("sku").agg(mean_price=pl.col("gross_sales").sum() / pl.col("units").sum())
    return product.drop("mean_price").join(prices, on="sku", how="left")


def calibrated(mornings: pl.DataFrame, *, now: datetime) -> tuple[pl.DataFrame, Recalibration]:
    """`mornings` with `probability`: what was said, recalibrated on what had come true by that morning.

    And the recalibration known `now`, learnt from all stock pools together. Sayings are believed until 25 of
    them have come true.
    """
    parts = []
    for (at,), rows in mornings.sort("at", "stock_pool", "sku").group_by(["at"], maintain_order=True):
        said = _known(mornings, by=at).apply(rows["raw_probability"].to_numpy())
        parts.append(rows.with_columns(probability=pl.Series(np.round(said, 4), dtype=pl.Float64)))
    empty = mornings.clear().with_columns(probability=pl.lit(None, pl.Float64))
    return pl.concat([empty, *parts]).sort(KEY), _known(mornings, by=now)


def _known(mornings: pl.DataFrame, *, by: datetime) -> Recalibration:
    """From mornings nearly all of whose deliveries had come; others would tell of quick suppliers only."""
    is_closed = (pl.col("closes_at") <= by).fill_null(value=False)
    closed = mornings.filter(is_closed & (is_closed.mean().over("at") >= NEARLY_ALL))
    if closed["came_true"].sum() < LEAST_CAME_TRUE:
        return Recalibration()
    return recalibration.fit(closed["raw_probability"].to_numpy(), closed["came_true"].to_numpy())
