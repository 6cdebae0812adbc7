"""The history as dense arrays, one row per sku and one column per week, and what demand class a sku is in.

A panel is cut at one week and holds nothing later: `Panel` is built from rows up to a cutoff alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property

import numpy as np
import polars as pl

from models import history
from models.shop import ShopCalendar, learn

ADI_SPLIT = 1.32
CV2_SPLIT = 0.49
NEW_WEEKS = 8
DORMANT_WEEKS = 26
TRUSTED_OPEN = 0.5
WEEKLY = ("units", "adjusted", "demand", "orders", "gross_sales", "exposure")
CLASSES = ("smooth", "intermittent", "erratic", "lumpy", "new", "dormant")
WEEK = timedelta(weeks=1)


@dataclass(frozen=True)
class Panel:
    """(skus, weeks) arrays; NaN is unknown. `launch` is the column of the first sale.

    `adjusted` is demand as exposure lets us guess it; `demand` is that with bulk orders capped, for
    training. `extra` holds further (skus, weeks) columns by name that a model may read as of a week.
    `daily`: (skus, 7 x weeks) what each day sold of the week's `demand`, NaN in a week where that is
    unknown, or hidden as a whole. `category`: sku -> category. `ended`: sku, ends_on of what is discontinued,
    also later than the panel; weeks not wholly before it are unknown.
    """

    skus: tuple[str, ...]
    first_week: date
    units: np.ndarray
    adjusted: np.ndarray
    demand: np.ndarray
    orders: np.ndarray
    gross_sales: np.ndarray
    exposure: np.ndarray
    launch: np.ndarray
    calendar: ShopCalendar
    extra: dict[str, np.ndarray] = field(default_factory=dict)
    daily: np.ndarray | None = None
    category: dict[str, str] = field(default_factory=dict)
    ended: pl.DataFrame | None = None

    @property
    def width(self) -> int:
        return self.units.shape[1]

    def until(self, columns: int) -> Panel:
        """Its first `columns` weeks; skus and calendar stay, so later ones are known by name alone."""
        cut = {name: getattr(self, name)[:, :columns] for name in WEEKLY}
        daily = None if self.daily is None else self.daily[:, : columns * 7]
        extra = {name: values[:, :columns] for name, values in self.extra.items()}
        return replace(self, **cut, daily=daily, extra=extra)

    def week(self, column: int) -> date:
        return self.first_week + column * WEEK

    def open_share(self, columns: int) -> np.ndarray:
        """How much of a usual week each of the first `columns` weeks is open, also past the panel's end."""
        return self.calendar.week_shares(self.week(column) for column in range(columns))

    @cached_property
    def rate(self) -> np.ndarray:
        """(skus, weeks): training demand per open week; NaN where unknown or the shop was mostly shut."""
        share = self.open_share(self.width)
        return np.where(share >= TRUSTED_OPEN, self.demand / np.maximum(share, TRUSTED_OPEN), np.nan)

    @cached_property
    def days_to_end(self) -> np.ndarray:
        """(skus,): days from the panel's first to the first without the sku; inf where no end is known."""
        found = dict(self.ended.select("sku", "ends_on").iter_rows()) if self.ended is not None else {}
        ends = [found.get(sku) for sku in self.skus]
        return np.array(
            [np.inf if end is None else (end - self.first_week).days for end in ends], dtype=float
        )

    @property
    def has_ended(self) -> np.ndarray:
        """(skus,): gone on the day after the panel's last."""
        return self.days_to_end <= 7 * self.width

    @cached_property
    def alive(self) -> np.ndarray:
        """(skus, weeks): the week is not before the sku's first sale, and wholly before its end."""
        columns = np.arange(self.width)[None, :]
        return (columns >= self.launch[:, None]) & (7 * (columns + 1) <= self.days_to_end[:, None])

    @cached_property
    def last_sale(self) -> np.ndarray:
        """(skus, weeks): column of the last week up to this one that sold; -1 for none."""
        columns = np.where(self.units > 0, np.arange(self.width)[None, :], -1)
        return np.maximum.accumulate(columns, axis=1)

    @cached_property
    def weeks_silent(self) -> np.ndarray:
        """Weeks since the last sale, 0 where the last week sold."""
        if not self.width:
            return np.zeros(len(self.skus), dtype=int)
        return self.width - 1 - self.last_sale[:, -1]


