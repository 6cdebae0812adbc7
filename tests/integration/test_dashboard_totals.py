"""The forecast page's totals without a browser: a dimension and a member chosen, what is told of them."""

from __future__ import annotations

import json

import pytest
from streamlit.testing.v1 import AppTest

from tests.support import release_builder
from tests.support.small_shop import Rows
from warehouse import queries, releases, settings


def page(home: str) -> None:
    from dashboards import link_state
    from dashboards.desk import Desk
    from dashboards.views import forecast_totals
    from warehouse import releases, settings

    link_state.begin("forecast")
    shop = settings.load(environ={"OMS_HOME": home})
    forecast_totals.render(Desk(shop, releases.current(shop)))


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    found = settings.load(environ={"OMS_HOME": str(tmp_path_factory.mktemp("home"))})
    release_builder.publish(found)
    return found


@pytest.fixture(scope="module")
def release(shop):
    return releases.current(shop).connect()


def shown(shop, **params: str) -> AppTest:
    app = AppTest.from_function(page, args=(str(shop.home),), default_timeout=60)
    for name, value in params.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    said = [*app.subheader, *app.caption, *app.markdown, *app.get("html"), *app.warning, *app.info]
    return " ".join(str(getattr(part, "value", "") or part.proto.body) for part in said)


def drawn(app: AppTest) -> str:
    (chart,) = app.get("vega_lite_chart")
    return json.dumps(json.loads(chart.proto.spec))


def units(value: float) -> str:
    return f"{value:,.0f}"


def test_the_whole_shop_is_shown_first_with_its_weeks_and_bands(shop, release):
    app = shown(shop)
    (row,) = queries.level_totals(release, dimension="shop").rows(named=True)
    told = words(app)
    for part in ("Whole shop: sold and expected", units(row["next_4_expected"]), units(row["all_mean"])):
        assert part in told
    assert "+10.0%" in told, "expected is a tenth above the sum"
    weeks = app.dataframe[0].value
    assert list(weeks.columns) == ["week_start", "expected", "mean", "q05", "q25", "q75", "q95"]
    assert weeks["mean"].tolist() == queries.forecast_levels(release, dimension="shop")["mean"].to_list()
    spec = drawn(app)
    assert all(part in spec for part in ("q05", "q95", "q25", "q75", "Sum of product forecasts"))


def test_a_category_is_chosen_and_stands_in_the_link(shop, release):
    app = shown(shop)
    app.selectbox(key="forecast.of").set_value("category").run()
    app.selectbox(key="forecast.member").set_value("Bags").run()
    assert not app.exception
    assert (app.query_params["of"], app.query_params["member"]) == ("category", "Bags")
    again = shown(shop, of="category", member="Bags")
    bags = queries.forecast_levels(release, dimension="category", member="Bags")
    assert again.dataframe[0].value["expected"].tolist() == bags["expected"].to_list()
    told = words(again)
    assert "<b>Bags</b>" in told
    assert "member=Decoration" in told, "the others are links"
    assert "All together" in told


def test_a_location_says_it_is_simulated_only_where_it_is(shop, monkeypatch):
    from dashboards import frame

    assert "Locations and shipments are simulated" not in words(shown(shop, of="location"))
    monkeypatch.setattr(frame, "is_simulated", lambda desk: True)
    told = words(shown(shop, of="location", member="LONDON"))
    assert "Locations and shipments are simulated" in told
    assert "London warehouse: shipped and expected" in told
    assert "Locations and shipments are simulated" not in words(shown(shop, of="channel"))


def test_an_unknown_member_in_a_link_is_said_and_the_largest_shown(shop, release):
    told = words(shown(shop, of="channel", member="ebay"))
    assert "not known here" in told
    first = queries.level_totals(release, dimension="channel")["member"][0]
    assert first == "shopify"
    assert "Web shop: sold and expected" in told


def test_the_export_holds_every_member(shop, release, monkeypatch):
    import streamlit as st

    given = {}
    monkeypatch.setattr(st, "download_button", lambda label, **more: given.update(more))
    shown(shop, of="channel")
    lines = given["data"].splitlines()
    assert lines[0] == "dimension,member,week_start,mean,expected,q05,q25,q50,q75,q95"
    assert len(lines) == 1 + 4 * 13
    assert given["file_name"] == "forecast-totals-channel-2011-12-10.csv"


def test_a_release_without_totals_says_so(tmp_path):
    found = settings.load(environ={"OMS_HOME": str(tmp_path)})
    release_builder.publish(found, rows=Rows())
    assert "Nothing is added up there yet" in words(shown(found))
