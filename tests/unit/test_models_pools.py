"""Stock pools: which locations are planned as one, and what part of the demand each has."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from models import pools
from models.errors import PlanError
from models.pools import Place, Pool, find
from models.quantiles import NORMAL, QUANTILE_NAMES

NORTH, SOUTH, OUTLET, BULK = (Place(name) for name in ("NORTH", "SOUTH", "OUTLET", "BULK"))
A = pl.Series(["A"])
PARTS = {"sku": pl.String, "dimension": pl.String, "member": pl.String, "share": pl.Float64}


def named(found: list[Pool]) -> list[tuple[str, ...]]:
    return [pool.locations for pool in found]


def test_locations_that_a_channel_sells_from_are_one_stock():
    assert named(find([NORTH, SOUTH], {"web": ["NORTH", "SOUTH"]})) == [("NORTH", "SOUTH")]
    assert named(find([NORTH, SOUTH], {"web": ["NORTH"], "fba": ["SOUTH"]})) == [("NORTH",), ("SOUTH",)]


def test_channels_in_between_join_what_others_keep_apart():
    chain = {"web": ["NORTH", "SOUTH"], "shop": ["SOUTH", "OUTLET"], "fba": ["BULK"]}
    assert named(find([NORTH, SOUTH, OUTLET, BULK], chain)) == [("NORTH", "SOUTH", "OUTLET"), ("BULK",)]


def test_a_location_may_be_planned_alone_or_with_others_of_its_choice():
    networks = {"web": ["NORTH", "SOUTH", "OUTLET"]}
    alone = [NORTH, Place("SOUTH", stock_pool="s"), OUTLET]
    assert named(find(alone, networks)) == [("NORTH", "OUTLET"), ("SOUTH",)]
    together = [NORTH, Place("SOUTH", stock_pool="s"), Place("OUTLET", stock_pool="s")]
    assert named(find(together, networks)) == [("NORTH",), ("SOUTH", "OUTLET")]


def test_what_no_channel_sells_from_is_a_reserve_of_the_first_pool():
    found = find([BULK, NORTH, SOUTH], {"web": ["NORTH"], "fba": ["SOUTH"]})
    assert named(found) == [("BULK", "NORTH"), ("SOUTH",)]
    assert found[0].pool_id == "BULK"
    assert named(find([NORTH, SOUTH], {})) == [("NORTH", "SOUTH")]


def test_a_pool_is_named_by_the_first_location_that_takes_purchases():
    shut = Place("NORTH", takes_purchases=False)
    (pool,) = find([shut, SOUTH], {"web": ["NORTH", "SOUTH"]})
    assert (pool.pool_id, pool.receives) == ("SOUTH", ("SOUTH",))
    with pytest.raises(PlanError, match="NORTH takes purchases"):
        find([shut, SOUTH], {"web": ["NORTH"], "fba": ["SOUTH"]})


def parts(*rows: tuple) -> pl.DataFrame:
    return pl.DataFrame([("A", *row) for row in rows], schema=PARTS, orient="row")


def test_a_channels_demand_is_its_pools():
    networks = {"web": ["NORTH"], "fba": ["SOUTH"]}
    two = find([NORTH, SOUTH], networks)
    known = parts(("channel", "web", 0.7), ("channel", "fba", 0.3), ("location", "NORTH", 1.0))
    found = pools.shares(known, two, networks, skus=A)
    inside = pools.shares_inside(known, two, skus=A)
    assert dict(found.select("pool_id", "share").iter_rows()) == {"NORTH": 0.7, "SOUTH": 0.3}
    assert inside["share"].to_list() == [1.0, 1.0]


def test_a_channel_of_two_pools_is_parted_as_its_units_left():
    networks = {"web": ["NORTH", "SOUTH"], "fba": ["SOUTH"]}
    two = find([NORTH, Place("SOUTH", stock_pool="s")], networks)
    found = pools.shares(
        parts(("channel", "web", 0.5), ("channel", "fba", 0.5), ("location", "NORTH", 0.6),
              ("location", "SOUTH", 0.4)),
        two, networks, skus=A,
    )  # fmt: skip
    assert dict(found.select("pool_id", "share").iter_rows()) == pytest.approx({"NORTH": 0.3, "SOUTH": 0.7})


def test_a_channel_that_the_settings_do_not_know_sells_from_everywhere():
    networks = {"web": ["NORTH"], "fba": ["SOUTH"]}
    found = pools.shares(
        parts(("channel", "gone", 1.0), ("location", "NORTH", 0.25), ("location", "SOUTH", 0.75)),
        find([NORTH, SOUTH], networks), networks, skus=A,
    )  # fmt: skip
    assert dict(found.select("pool_id", "share").iter_rows()) == {"NORTH": 0.25, "SOUTH": 0.75}


def test_a_channel_that_may_sell_from_nowhere_any_more_counts_everywhere():
    networks = {"web": ["NORTH"], "fba": ["SOUTH"], "shut": []}
    found = pools.shares(
        parts(("channel", "shut", 1.0), ("location", "NORTH", 0.25), ("location", "SOUTH", 0.75)),
        find([NORTH, SOUTH], networks), networks, skus=A,
    )  # fmt: skip
    assert dict(found.select("pool_id", "share").iter_rows()) == {"NORTH": 0.25, "SOUTH": 0.75}


def test_what_nobody_has_sold_yet_is_the_first_pools():
    networks = {"web": ["NORTH"], "fba": ["SOUTH"]}
    two = find([NORTH, SOUTH], networks)
    nothing = pl.DataFrame(schema=PARTS)
    skus = pl.Series(["A", "B"])
    found = pools.shares(nothing, two, networks, skus=skus)
    assert found.rows() == [("A", "NORTH", 1.0), ("B", "NORTH", 1.0)]
    assert pools.shares_inside(nothing, two, skus=skus).height == 4


def quantiles(mean: float, sd: float) -> pl.DataFrame:
    z = dict(zip(QUANTILE_NAMES, NORMAL, strict=True))
    row = {"sku": "A", "week_start": date(2024, 1, 1), "mean": mean}
    return pl.DataFrame([row | {name: mean + at * sd for name, at in z.items()}])


def part(p: float, *, mean: float, sd: float) -> dict:
    share = pl.DataFrame({"sku": ["A"], "share": [p]})
    return pools.portion(quantiles(mean, sd), share).row(0, named=True)


def test_a_part_of_the_demand_scatters_as_thinned_units_do():
    """Against drawing it: every unit of a week of 100 +- 30 goes to the part with one in five."""
    rng = np.random.default_rng(1)
    drawn = rng.binomial(np.maximum(rng.normal(100, 30, 400_000).round(), 0).astype(int), 0.2)
    found = part(0.2, mean=100, sd=30)
    assert found["mean"] == 20
    for name, level in (("q05", 5), ("q25", 25), ("q75", 75), ("q95", 95)):
        assert found[name] == pytest.approx(np.percentile(drawn, level), abs=1.0)
    assert found["q995"] == pytest.approx(np.percentile(drawn, 99.5), rel=0.05)


def test_the_whole_is_its_own_part_and_nothing_is_below_zero():
    whole = quantiles(40.0, 9.0).row(0, named=True)
    assert part(1.0, mean=40.0, sd=9.0) == whole
    assert part(0.01, mean=40.0, sd=9.0)["q05"] == 0.0
    still = part(0.5, mean=10.0, sd=0.0)
    assert (still["mean"], still["q05"], still["q95"]) == (5.0, 5.0, 5.0)
