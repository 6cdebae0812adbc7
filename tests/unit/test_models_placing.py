"""What to buy and move for every stock pool, and where to receive it: by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from models import lead_times, placing, pools
from models.placing import Network
from models.pools import Place
from models.quantiles import QUANTILE_NAMES
from models.replenishment.agreed import Agreed
from warehouse import contracts

NOW = datetime(2024, 1, 1, tzinfo=UTC)
WEEKS = [date(2024, 1, 1) + timedelta(weeks=week) for week in range(13)]
APART = {"web": ["NORTH"], "fba": ["SOUTH"]}
TOGETHER = {"web": ["NORTH", "SOUTH"]}
RULES = {"review_days": 7, "service_levels": {"A": 0.98, "B": 0.95, "C": 0.9}}
INSTANT = pl.Datetime("us", "UTC")


def tables(*, north: float, south: float, incoming: tuple = (), owed: float = 0.0) -> dict[str, pl.DataFrame]:
    """A sells 70 a week for certain; a delivery takes two weeks, packs are of 10."""
    forecast = pl.DataFrame({"sku": "A", "week_start": WEEKS, "demand_class": "smooth", "mean": 70.0})
    supply = {
        "purchase_order_line_id": pl.String, "sku": pl.String, "location_id": pl.String,
        "open_quantity": pl.Float64, "expected_at": INSTANT,
    }  # fmt: skip
    receipts = {"supplier_id": pl.String, "ordered_at": INSTANT, "received_at": INSTANT}
    return {
        "forecast_weekly": forecast.with_columns(
            pl.lit(70.0).alias(name) for name in QUANTILE_NAMES
        ),
        "product": pl.DataFrame(
            {
                "sku": ["A"], "product_kind": ["product"], "category": ["x"], "supplier_id": ["S"],
                "unit_cost": [2.0], "pack_size": [10.0], "min_order_quantity": [0.0], "mean_price": [5.0],
                "abc_class": ["A"],
            }
        ),
        "inventory": pl.DataFrame(
            {"sku": ["A", "A"], "location_id": ["NORTH", "SOUTH"], "available": [float(north), float(south)]}
        ),
        "incoming_supply": pl.DataFrame(
            [(str(n), "A", place, units, NOW + timedelta(days=day))
             for n, (place, units, day) in enumerate(incoming)], schema=supply, orient="row",
        ),
        "receipts": pl.DataFrame(schema=receipts),
        "suppliers": pl.DataFrame({"supplier_id": ["S"], "quoted_lead_time_days": [14]}),
        "backordered": pl.DataFrame({"sku": ["A"], "backordered": [owed]}),
    }  # fmt: skip


def network(channels: dict, *, web: float = 0.5, north: float = 0.5, takes: bool = True) -> Network:
    rest = {name: 1 - web for name in channels if name != "web"}
    parts = [("A", "channel", name, share) for name, share in ({"web": web} | rest).items()]
    parts += [("A", "location", "NORTH", north), ("A", "location", "SOUTH", 1 - north)]
    places = [Place("NORTH"), Place("SOUTH", takes_purchases=takes)]
    return Network(
        pools.find(places, channels), channels,
        pl.DataFrame(parts, schema=["sku", "dimension", "member", "share"], orient="row"),
    )  # fmt: skip


def plan(channels: dict, stock: dict, *, given: dict | None = None, **of_network) -> placing.Placed:
    units = pl.DataFrame({"sku": ["A"], "channel_id": ["web"], "units": [1.0]})
    return placing.propose(
        tables(**stock), network(channels, **of_network), channel_units=units, as_of=NOW, **RULES,
        **given or {},
    )  # fmt: skip


def bought(found: placing.Placed) -> dict[str, float]:
    return {
        row["location_id"]: float(row["quantity"]) for row in found.proposals.iter_rows(named=True)
    }  # fmt: skip


def test_the_tables_have_the_columns_of_their_marts():
    found = plan(TOGETHER, {"north": 0, "south": 0})
    assert tuple(found.proposals.columns) == tuple(contracts.table("marts.proposal").column_names)
    assert tuple(found.places.columns) == tuple(contracts.table("marts.stock_position").column_names)
    assert tuple(found.moves.columns) == tuple(contracts.table("marts.transfer_proposal").column_names)


def test_what_a_closed_supplier_would_be_asked_for_is_told_once_and_moved_where_it_can_be():
    """The south has 400 and needs 105 of it: what the north cannot buy comes from there."""
    closed = Agreed(supplier_id="S", closed=tuple(NOW.date() + timedelta(days=day) for day in range(366)))
    found = plan(TOGETHER, {"north": 0, "south": 0}, given={"terms": [closed]})
    assert bought(found) == {}
    assert found.places["withheld_quantity"].to_list() == [210.0, 0.0]
    apart = plan(APART, {"north": 0, "south": 400}, given={"terms": [closed]})
    assert apart.moves.select("from_location_id", "to_location_id").rows() == [("SOUTH", "NORTH")]


def test_what_lies_where_nobody_asks_for_it_is_moved_before_buying():
    found = plan(APART, {"north": 0, "south": 300}, web=1.0, north=1.0)
    (move,) = found.moves.select("from_location_id", "to_location_id", "quantity").rows()
    assert move == ("SOUTH", "NORTH", 210.0)
    assert bought(found) == {}


def test_one_stock_is_bought_once_and_dealt_out():
    """210 are wanted until the order after next; 60 of it lie in the south, which needs half of all."""
    found = plan(TOGETHER, {"north": 0, "south": 60})
    (position,) = found.positions.iter_rows(named=True)
    assert position["suggested_quantity"] == 150
    assert bought(found) == {"NORTH": 110, "SOUTH": 40}
    assert found.proposals["pool_quantity"].to_list() == [150, 150]
    assert found.proposals["cost"].sum() == 300
    north, south = found.proposals["explanation"]
    assert north.startswith(
        "110 for NORTH (0 in stock, 0 on the way, 105 expected to be asked for): its part of"
    )
    assert south.startswith("40 for SOUTH (60 in stock, ")
    assert found.proposals["proposal_id"].to_list() == ["A@NORTH@2024-01-01", "A@SOUTH@2024-01-01"]
    oversold = plan(TOGETHER, {"north": -8, "south": 60}).proposals["explanation"][0]
    assert " for NORTH (8 owed, 0 on the way, 105 expected to be asked for): its part of" in oversold


def test_stocks_that_serve_different_customers_are_planned_apart():
    """35 a week each: the south lacks, however much lies in the north, but for what that has to spare."""
    found = plan(APART, {"north": 100, "south": 0}, web=0.5)
    assert found.moves.is_empty()
    assert set(found.positions["location_id"]) == {"NORTH", "SOUTH"}
    north, south = found.positions.sort("location_id").iter_rows(named=True)
    assert (north["available"], south["available"]) == (100, 0)
    assert south["expected_demand"] == pytest.approx(105, abs=1)
    assert bought(found)["SOUTH"] >= 105


def test_what_lies_idle_elsewhere_is_moved_before_more_is_bought():
    found = plan(APART, {"north": 500, "south": 0}, web=0.5)
    (move,) = found.moves.iter_rows(named=True)
    south = found.positions.filter(pl.col("location_id") == "SOUTH").row(0, named=True)
    assert (move["from_location_id"], move["to_location_id"]) == ("NORTH", "SOUTH")
    assert move["quantity"] == move["missing_units"] == south["order_up_to"]
    assert "instead of buying them" in move["explanation"]
    assert found.proposals.is_empty()
    assert south["suggested_quantity"] == 0
    assert south["available"] == 0  # nothing has moved yet


def test_least_cost_moves_what_is_idle_too():
    rules = {"policy": "least_cost", "holding_rate": 0.25}
    found = plan(APART, {"north": 900, "south": 0}, given=rules)
    assert found.moves["quantity"].to_list() == found.moves["missing_units"].to_list() != []
    assert found.proposals.is_empty()


def test_a_move_leaves_from_where_the_stock_is():
    """South and cellar are one stock, and the cellar has it."""
    channels = {"web": ["NORTH"], "fba": ["SOUTH", "CELLAR"]}
    stocked = tables(north=0, south=3)
    cellar = pl.DataFrame({"sku": ["A"], "location_id": ["CELLAR"], "available": [400.0]})
    stocked["inventory"] = pl.concat([stocked["inventory"], cellar])
    places = [Place("NORTH"), Place("SOUTH"), Place("CELLAR")]
    parts = network(APART).parts
    found = placing.propose(
        stocked, Network(pools.find(places, channels), channels, parts), as_of=NOW, **RULES,
        channel_units=pl.DataFrame({"sku": ["A"], "channel_id": ["web"], "units": [1.0]}),
    )  # fmt: skip
    (move,) = found.moves.iter_rows(named=True)
    assert (move["from_location_id"], move["to_location_id"]) == ("CELLAR", "NORTH")
    assert move["explanation"].startswith(f"Move {move['quantity']:.0f} from CELLAR to NORTH instead of")


def test_what_is_moved_in_part_is_bought_for_the_rest():
    found = plan(APART, {"north": 160, "south": 0}, web=0.5)
    (move,) = found.moves.iter_rows(named=True)
    whole = plan(APART, {"north": 100, "south": 0}, web=0.5)
    assert 0 < move["quantity"] < move["missing_units"]
    assert bought(found)["SOUTH"] == pytest.approx(bought(whole)["SOUTH"] - move["quantity"], abs=10)


def test_what_is_on_its_way_covers_the_location_it_goes_to():
    found = plan(APART, {"north": 0, "south": 0, "incoming": (("SOUTH", 300.0, 5),)}, web=0.5)
    assert "SOUTH" not in bought(found)
    assert bought(found)["NORTH"] > 0
    place = found.places.filter(pl.col("location_id") == "SOUTH").row(0, named=True)
    assert place["incoming_in_time"] == 300


def test_what_is_due_too_late_is_no_cover():
    found = plan(APART, {"north": 0, "south": 0, "incoming": (("SOUTH", 300.0, 60),)}, web=0.5)
    assert bought(found)["SOUTH"] > 0
    assert found.places["incoming_in_time"].sum() == 0


def test_what_is_owed_is_owed_where_the_demand_is():
    owed = plan(APART, {"north": 0, "south": 0, "owed": 80.0}, web=0.75)
    north, south = owed.positions.sort("location_id")["backordered"]
    assert (north, south) == (60, 20)


def test_a_location_that_takes_no_purchases_gets_none():
    assert bought(plan(TOGETHER, {"north": 0, "south": 0}, takes=False)) == {"NORTH": 210}


def test_an_order_for_pallets_or_least_money_goes_whole_to_one_place():
    pallets = [Agreed(supplier_id="S", pallet_size=100.0)]
    assert len(bought(plan(TOGETHER, {"north": 0, "south": 0}, given={"terms": pallets}))) == 1
    whole = {"whole_orders_of": frozenset({"S"})}
    assert bought(plan(TOGETHER, {"north": 0, "south": 0}, north=0.9, given=whole)) == {"NORTH": 210}


def test_stock_where_no_pool_is_counts_as_the_firsts():
    stocked = tables(north=0, south=0)
    stocked["inventory"] = pl.DataFrame({"sku": ["A"], "location_id": ["CELLAR"], "available": [500.0]})
    units = pl.DataFrame({"sku": ["A"], "channel_id": ["web"], "units": [1.0]})
    found = placing.propose(stocked, network(APART, web=1.0), channel_units=units, as_of=NOW, **RULES)
    assert found.positions.filter(pl.col("location_id") == "NORTH")["available"].item() == 500
    assert found.proposals.is_empty()
    assert set(found.places["location_id"]) == {"NORTH", "CELLAR"}


def test_terms_may_hold_for_one_pool_alone():
    """The north is visited every fourth week and covers that; the south every week, as agreed elsewhere."""
    monthly = [Agreed(supplier_id="S", review_days=28, locations=frozenset({"NORTH"}))]
    found = plan(APART, {"north": 0, "south": 0}, given={"terms": monthly}).positions.sort("location_id")
    assert found["review_days"].to_list() == [28, 7]


def test_a_supplier_takes_as_long_as_it_took_to_the_place():
    """Twenty deliveries each: five days to the north, twenty to the south."""
    stocked = tables(north=0, south=0)
    rows = [
        ("S", place, NOW - timedelta(days=60), NOW - timedelta(days=60 - days))
        for place, days in (("NORTH", 5), ("SOUTH", 20))
        for _ in range(lead_times.OFTEN)
    ]
    kinds = [("supplier_id", pl.String), ("location_id", pl.String), ("ordered_at", INSTANT),
             ("received_at", INSTANT)]  # fmt: skip
    stocked["receipts"] = pl.DataFrame(rows, schema=kinds, orient="row")
    units = pl.DataFrame({"sku": ["A"], "channel_id": ["web"], "units": [1.0]})
    found = placing.propose(stocked, network(APART), channel_units=units, as_of=NOW, **RULES)
    north, south = found.positions.sort("location_id")["lead_time_days"]
    assert north == pytest.approx(5, abs=0.01)
    assert south == pytest.approx(20, abs=0.01)
