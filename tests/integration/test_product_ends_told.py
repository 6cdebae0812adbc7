"""Where a product ends, its pages and commands say so: the forecast, why, demand, stock and excess."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest
from streamlit.testing.v1 import AppTest

from models import why
from models.quantiles import QUANTILE_NAMES
from pipelines.cli import main
from tests.support.release_builder import filled, publish, small_shop
from tests.support.small_shop import AS_OF, Rows
from warehouse import settings as settings_module

GONE, GOING, STAYS = "20001", "20038", "20075"
ENDED = "Discontinued on 2011-11-01: no demand is expected from that day on"
ANNOUNCED = "To be discontinued on 2011-12-29: no demand is expected from that day on"


def shop() -> Rows:
    """One product that ended, with an override that expects some all the same, and one that will."""
    rows = small_shop()
    skus = [row["sku"] for row in rows.tables["product"]]
    assert {GONE, GOING, STAYS} <= set(skus)
    ends = {GONE: date(2011, 11, 1), GOING: date(2011, 12, 29)}
    for row in rows.tables["product"]:
        end = ends.get(row["sku"])
        row |= {"discontinued_on": end, "discontinued_at": end and datetime(*end.timetuple()[:3], tzinfo=UTC)}
    over = [
        row
        for row in rows.tables["forecast_weekly"]
        if row["sku"] in ends and row["week_start"] >= ends[row["sku"]]
    ]
    for row in over:
        row |= dict.fromkeys(("mean", "model_mean", *QUANTILE_NAMES), 0.0)
        row["model_name"] = "discontinued"
    over[0] |= {"mean": 8.0, "override_id": "O-7", "planner_mean": 8.0, "override_weight": 1.0}
    rows.tables["excess_stock"].append(
        filled("excess_stock", sku=GONE, kind="discontinued", available=9, excess_units=9, excess_value=18.0,
               annual_holding=4.5, action="Sell it off, or return it to the supplier.")
    )  # fmt: skip
    return rows


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home = tmp_path_factory.mktemp("ends")
    publish(settings_module.load(environ={"OMS_HOME": str(home)}), rows=shop())
    return home


@pytest.fixture
def oms(home, monkeypatch, capsys):
    monkeypatch.setenv("OMS_HOME", str(home))

    def run(*arguments: str) -> str:
        assert main(list(arguments)) == 0
        return capsys.readouterr().out

    return run


@pytest.mark.parametrize("command", [["forecast"], ["forecast", "why"]])
def test_a_forecast_says_when_its_product_ended_and_who_expects_some_all_the_same(oms, command):
    said = oms(*command, GONE)
    assert f"{ENDED}, but for what the planners' O-7 says, and nothing is bought." in said
    assert f"{ANNOUNCED}, and nothing is bought that would not sell before." in oms(*command, GOING)
    assert "iscontinued" not in oms(*command, STAYS)
    assert json.loads(oms(*command, GONE, "--json"))["discontinued_on"] == "2011-11-01"
    assert json.loads(oms(*command, STAYS, "--json"))["discontinued_on"] is None


def test_what_may_be_sold_is_said_beside_the_end(oms):
    assert ENDED in oms("ats", GONE)
    assert "iscontinued" not in oms("ats", STAYS)
    assert json.loads(oms("ats", GOING, "--json"))["discontinued_on"] == "2011-12-29"


def test_why_names_no_model_for_what_has_ended(oms):
    assert "discontinued: no model is asked any more." in oms("forecast", "why", GONE)


def test_demand_ends_the_day_before_the_product_did_and_says_so(oms):
    said = json.loads(oms("demand", GONE, "--grain", "day", "--json"))
    assert max(row["business_date"] for row in said["rows"]) == "2011-10-31"
    assert said["discontinued_on"] == "2011-11-01"
    assert "Discontinued on 2011-11-01: its history ends the day before." in oms("demand", GONE)
    kept = json.loads(oms("demand", GOING, "--grain", "day", "--json"))
    assert max(row["business_date"] for row in kept["rows"]) == "2011-12-09"
    assert "iscontinued" not in oms("demand", GOING)
    by = json.loads(oms("demand", GONE, "--by", "location", "--json"))
    assert max(row["week_start"] for row in by["rows"]) == "2011-10-24"


def test_a_change_that_an_end_made_is_told_as_that():
    change = {
        "made_before": AS_OF, "weeks": 12, "before_units": 120.0, "new_sales": 0.0, "model_change": 0.0,
        "end_change": -90.0, "override_change": 0.0, "after_units": 30.0, "is_new_code": False,
        "sold_since": None, "expected_since": None, "model_before": "boosting", "model_now": "boosting",
        "class_before": "smooth", "class_now": "smooth",
    }  # fmt: skip
    assert why.changed(change)[1:] == ["−90: its end, announced or moved"]
    assert why.changed(change | {"end_change": 90.0})[1:] == ["+90: its end, moved or taken back"]


def page(home: str, name: str, sku: str) -> None:
    from dashboards import link_state
    from dashboards.desk import Desk
    from dashboards.views import excess, sku_forecast, sku_stock
    from warehouse import releases, settings

    class Alone(Desk):
        """Without the other pages."""

        def link(self, *_, **__) -> None: ...

    shop = settings.load(environ={"OMS_HOME": home})
    desk = Alone(shop, releases.current(shop))
    if name == "excess":
        link_state.begin("restock")
        excess.render(desk)
    else:
        link_state.begin(name)
        {"forecast": sku_forecast, "inventory": sku_stock}[name].render(desk, sku)


def shown(home, name: str, sku: str = "") -> AppTest:
    app = AppTest.from_function(page, args=(str(home), name, sku), default_timeout=60).run()
    assert not app.exception
    return app


@pytest.mark.parametrize("name", ["forecast", "inventory"])
def test_a_products_pages_say_when_it_ends(home, name):
    assert [box.value.startswith(ENDED) for box in shown(home, name, GONE).warning] == [True]
    assert [box.value.startswith(ANNOUNCED) for box in shown(home, name, GOING).warning] == [True]
    assert len(shown(home, name, STAYS).warning) == 0


def test_the_forecast_page_names_no_model_for_what_has_ended(home):
    told = " ".join(part.proto.body for part in shown(home, "forecast", GONE).get("html"))
    assert "no model is asked any more" in told
    assert "forecast by" not in told


def test_the_excess_page_lists_the_stock_of_what_has_ended_as_such(home):
    app = shown(home, "excess")
    told = " ".join(part.proto.body for part in app.get("html"))
    assert "1 discontinued" in told
    app.button_group[0].set_value("dead").run()
    assert "No stock has stopped selling." in [box.value for box in app.success]
