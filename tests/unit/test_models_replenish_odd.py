"""What a proposal says and does in shops that are not as they should be: late orders, minimums for years."""

from __future__ import annotations

import polars as pl
import pytest

from models.recalibration import Recalibration
from tests.unit.test_models_replenish import inventory, plan, position, product, supply


def test_a_proposal_says_the_chance_its_alert_says_and_waiting_risks_no_less():
    halved = Recalibration(said=(0.0, 1.0), true=(0.0, 0.5), cases=100)
    usual, told = position()["waiting_risk"], []
    for chance in (0.2, 0.7):
        chances = pl.DataFrame({"sku": ["A"], "stockout_probability": [chance]})
        found = position(chances=chances, recalibration=halved)
        told.append((found["stockout_probability"], found["waiting_risk"]))
    assert told == [(0.2, pytest.approx(usual / 2, abs=1e-3)), (0.7, 0.7)]


def test_what_is_late_is_said_to_be_so_with_the_day_it_was_due():
    found = position(incoming_supply=supply(("A", 60, -1400), ("A", 20, 5)))
    assert found["incoming_dated"] == (
        "20 on 2024-01-06, 60 late since 2020-03-02 (not expected before 2027-11-01)"
    )


def test_a_minimum_that_lasts_for_years_is_said_to():
    found = plan(product=product(min_order_quantity=5000.0)).proposals.row(0, named=True)
    assert found["explanation"].endswith("enough for about 510 days at the pace expected now.")
    assert "enough for about" not in plan().proposals["explanation"][0]


def test_packs_are_whole_units():
    found = plan(product=product(pack_size=2.5, min_order_quantity=0.5)).proposals["quantity"][0]
    assert float(found) % 3 == 0


def test_least_cost_waits_where_a_minimum_costs_more_to_keep_than_it_earns():
    """5,000 cost 48 to keep for a week; a whole week's misses cost 210."""
    given = {"policy": "least_cost", "product": product(min_order_quantity=5000.0)}
    assert position(**given, inventory=inventory(("A", "MAIN", 205)))["suggested_quantity"] == 0
    assert position(**given, inventory=inventory(("A", "MAIN", 100)))["suggested_quantity"] == 5000
    assert position(product=given["product"], inventory=inventory(("A", "MAIN", 205)))["position"] == 205
