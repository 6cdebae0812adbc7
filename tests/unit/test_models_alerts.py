"""Which positions become alert candidates, and how severe they are."""

from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl
import pytest

from models import alerts, explain
from models.errors import PlanError
from models.recalibration import Recalibration
from warehouse import contracts

NOW = datetime(2024, 1, 1, tzinfo=UTC)
EPISODE = {
    "episode_id", "state", "raised_at", "updated_at", "resolved_at", "snoozed_until", "acknowledged_by",
}  # fmt: skip


def positions(*rows: dict) -> pl.DataFrame:
    usual = {
        "sku": "A", "location_id": "MAIN", "available": 10.0, "stockout_probability": 0.6,
        "margin_at_risk": 50.0, "expected_demand": 30.0, "days_of_cover": 4.0, "suggested_quantity": 48.0,
        "order_by": date(2024, 1, 1), "explanation": "10 available.",
    }  # fmt: skip
    return pl.DataFrame([usual | row for row in rows])


def candidates(*rows: dict) -> list[dict]:
    return alerts.evaluate(positions(*rows), as_of=NOW).to_dicts()


def test_a_probable_stockout_is_a_risk_and_an_empty_shelf_is_out():
    found = candidates({"sku": "A"}, {"sku": "B", "available": 0.0, "stockout_probability": 0.4})
    assert {row["sku"]: (row["rule"], row["stockout_probability"]) for row in found} == {
        "A": ("stockout_risk", 0.6),
        "B": ("out_of_stock", 1.0),
    }


@pytest.mark.parametrize(
    "row",
    [{"stockout_probability": 0.29}, {"available": 0.0, "expected_demand": 0.4, "stockout_probability": 0.3}],
)
def test_an_improbable_stockout_or_an_empty_shelf_nobody_asks_for_is_no_candidate(row):
    assert candidates(row) == []


def test_a_candidate_stays_one_down_to_where_episodes_resolve():
    from oms_ops.alerting.episodes import RESOLVE_BELOW

    assert alerts.CANDIDATE_AT <= RESOLVE_BELOW
    assert candidates({"stockout_probability": 0.3})[0]["rule"] == "stockout_risk"


@pytest.mark.parametrize(
    ("margin", "severity"),
    [(500, "critical"), (499.99, "high"), (100, "high"), (99.99, "medium"), (20, "medium"), (19.99, "low")],
)
def test_severity_is_by_margin_at_risk(margin, severity):
    assert candidates({"margin_at_risk": float(margin)})[0]["severity"] == severity


def test_most_margin_at_risk_comes_first_ties_by_sku():
    rows = [{"sku": "B"}, {"sku": "C", "margin_at_risk": 900.0}, {"sku": "A"}]
    assert [row["sku"] for row in candidates(*rows)] == ["C", "A", "B"]


def test_candidates_are_the_columns_of_the_mart_less_the_episode():
    wanted = set(contracts.table("marts.alert").column_names) - EPISODE
    assert set(candidates({})[0]) == wanted


def test_the_sentence_says_what_to_order_and_by_when():
    today, later = candidates({"sku": "A"}, {"sku": "B", "order_by": date(2024, 1, 9)})
    assert today["explanation"].endswith("Margin at risk until then: 50. Order 48 today.")
    assert later["explanation"].endswith("Order 48 by 2024-01-09.")
    assert candidates({"order_by": None})[0]["explanation"].endswith("Order 48.")
    assert candidates({"suggested_quantity": 0.0})[0]["explanation"].endswith("until then: 50.")


RISK = {
    "sku": "A", "location_id": "MAIN", "supplier_id": "S", "demand_class": "smooth", "available": 105.0,
    "lead_time_days": 27.4, "lead_time_p90_days": 33.0, "mean_daily_demand": 10.0, "expected_demand": 280.0,
    "on_order": 1200.0, "next_due": date(2023, 12, 27), "raw_probability": 0.8, "units_at_risk": 50.0,
    "unit_margin": 2.0, "margin_at_risk": 100.0, "out_by": date(2024, 1, 11), "order_by": date(2024, 1, 1),
}  # fmt: skip


def test_a_position_takes_its_chance_corrected_its_loss_scaled_and_its_reason_from_the_risk():
    known = Recalibration(said=(0.0, 1.0), true=(0.0, 0.5), cases=100)
    (row,) = alerts.with_risks(positions({}), pl.DataFrame([RISK]), recalibration=known, as_of=NOW).to_dicts()
    assert (row["stockout_probability"], row["margin_at_risk"]) == (0.4, 50.0)
    assert row["explanation"] == (
        "105 free, 1,200 on order, the first was due 2023-12-27 and is 5 days late; 280 expected to be asked "
        "for in the 27 days (nine in ten within 33) a delivery takes. Half of the possible courses are out "
        "by 2024-01-11. 40% chance to run out before an order placed now arrives."
    )
    assert row["suggested_quantity"] == 48.0