def build(
    days: pl.DataFrame,
    *,
    cutoff: date,
    extra: dict[str, pl.DataFrame] | None = None,
    category: dict[str, str] | None = None,
    ended: pl.DataFrame | None = None,
) -> Panel:
    """A panel of validated `days` that sees nothing after `cutoff`; `extra`: name -> (sku, week_start,
    value). What a product sold after its end (`ended`: sku, ends_on) tells of the shop's calendar alone. A
    sku launched within the last week, after its Monday, has no full week yet and is left out.
    """
    seen = days.filter(pl.col("business_date") <= cutoff)
    last = history.last_full_week(cutoff)
    weeks = history.trainable(history.weekly(seen, cutoff=cutoff, ended=ended))
    weeks = weeks.filter(~pl.col("sku").is_in(_launched_within(seen, last)))
    skus = tuple(weeks["sku"].unique().sort())
    first = weeks["week_start"].min() if weeks.height else last + WEEK
    shape = (len(skus), (last - first).days // 7 + 1)
    rows = np.searchsorted(np.array(skus, dtype=object), weeks["sku"].to_numpy()) if skus else []
    columns = (weeks["week_start"] - first).dt.total_days().to_numpy() // 7

    def dense(name: str, missing: float) -> np.ndarray:
        matrix = np.full(shape, missing)
        matrix[rows, columns] = weeks[name].cast(pl.Float64).fill_null(np.nan).to_numpy()
        return matrix

    launch = np.full(len(skus), shape[1])
    np.minimum.at(launch, rows, columns)
    demand = dense("demand", np.nan)
    return Panel(
        skus=skus,
        first_week=first,
        units=dense("units", 0.0),
        adjusted=dense("adjusted", np.nan),
        demand=demand,
        orders=dense("orders", 0.0),
        gross_sales=dense("gross_sales", 0.0),
        exposure=dense("exposure", 1.0),
        launch=launch,
        calendar=learn(seen, cutoff=cutoff),
        extra={name: _extra(frame, skus, first, shape) for name, frame in (extra or {}).items()},
        daily=_daily(history.before_end(seen, ended), skus, first, dense("units", 0.0), demand),
        category=dict(category or {}),
        ended=ended,
    )


def _launched_within(days: pl.DataFrame, last: date) -> list[str]:
    first = days.filter(pl.col("units") > 0).group_by("sku").agg(pl.col("business_date").min())
    return first.filter(pl.col("business_date").is_between(last, last + WEEK, closed="none"))["sku"].to_list()


def demand_classes(panel: Panel) -> np.ndarray:
    """Syntetos-Boylan class of each sku (ADI 1.32, CV² 0.49), or 'new' (under 8 weeks), or 'dormant' (26
    silent).

    On exposure-adjusted demand, bulk orders whole, over weeks of known demand; CV² is the population variance
    of the selling weeks over their squared mean (Syntetos, Boylan and Croston 2005).
    """
    known = ~np.isnan(panel.adjusted)
    selling = known & (panel.adjusted > 0)
    weeks, sales = known.sum(axis=1), selling.sum(axis=1)
    interval = weeks / np.maximum(sales, 1)
    total = np.where(selling, panel.adjusted, 0.0).sum(axis=1)
    mean = total / np.maximum(sales, 1)
    spread = np.where(selling, panel.adjusted - mean[:, None], 0.0)
    cv2 = (spread**2).sum(axis=1) / np.maximum(sales, 1) / np.maximum(mean, 1e-12) ** 2
    regular, steady = interval < ADI_SPLIT, cv2 < CV2_SPLIT
    quadrant = np.where(
        regular, np.where(steady, "smooth", "erratic"), np.where(steady, "intermittent", "lumpy")
    )
    age = panel.width - panel.launch
    classes = np.where(panel.weeks_silent >= DORMANT_WEEKS, "dormant", quadrant)
    return np.where(age < NEW_WEEKS, "new", classes).astype(object)


def _daily(
    seen: pl.DataFrame, skus: tuple[str, ...], first: date, units: np.ndarray, demand: np.ndarray
) -> np.ndarray:
    days = demand.shape[1] * 7
    found = np.zeros((len(skus), days))
    inside = seen.filter(pl.col("sku").is_in(skus) & (pl.col("units") > 0)).with_columns(
        column=(pl.col("business_date") - first).dt.total_days()
    )
    inside = inside.filter(pl.col("column").is_between(0, days - 1))
    rows = np.searchsorted(np.array(skus, dtype=object), inside["sku"].to_numpy()) if inside.height else []
    found[rows, inside["column"].to_numpy()] = inside["units"].to_numpy()
    nothing_sold = np.where(demand == 0, 1.0, np.nan)
    share = np.divide(demand, units, out=nothing_sold, where=units > 0)
    return found * np.repeat(share, 7, axis=1)


def _extra(frame: pl.DataFrame, skus: tuple[str, ...], first: date, shape: tuple[int, int]) -> np.ndarray:
    place = {sku: row for row, sku in enumerate(skus)}
    matrix = np.full(shape, np.nan)
    for sku, monday, value in frame.select("sku", "week_start", "value").iter_rows():
        column = (monday - first).days // 7
        if sku in place and 0 <= column < shape[1]:
            matrix[place[sku], column] = value
    return matrix
