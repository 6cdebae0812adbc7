"""`oms proposals`, `oms curve` and `oms alerts` over the small shop."""

from __future__ import annotations

from tests.support.cli_home import answer, build, complaint
from tests.support.release_builder import publish, small_shop, with_two_pools
from warehouse.settings import load


def test_proposals_are_limited_for_people_and_whole_for_programs(oms, query):
    ((count,),) = query("select count(*) from proposal")
    assert len(answer(oms, "proposals")) == count
    assert len(answer(oms, "proposals", "--limit", "3")) == 3
    suppliers = {row["supplier_id"] for row in answer(oms, "proposals", "--supplier", "sup-02")}
    assert suppliers == {"SUP-02"}
    assert "unknown supplier 'SUP-20'; did you mean SUP-0" in complaint(
        oms, "proposals", "--supplier", "SUP-20"
    )


def test_what_a_closed_supplier_would_be_asked_for_is_listed_with_the_reason(oms, tmp_path, monkeypatch):
    settings = load(environ={"OMS_HOME": str(build(tmp_path))})
    monkeypatch.setenv("OMS_HOME", str(tmp_path))
    rows = small_shop()
    position = rows.tables["stock_position"][0]
    rows.tables["stock_position"][0] = position | {"withheld_quantity": 36.0, "suggested_quantity": 0.0}
    publish(settings, rows=rows, run_id="run-closed")
    printed = oms("proposals")[1].split("not to be had: SUP-")[1]
    assert "correct them, or buy elsewhere" in printed
    assert (position["sku"] in printed, " 36" in printed) == (True, True)


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


def test_a_curve_of_weeks_to_come_is_refused(oms):
    said = complaint(oms, "curve", "--until", "2099-01-01")
    assert said.strip() == (
        "oms: --until 2099-01-01 00:00 UTC lies after the release, which knows sales up to 2011-12-10 00:00 "
        "UTC; name an instant up to then"
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
