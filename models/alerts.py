"""Which positions deserve a planner's attention now, and how urgently; episodes, delivery are elsewhere."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl

from models import explain
from models.errors import PlanError
from models.recalibration import Recalibration

CANDIDATE_AT = 0.3
RULES = OUT, RISK = "out_of_stock", "stockout_risk"
LEAST_DEMAND = 1.0
ENDED = "Discontinued on {}: it is not bought any more and may run out."
HELD_TO = 0.8
SEVERITY_AT = {"critical": 500.0, "high": 100.0, "medium": 20.0}
CANDIDATE = {
    "rule": pl.String, "sku": pl.String, "location_id": pl.String, "severity": pl.String,
    "stockout_probability": pl.Float64, "margin_at_risk": pl.Float64, "available": pl.Float64,
    "days_of_cover": pl.Float64, "suggested_quantity": pl.Float64, "order_by": pl.Date,
    "explanation": pl.String,
}  # fmt: skip


def evaluate(positions: pl.DataFrame, *, as_of: datetime) -> pl.DataFrame:
    """Alert candidates: the columns of marts.alert that no episode adds, most margin at risk first.

    out_of_stock: nothing is available and at least one unit is expected to be asked for until the next
    review's order arrives; its probability is 1. stockout_risk: something is available and it runs out before
    an order placed now arrives with a probability of at least 0.3. Severity by margin at risk, in shop
    currency: critical from 500, high from 100, medium from 20, else low. Of products that have ended
    (`ends_on`) both rules stand at 0, which raises nothing and resolves what is open with that reason.
    """
    lacking = [
        name
        for name in (*CANDIDATE, "expected_demand")
        if name not in {*positions.columns, "rule", "severity"}
    ]
    if lacking:
        raise PlanError(f"positions lack {', '.join(lacking)}")
    positions, over = _by_end(positions, today=as_of.date())
    is_out = (pl.col("available") <= 0) & (pl.col("expected_demand") >= LEAST_DEMAND)
    is_risky = (pl.col("available") > 0) & (pl.col("stockout_probability") >= CANDIDATE_AT)
    found = positions.filter(is_out | is_risky).with_columns(
        rule=pl.when(is_out).then(pl.lit(OUT)).otherwise(pl.lit(RISK)),
        severity=_severity(pl.col("margin_at_risk")),
        stockout_probability=pl.when(is_out).then(1.0).otherwise(pl.col("stockout_probability")),
        explanation=_sentence(is_out, as_of),
    )
    ranked = _shaped(found).sort("margin_at_risk", "sku", descending=[True, False])
    return pl.concat([ranked, _ended(over)])


def _shaped(found: pl.DataFrame) -> pl.DataFrame:
    return found.select(pl.col(name).cast(kind) for name, kind in CANDIDATE.items())


def _by_end(positions: pl.DataFrame, *, today: date) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Those still sold, and those that are not."""
    if "ends_on" not in positions.columns:
        positions = positions.with_columns(ends_on=pl.lit(None, pl.Date))
    is_over = (pl.col("ends_on") <= today).fill_null(value=False)
    return positions.filter(~is_over), positions.filter(is_over)


def _ended(over: pl.DataFrame) -> pl.DataFrame:
    """Both rules at nothing, with the reason."""
    rules = pl.DataFrame({"rule": list(RULES)})
    told = over.join(rules, how="cross").with_columns(
        severity=pl.lit("low"), stockout_probability=0.0, margin_at_risk=0.0, suggested_quantity=0.0,
        order_by=pl.lit(None, pl.Date), explanation=pl.format(ENDED, "ends_on"),
    )  # fmt: skip
    return _shaped(told)


def with_risks(
    positions: pl.DataFrame, risks: pl.DataFrame, *, recalibration: Recalibration, as_of: datetime
) -> pl.DataFrame:
    """`positions` with the chances, losses, dates and reasons of `risks` (columns of `risk.RISK` and the
    location_id of their stock pool), by sku and location_id.

    What was said is recalibrated on what came of it before; the expected loss is scaled along.
    """
    said = _said(risks, recalibration)
    scale = pl.when(pl.col("raw_probability") > 0).then(said / pl.col("raw_probability")).otherwise(0.0)
    judged = risks.with_columns(
        stockout_probability=_certain_where_out(said),
        margin_at_risk=(pl.col("margin_at_risk") * scale).round(2),
    )
    judged = judged.with_columns(
        explanation=pl.Series(explain.risks(judged, today=as_of.date()), dtype=pl.String)
    )
    names = ("stockout_probability", "margin_at_risk", "order_by", "explanation")
    key = ["sku", "location_id"]
    return positions.drop(names).join(judged.select(*key, *names), on=key, how="inner").sort(key)


def chances(risks: pl.DataFrame, *, recalibration: Recalibration) -> pl.DataFrame:
    """sku, location_id, stockout_probability as an alert would say it: certain where nothing is available."""
    said = _certain_where_out(_said(risks, recalibration))
    return risks.select("sku", "location_id", stockout_probability=said)


def _said(risks: pl.DataFrame, recalibration: Recalibration) -> pl.Series:
    return pl.Series(recalibration.apply(risks["raw_probability"].to_numpy()), dtype=pl.Float64).round(4)


def _certain_where_out(said: pl.Series) -> pl.Expr:
    is_out = (pl.col("available") <= 0) & (pl.col("raw_probability") > 0)
    return pl.when(is_out).then(1.0).otherwise(said)


def with_held(candidates: pl.DataFrame) -> pl.DataFrame:
    """`candidates` with held_severity: the class an open alert keeps until money at risk has fallen to four
    fifths of where the class begins, so that a sum that trembles around it does not tell every run.
    """
    return candidates.with_columns(held_severity=_severity(pl.col("margin_at_risk") / HELD_TO))


def _severity(margin: pl.Expr) -> pl.Expr:
    found = pl.lit("low")
    for name, least in sorted(SEVERITY_AT.items(), key=lambda pair: pair[1]):
        found = pl.when(margin >= least).then(pl.lit(name)).otherwise(found)
    return found


def _sentence(is_out: pl.Expr, as_of: datetime) -> pl.Expr:
    word = pl.when(is_out).then(pl.lit("Out of stock: ")).otherwise(pl.lit("May run out: "))
    margin = pl.col("margin_at_risk").round(0).cast(pl.Int64).cast(pl.String)
    quantity = pl.col("suggested_quantity").cast(pl.Int64).cast(pl.String)
    is_due = pl.col("order_by") <= as_of.date()
    when = pl.when(is_due).then(pl.lit(" today")).otherwise(" by " + pl.col("order_by").cast(pl.String))
    order = pl.concat_str(pl.lit(" Order "), quantity, when.fill_null(""), pl.lit("."))
    buy = pl.when(pl.col("suggested_quantity") > 0).then(order).otherwise(pl.lit(""))
    return pl.concat_str(
        word, pl.col("explanation"), pl.lit(" Margin at risk until then: "), margin, pl.lit("."), buy,
    )  # fmt: skip
