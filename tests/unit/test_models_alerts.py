"""Which positions become alert candidates, and how severe they are."""

from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl
import pytest

from models import alerts
from models.errors import PlanError
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
    assert candidates({"suggested_quantity": 0.0})[0]["explanation"].endswith("until then: 50.")


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
