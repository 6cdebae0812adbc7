"""`oms forecast` over the small shop: of a sku, why it is so, and of totals with their record."""

from __future__ import annotations

import json

import polars as pl
import pytest

from pipelines.cli import main
from tests.support.cli_home import answer, build, complaint
from warehouse import releases
from warehouse.settings import load


def test_a_forecast_has_thirteen_weeks_twenty_eight_days_and_its_accuracy(oms):
    printed = answer(oms, "forecast", "20001")
    assert (len(printed["weeks"]), len(printed["days"])) == (13, 28)
    assert {row["is_champion"] for row in printed["accuracy"]} == {True, False}
    week = printed["weeks"][0]
    assert week["q005"] <= week["q05"] <= week["q50"] <= week["q95"] <= week["q995"]
    assert [row["weeks"] for row in printed["sums"]] == [4, 13]
    for row in printed["sums"]:
        low, high = (sum(week[name] for week in printed["weeks"][: row["weeks"]]) for name in ("q05", "q95"))
        assert low < row["q05"] < row["mean"] < row["q95"] < high


def test_forecast_takes_one_sku(oms):
    assert "takes one sku" in complaint(oms, "forecast", "20001", "20038")


def test_why_names_drivers_that_add_up_the_model_what_changed_and_what_was_overruled(oms):
    found = answer(oms, "forecast", "why", "20001")
    assert sum(row["units"] for row in found["drivers"]) == pytest.approx(found["forecast_units"], rel=1e-4)
    assert "holds smooth demand since 2011-10-10" in found["chosen"]
    assert "It stays: the next is better by 0.4%, less than 1%" in found["chosen"]
    assert found["changed"][1].endswith("new sales: 41 sold where 30 were expected")
    assert {row["override_id"] for row in found["overrides"]} == {"O-1"}
    code, printed, _ = oms("forecast", "why", "20001")
    assert code == 0
    for words in ("Where it comes from", "= forecast", "Why this model", "What changed", "Overruled"):
        assert words in printed


def test_totals_add_up_to_the_shop_and_one_members_weeks_are_told(oms):
    (shop,) = answer(oms, "forecast", "--by", "shop")
    for dimension in ("category", "channel", "location"):
        rows = answer(oms, "forecast", "--by", dimension)
        for key in ("next_4_mean", "all_mean", "all_expected"):
            assert sum(row[key] for row in rows) == pytest.approx(shop[key])
        assert {len(row["weeks"]) for row in rows} == {13}
    (bags,) = answer(oms, "forecast", "--by", "category", "--member", "bags")
    assert bags["member"] == "Bags"
    assert sum(week["expected"] for week in bags["weeks"]) == pytest.approx(bags["all_expected"])
    code, printed, _ = oms("forecast", "--by", "channel")
    assert code == 0
    assert all(name in printed for name in ("Sum of skus", "wholesale", "woocommerce"))


def test_totals_say_how_far_off_they_were(oms):
    (shop,) = answer(oms, "forecast", "--by", "shop")
    assert {key: shop["accuracy"][key] for key in ("origins", "weeks", "expected_wape", "sum_wape")} == {
        "origins": 2, "weeks": 8, "expected_wape": 0.12, "sum_wape": 0.3,
    }  # fmt: skip
    rows = answer(oms, "forecast", "--by", "location")
    assert {row["accuracy"]["member"] for row in rows} == {row["member"] for row in rows}
    _, printed, _ = oms("forecast", "--by", "location")
    told = printed.split("How far off at past origins")[1].splitlines()
    assert "weeks of 2011-10-10 to 2011-11-28" in told[0]
    assert [line.split()[0] for line in told[2:6]] == [*(row["member"] for row in rows), "all"]
    assert told[5].split()[2:] == ["2", "24", "13.0%", "-5.0%", "30.0%", "-29.0%", "14.0%", "50.0%", "87.5%"]
    _, printed, _ = oms("forecast", "--by", "location", "--member", "london")
    told = printed.split("How far off at past origins")[1]
    assert "LONDON" in told
    assert "GLASGOW" not in told


@pytest.mark.parametrize(("is_old", "words"), [(True, "after the next run"), (False, "two past origins")])
def test_totals_that_were_not_scored_are_told_all_the_same(tmp_path, monkeypatch, capsys, is_old, words):
    home = build(tmp_path / "home")
    monkeypatch.setenv("OMS_HOME", str(home))
    release = releases.current(load(environ={"OMS_HOME": str(home)}))
    file = release.path / release.manifest["tables"]["level_accuracy"]["file"]
    if is_old:
        del release.manifest["tables"]["level_accuracy"]
        (release.path / releases.MANIFEST).write_text(json.dumps(release.manifest))
        file.unlink()
    else:
        pl.read_parquet(file).clear().write_parquet(file)
    assert main(["forecast", "--by", "channel"]) == 0
    assert words in capsys.readouterr().out
    assert main(["forecast", "--by", "channel", "--json"]) == 0
    assert [row["accuracy"] for row in json.loads(capsys.readouterr().out)] == [None] * 4


def test_totals_refuse_what_they_do_not_know(oms):
    assert "did you mean Bags" in complaint(oms, "forecast", "--by", "category", "--member", "bag")
    assert "not both" in complaint(oms, "forecast", "20001", "--by", "shop")
    assert "give both" in complaint(oms, "forecast", "20001", "--member", "Bags")
    assert "takes one sku" in complaint(oms, "forecast")
