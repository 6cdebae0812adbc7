"""What may be lost at each position before an order placed now arrives, and by when to place it.

Stock, dated supply and demand in, one row per sku out. Which of them deserve an alert is in `alerts`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl

from models import arrivals, outages, paths, stock
from models.lead_times import LeadTimes
from models.outages import NEVER, Outages
from models.replenishment import agreed
from models.replenishment.supplier_calendar import HORIZON_DAYS
from models.stock import Stock

LOOK_PAST_DAYS = 28
ACCEPTED = 0.05
RISK = {
    "sku": pl.String, "supplier_id": pl.String, "demand_class": pl.String, "available": pl.Float64,
    "lead_time_days": pl.Float64, "lead_time_p90_days": pl.Float64, "mean_daily_demand": pl.Float64,
    "expected_demand": pl.Float64, "on_order": pl.Float64, "next_due": pl.Date,
    "raw_probability": pl.Float64, "units_at_risk": pl.Float64, "unit_margin": pl.Float64,
    "margin_at_risk": pl.Float64, "out_by": pl.Date, "order_by": pl.Date,
    "ends_on": pl.Date, "is_supplier_closed": pl.Boolean,
}  # fmt: skip


def assess(
    *,
    forecast_weekly: pl.DataFrame,
    product: pl.DataFrame,
    inventory: pl.DataFrame,
    incoming_supply: pl.DataFrame,
    receipts: pl.DataFrame,
    suppliers: pl.DataFrame,
    as_of: datetime,
    backordered: pl.DataFrame | None = None,
    terms: Sequence[agreed.Agreed] = (),
    seed: int = 0,
    draws: int = paths.DRAWS,
) -> pl.DataFrame:
    """The columns of `RISK`, sorted by sku; inputs as in `replenish.propose`, `terms` among them.

    raw_probability: share of courses of demand, arrivals and lead times in which the shelf is empty before
    an order placed now arrives. order_by: last day on which ordering leaves at most 5 % of them so; today
    where it is too late already, null where more than four weeks are left. out_by: the day by which half of
    the courses are out, null where fewer are. Of a supplier that takes no orders within a year nothing can
    arrive in that time, and order_by is null. What happens to one sku changes no other's draws.
    """
    found = stock.read(
        forecast_weekly=forecast_weekly, product=product, inventory=inventory,
        incoming_supply=incoming_supply, backordered=backordered, as_of=as_of,
    )  # fmt: skip
    if not found.skus:
        return pl.DataFrame(schema=RISK)
    rng = np.random.default_rng(seed % 2**32)
    weights = paths.week_weights(found.quantiles.shape[1], draws, rng=rng)
    lead_times = LeadTimes(receipts, suppliers, size=draws)
    bound = agreed.of_skus(found, terms, review_days=1)
    lead_days, _review = agreed.on_calendar(bound, found, lead_times.whole_days(found.supplier_id, rng=rng))
    lead_days[agreed.closed(bound, found)] = HORIZON_DAYS
    days = int(lead_days.max()) + LOOK_PAST_DAYS
    coming = arrivals.draw(
        incoming_supply,
        place={sku: row for row, sku in enumerate(found.skus)},
        lead_times=lead_times,
        quoted=dict(suppliers.select("supplier_id", "quoted_lead_time_days").iter_rows()),
        as_of=as_of,
        seed=seed,
    )
    out = outages.simulate(
        found.quantiles,
        weights=weights,
        week_of_day=found.week_of_day(days),
        stock=np.maximum(found.available - found.backordered, 0.0),
        arrivals=coming,
        lead_days=lead_days,
        spread=found.spread(days),
    )
    return (
        _table(found, out, lead_days, lead_times, bound)
        .join(_owed(incoming_supply), on="sku", how="left")
        .select(pl.col("on_order").fill_null(0.0) if name == "on_order" else pl.col(name) for name in RISK)
    )


def _owed(incoming_supply: pl.DataFrame) -> pl.DataFrame:
    """sku, on_order, next_due: what suppliers still owe, and when the first of it was or is due."""
    return incoming_supply.group_by("sku").agg(
        on_order=pl.col("open_quantity").cast(pl.Float64).sum(),
        next_due=pl.col("expected_at").min().dt.date(),
    )


def _table(
    found: Stock, out: Outages, lead_days: np.ndarray, lead_times: LeadTimes, terms: agreed.SkuTerms
) -> pl.DataFrame:
    mean_lead, p90_lead = agreed.leads(found, lead_times, lead_days, terms)
    whole = np.maximum(np.ceil(mean_lead - 1e-9), 1)
    expected = found.expected(whole)
    lost = np.round(out.units_lost, 3)
    order_by = agreed.last_order_days(terms, found, _order_by(found.today, out, lead_days))
    columns = {
        "sku": list(found.skus), "supplier_id": found.supplier_id, "demand_class": found.demand_class,
        "available": found.available - found.backordered, "lead_time_days": np.round(mean_lead, 2),
        "lead_time_p90_days": np.round(p90_lead, 2),
        "mean_daily_demand": np.round(expected / whole, 6), "expected_demand": np.round(expected, 2),
        "raw_probability": np.round(out.probability(lead_days), 4), "units_at_risk": lost,
        "unit_margin": found.unit_margin, "margin_at_risk": np.round(lost * found.unit_margin, 2),
        "out_by": _out_by(found.today, out), "order_by": order_by,
        "ends_on": found.ends_on, "is_supplier_closed": agreed.closed(terms, found),
    }  # fmt: skip
    kinds = {name: RISK[name] for name in columns}
    return pl.DataFrame(columns, schema=kinds, strict=False).sort("sku")


def _out_by(today: date, out: Outages) -> list[date | None]:
    middle = np.sort(out.first_out, axis=1)[:, (out.first_out.shape[1] - 1) // 2]
    return [None if day == NEVER else today + timedelta(days=day) for day in middle.tolist()]


def _order_by(today: date, out: Outages, lead_days: np.ndarray) -> list[date | None]:
    """An order placed d days from now comes d days later: too late in the draws that are out by then."""
    slack = np.sort(out.first_out.astype(np.int32) - lead_days, axis=1)
    allowed = int(ACCEPTED * slack.shape[1] + 1e-9)
    last = slack[:, allowed]
    return [None if days > LOOK_PAST_DAYS else today + timedelta(days=max(days, 0)) for days in last.tolist()]
