"""Past mornings walked again: nothing later than the morning is seen, and outcomes are what really came."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from models import buyer, history, panel, replay
from models.known import LEVELS, MOVING, ORDERED, RECEIVED, Past
from models.replay import Ground

FIRST = date(2023, 1, 2)  # a Monday
WEEKS = 40
NOW = datetime(2023, 10, 9, tzinfo=UTC)
SUPPLIERS = pl.DataFrame({"supplier_id": ["S"], "quoted_lead_time_days": [14.0]})
SKUS = ("A", "B", "C", "D", "E", "F")


def at(day: date, hour: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def past_of(levels: list[tuple], ordered: list[tuple] = (), received: list[tuple] = ()) -> Past:
    """levels: sku, when, units; ordered: line, sku, units, when, due; received: line, units, when."""
    places = [(sku, "MAIN", when, units) for sku, when, units in levels]
    lines = [(line, "S", sku, units, "MAIN", when, due, when) for line, sku, units, when, due in ordered]
    return Past.of(
        levels=pl.DataFrame(places, schema=LEVELS, orient="row"),
        ordered=pl.DataFrame(lines, schema=ORDERED, orient="row"),
        received=pl.DataFrame(list(received), schema=RECEIVED, orient="row"),
    )


DAY = [FIRST + timedelta(days=number) for number in range(100)]
SHOP = past_of(
    levels=[("A", at(DAY[0], 8), 10.0), ("A", at(DAY[20], 12), 0.0), ("A", at(DAY[30], 6), 24.0)],
    ordered=[
        ("P1", "A", 24.0, at(DAY[10], 9), at(DAY[24])),
        ("P2", "A", 12.0, at(DAY[40], 9), at(DAY[54])),
        ("P3", "A", 12.0, at(DAY[70], 9), at(DAY[84])),
    ],
    received=[("P1", 20.0, at(DAY[30], 6)), ("P1", 4.0, at(DAY[32], 6)), ("P2", 12.0, at(DAY[53], 9))],
)  # fmt: skip


def test_stock_and_orders_are_those_of_the_morning():
    assert SHOP.inventory(at(DAY[20]))["available"].to_list() == [10.0]
    assert SHOP.inventory(at(DAY[21]))["available"].to_list() == [0.0]
    assert SHOP.incoming(at(DAY[10])).height == 0
    assert SHOP.incoming(at(DAY[31]))["open_quantity"].to_list() == [4.0]
    assert SHOP.receipts(at(DAY[31])).height == 1


def test_a_transfer_under_way_that_morning_is_cover_until_it_arrives():
    """Shipped on the first day, received on the fourth: two days from any morning between."""
    moves = [("A", "MAIN", at(DAY[1], 9), 30.0), ("A", "MAIN", at(DAY[4], 9), 0.0)]
    moving = pl.DataFrame(moves, schema=MOVING, orient="row")
    past = Past.of(
        levels=SHOP.levels, ordered=SHOP.ordered, received=SHOP.received, moving=moving, transfer_days=2
    )
    seen = [past.incoming(at(DAY[day])).select("open_quantity", "expected_at").rows() for day in (1, 3, 5)]
    assert seen == [[], [(30.0, at(DAY[5]))], []]
    assert past.part(pl.col("location_id") == "ELSE").incoming(at(DAY[3])).height == 0


def test_a_stockout_lasts_from_the_last_unit_to_the_next():
    assert SHOP.outages.to_dicts() == [{"sku": "A", "out_at": at(DAY[20], 12), "back_at": at(DAY[30], 6)}]


def test_a_delivery_takes_as_long_as_the_next_order_did_and_is_unknown_until_it_came():
    assert SHOP.next_delivery_days(at(DAY[35])).to_dicts() == [{"supplier_id": "S", "days": 13.0}]
    assert SHOP.next_delivery_days(at(DAY[60])).height == 0


def demand(rng: np.random.Generator) -> pl.DataFrame:
    rows = [
        (sku, FIRST + timedelta(days=number), float(units))
        for sku in SKUS
        for number, units in enumerate(rng.poisson(2.0, WEEKS * 7))
        if units
    ]
    frame = pl.DataFrame(rows, schema=["sku", "business_date", "units"], orient="row")
    return frame.with_columns(
        orders=pl.lit(1, pl.Int64), gross_sales=pl.col("units") * 5.0, exposure=pl.lit(1.0)
    )


def walked(
    days: pl.DataFrame, past: Past, *, weeks: int = 3, zone: str = "UTC", **ends: date
) -> pl.DataFrame:
    checked = history.validate(days)
    product = pl.DataFrame(
        {
            "sku": SKUS, "product_kind": "product", "supplier_id": "S", "unit_cost": 2.0, "pack_size": 1.0,
            "min_order_quantity": 1.0, "mean_price": 5.0, "abc_class": "A",
            "discontinued_on": [ends.get(sku) for sku in SKUS],
        },
        schema_overrides={"discontinued_on": pl.Date},
    )  # fmt: skip
    last = FIRST + timedelta(days=WEEKS * 7 - 1)
    whole = panel.build(checked, cutoff=last, ended=history.ends(product))
    spoken = replay.forecasts(checked, whole=whole, weeks=weeks, seed=1)
    return replay.walk(
        list(spoken), grounds=[Ground("MAIN", past, checked)], days=checked, product=product,
        suppliers=SUPPLIERS, zone=zone, seed=1, now=NOW,
    )  # fmt: skip


def test_a_summer_morning_is_of_its_own_day_though_greenwich_is_in_the_night_before(monkeypatch):
    days = demand(np.random.default_rng(3))
    past = past_of([(sku, at(FIRST), 30.0) for sku in SKUS])
    seen, assess = [], replay.risk.assess
    monkeypatch.setattr(
        replay.risk, "assess", lambda **given: seen.append(given["as_of"].date()) or assess(**given)
    )
    mornings = walked(days, past, weeks=2, zone="Europe/London")["at"].unique().sort()
    assert seen == [FIRST + timedelta(weeks=WEEKS - back) for back in (2, 1)]
    assert [moment.hour for moment in mornings] == [23, 23]


def test_what_comes_later_changes_nothing_that_was_said():
    """A planted future: twenty times the demand, empty shelves, a delivery, all after the last morning."""
    last = FIRST + timedelta(weeks=WEEKS - 1)
    days = demand(np.random.default_rng(3))
    levels = [(sku, at(FIRST), 30.0) for sku in SKUS]
    bought = [("P0", "A", 24.0, at(last - timedelta(days=9), 9), at(last + timedelta(days=5)))]
    later = days.with_columns(
        units=pl.when(pl.col("business_date") >= last).then(pl.col("units") * 20).otherwise(pl.col("units"))
    )
    quiet = walked(days, past_of(levels, bought))
    loud = walked(
        later,
        past_of(
            levels + [(sku, at(last, 12), 0.0) for sku in SKUS],
            [*bought, ("P9", "B", 99.0, at(last, 9), at(last, 10))],
            [("P0", 24.0, at(last, 11)), ("P9", 99.0, at(last + timedelta(days=2)))],
        ),
    )
    told = ("at", "sku", "available", "on_order", "daily_sales", "raw_probability", "margin_at_risk")
    assert quiet.select(told).equals(loud.select(told))
    assert quiet["came_true"].null_count() == quiet.height
    assert loud.filter(pl.col("at") == at(last))["came_true"].to_list() == [True] * len(SKUS)


def test_a_morning_leaves_out_what_had_ended_and_knows_nothing_of_later_ends():
    """A ended on the second of three mornings, B ends the day after the last."""
    days, past = demand(np.random.default_rng(3)), past_of([(sku, at(FIRST), 30.0) for sku in SKUS])
    mornings = [FIRST + timedelta(weeks=WEEKS - back) for back in (3, 2, 1)]
    usual = walked(days, past)
    found = walked(days, past, A=mornings[1], B=mornings[2] + timedelta(days=1))
    asked = {sku: found.filter(sku=sku)["at"].to_list() for sku in ("A", "B")}
    assert asked == {"A": [at(mornings[0])], "B": [at(day) for day in mornings]}
    told = ("at", "sku", "raw_probability", "margin_at_risk", "daily_sales")
    first = pl.col("at") == at(mornings[0])
    assert found.filter(first).select(told).equals(usual.filter(first).select(told))


def test_recalibration_knows_only_what_had_come_true_by_the_morning():
    rows = [
        (at(FIRST + timedelta(weeks=week)), f"S{number}", 0.8, number < 25)
        for week in range(4)
        for number in range(100)
    ]
    told = pl.DataFrame(rows, schema=["at", "sku", "raw_probability", "came_true"], orient="row")
    silent = [
        pl.lit(None, kind).alias(name) for name, kind in replay.MORNING.items() if name not in told.columns
    ]
    frame = told.with_columns(silent).with_columns(closes_at=pl.col("at") + pl.duration(days=14))
    said, known = replay.calibrated(frame.select(list(replay.MORNING)), now=NOW)
    by_week = said.group_by("at").agg(pl.col("probability").first()).sort("at")["probability"].to_list()
    once, twice, always = ((25 * n + 8) / (100 * n + 10) for n in (1, 2, 4))
    assert by_week == pytest.approx([0.8, 0.8, once, twice], abs=1e-4)
    assert known.apply(np.array([0.8]))[0] == pytest.approx(always)


def test_the_plain_buyer_orders_up_to_four_weeks_beyond_his_level_and_stands_on_what_comes():
    """One a day; lead time 5: below 5+7+7 = 19 he buys up to 47. With 10 in stock: 37, on day 5."""
    played = buyer.play(
        np.ones((1, buyer.RATE_DAYS + 8)),
        buyer.Goods(("A",), ["S"], np.array([1.0]), np.array([1.0]), {"S": np.array([5.0])}, "MAIN"),
        first_day=FIRST,
        before=past_of([("A", at(FIRST - timedelta(days=1)), 10.0)]),
        zone="UTC",
        rng=np.random.default_rng(0),
    )
    assert played.ordered["quantity"].to_list() == [37.0]
    assert played.received["received_at"].to_list() == [at(FIRST + timedelta(days=5), 6)]
    assert played.levels["available"].to_list() == [10, 9, 8, 7, 6, 5, 41, 40, 39]


def test_the_plain_buyer_knows_the_orders_of_the_shop_before_him_and_loses_what_he_cannot_sell():
    before = past_of(
        [("A", at(FIRST - timedelta(days=1)), 2.0)],
        [("P", "A", 60.0, at(FIRST - timedelta(days=5)), at(FIRST + timedelta(days=4)))],
        [("P", 60.0, at(FIRST + timedelta(days=4)))],
    )
    played = buyer.play(
        np.ones((1, buyer.RATE_DAYS + 6)),
        buyer.Goods(("A",), ["S"], np.array([1.0]), np.array([1.0]), {"S": np.array([5.0])}, "MAIN"),
        first_day=FIRST,
        before=before,
        zone="UTC",
        rng=np.random.default_rng(0),
    )
    assert played.levels["available"].to_list() == [2, 1, 0, 59, 58]
    assert played.incoming(at(FIRST))["open_quantity"].to_list() == [60.0]
