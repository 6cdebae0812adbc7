"""The reading and deciding commands of `oms` over the small shop: answers, unknown names, no release."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from pipelines.cli import main
from tests.support.cli_home import build
from tests.support.release_builder import publish, small_shop, with_two_pools
from warehouse import releases
from warehouse.kpis import kpis
from warehouse.settings import load

READING = (
    ["status"],
    ["kpis", "--from", "2011-11-01", "--to", "2011-12-01"],
    ["order", "500901"],
    ["ats", "20001"],
    ["demand", "20001"],
    ["forecast", "20001"],
    ["proposals"],
    ["alerts"],
    ["override", "list"],
    ["quarantine"],
)


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    return build(tmp_path_factory.mktemp("home"))


@pytest.fixture
def oms(home, monkeypatch, capsys):
    """Runs a command; returns exit code, what it printed, and what it complained."""
    monkeypatch.setenv("OMS_HOME", str(home))

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(list(arguments))
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


@pytest.fixture
def query(home):
    with releases.current(load(environ={"OMS_HOME": str(home)})).connect() as con:
        yield lambda sql: con.execute(sql).fetchall()


def answer(oms, *arguments: str) -> object:
    code, printed, complained = oms(*arguments, "--json")
    assert (code, complained) == (0, "")
    return json.loads(printed)


def complaint(oms, *arguments: str) -> str:
    code, printed, complained = oms(*arguments)
    assert (code, printed) == (1, "")
    assert complained.startswith("oms: ")
    assert complained.count("\n") == 1
    return complained


@pytest.mark.parametrize("command", READING, ids=lambda command: command[0])
def test_without_a_release_every_reading_command_says_what_to_do(oms, monkeypatch, tmp_path, command):
    monkeypatch.setenv("OMS_HOME", str(tmp_path))
    assert f"there is no release in {tmp_path} yet; run `make run` first" in complaint(oms, *command)
    assert list(tmp_path.iterdir()) == []


def test_kpis_are_the_warehouses_own_numbers(oms, home):
    shop = load(environ={"OMS_HOME": str(home)})
    with releases.current(shop).connect() as con:
        row = kpis(con, date_from=date(2011, 11, 1), date_to=date(2011, 12, 1), channel="amazon")[0]
    printed = answer(
        oms, "kpis", "--from", "2011-11-01", "--to", "2011-12-01", "--channel", "AMAZON", "--by", "week"
    )
    for name in ("gross_sales", "returns", "net_sales", "orders", "units", "customers"):
        assert printed[name] == float(row[name])
    assert printed["channel"] == "amazon"
    assert sum(week["orders"] for week in printed["periods"]) == row["orders"]
    assert printed["periods"][0]["period_start"] == "2011-10-31"


def test_kpis_as_of_an_earlier_instant_count_less(oms):
    asked = ["kpis", "--from", "2011-11-01", "--to", "2011-12-01"]
    then = answer(oms, *asked, "--as-of", "2011-11-15T00:00Z")
    assert 0 < then["orders"] < answer(oms, *asked)["orders"]
    assert then["as_of"] == "2011-11-15T00:00:00Z"


def test_an_empty_or_backward_period_is_refused(oms):
    for first in ("2011-12-01", "2011-12-02"):
        assert f"--from {first} must lie before --to 2011-12-01" in complaint(
            oms, "kpis", "--from", first, "--to", "2011-12-01"
        )


def test_an_unknown_channel_names_the_closest(oms):
    asked = ["kpis", "--from", "2011-11-01", "--to", "2011-12-01", "--channel"]
    assert "unknown channel 'amazn'; did you mean amazon?" in complaint(oms, *asked, "amazn")
    assert "known: shopify, amazon, woocommerce, wholesale" in complaint(oms, *asked, "x")
    assert "unknown channel 'shopfy'" in complaint(oms, "ats", "20001", "--channel", "shopfy")


def test_an_order_is_found_by_each_of_its_names(oms, query):
    ((order_id, external_id, number),) = query(
        "select order_id, external_id, order_number from order_fact where delivered_at is not null "
        "order by order_id limit 1"
    )
    found = [answer(oms, "order", name) for name in (order_id, external_id, number)]
    assert {order["order_id"] for order in found} == {order_id}
    assert found[0]["where_is_it"].startswith("Delivered on ")
    assert [event["event_kind"] for event in found[0]["events"]][:2] == ["placed", "paid"]
    assert isinstance(found[0]["events"][0]["detail"], dict)
    assert sum(line["amount"] for line in found[0]["lines"]) == pytest.approx(found[0]["gross_sales"])


def test_an_order_shows_where_it_is_and_its_whole_history(oms, query):
    ((order_id, reason),) = query(
        "select order_id, cancel_reason from order_fact where order_status = 'canceled' order by 1 limit 1"
    )
    code, printed, _ = oms("order", order_id)
    assert code == 0
    assert f"Canceled (reason: {reason}); nothing will come." in printed.splitlines()[0]
    assert "canceled, refunded" in printed
    assert "placed" in printed


def test_an_unknown_order_names_the_closest(oms):
    assert "unknown order '5009011'; did you mean 500901," in complaint(oms, "order", "5009011")
    assert complaint(oms, "order", "☃").startswith("oms: unknown order '☃'")


def test_an_unknown_sku_names_the_closest_in_every_command_that_takes_one(oms):
    for command in (["ats"], ["demand"], ["forecast"]):
        assert "unknown sku '20002'; did you mean 20001" in complaint(oms, *command, "20002")
    add = [
        "override",
        "add",
        "20002",
        "--first-week",
        "2011-12-12",
        "--add",
        "1",
        "--reason",
        "r",
        "--by",
        "b",
    ]
    assert "unknown sku '20002'" in complaint(oms, *add)


def test_a_sku_is_found_in_lower_case(oms, query):
    ((sku,),) = query("select min(sku) from product where sku like '%A'")
    assert answer(oms, "ats", sku.lower())["sku"] == sku


def test_ats_carries_its_terms_and_the_sum_comes_out(oms):
    for channel in answer(oms, "ats", "20038")["channels"]:
        free = sum(channel["free_by_location"].values())
        assert channel["pool"] == free - channel["unrouted_units"] - channel["threshold"]
        assert channel["explanation"].endswith(f"-> {channel['ats']:,}")
    code, printed, _ = oms("ats", "20038", "--explain", "--channel", "woocommerce")
    assert code == 0
    assert "1 kept back" in printed


@pytest.mark.parametrize("grain", ["day", "week"])
def test_demand_by_channel_adds_up_to_the_skus_and_the_sku_to_the_releases(oms, query, grain):
    whole = answer(oms, "demand", "20001", "--grain", grain)["rows"]
    parts = answer(oms, "demand", "20001", "--by", "channel", "--grain", grain)["rows"]
    when = {"day": "business_date", "week": "week_start"}[grain]
    sums = Counter()
    for row in parts:
        sums[row[when]] += row["units"]
    assert {row[when]: row["units"] for row in whole} == dict(sums)
    last = "2011-12-09" if grain == "day" else "2011-12-04"
    counted = query(f"select sum(units) from demand_daily where sku = '20001' and business_date <= '{last}'")
    assert sum(row["units"] for row in whole) == counted[0][0]


def test_demand_prints_the_last_periods_of_each_member_and_says_what_stock_outs_cost(oms):
    code, printed, _ = oms("demand", "20001", "--by", "location", "--limit", "2")
    lines = printed.splitlines()
    assert code == 0 and lines[1] == "demand by location and week, up to 2011-12-09"
    assert [line.split()[:2] for line in lines[4:]] == [
        [place, week] for place in ("GLASGOW", "LEICESTER", "LONDON") for week in ("2011-11-21", "2011-11-28")
    ]
    lost = [row for row in answer(oms, "demand", "20038")["rows"] if row["lost_units"]]
    assert lost and all(row["lost_q10"] <= row["lost_units"] <= row["lost_q90"] for row in lost)


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


def test_proposals_are_limited_for_people_and_whole_for_programs(oms, query):
    ((count,),) = query("select count(*) from proposal")
    assert len(answer(oms, "proposals")) == count
    assert len(answer(oms, "proposals", "--limit", "3")) == 3
    suppliers = {row["supplier_id"] for row in answer(oms, "proposals", "--supplier", "sup-02")}
    assert suppliers == {"SUP-02"}
    assert "unknown supplier 'SUP-20'; did you mean SUP-0" in complaint(
        oms, "proposals", "--supplier", "SUP-20"
    )


def test_quarantine_shows_open_ones_by_reason(oms):
    rows = answer(oms, "quarantine", "--reason", "invalid_json")
    assert [row["reason_code"] for row in rows] == ["invalid_json"]
    assert {row["status"] for row in answer(oms, "quarantine", "--all")} == {"open", "resolved"}
    assert {row["status"] for row in answer(oms, "quarantine")} == {"open"}


def test_status_counts_the_rows_of_every_table(oms, query):
    printed = answer(oms, "status")
    for table in ("order_fact", "sales_fact", "alert"):
        assert printed["tables"][table] == query(f"select count(*) from {table}")[0][0]  # noqa: S608
    assert printed["as_of"] == "2011-12-10T00:00:00Z"
    assert printed["checks_passed"] + printed["checks_failed"] == len(
        answer(oms, "status", "--checks")["checks"]
    )


def test_alerts_are_listed_by_urgency_acknowledged_and_snoozed(oms):
    assert [row["sku"] for row in answer(oms, "alerts")] == ["20001", "20038"]
    first = answer(oms, "alerts")[0]["episode_id"]
    assert oms("alerts", "ack", first, "--by", "ana")[0] == 0
    assert answer(oms, "alerts")[0]["acknowledged_by"] == "ana"
    assert oms("alerts", "snooze", first, "--until", "2011-12-20", "--by", "ana")[0] == 0
    assert answer(oms, "alerts")[0]["state"] == "snoozed"
    assert "there is no alert 'A-99'" in complaint(oms, "alerts", "ack", "A-99", "--by", "ana")
    assert "an instant after 2011-12-10" in complaint(
        oms, "alerts", "snooze", first, "--until", "2011-12-01", "--by", "ana"
    )


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


def test_a_setting_that_is_wrong_is_one_line(oms, monkeypatch):
    monkeypatch.setenv("OMS_SHOP_ZONE", "Europe/Lodnon")
    assert "zone 'Europe/Lodnon' is not an IANA time zone" in complaint(oms, "status")


def test_a_damaged_release_is_one_line(oms, monkeypatch, tmp_path):
    monkeypatch.setenv("OMS_HOME", str(tmp_path))
    (tmp_path / "releases").mkdir()
    (tmp_path / "releases" / "CURRENT").write_text("20111210T000000Z-gone\n", encoding="utf-8")
    assert "no release at" in complaint(oms, "status")


def test_the_data_dictionary_is_written_and_checked(oms, tmp_path):
    path = tmp_path / "docs" / "dictionary.md"
    assert "is missing; write it with" in complaint(oms, "docs", "--out", str(path), "--check")
    assert oms("docs", "--out", str(path))[0] == 0
    assert oms("docs", "--out", str(path), "--check")[0] == 0
    path.write_text("something else", encoding="utf-8")
    assert "is out of date" in complaint(oms, "docs", "--out", str(path), "--check")


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


def test_forecast_takes_one_sku(oms):
    assert "takes one sku" in complaint(oms, "forecast", "20001", "20038")


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


def test_the_curve_has_lines_for_each_of_several_stock_pools(oms, tmp_path, monkeypatch):
    settings = load(environ={"OMS_HOME": str(build(tmp_path))})
    monkeypatch.setenv("OMS_HOME", str(tmp_path))
    code, alone, _complained = oms("curve")
    assert code == 0
    assert "Stock pool" not in alone
    publish(settings, rows=with_two_pools(small_shop()), run_id="run-two-pools")
    whole, pools = oms("curve")[1].split("Stock pool")
    assert whole.strip() == alone.split("\n\n")[0].strip()
    told = [line.split() for line in pools.split("\n\n")[0].splitlines()[1:]]
    assert [(line[0], "88.0%" in line) for line in told] == [
        ("LEICESTER", False), ("LEICESTER", False), ("LONDON", True), ("LONDON", True),
    ]  # fmt: skip
    rows = answer(oms, "curve")
    assert [row["stock_pool"] for row in rows[::5]] == ["", "LEICESTER", "LONDON"]
