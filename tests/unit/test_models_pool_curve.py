"""Order rules replayed stock pool by stock pool: summed to one curve, each pool under its own terms."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from models import panel, policy_curve, pool_weeks, pools
from models.pool_demand import PoolDemand
from models.pools import Place
from models.replenishment.agreed import Agreed
from tests.support import past_shop
from tests.support.past_shop import FIRST, LEAD_DAYS, NOW, SKUS, WEEKS, at

APART = {"web": ["NORTH"], "fba": ["SOUTH"]}
TOGETHER = {"web": ["NORTH", "SOUTH"], "fba": ["SOUTH"]}
PLACES = [Place("NORTH"), Place("SOUTH")]
SUMS = ("stock_value", "holding_cost", "lost_margin", "orders", "units_ordered")


def receipts(*, south: int = 0) -> pl.DataFrame:
    """Twenty deliveries of each supplier to each place; `south`: days later there."""
    rows = [
        (supplier, place, at(n), at(n + days + (south if place == "SOUTH" else 0)))
        for supplier, days in LEAD_DAYS.items()
        for place in ("NORTH", "SOUTH")
        for n in range(20)
    ]
    kinds = {"supplier_id": pl.String, "location_id": pl.String}
    return pl.DataFrame(
        rows, schema=["supplier_id", "location_id", "ordered_at", "received_at"], orient="row"
    ).cast(kinds)


def replayed(units: pl.DataFrame, networks: dict, **given: object) -> pl.DataFrame:
    held = [(sku, place, stock) for sku in SKUS for place, stock in (("NORTH", 10.0), ("SOUTH", 4.0))]
    tables = {
        "demand_daily": past_shop.demand_daily(units),
        "availability_day": None,
        "pool_demand": PoolDemand(pools.find(PLACES, networks), networks, units, past_shop.product()),
        "product": past_shop.product(),
        "inventory": pl.DataFrame(held, schema=["sku", "location_id", "available"], orient="row"),
        "receipts": receipts(),
        "suppliers": past_shop.suppliers(),
    }
    rules = {
        "policy": "service_level",
        "holding_rate": 0.25,
        "service_levels": {"A": 0.98, "B": 0.95, "C": 0.9},
    }
    return policy_curve.measure(**tables | {"as_of": NOW, "zone": "UTC", "weeks": 13} | rules | given)


@pytest.fixture(scope="module")
def units() -> pl.DataFrame:
    return past_shop.sold()


@pytest.fixture(scope="module")
def curve(units) -> pl.DataFrame:
    return replayed(units, APART)


def of(found: pl.DataFrame, pool: str) -> pl.DataFrame:
    return found.filter(pl.col("stock_pool") == pool).drop("stock_pool")


def test_a_shop_of_one_pool_is_replayed_as_one_stock(units):
    """The numbers are those of the replay without any pools, so that pools alone change none of them."""
    found = replayed(units, TOGETHER)
    assert set(found["stock_pool"]) == {""}
    told = [
        (round(row["fill_rate"], 6), round(row["stock_value"], 4), row["units_ordered"])
        for row in found.iter_rows(named=True)
    ]
    assert told == [
        (0.640798, 691.6818, 2520.0), (0.720327, 997.303, 3024.0), (0.786641, 1299.3939, 3468.0),
        (0.867612, 2068.5758, 3846.0), (0.898366, 2418.5758, 3966.0), (0.923835, 3018.6667, 4116.0),
        (0.951466, 4222.697, 4014.0), (0.970927, 5612.0909, 4788.0), (0.970927, 5612.0909, 4788.0),
        (0.968284, 4897.0606, 4746.0), (0.970927, 5612.0909, 4788.0), (1.0, 448.0, None),
    ]  # fmt: skip


def test_the_shops_curve_is_the_sum_of_its_pools(curve):
    assert curve["stock_pool"].unique(maintain_order=True).to_list() == ["", "NORTH", "SOUTH"]
    whole, north, south = (of(curve, name) for name in ("", "NORTH", "SOUTH"))
    assert whole["rule"].to_list() == north["rule"].to_list() == south["rule"].to_list()
    for name in SUMS:
        sums = (north[name] + south[name]).to_list()
        assert whole[name].to_list() == pytest.approx(sums, nan_ok=True), name
    assert set(whole["products"]) == {len(SKUS)}
    for row, one, other in zip(whole["fill_rate"], north["fill_rate"], south["fill_rate"], strict=True):
        assert min(one, other) <= row <= max(one, other)


def test_two_stocks_hold_more_for_the_same_service_than_one(units, curve):
    one = replayed(units, TOGETHER).filter("is_chosen").row(0, named=True)
    two = of(curve, "").filter("is_chosen").row(0, named=True)
    assert two["stock_value"] > 1.1 * one["stock_value"]


def test_what_was_is_each_pools_own(units, curve):
    """Ten of each of sixteen products lie in the north, four in the south, a unit costs 2."""
    today = curve.filter(pl.col("kind") == "today").select("stock_pool", "stock_value", "fill_rate").rows()
    assert today == [("", 448.0, 1.0), ("NORTH", 320.0, 1.0), ("SOUTH", 128.0, 1.0)]


def test_terms_and_lead_times_of_one_pool_leave_the_other_alone(units, curve):
    tight = [Agreed(supplier_id=name, locations=frozenset({"SOUTH"}), max_stock=2) for name in LEAD_DAYS]
    bound = replayed(units, APART, terms=tight)
    slow = replayed(units, APART, receipts=receipts(south=21))
    assert of(bound, "NORTH").equals(of(curve, "NORTH"))
    plain, short, late = (of(one, "SOUTH").filter("is_chosen") for one in (curve, bound, slow))
    assert short["fill_rate"][0] < plain["fill_rate"][0]
    assert late["stock_value"][0] > plain["stock_value"][0]


def test_what_comes_later_changes_no_earlier_order_in_any_pool():
    """The marketplace sells a hundredfold in the last week: neither its part nor its forecast knew before."""
    units = past_shop.sold(is_steady=True)
    last = FIRST + timedelta(weeks=WEEKS - 1)
    is_late = (pl.col("day") >= last) & pl.col("member").is_in(["fba", "SOUTH"])
    loud = units.with_columns(units=pl.when(is_late).then(pl.col("units") * 100).otherwise("units"))
    said_before = ~pl.col("kind").is_in(["today", "best_by_class"])  # the best are found afterwards
    shaken, plain = (replayed(sold, APART).filter(said_before) for sold in (loud, units))
    assert shaken["units_ordered"].to_list() == plain["units_ordered"].to_list()
    assert shaken["lost_margin"].sum() > plain["lost_margin"].sum()


def test_the_weeks_of_the_pools_add_up_to_the_shops_and_their_parts_are_those_known_then(units):
    demand = PoolDemand(pools.find(PLACES, APART), APART, units, past_shop.product())
    days = past_shop.demand_daily(units)
    whole = panel.build(days, cutoff=NOW.date() - timedelta(days=1))
    north, south = pool_weeks.of_pools(whole, demand, sold_from=0, shares_from=50)
    assert (north.units + south.units).tolist() == whole.units.tolist()
    np.testing.assert_allclose(north.adjusted + south.adjusted, whole.adjusted)
    web = units.filter(
        pl.col("sku") == "S03", pl.col("member") == "web", pl.col("day") < FIRST + timedelta(weeks=1)
    )
    assert north.units[SKUS.index("S03"), 0] == web["units"].sum()
    np.testing.assert_allclose(north.share[:, 50:] + south.share[:, 50:], 1.0)
    known = demand.shares(whole.week(50) - timedelta(days=1), pl.Series(["S03"]))
    of_south = known.filter(pl.col("pool_id") == "SOUTH")["share"].item()
    assert south.share[SKUS.index("S03"), 50] == pytest.approx(of_south)
