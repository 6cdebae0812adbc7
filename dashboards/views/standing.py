"""The overrides that touch a product as they stand this minute, and what the next run makes of them.

The order book knows what was decided since the release; the effect is the run's own rule over the release's
model forecasts.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from dashboards import overrides
from dashboards.desk import Desk
from models.value_added import learned_weights
from oms_ops import decisions
from warehouse import queries


def active(desk: Desk) -> list[dict]:
    with desk.book() as book:
        return decisions.active_overrides(book, as_of=desk.now)


def touching(found: list[dict], product: Mapping[str, object]) -> list[dict]:
    """Its own, its category's and the whole shop's, oldest first."""
    return [
        row
        for row in found
        if row["scope"] == "shop"
        or (row["scope"] == "category" and row["category"] == product["category"])
        or (row["scope"] == "sku" and row["sku"] == product["sku"])
    ]


def weights(desk: Desk, found: list[dict]) -> dict[str, float]:
    """How far the next run follows each, where the shop has that weighed by the planners' records."""
    if not desk.settings.forecast.weigh_overrides:
        return {}
    return learned_weights(desk.ask(queries.override_values), found)


def after(
    desk: Desk, product: Mapping[str, object], forecast: pl.DataFrame, *, draft: Mapping[str, object] | None
) -> pl.DataFrame:
    """The product's forecast as the next run would make it; `draft` is laid last and in full."""
    everything = active(desk)
    mine = touching(everything, product)
    laid = [*mine, draft] if draft else mine
    scopes = {row["scope"] for row in mine}
    if scopes <= {"sku"}:
        return overrides.with_overrides(forecast, laid, weights=weights(desk, mine))
    wide = "shop" in scopes
    sums = desk.ask(queries.forecast_sums, category=None if wide else product["category"])
    among = everything if wide else [row for row in everything if row["scope"] != "shop"]
    categories = dict(sums.select("sku", pl.col("category").fill_null("")).iter_rows())
    found = overrides.with_overrides(
        sums, [*among, draft] if draft else among, categories=categories, weights=weights(desk, among)
    )
    means = found.filter(pl.col("sku") == product["sku"]).select("week_start", now="mean")
    return forecast.join(means, on="week_start", how="left", maintain_order="left").with_columns(
        mean=pl.coalesce("now", "mean")
    )
