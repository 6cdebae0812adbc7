"""Buying for products that end: nothing that cannot sell before, whatever packs and minimums there are."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from models import history, risk
from models.replenishment.rounding import Terms, allowed
from tests.unit.test_models_replenish import (
    MONDAY,
    NOW,
    forecast,
    inventory,
    plan,
    product,
    receipts,
    suppliers,
    supply,
)

NOTHING = supply().with_columns(
    supplier_id=pl.lit(None, pl.String), ordered_at=pl.lit(None, pl.Datetime("us", "UTC"))
)
STEADY = forecast(70, 0)  # ten a day, for certain


def ending(day: int, *, mean: float = 70, sd: float = 0) -> pl.DataFrame:
    """The forecast of a product that ends so many days from a Monday: faded as `endings` fades it."""
    weeks = forecast(mean, sd).with_row_index("week")
    part = ((day - 7 * pl.col("week").cast(pl.Int64)) / 7).clip(0, 1)
    names = ["mean", *(name for name in weeks.columns if name.startswith("q"))]
    return weeks.with_columns(pl.col(names) * part).drop("week")


def bought(day: int | None, *, have: float = 100, frame: pl.DataFrame | None = None, **more) -> dict:
    end = None if day is None else MONDAY + timedelta(days=day)
    fields = {name: more.pop(name) for name in ("pack_size", "min_order_quantity") if name in more}
    weekly = frame if frame is not None else STEADY if day is None else ending(day)
    given = {"product": product(discontinued_on=end, **fields), "inventory": inventory(("A", "MAIN", have))}
    return plan(forecast_weekly=weekly, **given | more).positions.row(0, named=True)


def test_an_order_covers_the_days_up_to_the_end_and_no_more():
    """An order takes 14 days, the next 7 more: 21 days of ten; 100 there, which are gone when it comes."""
    assert bought(None)["suggested_quantity"] == 110
    assert bought(21)["suggested_quantity"] == 70
    found = bought(18)
    assert (found["suggested_quantity"], found["ends_on"]) == (40, date(2024, 1, 19))
    assert found["expected_demand"] == pytest.approx(180)
    assert found["binding_constraint"] == "discontinued"


def test_what_the_shelf_still_holds_when_the_order_comes_is_not_bought_again():
    assert bought(18, have=150)["suggested_quantity"] == 30
    assert bought(18, have=180)["suggested_quantity"] == 0


def test_what_arrives_before_the_end_is_not_bought_again():
    assert bought(18, incoming_supply=supply(("A", 25.0, 16)))["suggested_quantity"] == 15
    assert bought(18, incoming_supply=supply(("A", 25.0, 19)))["suggested_quantity"] == 40


@pytest.mark.parametrize("day", [14, 10, 1])
def test_what_could_not_arrive_before_the_end_is_not_bought(day):
    assert bought(day, have=0)["suggested_quantity"] == 0


@pytest.mark.parametrize("day", [0, -3, -400])
def test_nothing_is_bought_of_what_has_ended_even_where_planners_expect_demand_or_units_are_owed(
    day,
):
    owed = pl.DataFrame({"sku": ["A"], "backordered": [9.0]})
    found = bought(day, have=0, frame=STEADY, backordered=owed)
    assert (found["suggested_quantity"], found["expected_demand"]) == (0, 0)
    assert plan(forecast_weekly=STEADY, product=product(discontinued_on=NOW.date())).proposals.is_empty()


def test_packs_and_minimums_do_not_buy_for_after_the_end():
    assert bought(18, pack_size=24.0)["suggested_quantity"] == 24  # not 48
    below = bought(18, min_order_quantity=60.0)
    assert (below["suggested_quantity"], below["binding_constraint"]) == (0, "discontinued")
    assert bought(21, pack_size=24.0)["suggested_quantity"] == 48  # of 70 that sell; 120 without an end
    assert bought(None, pack_size=24.0)["suggested_quantity"] == 120


def test_units_owed_before_an_announced_end_are_still_bought():
    owed = pl.DataFrame({"sku": ["A"], "backordered": [12.0]})
    assert bought(10, have=0, backordered=owed)["suggested_quantity"] == 12


@pytest.mark.parametrize("policy", ["service_level", "least_cost"])
def test_uncertain_demand_is_bought_for_up_to_what_is_expected_before_the_end(policy):
    usual = bought(None, frame=forecast(70, 30), policy=policy)
    found = bought(18, frame=ending(18, sd=30), policy=policy)
    assert usual["suggested_quantity"] > 100
    assert 0 < found["suggested_quantity"] <= 45


def test_no_purchase_step_goes_beyond_the_end():
    with_end = plan(
        forecast_weekly=ending(18, sd=30), product=product(discontinued_on=MONDAY + timedelta(days=18))
    )
    without = plan(forecast_weekly=forecast(70, 30))
    assert float(with_end.steps["quantity"].max()) <= 45
    assert float(without.steps["quantity"].max()) > 60


def test_the_proposal_says_that_the_end_bound_it_and_when():
    end = MONDAY + timedelta(days=18)
    said = plan(forecast_weekly=ending(18), product=product(discontinued_on=end)).proposals
    told = said["explanation"][0]
    assert "lowered to what is expected to sell before it is discontinued" in told
    assert told.endswith("Discontinued from 2024-01-19 on.")
    assert said["binding_constraint"].to_list() == ["discontinued"]
    assert "iscontinued" not in plan(forecast_weekly=STEADY).proposals["explanation"][0]


def test_a_product_that_ends_leaves_the_others_as_they_are():
    frame = pl.concat([forecast(70.0, 14), ending(18).with_columns(sku=pl.lit("B"))])
    goods = pl.concat([product(), product("B", discontinued_on=MONDAY + timedelta(days=18))])
    both = plan(forecast_weekly=frame, product=goods)
    plain = goods.with_columns(discontinued_on=pl.lit(None, pl.Date))
    usual = plan(forecast_weekly=frame, product=plain)
    assert both.positions.filter(sku="A").equals(usual.positions.filter(sku="A"))
    assert both.proposals.filter(sku="A").equals(usual.proposals.filter(sku="A"))
    assert not both.positions.filter(sku="B").equals(usual.positions.filter(sku="B"))


def test_a_column_of_nulls_and_no_column_plan_the_same_to_the_byte():
    goods = product()
    given = {"forecast_weekly": forecast(70, 14), "product": goods}
    bare = plan(**given | {"product": goods.drop("discontinued_on")})
    for name in ("positions", "proposals", "steps"):
        assert getattr(plan(**given), name).equals(getattr(bare, name)), name


def risks(day: int | None, *, have: float, frame: pl.DataFrame) -> dict:
    end = None if day is None else MONDAY + timedelta(days=day)
    found = risk.assess(
        forecast_weekly=frame, product=product(discontinued_on=end),
        inventory=inventory(("A", "MAIN", have)), incoming_supply=NOTHING, receipts=receipts([]),
        suppliers=suppliers(S=14), as_of=NOW, seed=3,
    )  # fmt: skip
    return found.row(0, named=True)


def test_stock_that_lasts_until_the_end_is_at_no_risk():
    """Ten a day, 100 there, a delivery takes 14 days."""
    assert risks(None, have=100, frame=STEADY)["raw_probability"] == 1
    kept = risks(9, have=100, frame=ending(9))
    assert (kept["raw_probability"], kept["margin_at_risk"], kept["out_by"]) == (0, 0, None)
    short = risks(12, have=100, frame=ending(12))
    assert short["raw_probability"] == 1
    assert short["units_at_risk"] == pytest.approx(20)
    assert short["ends_on"] == MONDAY + timedelta(days=12)


def test_a_product_that_has_ended_is_at_no_risk_whatever_planners_expect_after_it():
    found = risks(0, have=100, frame=STEADY)
    assert (found["raw_probability"], found["units_at_risk"], found["expected_demand"]) == (0, 0, 0)
    in_time = risks(3, have=100, frame=STEADY)  # of the whole week expected, the days before the end
    assert in_time["expected_demand"] == 70


def test_the_end_lowers_the_order_in_whole_packs_or_to_nothing():
    terms = Terms.plain(3, pack=np.array([10.0, 10.0, 1.0]), least=np.array([0.0, 30.0, 0.0]))
    bound = Terms(**vars(terms) | {"until_end": np.array([25.0, 25.0, np.inf])})
    quantity, why = allowed(np.full(3, 41.0), np.zeros(3), bound)
    assert quantity.tolist() == [20, 0, 41]
    assert why.tolist() == ["discontinued", "discontinued", "none"]


def test_what_was_on_sale_on_a_past_day_is_known_without_later_ends():
    days = {"GONE": MONDAY, "GOING": MONDAY + timedelta(days=1), "STAYS": None}
    frame = pl.DataFrame(
        {"sku": list(days), "discontinued_on": list(days.values())},
        schema={"sku": pl.String, "discontinued_on": pl.Date},
    )
    assert history.on_sale(frame, day=MONDAY).rows() == [("GOING", None), ("STAYS", None)]
    assert history.on_sale(frame.drop("discontinued_on"), day=MONDAY).height == 3
