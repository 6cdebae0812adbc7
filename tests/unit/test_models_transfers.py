"""Transfers before buying, by hand: only what a channel lacks and may not reach is moved."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from models import transfers
from warehouse import contracts

TODAY = date(2024, 1, 1)
NETWORKS = {"web": ["NORTH", "SOUTH"], "europe": ["NORTH"]}


def proposed(
    *, north: float, south: float, europe: float = 50.0, web: float = 50.0, weekly: float = 70.0,
    lead: float = 14.0, networks: dict | None = None,
) -> list[dict]:  # fmt: skip
    weeks = [TODAY + timedelta(weeks=week) for week in range(8)]
    table = transfers.propose(
        positions=pl.DataFrame({"sku": ["A"], "lead_time_days": [lead], "unit_margin": [3.0]}),
        forecast_weekly=pl.DataFrame({"sku": ["A"] * 8, "week_start": weeks, "mean": [weekly] * 8}),
        inventory=pl.DataFrame(
            {"sku": ["A", "A"], "location_id": ["NORTH", "SOUTH"], "available": [north, south]}
        ),
        channel_units=pl.DataFrame(
            {"sku": ["A", "A"], "channel_id": ["web", "europe"], "units": [web, europe]}
        ),
        networks=NETWORKS if networks is None else networks,
        today=TODAY,
    )
    named = contracts.table("marts.transfer_proposal").column_names
    assert [*table.columns, "proposal_id"] == list(named)
    return table.to_dicts()


def test_what_a_channel_lacks_comes_from_where_it_may_not_sell():
    """70 for Europe, 70 for the web in two weeks: Europe takes the 30 in the north and lacks 40; the web
    takes 70 of the 100 in the south and leaves 30.
    """
    (row,) = proposed(north=30, south=100)
    assert (row["from_location_id"], row["to_location_id"], row["quantity"]) == ("SOUTH", "NORTH", 30)
    assert (row["channels"], row["missing_units"], row["left_at_origin"]) == ("europe", 40, 0)
    assert row["saved_margin"] == 90
    assert row["explanation"].startswith("Move 30 from SOUTH to NORTH: europe will lack about 40")


def test_what_every_channel_reaches_is_not_moved():
    assert proposed(north=150, south=0) == []
    assert proposed(north=30, south=100, networks={"web": ["NORTH", "SOUTH"]}) == []
    assert proposed(north=0, south=0) == []


def test_a_channel_that_sold_nothing_needs_nothing():
    assert proposed(north=0, south=500, europe=0.0) == []


def test_demand_counts_until_a_purchase_could_arrive():
    (row,) = proposed(north=0, south=500, lead=7.0)
    assert row["quantity"] == 35
    (beyond,) = proposed(north=0, south=5000, lead=70.0)  # two weeks past the forecast, at its pace
    assert beyond["quantity"] == 350
