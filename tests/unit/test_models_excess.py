"""Excess and dead stock by hand: half a year of demand is enough; the cheapest thing to do is said first."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl

from models import excess
from warehouse import contracts

NOW = datetime(2024, 1, 1, tzinfo=UTC)


def found(
    *,
    weekly: float | list[float],
    available: list[float],
    last: date | None,
    on_order: float = 0.0,
    cost: float | None = 2.0,
    ends: date | None = None,
) -> list[dict]:
    means = weekly if isinstance(weekly, list) else [weekly] * 4
    weeks = [date(2024, 1, 1) + timedelta(weeks=week) for week in range(4)]
    table = excess.find(
        forecast_weekly=pl.DataFrame({"sku": ["A"] * 4, "week_start": weeks, "mean": means}),
        product=pl.DataFrame(
            {"sku": ["A"], "product_kind": ["product"], "unit_cost": [cost], "discontinued_on": [ends]},
            schema_overrides={"unit_cost": pl.Float64, "discontinued_on": pl.Date},
        ),
        inventory=pl.DataFrame(
            {"sku": ["A"] * len(available), "location_id": [str(n) for n in range(len(available))],
             "available": available}
        ),
        incoming_supply=pl.DataFrame(
            {"sku": ["A"], "open_quantity": [on_order]} if on_order else {"sku": [], "open_quantity": []},
            schema={"sku": pl.String, "open_quantity": pl.Float64},
        ),
        last_sold=pl.DataFrame(
            {"sku": ["A"], "last_sold": [last]}, schema={"sku": pl.String, "last_sold": pl.Date}
        ),
        as_of=NOW,
        holding_rate=0.25,
    )  # fmt: skip
    assert table.columns == list(contracts.table("marts.excess_stock").column_names)
    return table.to_dicts()


def test_what_lies_beyond_half_a_year_of_demand_is_excess():
    (row,) = found(weekly=2.0, available=[60.0, 40.0, -30.0], last=date(2023, 12, 30))
    assert (row["kind"], row["available"], row["excess_units"]) == ("excess", 100, 48)
    assert (row["excess_value"], row["annual_holding"], row["weeks_of_stock"]) == (96, 24, 50)
    assert row["action"] == "Do not buy it; mark down about 48: at its pace the stock lasts 50 weeks."
    assert found(weekly=2.0, available=[52.0], last=date(2023, 12, 30)) == []


def test_what_has_not_sold_for_half_a_year_and_will_not_is_dead():
    (row,) = found(weekly=0.0, available=[7.0], last=date(2023, 6, 1), on_order=12.0)
    assert (row["kind"], row["excess_units"], row["weeks_of_stock"], row["on_order"]) == ("dead", 7, None, 12)
    assert row["action"].startswith("Cancel or postpone the 12 on order. Clear it")
    assert "not sold for 214 days" in row["action"]
    assert "never sold" in found(weekly=0.0, available=[7.0], last=None)[0]["action"]
    (young,) = found(weekly=0.0, available=[7.0], last=date(2023, 12, 1))
    assert young["kind"] == "excess"
    assert young["action"].endswith("mark it down: next to nothing is asked for.")


def test_without_a_cost_it_is_named_and_has_no_value():
    (row,) = found(weekly=0.0, available=[7.0], last=None, cost=None)
    assert (row["excess_value"], row["annual_holding"]) == (None, None)


def test_nothing_on_the_shelf_is_nothing_to_say():
    assert found(weekly=0.0, available=[0.0], last=None) == []


def test_all_stock_of_a_product_that_has_ended_is_to_be_sold_off_or_returned():
    (row,) = found(weekly=0.0, available=[7.0], last=date(2023, 12, 30), on_order=12.0, ends=NOW.date())
    assert (row["kind"], row["excess_units"], row["excess_value"]) == ("discontinued", 7, 14)
    assert row["action"] == (
        "Cancel or postpone the 12 on order. Sell it off, or return it to the supplier: discontinued on "
        "2024-01-01."
    )
    (dead,) = found(weekly=0.0, available=[7.0], last=date(2023, 1, 1), ends=date(2023, 2, 1))
    assert dead["kind"] == "discontinued"


def test_of_a_product_whose_end_is_announced_what_will_not_sell_before_is_listed():
    soon = {"available": [20.0], "last": date(2023, 12, 30)}
    (row,) = found(weekly=[2.0, 2.0, 1.0, 0.0], ends=date(2024, 1, 18), **soon)
    assert (row["kind"], row["excess_units"]) == ("discontinued", 15)
    assert row["action"] == (
        "Mark down or return about 15 now: it is discontinued on 2024-01-18, and only about 5 are expected "
        "to sell before."
    )
    (later,) = found(weekly=2.0, ends=date(2024, 2, 12), **soon)  # six weeks of two
    assert later["excess_units"] == 8
    assert found(weekly=2.0, ends=date(2024, 4, 1), **soon) == []


def test_a_far_end_leaves_what_is_excess_as_excess():
    (row,) = found(weekly=2.0, available=[100.0], last=date(2023, 12, 30), ends=date(2025, 1, 1))
    assert (row["kind"], row["excess_units"]) == ("excess", 48)
