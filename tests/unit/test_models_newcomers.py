"""A new product starts as those like it did: mugs as mugs, clocks as clocks, and sales so far count."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from models import history, panel
from models.newcomers import LIKE, NAME, starts

FIRST = date(2023, 1, 2)
WEEKS = 60
CUTOFF = FIRST + timedelta(weeks=WEEKS, days=2)  # a Wednesday
NEXT = FIRST + timedelta(weeks=WEEKS + 1)
MUGS, CLOCKS = [f"M{number}" for number in range(12)], [f"C{number}" for number in range(12)]


def sold(sku: str, weekly: list[float], *, since: int) -> list[tuple]:
    """A seventh of each week's units on each day."""
    return [
        (sku, FIRST + timedelta(weeks=since + week, days=day), units / 7)
        for week, units in enumerate(weekly)
        for day in range(7)
        if units
    ]


def demand(*more: tuple) -> pl.DataFrame:
    """An old best seller, mugs that start high and fade, clocks that start at 7 a week and stay."""
    rows = sold("OLD", [70.0] * WEEKS, since=0) + list(more)
    for number, sku in enumerate(MUGS):
        launch = 20 + number
        rows += sold(sku, [140.0] * 7 + [70.0] * (WEEKS - launch - 7), since=launch)
    for number, sku in enumerate(CLOCKS):
        rows += sold(sku, [7.0] * (WEEKS - 20 - number), since=20 + number)
    frame = pl.DataFrame(rows, schema=["sku", "business_date", "units"], orient="row")
    return history.validate(
        frame.with_columns(orders=pl.lit(1), gross_sales=pl.col("units"), exposure=pl.lit(1.0))
    )


def product(*new: tuple[str, str, float | None], listed: date | None = None) -> pl.DataFrame:
    rows = [("OLD", "GARDEN BENCH", 90.0)]
    rows += [(sku, f"CERAMIC MUG {color}", 4.0) for sku, color in zip(MUGS, COLORS, strict=True)]
    rows += [(sku, f"WALL CLOCK {color}", 25.0) for sku, color in zip(CLOCKS, COLORS, strict=True)]
    table = pl.DataFrame([*rows, *new], schema=["sku", "title", "mean_price"], orient="row")
    at = datetime(2000, 1, 1, tzinfo=UTC)
    now = at if listed is None else datetime(listed.year, listed.month, listed.day, tzinfo=UTC)
    names = [sku for sku, _title, _price in new]
    return table.with_columns(
        product_kind=pl.lit("product"),
        category=pl.lit("Home"),
        listed_at=pl.when(pl.col("sku").is_in(names)).then(pl.lit(now)).otherwise(pl.lit(at)),
    )


COLORS = (
    "RED",
    "BLUE",
    "GREEN",
    "PINK",
    "WHITE",
    "BLACK",
    "GREY",
    "BROWN",
    "GOLD",
    "SILVER",
    "IVORY",
    "TEAL",
)


def started(days: pl.DataFrame, catalogue: pl.DataFrame | None) -> dict:
    return starts(
        days, panel=panel.build(days, cutoff=CUTOFF), cutoff=CUTOFF, product=catalogue, first_week=NEXT,
        steps=13,
    )  # fmt: skip


def test_a_listed_mug_starts_as_mugs_did_and_a_clock_as_clocks():
    new = (("MX", "CERAMIC MUG OWL", 4.2), ("CX", "WALL CLOCK OWL", 24.0))
    found = started(demand(), product(*new, listed=CUTOFF - timedelta(days=2)))
    assert {sku: one.model for sku, one in found.items()} == {"MX": LIKE, "CX": LIKE}
    mug, clock = found["MX"].weekly, found["CX"].weekly
    assert mug[0] > 100 > 90 > mug[12] > 50
    assert clock == pytest.approx(np.full(13, 7), rel=0.35)


def test_what_it_sold_so_far_moves_it():
    """Seven a day for three days is less than mugs start with: two weeks of the curve, three own days."""
    fresh = [("MX", CUTOFF - timedelta(days=day), 7.0) for day in range(3)]
    new = ("MX", "CERAMIC MUG OWL", 4.2)
    plain = started(demand(), product(new, listed=CUTOFF))["MX"].weekly
    slow = started(demand(*fresh), product(new))["MX"]
    assert slow.model == LIKE
    assert 0.7 < slow.weekly[0] / plain[0] < 1.0
    many = [(sku, day, units * 10) for sku, day, units in fresh]
    assert started(demand(*many), product(new))["MX"].weekly[0] > 1.3 * plain[0]


def test_without_a_catalogue_or_a_word_in_it_recent_launches_stand_in():
    fresh = ("MX", CUTOFF, 5.0)
    bare = product(("MX", "12 / 34", 4.0))
    wordless = bare.with_columns(title=pl.lit("12"))
    for catalogue in (None, wordless):
        assert started(demand(fresh), catalogue)["MX"].model == NAME
    assert started(demand(fresh), bare)["MX"].model == LIKE  # by its price and category


def test_long_listed_and_never_sold_is_not_new():
    assert (
        started(demand(), product(("MX", "CERAMIC MUG OWL", 4.0), listed=CUTOFF - timedelta(days=40))) == {}
    )
    unknown = product(("MX", "CERAMIC MUG OWL", None), listed=CUTOFF)
    assert np.isfinite(started(demand(), unknown)["MX"].weekly).all()
