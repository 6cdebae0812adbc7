"""Skus whose whole history is shorter than one full week: too new for a panel, not for a forecast.

A new product is expected to start as those like it did: products launched before, weighed by how much their
titles, prices and category resemble its own, each with its start-up curve; then moved towards what it sold so
far. Listed and not sold yet, it has the curve alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from models.panel import NEW_WEEKS, Panel

NAME = "launch_mean"
LIKE = "launch_like"
RECENT_LAUNCH_WEEKS = 26
PRIOR_WEEKS = 1.0
LEAST_SHARE = 0.1
LIKE_WEEKS = 60
CURVE_WEEKS = 13
LEAST_LIKE = 20
TITLE_SCALE, PRICE_SCALE, SAME_CATEGORY = 0.2, 0.5, 1.5
LIKE_PRIOR_WEEKS = 2.0
LISTED_DAYS = 28
WORDS = r"[^\W\d_]{3,}"


@dataclass(frozen=True)
class Start:
    """`weekly`: (steps,) demand per open week. `model`: 'launch_like'; 'launch_mean' where nothing is like
    it.
    """

    weekly: np.ndarray
    model: str


@dataclass(frozen=True)
class _Like:
    """(products, weeks since launch) rates of those launched before, by their place in the catalogue."""

    curve: np.ndarray
    skus: list[str]


def starts(
    days: pl.DataFrame,
    *,
    panel: Panel,
    cutoff: date,
    product: pl.DataFrame | None,
    first_week: date,
    steps: int,
) -> dict[str, Start]:
    """By sku that is not in the panel yet but sold, or was listed in the last 28 days.

    `product`: sku, title, mean_price, category and, where known, listed_at. With under 20 products launched
    in the last 60 weeks, or without a catalogue, every sku starts as launches did in the median.
    """
    fresh = _sold_so_far(days, panel, cutoff)
    like = None if product is None else _like(panel, set(product["sku"]))
    prior = _start_rate(panel)
    found: dict[str, Start] = {}
    listed = {} if product is None or like is None else _listed(product, set(panel.skus) | set(fresh), cutoff)
    weights = _weights(product, like, [*fresh, *listed]) if like is not None else {}
    for sku, (units, first) in (fresh | {sku: (0.0, day) for sku, day in listed.items()}).items():
        weeks = _open_weeks(panel, first, cutoff)
        if sku not in weights:
            found[sku] = Start(np.full(steps, _shrunk(units, weeks, prior)), NAME)
            continue
        curve = weights[sku] @ like.curve
        level = max(float(curve.mean()), 1e-9)
        pace = (LIKE_PRIOR_WEEKS + units / level) / (LIKE_PRIOR_WEEKS + weeks)
        age = (first_week - first).days // 7 + np.arange(steps)
        found[sku] = Start(pace * curve[np.clip(age, 0, CURVE_WEEKS - 1)], LIKE)
    return found


def _sold_so_far(days: pl.DataFrame, panel: Panel, cutoff: date) -> dict[str, tuple[float, date]]:
    sold = days.filter((pl.col("business_date") <= cutoff) & (pl.col("units") > 0))
    fresh = (
        sold.filter(~pl.col("sku").is_in(set(panel.skus)))
        .group_by("sku")
        .agg(pl.col("units").sum(), first=pl.col("business_date").min())
        .sort("sku")
    )
    return {sku: (units, first) for sku, units, first in fresh.iter_rows()}


def _listed(product: pl.DataFrame, known: set[str], cutoff: date) -> dict[str, date]:
    if "listed_at" not in product.columns:
        return {}
    day = pl.col("listed_at").dt.date()
    recent = day.is_between(cutoff - timedelta(days=LISTED_DAYS - 1), cutoff)
    found = product.filter(recent & (pl.col("product_kind") == "product") & ~pl.col("sku").is_in(known)).sort(
        "sku"
    )
    return dict(found.select("sku", day).iter_rows())


def _like(panel: Panel, catalogue: set[str]) -> _Like | None:
    """Those launched in the last 60 weeks, at least 8 weeks ago, and how they started."""
    launched = (panel.launch > 0) & (panel.launch <= panel.width - NEW_WEEKS)
    launched &= panel.launch >= panel.width - LIKE_WEEKS
    rows = np.array([row for row in np.flatnonzero(launched) if panel.skus[row] in catalogue], dtype=int)
    if len(rows) < LEAST_LIKE:
        return None
    columns = panel.launch[rows][:, None] + 1 + np.arange(CURVE_WEEKS)[None, :]
    inside = columns < panel.width
    curve = np.where(inside, panel.rate[rows[:, None], np.minimum(columns, panel.width - 1)], np.nan)
    known = ~np.isnan(curve)
    mean = np.where(known, curve, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    return _Like(np.where(known, curve, mean[:, None]), [panel.skus[row] for row in rows])


def _weights(product: pl.DataFrame, like: _Like, skus: list[str]) -> dict[str, np.ndarray]:
    """By sku of the catalogue, how much each of those launched before resembles it; they sum to 1."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    place = {sku: row for row, sku in enumerate(product["sku"])}
    new = [sku for sku in skus if sku in place]
    titles = product["title"].fill_null("").to_list()
    if not new or not any(title.strip() for title in titles):
        return {}
    try:
        words = TfidfVectorizer(sublinear_tf=True, token_pattern=WORDS, ngram_range=(1, 2)).fit_transform(
            titles
        )
    except ValueError:  # no title has a word
        return {}
    price = np.log(np.maximum(product["mean_price"].cast(pl.Float64).fill_null(np.nan).to_numpy(), 0.05))
    category = np.array([name or "" for name in product["category"]], dtype=object)
    theirs = np.array([place[sku] for sku in like.skus])
    found = {}
    for sku in new:
        own = place[sku]
        alike = np.asarray(words[theirs] @ words[own].T.toarray()).ravel()
        score = alike / TITLE_SCALE - np.nan_to_num(np.abs(price[theirs] - price[own])) / PRICE_SCALE
        weight = np.exp(score - score.max()) * np.where(category[theirs] == category[own], SAME_CATEGORY, 1.0)
        found[sku] = weight / weight.sum()
    return found


def _shrunk(units: float, weeks: float, prior: float | None) -> float:
    if prior is None:
        return units / max(weeks, LEAST_SHARE)
    return (units + PRIOR_WEEKS * prior) / (weeks + PRIOR_WEEKS)


def _open_weeks(panel: Panel, first: date, cutoff: date) -> float:
    days = (cutoff - first).days + 1
    return sum(panel.calendar.day_share(first + timedelta(days=day)) for day in range(days))


def _start_rate(panel: Panel) -> float | None:
    """Median over recent launches of their mean rate in their first weeks; skus there from the start are
    none.
    """
    launched = (panel.launch > 0) & (panel.launch >= panel.width - RECENT_LAUNCH_WEEKS)
    age = np.arange(panel.width)[None, :] - panel.launch[:, None]
    start = launched[:, None] & (age >= 0) & (age < NEW_WEEKS) & ~np.isnan(panel.rate)
    count = start.sum(axis=1)
    means = np.where(start, panel.rate, 0.0).sum(axis=1)[count > 0] / count[count > 0]
    return float(np.median(means)) if len(means) else None
