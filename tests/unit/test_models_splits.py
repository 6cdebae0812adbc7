"""Parts of a forecast by channel and location: they add up, follow what sold, borrow where little did."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest

from models import splits
from warehouse import contracts

MONDAY = date(2024, 1, 1)
WEEKS = [MONDAY + timedelta(weeks=week) for week in range(3)]


def weekly(**means: float) -> pl.DataFrame:
    rows = [(sku, week, mean) for sku, mean in means.items() for week in WEEKS]
    return pl.DataFrame(rows, schema=["sku", "week_start", "mean"], orient="row")


def units(*rows: tuple[str, str, str, float]) -> pl.DataFrame:
    schema = {"sku": pl.String, "dimension": pl.String, "member": pl.String, "units": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def category(**names: str) -> pl.DataFrame:
    return pl.DataFrame({"sku": list(names), "category": list(names.values())})


def share(found: pl.DataFrame, sku: str, member: str) -> float:
    rows = found.filter((pl.col("sku") == sku) & (pl.col("dimension") == "channel"))
    return rows.filter(pl.col("member") == member)["mean"].sum() / rows["mean"].sum()


SOLD = units(
    ("A", "channel", "web", 9_000.0), ("A", "channel", "ebay", 1_000.0),
    ("B", "channel", "web", 0.0), ("B", "channel", "ebay", 5_000.0),
    ("A", "location", "NORTH", 10_000.0), ("B", "location", "SOUTH", 5_000.0),
)  # fmt: skip


def test_parts_add_up_in_every_week_and_dimension():
    found = splits.split(weekly(A=7.0, B=3.5, C=1.0), SOLD, category(A="Mugs", B="Clocks", C="Mugs"))
    assert found.columns == list(contracts.table("marts.forecast_split").column_names)
    sums = found.group_by("sku", "week_start", "dimension").agg(pl.col("mean").sum())
    assert sums.height == 3 * 3 * 2
    for sku, mean in (("A", 7.0), ("B", 3.5), ("C", 1.0)):
        assert sums.filter(pl.col("sku") == sku)["mean"].to_list() == pytest.approx([mean] * 6)


def test_much_sold_says_its_own_proportions_and_nothing_sold_its_categorys():
    found = splits.split(weekly(A=7.0, B=3.5, C=1.0), SOLD, category(A="Mugs", B="Clocks", C="Mugs"))
    assert share(found, "A", "web") == pytest.approx(0.9, abs=0.01)
    assert share(found, "B", "ebay") == pytest.approx(1.0, abs=0.01)
    assert share(found, "C", "web") == pytest.approx(0.9, abs=0.01)
    other = splits.split(weekly(C=1.0), SOLD, category(A="Mugs", B="Clocks", C="Toys"))
    assert share(other, "C", "web") == pytest.approx(9_000 / 15_000, abs=0.01)


def test_twenty_own_units_weigh_as_much_as_all_the_others():
    sold = pl.concat([SOLD, units(("C", "channel", "ebay", 20.0))])
    found = splits.split(weekly(C=1.0), sold, category(A="Mugs", C="Mugs"))
    assert share(found, "C", "ebay") == pytest.approx((20 + 20 * 0.102) / 40, abs=0.002)


def test_what_is_expected_to_sell_nothing_has_no_parts():
    assert splits.split(weekly(A=0.0), SOLD, category(A="Mugs")).is_empty()
    assert splits.split(weekly(A=1.0), units(), category(A="Mugs")).is_empty()


def test_a_unit_counts_half_after_a_quarter():
    schema = {
        "sku": pl.String,
        "dimension": pl.String,
        "member": pl.String,
        "day": pl.Date,
        "units": pl.Int64,
    }
    rows = [("A", "channel", "web", MONDAY, 4), ("A", "channel", "web", MONDAY - timedelta(days=91), 4)]
    found = splits.decayed(pl.DataFrame(rows, schema=schema, orient="row"), today=MONDAY)
    assert found["units"].to_list() == pytest.approx([6.0])
