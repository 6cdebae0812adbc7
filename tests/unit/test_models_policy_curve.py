"""Order rules replayed over past weeks: a steady shop by hand, what more stock buys, and no look ahead."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from models import policy_curve
from models.errors import PlanError
from models.pool_demand import SOLD, PoolDemand
from models.pools import Pool
from models.replenishment.agreed import Agreed

FIRST = date(2023, 1, 2)
WEEKS = 60
AS_OF = datetime(2024, 2, 26, 6, tzinfo=UTC)
LEVELS = {"A": 0.98, "B": 0.95, "C": 0.9}


def shop(daily: dict[str, np.ndarray], *, days: int = WEEKS * 7) -> pl.DataFrame:
    rows = [
        {"sku": sku, "business_date": FIRST + timedelta(days=day), "units": float(units[day])}
        for sku, units in daily.items()
        for day in range(days)
        if units[day] > 0
    ]
    return pl.DataFrame(rows).with_columns(
        orders=pl.lit(1, pl.Int64), gross_sales=pl.col("units") * 5.0, exposure=pl.lit(1.0)
    )


def product(skus: list[str], **given: object) -> pl.DataFrame:
    usual = {"unit_cost": 2.0, "mean_price": 5.0, "pack_size": 1.0, "min_order_quantity": 0.0}
    usual |= {"supplier_id": "S", "abc_class": "A"}
    return pl.DataFrame(
        {"sku": skus} | {name: [value] * len(skus) for name, value in (usual | given).items()}
    )


def measured(demand: pl.DataFrame, skus: list[str], **given: object) -> pl.DataFrame:
    ordered = datetime(2023, 1, 2, tzinfo=UTC)
    terms = {
        "demand_daily": demand,
        "availability_day": None,
        "pool_demand": PoolDemand([Pool(("L",), ("L",))], {}, pl.DataFrame(schema=SOLD), product(skus)),
        "product": product(skus),
        "inventory": pl.DataFrame(
            {"sku": skus, "location_id": ["L"] * len(skus), "available": [10.0] * len(skus)}
        ),
        "receipts": pl.DataFrame(
            {
                "supplier_id": ["S"] * 20,
                "location_id": ["L"] * 20,
                "ordered_at": [ordered] * 20,
                "received_at": [ordered + timedelta(days=13)] * 20,
            }
        ),
        "suppliers": pl.DataFrame({"supplier_id": ["S"], "quoted_lead_time_days": [14.0]}),
        "as_of": AS_OF,
        "zone": "UTC",
        "service_levels": LEVELS,
        "policy": "service_level",
        "holding_rate": 0.25,
        "weeks": 13,
    }
    return policy_curve.measure(**terms | given)


@pytest.fixture(scope="module")
def noisy() -> pl.DataFrame:
    rng = np.random.default_rng(1)
    return shop({f"S{number:02}": rng.poisson(1 + number / 4, WEEKS * 7) for number in range(24)})


@pytest.fixture(scope="module")
def curve(noisy) -> pl.DataFrame:
    return measured(noisy, [f"S{number:02}" for number in range(24)])


def test_more_stock_fills_more_and_loses_less(curve):
    line = curve.filter(pl.col("kind") == "service_level").sort("service_level")
    assert line["service_level"].to_list() == list(policy_curve.LEVELS)
    for name, rises in (("fill_rate", 1), ("stock_value", 1), ("holding_cost", 1), ("lost_margin", -1)):
        steps = line[name].diff().drop_nulls() * rises
        assert (steps >= 0).all(), name
    assert 0.6 < line["fill_rate"][0] < 0.97 < line["fill_rate"][-1] <= 1


def test_the_shops_policy_is_marked_and_what_was_stands_beside(curve, noisy):
    assert curve.filter("is_chosen")["kind"].to_list() == ["by_class"]
    today = curve.filter(pl.col("kind") == "today").row(0, named=True)
    assert (today["fill_rate"], today["stock_value"]) == (1.0, 24 * 10 * 2.0)
    assert set(curve["products"]) == {24}
    assert set(curve["first_week"]) == {FIRST + timedelta(weeks=WEEKS - 13)}
    assert curve["rule"].n_unique() == curve.height
    other = measured(noisy, ["S20"], policy="least_cost")
    assert other.filter("is_chosen")["kind"].to_list() == ["least_cost"]


def test_holding_and_lost_margin_are_money_by_hand(curve):
    """A unit costs 2 and a quarter of that a year; a lost one 3. Eleven of thirteen weeks count."""
    for row in curve.filter(pl.col("kind") != "today").iter_rows(named=True):
        assert row["holding_cost"] == pytest.approx(row["stock_value"] * 11 * 0.25 / 52)
        assert row["lost_margin"] % 3 == pytest.approx(0, abs=1e-6)


def test_the_best_levels_by_class_are_each_class_at_its_cheapest(noisy):
    """A unit of the first eight earns 300, of the others a tenth of what it costs."""
    skus = [f"S{number:02}" for number in range(16)]
    price, abc = [302.0] * 8 + [2.2] * 8, ["A"] * 8 + ["C"] * 8
    goods = product(skus).with_columns(mean_price=pl.Series(price), abc_class=pl.Series(abc))

    def cheapest(of: pl.DataFrame) -> dict:
        found = measured(noisy, of["sku"].to_list(), product=of, holding_rate=5.0)
        found = found.with_columns(cost=pl.col("holding_cost") + pl.col("lost_margin"))
        best = found.row(by_predicate=pl.col("kind") == "best_by_class", named=True)
        line = found.filter(pl.col("kind") == "service_level")
        assert best["cost"] <= line["cost"].min() + 1e-9
        return best | {"level": line.sort("cost")["service_level"][0]}

    whole, dear, poor = (cheapest(of) for of in (goods, goods[:8], goods[8:]))
    assert dear["level"] > poor["level"]
    assert whole["rule"] == f"best level by class: A {dear['level']:.0%}, C {poor['level']:.0%}"


def test_what_comes_later_changes_no_earlier_order(noisy):
    """Demand of the last week raised a hundredfold: nothing before it was ordered otherwise."""
    last = FIRST + timedelta(weeks=WEEKS - 1)
    told = noisy.with_columns(
        units=pl.when(pl.col("business_date") >= last).then(pl.col("units") * 100).otherwise("units")
    )
    skus = ["S10", "S20"]
    plain, shaken = measured(noisy, skus), measured(told, skus)
    for kind in ("by_class", "least_cost"):
        left, right = (found.filter(pl.col("kind") == kind)["units_ordered"][0] for found in (plain, shaken))
        assert left == right


def test_nothing_is_said_of_a_shop_too_young_or_without_costs(noisy):
    young = noisy.filter(pl.col("business_date") >= FIRST + timedelta(weeks=WEEKS - 30))
    assert measured(young, ["S20"]).is_empty()
    assert measured(noisy, ["S20"], product=product(["S20"], unit_cost=None)).is_empty()
    with pytest.raises(PlanError, match="at least 1 week, found 0"):
        measured(noisy, ["S20"], weeks=0)


def test_the_same_again_to_the_byte(noisy):
    assert measured(noisy, ["S20", "S21"]).equals(measured(noisy, ["S20", "S21"]))


def chosen(noisy: pl.DataFrame, *terms: Agreed, **given: object) -> dict:
    found = measured(noisy, [f"S{number:02}" for number in range(24)], terms=terms, **given)
    return found.row(by_predicate=pl.col("is_chosen"), named=True)


def test_a_supplier_visited_every_fourth_week_gets_fewer_orders_and_needs_more_stock(noisy, curve):
    weekly = curve.row(by_predicate=pl.col("is_chosen"), named=True)
    monthly = chosen(noisy, Agreed(supplier_id="S", review_days=28))
    assert monthly["orders"] < weekly["orders"] / 2
    assert monthly["stock_value"] > 1.2 * weekly["stock_value"]
    assert monthly["fill_rate"] > 0.9
    assert chosen(noisy, review_days=28) == monthly


def test_days_without_orders_or_receipts_make_deliveries_late(noisy, curve):
    """Thirteen days from a Monday is a Sunday; goods are received on Thursdays alone: three weeks."""
    weekly = curve.row(by_predicate=pl.col("is_chosen"), named=True)
    late = chosen(noisy, Agreed(supplier_id="S", receipt_weekdays=(3,)))
    assert late["stock_value"] > weekly["stock_value"]


def test_a_bound_on_the_shelf_holds_less_and_fills_less(noisy, curve):
    weekly = curve.row(by_predicate=pl.col("is_chosen"), named=True)
    for bound in (Agreed(supplier_id="S", max_cover_days=7), Agreed(supplier_id="S", max_stock=5)):
        bounded = chosen(noisy, bound)
        assert bounded["stock_value"] < weekly["stock_value"]
        assert bounded["fill_rate"] < weekly["fill_rate"]


def test_products_that_have_ended_are_replayed_by_no_rule_and_announced_ends_change_nothing(noisy, curve):
    skus = [f"S{number:02}" for number in range(24)]
    ends = {"S00": date(2024, 1, 10), "S01": AS_OF.date(), "S02": AS_OF.date() + timedelta(days=9)}
    on = pl.Series("discontinued_on", [ends.get(sku) for sku in skus], dtype=pl.Date)
    found = measured(noisy, skus, product=product(skus).with_columns(on))
    assert curve["products"].unique().to_list() == [24]
    assert found["products"].unique().to_list() == [22]
    later = on.to_frame().with_columns(pl.when(on > AS_OF.date()).then(on))["discontinued_on"]
    assert measured(noisy, skus, product=product(skus).with_columns(later)).equals(curve)
