"""What overrides were worth: the error of the number before each against that of the planner's own number.

An override's step on a week is kept as it stood before the week began (`keep_steps`), and scored once the
week is over. From what a planner's overrides were worth follows how far the next ones are followed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

import polars as pl

from models.overrides import STEPS

PRIOR_OVERRIDES = 4.0
LEAST_GAIN, MOST_GAIN = -1.0, 3.0
ABOUT = {
    "scope": pl.String, "action": pl.String, "value": pl.Float64, "author": pl.String,
    "reason_code": pl.String, "reason": pl.String,
}  # fmt: skip
KEPT = STEPS | ABOUT | {"model_name": pl.String, "made_as_of": pl.Datetime("us", "UTC")}
KEY = ("override_id", "sku", "week_start")


def keep_steps(
    kept: pl.DataFrame,
    steps: pl.DataFrame,
    *,
    overrides: Iterable[Mapping[str, object]],
    forecast_weekly: pl.DataFrame,
    today: date,
) -> pl.DataFrame:
    """`kept` with today's steps in place of those on weeks still to begin; what has begun stays as it was."""
    begun = kept.filter(pl.col("week_start") <= today)
    about = pl.DataFrame(
        [
            {"override_id": str(row["override_id"])} | {name: row.get(name) for name in ABOUT}
            for row in overrides
        ],
        schema={"override_id": pl.String} | ABOUT,
    )
    made = forecast_weekly.select("sku", "week_start", "model_name", "made_as_of")
    fresh = (
        steps.filter(pl.col("week_start") > today)
        .join(about, on="override_id")
        .join(made, on=["sku", "week_start"])
        .cast({"made_as_of": KEPT["made_as_of"]})
    )
    return pl.concat([begun.select(*KEPT), fresh.select(*KEPT)]).sort(KEY)


def scored_steps(
    kept: pl.DataFrame, demand_daily: pl.DataFrame, *, prices: pl.DataFrame, today: date
) -> pl.DataFrame:
    """marts.override_value: `kept` with what came, both errors and their difference in units and money.

    `demand_daily` lists (sku, business_date, units, exposure); a day not listed sold nothing, in stock.
    `prices` is sku -> mean_price. A week counts once it is over and was not cut by a stock-out: what could
    not be bought proves nobody wrong.
    """
    weeks = (
        demand_daily.with_columns(week_start=pl.col("business_date").dt.truncate("1w"))
        .group_by("sku", "week_start")
        .agg(pl.col("units").sum().round(3), exposure=(1 - (1 - pl.col("exposure")).sum() / 7).round(9))
    )
    is_over = pl.col("week_start") + timedelta(days=7) <= today
    joined = kept.join(weeks, on=["sku", "week_start"], how="left", maintain_order="left").join(
        prices.select("sku", pl.col("mean_price").cast(pl.Float64)),
        on="sku",
        how="left",
        maintain_order="left",
    )
    actual = pl.when(is_over).then(pl.col("units").fill_null(0.0))
    known = joined.with_columns(
        actual=actual,
        exposure=pl.when(is_over).then(pl.col("exposure").fill_null(1.0)),
    ).with_columns(is_scored=is_over & (pl.col("exposure") >= 1 - 1e-9))
    errors = known.with_columns(
        pl.when("is_scored").then((pl.col(said) - pl.col("actual")).abs().round(4)).alias(name)
        for name, said in (("error_before", "before"), ("error_planned", "planned"), ("error_after", "after"))
    )
    value = pl.col("error_before") - pl.col("error_planned")
    return errors.with_columns(
        value_added=value, value_added_money=(value * pl.col("mean_price").fill_null(0.0)).round(4)
    ).drop("units", "mean_price")


def learned_weights(scored: pl.DataFrame, overrides: Iterable[Mapping[str, object]]) -> dict[str, float]:
    """override_id -> weight 0..1 by what its author's past overrides for that kind of reason were worth.

    Of each past override the share of its change that, followed, would have had the least squared error. The
    mean of the author's other overrides is shrunk towards full trust as if four had proven right, that of
    those for this reason code towards the result in the same way. Who has no record is followed in full.
    """
    gains = _gains(scored).select("author", "reason_code", "gain").rows()
    found = {}
    for override in overrides:
        who, code = str(override["author"]), str(override["reason_code"])
        alike = [gain for author, reason, gain in gains if author == who and reason == code]
        others = [gain for author, reason, gain in gains if author == who and reason != code]
        weight = _shrunk(alike, towards=_shrunk(others, towards=1.0))
        found[str(override["override_id"])] = round(min(max(weight, 0.0), 1.0), 3)
    return found


def _gains(scored: pl.DataFrame) -> pl.DataFrame:
    """author, reason_code, gain of each override scored: 1 where it went just as far as was right."""
    cells = scored.filter(pl.col("is_scored")).with_columns(
        moved=pl.col("planned") - pl.col("before"), missing=pl.col("actual") - pl.col("before")
    )
    sums = (
        cells.group_by("override_id", "author", "reason_code")
        .agg(
            top=(pl.col("moved") * pl.col("missing")).sum().round(6),
            bottom=(pl.col("moved") ** 2).sum().round(6),
        )
        .filter(pl.col("bottom") > 0)
        .sort("override_id")
    )
    return sums.with_columns(gain=(pl.col("top") / pl.col("bottom")).clip(LEAST_GAIN, MOST_GAIN))


def _shrunk(gains: list[float], *, towards: float) -> float:
    return (sum(gains) + PRIOR_OVERRIDES * towards) / (len(gains) + PRIOR_OVERRIDES)
