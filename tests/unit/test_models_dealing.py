"""An order dealt out to locations: to the same cover, in whole lots, nothing below the minimum."""

from __future__ import annotations

import numpy as np
import polars as pl

from models.dealing import deal, split


def parts(
    quantity: float, share: list[float], have: list[float], *, lot: float = 1, least: float = 0
) -> list:
    found = split(
        np.array([quantity]), share=np.array([share]), have=np.array([have]), lot=np.array([lot]),
        least=np.array([least]),
    )  # fmt: skip
    return found[0].tolist()


def test_parts_bring_all_locations_to_the_same_cover():
    assert parts(100, [0.7, 0.3], [0, 0]) == [70, 30]
    assert parts(100, [0.7, 0.3], [60, 0]) == [52, 48]  # 160 in all: 112 and 48
    assert parts(100, [0.5, 0.5], [-10, 0]) == [55, 45]


def test_who_has_more_than_its_part_gets_nothing_and_the_others_share():
    assert parts(90, [0.5, 0.25, 0.25], [300, 0, 10]) == [0, 50, 40]


def test_only_whole_lots_are_dealt_and_the_rest_goes_with_the_largest():
    assert parts(48, [0.7, 0.3], [0, 0], lot=12) == [36, 12]
    assert parts(30, [0.5, 0.5], [0, 0], lot=12) in ([18, 12], [12, 18])
    assert parts(7, [0.6, 0.4], [0, 0], lot=12) == [7, 0]


def test_a_part_below_the_minimum_goes_to_the_others():
    assert parts(100, [0.6, 0.3, 0.1], [0, 0, 0], least=20) == [67, 33, 0]
    assert parts(30, [0.5, 0.5], [0, 0], least=20) in ([30, 0], [0, 30])


def test_every_order_is_dealt_out_whole_whatever_the_shares():
    rng = np.random.default_rng(0)
    quantity = rng.integers(1, 60, 5_000) * 12.0
    share = np.where(rng.random((5_000, 4)) < 0.4, 0.0, rng.random((5_000, 4)))
    share[:, 2] += 0.01
    found = split(
        quantity, share=share, have=rng.integers(-20, 300, (5_000, 4)).astype(float),
        lot=np.full(5_000, 12.0), least=rng.integers(0, 200, 5_000).astype(float),
    )  # fmt: skip
    assert np.array_equal(found.sum(axis=1), quantity)
    assert found.min() >= 0
    assert not (found % 12).any()
    assert not found[share == 0].any()


def position(sku: str, place: str, share: float, have: float, *, takes: bool = True) -> dict:
    return {
        "sku": sku, "location_id": place, "stock_pool": "NORTH", "takes_purchases": takes,
        "demand_share": share, "available": have, "incoming_in_time": 0.0,
    }  # fmt: skip


def order(sku: str, quantity: float, pool: str = "NORTH") -> dict:
    return {"sku": sku, "stock_pool": pool, "quantity": quantity, "lot": 1.0, "least": 0.0}


def test_a_location_that_takes_no_purchases_is_served_by_the_pools_first():
    positions = pl.DataFrame(
        [
            position("A", "NORTH", 0.5, 0),
            position("A", "SHOP", 0.3, 10, takes=False),
            position("A", "SOUTH", 0.2, 0),
        ]
    )
    found = deal(pl.DataFrame([order("A", 90)]), positions)
    assert found.select("location_id", "quantity").rows() == [("NORTH", 70.0), ("SOUTH", 20.0)]
    assert found["part"].sum() == 1.0


def test_an_order_of_an_unknown_sku_or_pool_stays_with_its_pool():
    positions = pl.DataFrame([position("A", "NORTH", 0.5, 0), position("A", "SOUTH", 0.5, 0)])
    found = deal(pl.DataFrame([order("B", 5), order("A", 4, pool="EAST")]), positions)
    assert found.select("sku", "location_id", "quantity").rows() == [("A", "EAST", 4.0), ("B", "NORTH", 5.0)]