def test_the_chance_told_beside_a_proposal_is_the_alerts():
    """Corrected; certain where nothing is free, were it all owed."""
    known = Recalibration(said=(0.0, 1.0), true=(0.0, 0.5), cases=100)
    for changed, said in ({}, 0.4), ({"available": -2.0, "raw_probability": 1.0}, 1.0):
        risks = pl.DataFrame([RISK | changed])
        alert = alerts.with_risks(positions({}), risks, recalibration=known, as_of=NOW)
        told = alerts.chances(risks, recalibration=known)
        assert (told["stockout_probability"][0], alert["stockout_probability"][0]) == (said, said)


def test_what_is_owed_is_not_a_negative_number_of_units_free():
    (said,) = explain.risks(
        pl.DataFrame([RISK | {"available": -92.0, "stockout_probability": 1.0}]), today=NOW.date()
    )
    assert said.startswith("none free and 92 owed, 1,200 on order")


def test_the_sentence_does_not_change_while_nothing_else_does():
    later = alerts.evaluate(positions({}), as_of=NOW.replace(hour=9))
    assert later.to_dicts() == candidates({})


def test_the_order_book_takes_every_candidate():
    from oms_ops.alerting.episodes import read_candidates

    found = read_candidates(candidates({"sku": "A"}, {"sku": "B", "available": 0.0, "days_of_cover": None}))
    assert {key[0] for key in found} == {"stockout_risk", "out_of_stock"}


def test_a_missing_column_is_named():
    with pytest.raises(PlanError, match="positions lack expected_demand"):
        alerts.evaluate(positions({}).drop("expected_demand"), as_of=NOW)


def ended(*days: date | None) -> list[dict]:
    """An empty shelf and a probable stock-out of each."""
    rows = positions(
        *({"sku": f"OUT{n}", "available": 0.0, "ends_on": end} for n, end in enumerate(days)),
        *({"sku": f"RISK{n}", "ends_on": end} for n, end in enumerate(days)),
    )
    return alerts.evaluate(rows, as_of=NOW).to_dicts()


def test_no_alert_stands_for_a_product_that_has_ended_and_one_announced_to_end_is_alerted_still():
    found = ended(date(2023, 12, 31), NOW.date(), date(2024, 1, 2), None)
    standing = {row["sku"] for row in found if row["stockout_probability"] > 0}
    assert standing == {"OUT2", "RISK2", "OUT3", "RISK3"}
    over = [row for row in found if row["sku"] == "OUT0"]
    assert {row["rule"] for row in over} == {"out_of_stock", "stockout_risk"}
    assert {row["explanation"] for row in over} == {
        "Discontinued on 2023-12-31: it is not bought any more and may run out."
    }
    assert {row["suggested_quantity"] for row in over} == {0}


def test_an_open_episode_of_a_product_that_ends_is_resolved_with_that_reason_and_none_is_raised():
    from oms_ops.alerting.episodes import read_candidates, reconcile

    raised = reconcile([], read_candidates(candidates({"sku": "RISK0"})), now=NOW)
    assert [change.kind for change in raised] == ["raised"]
    today = read_candidates(ended(NOW.date()))
    changes = reconcile([change.after for change in raised], today, now=NOW)
    assert [(change.kind, change.after.state, change.is_told) for change in changes] == [
        ("resolved", "resolved", True)
    ]
    assert changes[0].after.measures.explanation.startswith("Discontinued on 2024-01-01")


def test_an_empty_shelf_is_not_said_to_have_a_chance_to_run_out():
    empty = pl.DataFrame([RISK | {"available": 0.0, "out_by": date(2024, 1, 1)}])
    known = Recalibration(said=(0.0, 1.0), true=(0.0, 0.98), cases=100)
    judged = alerts.with_risks(positions({"available": 0.0}), empty, recalibration=known, as_of=NOW)
    (row,) = alerts.evaluate(judged, as_of=NOW).to_dicts()
    assert (row["rule"], row["stockout_probability"]) == ("out_of_stock", 1.0)
    assert row["explanation"].startswith("Out of stock: 0 free, 1,200 on order")
    assert "chance" not in row["explanation"] and "courses are out" not in row["explanation"]


@pytest.mark.parametrize(
    ("margin", "severity", "held"),
    [(100.0, "high", "high"), (99.0, "medium", "high"), (80.0, "medium", "high"), (79.0, "medium", "medium"),
     (401.0, "high", "critical"), (16.5, "low", "medium"), (15.0, "low", "low")],
)  # fmt: skip
def test_an_open_alert_keeps_its_class_down_to_four_fifths_of_it(margin, severity, held):
    (row,) = alerts.with_held(alerts.evaluate(positions({"margin_at_risk": margin}), as_of=NOW)).to_dicts()
    assert (row["severity"], row["held_severity"]) == (severity, held)
