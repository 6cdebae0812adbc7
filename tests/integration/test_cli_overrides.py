"""`oms override`: a planner's changes of the forecast made, revoked and scored, over the small shop."""

from __future__ import annotations

import pytest

from tests.support.cli_home import answer, complaint


def test_an_override_is_added_listed_and_revoked(oms):
    add = ["override", "add", "20001", "--first-week", "2011-12-12", "--reason", "fair", "--by", "ana"]
    code, printed, _ = oms(*add, "--set", "40")
    override_id = printed.split()[0]
    assert code == 0
    (row,) = answer(oms, "override", "list", "--sku", "20001")
    assert (row["override_id"], row["action"], row["value"], row["last_week"]) == (
        override_id,
        "set",
        40,
        "2011-12-12",
    )
    assert oms("override", "revoke", override_id, "--by", "ben")[0] == 0
    assert answer(oms, "override", "list") == []
    assert "was revoked by ben" in complaint(oms, "override", "revoke", override_id, "--by", "ben")
    assert "must be a Monday, found Tuesday" in complaint(
        oms, *[part.replace("2011-12-12", "2011-12-13") for part in add], "--add", "-5"
    )


def test_a_category_is_overruled_by_its_name_and_an_unknown_one_names_the_closest(oms):
    add = [
        "override",
        "add",
        "--first-week",
        "2011-12-12",
        "--reason",
        "leaflet",
        "--by",
        "ana",
        "--add",
        "60",
    ]
    assert oms(*add, "--category", "bags", "--code", "promotion", "--expires", "2011-12-31")[0] == 0
    (row,) = [row for row in answer(oms, "override", "list") if row["scope"] == "category"]
    assert (row["category"], row["sku"], row["reason_code"]) == ("Bags", None, "promotion")
    assert row["expires_on"] == "2011-12-31"
    assert "did you mean Bags" in complaint(oms, *add, "--category", "Bagz")
    assert oms("override", "revoke", row["override_id"], "--by", "ana")[0] == 0


def test_an_override_further_ahead_than_forecasts_reach_says_when_it_counts(oms):
    add = ["override", "add", "20001", "--first-week", "2030-01-07", "--set", "5", "--reason", "fair"]
    printed = oms(*add, "--by", "ana")[1]
    assert "it counts once they reach 2030-01-07" in printed
    assert oms("override", "revoke", printed.split()[0], "--by", "ana")[0] == 0


def test_overrides_are_scored_by_planner_reason_and_sku(oms):
    rows = {row["name"]: row for row in answer(oms, "overrides", "score")}
    assert list(rows) == ["ben", "ana"]
    assert (rows["ana"]["weeks_scored"], rows["ana"]["weeks_open"]) == (3, 1)
    assert rows["ana"]["wape_before"] == pytest.approx(20 / 60)
    assert rows["ana"]["wape_planned"] == 0
    assert rows["ben"]["value_added_ratio"] == pytest.approx(20 / 60 - 40 / 60)
    assert [row["name"] for row in answer(oms, "override", "score", "--by", "reason")] == [
        "price",
        "promotion",
    ]
    (one,) = answer(oms, "override", "score", "--by", "sku", "--planner", "ana")
    assert one["name"] == "20001"
    assert answer(oms, "override", "score", "--sku", "20001", "--planner", "ben") == []
