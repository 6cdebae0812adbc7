"""What changed since the last forecast, sku by sku, over the weeks both speak of: new sales, another model,
an end announced or moved, overrides.

The last forecast comes in as its table; the model it used is asked again with today's data, which tells
what the sales since did from what choosing another model did.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import polars as pl

from models.endings import DISCONTINUED

DIGITS = 4
SAID = {"sku": pl.String, "week_start": pl.Date, "mean": pl.Float64}
BASE = {
    "sku": pl.String, "made_before": pl.Datetime("us", "UTC"), "weeks": pl.Int64, "before_units": pl.Float64,
    "before_model_units": pl.Float64, "same_model_units": pl.Float64, "model_units": pl.Float64,
    "end_units": pl.Float64, "model_before": pl.String, "model_now": pl.String, "class_before": pl.String,
    "class_now": pl.String, "is_new_code": pl.Boolean, "expected_since": pl.Float64,
    "sold_since": pl.Float64,
}  # fmt: skip
AS_THEY_ARE = (
    "model_before", "model_now", "class_before", "class_now", "is_new_code", "expected_since", "sold_since",
)  # fmt: skip


def base_changes(
    before: pl.DataFrame | None,
    now: pl.DataFrame,
    *,
    again: Mapping[str, pl.DataFrame],
    demand_daily: pl.DataFrame,
    by: date,
    unfaded: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """The change of the models' numbers, before today's overrides are laid (`with_overrides` adds those).

    `before` and `now` are forecast_weekly tables; `again` is model -> (sku, week_start, mean), every
    candidate on today's data; `demand_daily` tells what was sold in the forecast weeks that ended `by` now.
    `unfaded` (`endings.UNFADED`): what the models say of weeks that an end cuts short or takes. Rows are the
    skus that both forecasts know.
    """
    if before is None or before.is_empty():
        return pl.DataFrame(schema=BASE)
    renamed = {"model_name": "model_now", "demand_class": "class_now", "model_mean": "now_mean"}
    today = now.select("sku", "week_start", *renamed, code_now="code_version").rename(renamed)
    asked = [frame.with_columns(model_name=pl.lit(name)) for name, frame in sorted(again.items())]
    said = pl.concat([pl.DataFrame(schema=SAID | {"model_name": pl.String}), *asked])
    both = _with_ends(before).join(today, on=["sku", "week_start"])
    both = both.join(said.rename({"mean": "same_mean"}), on=["sku", "week_start", "model_name"], how="left")
    both = _told_apart(both, unfaded)
    sums = both.group_by("sku").agg(
        made_before=pl.col("made_as_of").first(),
        weeks=pl.len().cast(pl.Int64),
        before_units=pl.col("mean").sum(),
        before_model_units=pl.col("model_mean").sum(),
        same_model_units=pl.col("same_mean").sum(),
        model_units=pl.col("next_mean").sum(),
        end_units=(pl.col("now_mean") - pl.col("next_mean")).sum(),
        model_before=pl.col("model_name").first(),
        model_now=pl.col("model_now").first(),
        class_before=pl.col("demand_class").first(),
        class_now=pl.col("class_now").first(),
        is_new_code=(pl.col("code_version") != pl.col("code_now")).any(),
    )
    table = sums.join(_since(before, demand_daily, by), on="sku", how="left")
    return (
        table.with_columns(pl.selectors.float().round(DIGITS))
        .select(pl.col(name).cast(kind) for name, kind in BASE.items())
        .sort("sku")
    )


def _with_ends(before: pl.DataFrame) -> pl.DataFrame:
    """`before` with knew_end: the last forecast knew of an end by the end of that week."""
    is_over = pl.col("model_name") == DISCONTINUED
    next_is = is_over.shift(-1).over("sku", order_by="week_start").fill_null(value=False)
    return before.with_columns(knew_end=is_over | next_is)


def _told_apart(both: pl.DataFrame, unfaded: pl.DataFrame | None) -> pl.DataFrame:
    """`both` with same_mean and next_mean, what the model before and today's say with the end that the last
    forecast knew; from there to now_mean is what the end now known does.
    """
    if unfaded is None or unfaded.is_empty():
        whole = both.with_columns(unfaded=pl.col("now_mean"), kept=pl.lit(1.0), model_unfaded="model_now")
    else:
        whole = both.join(unfaded, on=["sku", "week_start"], how="left", maintain_order="left").with_columns(
            pl.col("unfaded").fill_null(pl.col("now_mean")),
            pl.col("kept").fill_null(1.0),
            pl.col("model_unfaded").fill_null(pl.col("model_now")),
        )
    is_same = pl.col("model_name") == pl.col("model_unfaded")
    same = pl.when(is_same).then("unfaded").otherwise(pl.coalesce("same_mean", "unfaded"))
    part = pl.when("knew_end").then("kept").otherwise(1.0)
    is_back = (pl.col("model_name") == DISCONTINUED) & (pl.col("kept") > 0)
    return whole.with_columns(
        same_mean=pl.when(is_back).then("model_mean").otherwise(same * part),
        next_mean=pl.when(is_back).then("model_mean").when("knew_end").then("now_mean").otherwise("unfaded"),
    )


def with_overrides(base: pl.DataFrame, forecast_weekly: pl.DataFrame) -> pl.DataFrame:
    """marts.forecast_change: `base` told apart into new sales, another model, an end and overrides, which add
    up.
    """
    after = (
        forecast_weekly.sort("sku", "week_start")
        .group_by("sku", maintain_order=True)
        .agg("mean", "model_mean")
    )
    found = base.join(after, on="sku", how="left", maintain_order="left")
    weeks = pl.col("weeks")
    moved = pl.col("mean").list.head(weeks).list.sum() - pl.col("model_mean").list.head(weeks).list.sum()
    override = moved - (pl.col("before_units") - pl.col("before_model_units"))
    return found.select(
        "sku",
        "made_before",
        "weeks",
        "before_units",
        new_sales=(pl.col("same_model_units") - pl.col("before_model_units")).round(DIGITS),
        model_change=(pl.col("model_units") - pl.col("same_model_units")).round(DIGITS),
        end_change=pl.col("end_units").round(DIGITS),
        override_change=override.round(DIGITS),
        after_units=(pl.col("model_units") + pl.col("end_units") + moved).round(DIGITS),
        **{name: name for name in AS_THEY_ARE},
    )


def long_means(skus: tuple[str, ...], weeks: list[date], means: np.ndarray) -> pl.DataFrame:
    """(skus, weeks) means as (sku, week_start, mean)."""
    return pl.DataFrame(
        {
            "sku": np.repeat(np.array(skus, dtype=object), len(weeks)).tolist(),
            "week_start": weeks * len(skus),
            "mean": np.round(means.reshape(-1), DIGITS),
        },
        schema=SAID,
    )


def _since(before: pl.DataFrame, demand_daily: pl.DataFrame, by: date) -> pl.DataFrame:
    """sku, expected_since, sold_since: over the weeks forecast then that are over now."""
    over = before.filter(pl.col("week_start").dt.offset_by("6d") <= by).select("sku", "week_start", "mean")
    sold = (
        demand_daily.with_columns(week_start=pl.col("business_date").dt.truncate("1w"))
        .group_by("sku", "week_start")
        .agg(pl.col("units").sum().round(3))
    )
    return (
        over.join(sold, on=["sku", "week_start"], how="left")
        .group_by("sku")
        .agg(expected_since=pl.col("mean").sum(), sold_since=pl.col("units").sum())
    )
