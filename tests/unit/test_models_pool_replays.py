"""Past mornings walked stock pool by stock pool: what is out in one alone, and what was known then."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest

from models import lead_times, pools, replay, track_record
from models.known import LEVELS, ORDERED, RECEIVED, Past
from models.pool_demand import SOLD, PoolDemand
from models.pools import Place
from models.replay import Ground
from models.replenishment.agreed import Agreed
from models.track_record import Record
from tests.support import past_shop
from tests.support.past_shop import FIRST, NOW, at

PLACES = [Place("NORTH"), Place("SOUTH")]
APART = {"web": ["NORTH"], "fba": ["SOUTH"]}
TOGETHER = {"web": ["NORTH", "SOUTH"], "fba": ["SOUTH"]}


def divided(units: pl.DataFrame, networks: dict, *, places: list[Place] = PLACES) -> PoolDemand:
    return PoolDemand(pools.find(places, networks), networks, units, past_shop.product())


def sold(*rows: tuple) -> pl.DataFrame:
    """sku, dimension, member, days from the first, units."""
    dated = [
        (sku, dimension, member, FIRST + timedelta(days=day), units)
        for sku, dimension, member, day, units in rows
    ]
    return pl.DataFrame(dated, schema=SOLD, orient="row")


def past(levels: list[tuple], ordered: list[tuple] = (), received: list[tuple] = ()) -> Past:
    """levels: sku, place, when, units; ordered: line, sku, place, units, when."""
    lines = [(line, "NEAR", sku, units, place, when, when, when) for line, sku, place, units, when in ordered]
    return Past.of(
        levels=pl.DataFrame(levels, schema=LEVELS, orient="row"),
        ordered=pl.DataFrame(lines, schema=ORDERED, orient="row"),
        received=pl.DataFrame(list(received), schema=RECEIVED, orient="row"),
    )


def of(shop: Past, networks: dict = APART) -> list[Past]:
    found = pools.find(PLACES, networks)
    return [shop.part(pools.here(pool, found)) for pool in found]


def test_what_one_pool_is_out_of_the_other_may_have():
    shop = past(
        [("S01", "NORTH", at(0), 50.0), ("S01", "SOUTH", at(0), 5.0), ("S01", "SOUTH", at(9, 12), 0.0),
         ("S01", "SOUTH", at(20), 8.0)],
    )  # fmt: skip
    north, south = of(shop)
    assert shop.outages.is_empty()
    assert north.outages.is_empty()
    assert south.outages.to_dicts() == [{"sku": "S01", "out_at": at(9, 12), "back_at": at(20)}]
    assert north.inventory(at(10))["available"].to_list() == [50.0]
    assert south.inventory(at(10))["available"].to_list() == [0.0]


def test_stock_that_no_pool_names_is_the_firsts():
    shop = past([("S01", "CELLAR", at(0), 7.0), ("S01", "SOUTH", at(0), 5.0)])
    north, south = of(shop)
    assert north.inventory(at(1)).rows() == [("S01", "CELLAR", 7.0)]
    assert south.inventory(at(1)).rows() == [("S01", "SOUTH", 5.0)]


def test_what_is_on_its_way_to_one_pool_is_nothing_to_the_other():
    shop = past([], [("P1", "S01", "NORTH", 24.0, at(1))], [("P1", 10.0, at(5))])
    north, south = of(shop)
    assert north.incoming(at(8)).select("location_id", "open_quantity").rows() == [("NORTH", 14.0)]
    assert south.incoming(at(8)).is_empty()


def test_the_next_delivery_is_the_pools_own_or_anothers_where_it_orders_no_more():
    """The north's next order takes 4 days; the south's only one after day 10 takes 9."""
    shop = past(
        [],
        [("N1", "S01", "NORTH", 1.0, at(11)), ("S1", "S01", "SOUTH", 1.0, at(12)),
         ("N2", "S01", "NORTH", 1.0, at(20))],
        [("N1", 1.0, at(15)), ("S1", 1.0, at(21)), ("N2", 1.0, at(22))],
    )  # fmt: skip
    north, south = of(shop)
    assert north.next_delivery_days(at(10))["days"].to_list() == [4.0]
    assert south.next_delivery_days(at(10))["days"].to_list() == [9.0]
    assert south.next_delivery_days(at(13))["days"].to_list() == [2.0]


def test_an_order_of_the_pool_that_has_not_come_is_unknown_however_quick_anothers_was():
    shop = past(
        [], [("S1", "S01", "SOUTH", 1.0, at(11)), ("N1", "S01", "NORTH", 1.0, at(12))], [("N1", 1.0, at(14))]
    )
    _north, south = of(shop)
    assert south.next_delivery_days(at(10)).is_empty()


def test_receipts_of_a_supplier_count_anywhere_until_it_has_come_to_the_pool_often():
    often = lead_times.OFTEN
    ordered = [(f"S{n}", "S01", "SOUTH", 1.0, at(n)) for n in range(often)] + [
        ("N0", "S01", "NORTH", 1.0, at(0))
    ]
    shop = past([], ordered, [(line, 1.0, when + timedelta(hours=1)) for line, *_about, when in ordered])
    _north, south = of(shop)
    assert south.receipts(at(often - 1)).height == often  # 19 of its own and the north's
    assert south.receipts(at(often)).height == often  # 20 of its own alone
    assert south.receipts(at(0, 2)).height == 2


def test_a_pool_is_asked_for_what_its_channels_sold():
    units = sold(
        ("S01", "channel", "web", 0, 6.0), ("S01", "channel", "fba", 0, 2.0),
        ("S01", "channel", "fba", 9, 3.0), ("S01", "location", "NORTH", 0, 8.0),
    )  # fmt: skip
    asked = divided(units, APART).asked(since=FIRST)
    assert asked.rows() == [
        ("NORTH", "S01", FIRST, 6.0), ("SOUTH", "S01", FIRST, 2.0),
        ("SOUTH", "S01", FIRST + timedelta(days=9), 3.0),
    ]  # fmt: skip
    assert divided(units, APART).asked(since=FIRST + timedelta(days=1)).height == 1


def test_a_channel_of_two_pools_is_parted_by_what_was_known_at_the_end_of_the_week():
    """In the first week all left the north; what left the south in the second changes none of it."""
    places = [Place("NORTH"), Place("SOUTH", stock_pool="own")]
    first = [("S01", "channel", "web", 1, 8.0), ("S01", "location", "NORTH", 1, 8.0)]
    second = [("S01", "channel", "web", 8, 8.0), ("S01", "location", "SOUTH", 8, 8.0)]
    spread = {"web": ["NORTH", "SOUTH"]}
    alone = divided(sold(*first), spread, places=places).asked(since=FIRST)
    both = divided(sold(*first, *second), spread, places=places).asked(since=FIRST)
    week = FIRST + timedelta(days=1)
    assert alone.rows() == [("NORTH", "S01", week, 8.0)]
    assert both.filter(pl.col("business_date") == week).equals(alone)
    parted = dict(both.filter(pl.col("business_date") > week).select("pool_id", "units").iter_rows())
    assert set(parted) == {"NORTH", "SOUTH"}
    assert sum(parted.values()) == pytest.approx(8.0)


def test_the_part_of_a_pool_is_the_one_known_then():
    """Half and half at first; then the marketplace sells a hundred."""
    units = sold(
        ("S01", "channel", "web", 0, 50.0),
        ("S01", "channel", "fba", 0, 50.0),
        ("S01", "channel", "fba", 7, 100.0),
    )
    demand, sku = divided(units, APART), pl.Series(["S01"])

    def of_south(day: int) -> float:
        found = demand.shares(FIRST + timedelta(days=day), sku)
        return found.filter(pl.col("pool_id") == "SOUTH")["share"].item()

    assert of_south(6) == pytest.approx(0.5)
    assert of_south(7) > 0.7


@pytest.fixture(scope="module")
def units() -> pl.DataFrame:
    return past_shop.sold()


def measured(units: pl.DataFrame, networks: dict, monkeypatch, **given: object) -> dict[str, Record]:
    """With forecasts by hand: what those of the shop say is tested elsewhere."""
    monkeypatch.setattr(
        replay, "forecasts", lambda *_tables, weeks, **_given: iter(past_shop.forecasts(units, weeks=weeks))
    )
    found = track_record.measure(
        demand_daily=past_shop.demand_daily(units), availability_day=None, past=past_shop.past(units),
        pool_demand=divided(units, networks), product=past_shop.product(), suppliers=past_shop.suppliers(),
        as_of=NOW, zone="UTC", raise_at=0.5, resolve_below=0.3, seed=1, **{"weeks": 8} | given,
    )  # fmt: skip
    return {record.stock: record for record in found}


def counted(record: Record) -> list[tuple]:
    return [
        (
            score.alerts,
            score.right,
            score.stockouts,
            score.warned,
            score.days_warned,
            round(score.raise_at, 9),
        )
        for score in record.scores
    ]


def test_a_shop_of_one_pool_scores_as_it_did_before_pools_were_walked(units, monkeypatch):
    """The numbers were printed by the walk of the shop as one stock, before there was any other."""
    found = measured(units, TOGETHER, monkeypatch)
    played, recorded = found["played"], found["recorded"]
    assert (played.mornings, played.sayings, recorded.mornings, recorded.sayings) == (7, 106, 5, 80)
    assert counted(played) == [
        (7, 3, 6, 3, 0.8, 0.5), (7, 2, 6, 2, 0.8, 0.199404762), (7, 1, 6, 1, 0.8, 1.13219246),
    ]  # fmt: skip
    assert counted(recorded) == [
        (2, 0, 0, 0, None, 0.5), (2, 0, 0, 0, None, 0.280158730), (2, 0, 0, 0, None, 1.902277778),
    ]  # fmt: skip
    # By tenths, as the walk prints them since each order's arrival is drawn by itself.
    assert played.calibration["cases"].to_list() == [90, 6, 1, 1, 1, 1, 2, 1, 0, 3]
    assert recorded.calibration["cases"].to_list() == [69, 4, 2, 2, 1, 1, 0, 1, 0, 0]
    assert played.pools == recorded.pools == ()


def test_pools_are_walked_apart_and_scored_together(units, monkeypatch):
    found = measured(units, APART, monkeypatch)
    for record in found.values():
        north, south = record.pools
        assert (north.stock_pool, south.stock_pool) == ("NORTH", "SOUTH")
        assert north.sayings + south.sayings == record.sayings == record.calibration["cases"].sum()
        ours = (record.scores[0], north.scores[0], south.scores[0])
        for name in ("alerts", "right", "stockouts", "warned"):
            whole, *parts = (getattr(score, name) for score in ours)
            assert whole == sum(parts), name
        cases = zip(north.calibration["cases"], south.calibration["cases"], strict=True)
        assert [sum(pair) for pair in cases] == record.calibration["cases"].to_list()
    assert found["recorded"].scores[0].stockouts > 0  # as one stock the same shop never runs out
    assert found["played"].scores[0].stockouts > 0


def test_terms_hold_in_the_pools_they_name(units, monkeypatch):
    """The south is ordered for on Saturdays alone: it must look further ahead, the north does not move."""
    far = [Agreed(supplier_id="NEAR", locations=frozenset({"SOUTH"}), order_weekdays=(5,))]
    given = {"stocks": ("recorded",), "weeks": 4}
    plain = measured(units, APART, monkeypatch, **given)["recorded"]
    bound = measured(units, APART, monkeypatch, **given, terms=far)["recorded"]
    assert plain.pools[0].calibration.equals(bound.pools[0].calibration)
    assert not plain.pools[1].calibration.equals(bound.pools[1].calibration)


def test_a_stockout_in_one_pool_is_warned_of_and_comes_true_there_alone():
    """7 a week go to each. The north has 500, the south 4; an order placed now takes 6 days or more."""
    monday = FIRST + timedelta(weeks=10)
    day = (monday - FIRST).days
    rows = [("S01", "channel", name, n, 1.0) for name in APART for n in range(day + 7)]
    units = sold(*rows)
    shop = past(
        [("S01", "NORTH", at(0), 500.0), ("S01", "SOUTH", at(0), 4.0),
         ("S01", "SOUTH", at(day + 3, 18), 0.0)],
        [("P1", "S01", "SOUTH", 70.0, at(day, 9)), ("P2", "S01", "NORTH", 70.0, at(day, 9))],
        [("P1", 70.0, at(day + 6, 9)), ("P2", 70.0, at(day + 6, 9))],
    )  # fmt: skip
    weekly = pl.DataFrame({"sku": "S01", "week_start": [monday + timedelta(weeks=n) for n in range(13)]})
    said = replay.Spoken(
        monday - timedelta(days=1),
        weekly.with_columns(pl.lit(14.0).alias(name) for name in ("mean", *past_shop.QUANTILES)).with_columns(
            demand_class=pl.lit("smooth")
        ),
    )
    demand = divided(units, APART)
    asked, share = demand.asked(since=FIRST), demand.shares(said.cutoff, pl.Series(["S01"]))
    grounds = [
        Ground(
            pool.pool_id, shop.part(pools.here(pool, demand.pools)),
            asked.filter(pl.col("pool_id") == pool.pool_id),
            {said.cutoff: share.filter(pl.col("pool_id") == pool.pool_id)},
        )
        for pool in demand.pools
    ]  # fmt: skip
    days = past_shop.demand_daily(units)
    given = {
        "days": days, "product": past_shop.product(), "suppliers": past_shop.suppliers(), "zone": "UTC",
        "seed": 1, "now": at(day + 30),
    }  # fmt: skip
    north, south = replay.walk([said], grounds=grounds, **given).to_dicts()
    assert (north["stock_pool"], north["available"], north["daily_sales"]) == ("NORTH", 500.0, 1.0)
    assert (south["stock_pool"], south["available"], south["daily_sales"]) == ("SOUTH", 4.0, 1.0)
    assert (north["raw_probability"], north["came_true"]) == (0.0, False)
    assert (south["raw_probability"], south["came_true"]) == (1.0, True)
    assert south["out_at"] == at(day + 3, 18)
    (whole,) = replay.walk([said], grounds=[Ground("NORTH", shop, days)], **given).to_dicts()
    assert (whole["available"], whole["raw_probability"], whole["came_true"]) == (504.0, 0.0, False)
