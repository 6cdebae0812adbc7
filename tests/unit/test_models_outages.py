"""How likely the shelf is empty before an order arrives: with courses of demand a person can follow."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from models import arrivals, outages, risk
from models.arrivals import Arrivals
from models.lead_times import LeadTimes
from models.quantiles import QUANTILE_NAMES

NOW = datetime(2024, 1, 1, tzinfo=UTC)
DRAWS = 4
NOTHING = Arrivals(np.empty(0, dtype=np.int64), np.empty(0), np.empty((0, DRAWS), dtype=np.int16))


def one_a_day(*, stock: float, lead: int, coming: Arrivals = NOTHING, days: int = 40) -> outages.Outages:
    """Seven units a week, for certain, against one sku's stock."""
    return outages.simulate(
        np.full((1, 6, 5), 7.0),
        weights=np.tile(np.array([0.0, 0.0, 1.0, 0.0, 0.0])[None, :, None], (6, 1, DRAWS)),
        week_of_day=np.minimum(np.arange(days) // 7, 5),
        stock=np.array([stock]),
        arrivals=coming,
        lead_days=np.full((1, DRAWS), lead),
    )


def test_ten_units_at_one_a_day_are_gone_at_the_end_of_the_tenth_day():
    assert one_a_day(stock=10, lead=12).first_out.tolist() == [[9] * DRAWS]


@pytest.mark.parametrize(("lead", "chance", "lost"), [(9, 0.0, 0.0), (10, 1.0, 0.0), (12, 1.0, 2.0)])
def test_it_is_a_stockout_only_where_the_order_comes_after_the_last_unit_went(lead, chance, lost):
    found = one_a_day(stock=10, lead=lead)
    assert found.probability(np.array([lead]))[0] == chance
    assert found.units_lost[0] == pytest.approx(lost)


def test_an_arrival_counts_from_its_day_on_and_only_in_the_draws_in_which_it_comes():
    days = np.array([[9, 9, 9, 30]], dtype=np.int16)
    found = one_a_day(stock=10, lead=12, coming=Arrivals(np.array([0]), np.array([5.0]), days))
    assert found.first_out.tolist() == [[14, 14, 14, 9]]
    assert found.probability(np.array([12]))[0] == 0.25
    assert found.units_lost[0] == pytest.approx(2 / 4)


def test_an_empty_shelf_is_out_today_and_loses_every_unit_until_the_order_comes():
    found = one_a_day(stock=0, lead=5)
    assert found.first_out.tolist() == [[0] * DRAWS]
    assert found.units_lost[0] == pytest.approx(5.0)


def test_stock_that_lasts_is_never_out():
    assert (one_a_day(stock=1000, lead=30).first_out == outages.NEVER).all()


def receipts(days: float, *, count: int = 50) -> pl.DataFrame:
    ordered = datetime(2023, 6, 1, tzinfo=UTC)
    return pl.DataFrame(
        {
            "supplier_id": ["S"] * count,
            "ordered_at": [ordered] * count,
            "received_at": [ordered + timedelta(days=days)] * count,
        }
    )


SUPPLIERS = pl.DataFrame({"supplier_id": ["S"], "quoted_lead_time_days": [10.0]})


def line(*, ordered_days_ago: float, promised_days: float = 10.0) -> pl.DataFrame:
    ordered = NOW - timedelta(days=ordered_days_ago)
    return pl.DataFrame(
        {
            "purchase_order_line_id": ["PO/1"], "supplier_id": ["S"], "sku": ["A"], "open_quantity": [5.0],
            "ordered_at": [ordered], "expected_at": [ordered + timedelta(days=promised_days)],
        }
    )  # fmt: skip


def arrival_days(supply: pl.DataFrame, *, place: dict[str, int] | None = None) -> list[int]:
    found = arrivals.draw(
        supply,
        place={"A": 0} if place is None else place,
        lead_times=LeadTimes(receipts(10.0), SUPPLIERS, size=8),
        quoted={"S": 10.0},
        as_of=NOW,
        seed=1,
    )
    return sorted(found.day.reshape(-1).tolist())


def test_an_order_takes_what_is_left_of_its_suppliers_usual_days():
    assert arrival_days(line(ordered_days_ago=4)) == [6] * 8


def test_a_transfer_comes_on_its_day_and_tomorrow_where_it_is_late():
    def sent(*, days: float) -> pl.DataFrame:
        due = pl.lit(NOW + timedelta(days=days))
        nobody = {
            "supplier_id": pl.lit(None, pl.String),
            "ordered_at": pl.lit(None, pl.Datetime("us", "UTC")),
        }
        return line(ordered_days_ago=1).with_columns(expected_at=due, **nobody)

    assert arrival_days(sent(days=2.5)) == [3] * 8
    assert arrival_days(sent(days=-3)) == [1] * 8


def test_an_order_promised_for_twice_the_quote_takes_twice_as_long():
    assert arrival_days(line(ordered_days_ago=4, promised_days=20)) == [16] * 8


def test_an_order_four_days_late_comes_between_tomorrow_and_eight_days_hence_and_not_yesterday():
    assert arrival_days(line(ordered_days_ago=14)) == [1, 2, 3, 4, 5, 6, 7, 8]


def test_orders_of_goods_nobody_asked_about_are_left_out():
    assert arrival_days(line(ordered_days_ago=4), place={"B": 0}) == []


def assessed(*, stock: float, supply: pl.DataFrame | None = None, lead: float = 10.0) -> dict:
    """One unit a day for certain; deliveries take `lead` days for certain."""
    weeks = [date(2024, 1, 1) + timedelta(weeks=number) for number in range(13)]
    level = {name: [7.0] * 13 for name in ("mean", *QUANTILE_NAMES)}
    empty = line(ordered_days_ago=1).clear()
    found = risk.assess(
        forecast_weekly=pl.DataFrame({"sku": "A", "week_start": weeks, "demand_class": "smooth"} | level),
        product=pl.DataFrame(
            {
                "sku": ["A"], "product_kind": ["product"], "supplier_id": ["S"], "unit_cost": [2.0],
                "pack_size": [1.0], "min_order_quantity": [1.0], "mean_price": [5.0], "abc_class": ["A"],
            }
        ),
        inventory=pl.DataFrame({"sku": ["A"], "location_id": ["MAIN"], "available": [stock]}),
        incoming_supply=empty if supply is None else supply,
        receipts=receipts(lead),
        suppliers=SUPPLIERS,
        as_of=NOW,
    )  # fmt: skip
    return found.row(0, named=True)


def test_money_at_risk_is_the_units_lost_until_the_order_comes_times_their_margin():
    found = assessed(stock=7.0)
    assert (found["raw_probability"], found["units_at_risk"], found["margin_at_risk"]) == (1.0, 3.0, 9.0)
    assert found["out_by"] == date(2024, 1, 7)


def test_the_latest_order_date_is_the_day_from_which_an_order_would_come_too_late():
    """25 units are gone at the end of day 24: an order of day 14 comes on day 24, one of day 15 too late."""
    found = assessed(stock=25.0)
    assert found["raw_probability"] == 0.0
    assert found["order_by"] == NOW.date() + timedelta(days=14)
    assert assessed(stock=7.0)["order_by"] == NOW.date()
    assert assessed(stock=300.0)["order_by"] is None


def test_what_is_due_is_told_with_its_date_and_a_late_order_is_no_cover_for_today():
    in_time = assessed(stock=7.0, supply=line(ordered_days_ago=6))
    late = assessed(stock=2.0, supply=line(ordered_days_ago=30))
    told = (in_time["on_order"], in_time["next_due"], in_time["raw_probability"])
    assert told == (5.0, date(2024, 1, 5), 0.0)
    assert late["next_due"] == date(2023, 12, 12)
    assert 0.9 < late["raw_probability"] <= 1.0


def test_an_order_of_one_product_does_not_move_anothers_chance():
    """The same courses and the same delivery days as before: nothing about B is news."""
    weeks = [date(2024, 1, 1) + timedelta(weeks=number) for number in range(13)]
    spread = dict(zip(QUANTILE_NAMES, (0.0, 1, 1, 3, 4, 6, 9, 11, 16, 19, 26), strict=True)) | {"mean": 7.0}
    rows = [
        {"sku": sku, "week_start": week, "demand_class": "lumpy"} | spread for sku in "AB" for week in weeks
    ]
    own = {"pack_size": 1.0, "min_order_quantity": 1.0, "unit_cost": 2.0, "mean_price": 5.0}
    goods = [
        {"sku": sku, "product_kind": "product", "supplier_id": "S", "abc_class": "A"} | own for sku in "AB"
    ]
    coming = line(ordered_days_ago=3).with_columns(sku=pl.lit("B"), open_quantity=pl.lit(4.0))
    more = [
        line(ordered_days_ago=days).with_columns(purchase_order_line_id=pl.lit(f"NEW/{days}"))
        for days in (0, 1, 5)
    ]

    def chance(*supply: pl.DataFrame) -> float:
        found = risk.assess(
            forecast_weekly=pl.DataFrame(rows),
            product=pl.DataFrame(goods),
            inventory=pl.DataFrame({"sku": ["A", "B"], "location_id": "MAIN", "available": [9.0, 9.0]}),
            incoming_supply=pl.concat(supply),
            receipts=pl.concat(receipts(days, count=9) for days in (6.0, 8.0, 9.0, 10.0, 12.0, 15.0, 21.0)),
            suppliers=SUPPLIERS,
            as_of=NOW,
            seed=3,
        )
        return dict(found.select("sku", "raw_probability").iter_rows())["B"]

    assert 0.2 < chance(coming) < 0.9
    assert chance(coming) == chance(coming, *more) == chance(*more, coming)
