"""The commands of `oms` that tell what happened and what stands, over the small shop."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from tests.support.cli_home import answer, complaint
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


@pytest.mark.parametrize("command", READING, ids=lambda command: command[0])
def test_without_a_release_every_reading_command_says_what_to_do(oms, monkeypatch, tmp_path, command):
    monkeypatch.setenv("OMS_HOME", str(tmp_path))
    assert f"there is no release in {tmp_path} yet; run `make run` first" in complaint(oms, *command)
    assert list(tmp_path.iterdir()) == []


def test_kpis_are_the_warehouses_own_numbers(oms, cli_home):
    shop = load(environ={"OMS_HOME": str(cli_home)})
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
