"""Transfers that have begun, as a purchase plan counts them: by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl

from models import under_way

NOW = datetime(2024, 1, 1, tzinfo=UTC)
LATER = NOW + timedelta(days=9)


def tables() -> dict[str, pl.DataFrame]:
    return {
        "inventory": pl.DataFrame(
            {"sku": ["A", "A"], "location_id": ["NORTH", "SOUTH"], "available": [20, 1]}
        ),
        "incoming_supply": pl.DataFrame(
            {
                "purchase_order_line_id": ["P1"], "supplier_id": ["S"], "sku": ["A"],
                "location_id": ["NORTH"], "open_quantity": [5], "ordered_at": [NOW], "expected_at": [LATER],
            },
            schema_overrides={"ordered_at": under_way.INSTANT, "expected_at": under_way.INSTANT},
        ),
        "product": pl.DataFrame({"sku": ["A"]}),
    }  # fmt: skip


def counted(*lines: tuple) -> dict[str, pl.DataFrame]:
    found = pl.DataFrame(
        [("T1", "A", "NORTH", "SOUTH", *line) for line in lines], schema=under_way.LINE, orient="row"
    )
    return under_way.counted(tables(), found, as_of=NOW, transfer_days=2)


def test_what_is_still_to_leave_is_no_stock_of_the_origin_and_comes_in_two_days():
    found = counted((8.0, 0.0, None))
    assert found["inventory"]["available"].to_list() == [12.0, 1.0]
    coming = found["incoming_supply"].row(-1, named=True)
    assert (coming["location_id"], coming["open_quantity"]) == ("SOUTH", 8.0)
    assert coming["expected_at"] == NOW + timedelta(days=2)
    assert found["incoming_supply"]["open_quantity"].sum() == 13


def test_what_is_on_its_way_comes_when_it_is_expected():
    found = counted((0.0, 6.0, LATER))
    assert found["inventory"]["available"].to_list() == [20.0, 1.0]
    assert found["incoming_supply"].row(-1, named=True)["expected_at"] == LATER


def test_one_that_should_have_come_comes_soon():
    late = counted((0.0, 6.0, NOW - timedelta(days=3)))["incoming_supply"].row(-1, named=True)
    assert late["expected_at"] == NOW + timedelta(days=2)


def test_nothing_under_way_changes_nothing():
    found = counted()
    assert all(found[name].equals(table) for name, table in tables().items())
    arrived = counted((0.0, 0.0, None))
    assert arrived["incoming_supply"].height == 1
