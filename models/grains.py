"""Demand history at any grain: daily rows under any key columns in, complete days or weeks under it out.

A sku in a channel or at a location is a series like a sku, and the rules are those of `history` and
`lost_sales`, reached through one composite key. Where the rows come from is elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl

from models import history, lost_sales
from models.errors import HistoryError
from models.frames import checked, require

GRAINS = ("day", "week")
WHEN = {"day": "business_date", "week": "week_start"}
DAY = ("sku", "business_date")
SEPARATOR = "\x1f"
TOLD = (
    "units", "returned_units", "exposure", "is_censored", "is_bulk", "demand", "lost_units", "lost_q10",
    "lost_q90",
)  # fmt: skip


def complete(
    daily: pl.DataFrame,
    *,
    key: Sequence[str],
    cutoff: date,
    grain: str = "week",
    exposure: pl.DataFrame | None = None,
    ended: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """The columns of `key`, week_start (or business_date), units, returned_units, exposure, is_censored,
    is_bulk, demand (null: unknown), lost_units, lost_q10, lost_q90: one row per member of `key` and period.

    `daily`: `key`, business_date, units and returned_units, one row per member and day; days not listed sold
    nothing. `exposure`: business_date and exposure of days that could not sell in full, under those columns
    of `key` it has: a sku's holds for all its members. `ended`: last_date, likewise; nothing after it is
    history. A series runs from its first sale to the earlier of its end and `cutoff`, at grain week in full
    weeks. Returns take nothing off units. Raises `HistoryError`, naming the column or row at fault.

    A day is bulk where its week is, and has that week's lost units by its share of the time out of stock,
    with an interval of its own; all null in a week that `cutoff` or an end cuts short. Its demand is unknown
    below half exposure; else what it sold and lost, capped with its week.
    """
    names = _known_key(key, grain)
    seen, members = _series(daily, names)
    last = _of_members(ended, members, name="ended", value={"last_date": pl.Date})
    short = _of_members(exposure, members, name="exposure", value=history.EXPOSURE, on=("business_date",))
    seen, short = (_until(rows, last, cutoff=cutoff) for rows in (seen, short))
    days = history.validate(_demand(seen, short), availability_day=short)
    weeks = _weeks(days, last, cutoff=cutoff)
    found = weeks if grain == "week" else _days(days, weeks, _ends(last, days, cutoff=cutoff))
    when = WHEN[grain]
    told = _with_returns(found, seen, when).with_columns(pl.selectors.float().round(lost_sales.DIGITS))
    named = told.join(members, on="sku").select(*(_own(name).alias(name) for name in names), when, *TOLD)
    return named.sort(*names, when)


def _own(name: str) -> pl.Expr:
    return pl.col(f"key_{name}")


def _known_key(key: Sequence[str], grain: str) -> tuple[str, ...]:
    names = tuple(key)
    if grain not in GRAINS:
        raise HistoryError(f"grain {grain!r} is unknown; known: {', '.join(GRAINS)}")
    if (
        isinstance(key, str)
        or not names
        or len(set(names)) < len(names)
        or {"business_date", *TOLD} & {*names}
    ):
        raise HistoryError(f"key must list distinct columns that name a series, e.g. sku; found {key!r}")
    return names


def _series(daily: pl.DataFrame, names: tuple[str, ...]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """sku (composite), business_date, units, returned_units; and every composite with its key columns."""
    measures = {"units": pl.Float64, "returned_units": pl.Float64}
    schema = {**dict.fromkeys(names, pl.String), "business_date": pl.Date, **measures}
    by_day = (*names, "business_date")
    rows = checked(daily, name="daily", schema=schema, key=by_day, error=HistoryError)
    for measure in measures:
        rule = pl.col(measure).is_finite() & (pl.col(measure) >= 0)
        allowed = f"{measure} must be finite and at least 0"
        require(rows, rule, name="daily", allowed=allowed, key=by_day, error=HistoryError)
    rows = rows.select(
        *(pl.col(name).alias(f"key_{name}") for name in names),
        pl.concat_str(names, separator=SEPARATOR).alias("sku"),
        *("business_date", *measures),
    )
    members = rows.select("sku", *(_own(name) for name in names)).unique()
    unlike = pl.col("sku").is_unique()
    require(members, unlike, name="daily", allowed="keys must differ", key=("sku",), error=HistoryError)
    return rows.select(*DAY, *measures), members


def _of_members(
    frame: pl.DataFrame | None,
    members: pl.DataFrame,
    *,
    name: str,
    value: dict[str, pl.DataType],
    on: tuple[str, ...] = (),
) -> pl.DataFrame:
    """sku (composite), the columns `on` and the value: what `frame` says of a part of the key, per member."""
    values = {column: kind for column, kind in value.items() if column != "sku"}
    if frame is None:
        return pl.DataFrame(schema={"sku": pl.String, **values})
    shared = [column for column in frame.columns if f"key_{column}" in members.columns]
    if not shared:
        known = ", ".join(column.removeprefix("key_") for column in members.columns[1:])
        raise HistoryError(f"{name} has no column of the key ({known}); found {', '.join(frame.columns)}")
    schema = {**dict.fromkeys(shared, pl.String), **values}
    rows = checked(frame, name=name, schema=schema, key=(*shared, *on), error=HistoryError)
    own = rows.rename({column: f"key_{column}" for column in shared})
    return members.join(own, on=[f"key_{column}" for column in shared]).select("sku", *values)


def _until(rows: pl.DataFrame, last: pl.DataFrame, *, cutoff: date) -> pl.DataFrame:
    ends = rows.join(last, on="sku", how="left", maintain_order="left")
    alive = pl.col("business_date") <= pl.min_horizontal("last_date", pl.lit(cutoff))
    return ends.filter(alive).drop("last_date")


def _demand(seen: pl.DataFrame, short: pl.DataFrame) -> pl.DataFrame:
    known = seen.join(short, on=DAY, how="left").with_columns(pl.col("exposure").fill_null(1.0))
    return known.with_columns(orders=0, gross_sales=0.0).select(*history.DEMAND)


def _weeks(days: pl.DataFrame, last: pl.DataFrame, *, cutoff: date) -> pl.DataFrame:
    weeks = history.weekly(days, cutoff=cutoff).join(last, on="sku", how="left", maintain_order="left")
    is_whole = pl.col("last_date").is_null() | (
        pl.col("week_start") + timedelta(days=6) <= pl.col("last_date")
    )
    whole = history.trainable(weeks.filter(is_whole).drop("last_date"))
    return lost_sales.with_lost_sales(whole)


def _ends(last: pl.DataFrame, days: pl.DataFrame, *, cutoff: date) -> pl.DataFrame:
    """sku, first and last day of every series that has sold."""
    first = days.filter(pl.col("units") > 0).group_by("sku").agg(first=pl.col("business_date").min())
    ends = first.join(last, on="sku", how="left")
    return ends.select("sku", "first", last=pl.min_horizontal("last_date", pl.lit(cutoff)))


def _days(days: pl.DataFrame, weeks: pl.DataFrame, ends: pl.DataFrame) -> pl.DataFrame:
    """Every day of every series with what its week says of it."""
    dense = ends.select("sku", business_date=pl.date_ranges("first", "last")).explode(
        "business_date", empty_as_null=False
    )
    week = lost_sales.with_usual_demand(weeks).select(
        "sku", "week_start", "is_bulk", "usual", "spread", "count",
        week_units="units", week_demand="demand", week_out=1 - pl.col("exposure"), week_lost="lost_units",
    )  # fmt: skip
    found = (
        dense.join(days.select(*DAY, "units", "exposure"), on=DAY, how="left")
        .with_columns(pl.col("units").fill_null(0.0), pl.col("exposure").fill_null(1.0))
        .with_columns(
            week_start=pl.col("business_date").dt.truncate("1w"),
            is_censored=pl.col("exposure") < history.FULL,
        )
        .join(week, on=["sku", "week_start"], how="left")
    )
    told = found.join(_lost_by_day(found), on=DAY, how="left")
    return told.with_columns(demand=_demand_of_day())


def _demand_of_day() -> pl.Expr:
    capped = (pl.col("week_demand") / pl.col("week_units")).clip(0.0, 1.0)
    sold = pl.col("units") * pl.when(pl.col("is_bulk")).then(capped).otherwise(1.0)
    is_trusted = pl.col("exposure") >= history.TRUSTED_EXPOSURE
    return pl.when(~pl.col("is_censored")).then(sold).when(is_trusted).then(sold + pl.col("lost_units"))


def _lost_by_day(found: pl.DataFrame) -> pl.DataFrame:
    """The week's lost units dealt out over the days by the time out of stock; the interval is the day's."""
    short = found.filter(pl.col("is_censored") & pl.col("week_lost").is_not_null())
    as_share_of_week = short.with_columns(
        units_while_out=pl.when(pl.col("exposure") <= 1 - history.FULL).then("units").otherwise(0.0),
        exposure=1 - (1 - pl.col("exposure")) / 7,
    )
    _lost, low, high = lost_sales.estimate(as_share_of_week)
    mine = pl.col("week_lost") * (1 - pl.col("exposure")) / (7 * pl.col("week_out"))
    lost = short.select(*DAY, lost_units=mine).with_columns(low, high)
    return lost.with_columns(
        lost_q10=pl.min_horizontal("lost_q10", "lost_units"),
        lost_q90=pl.max_horizontal("lost_q90", "lost_units"),
    )


def _with_returns(found: pl.DataFrame, seen: pl.DataFrame, when: str) -> pl.DataFrame:
    back = seen.with_columns(week_start=pl.col("business_date").dt.truncate("1w"))
    sums = back.group_by("sku", when).agg(pl.col("returned_units").sum())
    return found.join(sums, on=["sku", when], how="left").with_columns(
        pl.col("returned_units").fill_null(0.0)
    )
