"""The forecast page's totals without a browser: a dimension and a member chosen, what is told of them."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from models.quantiles import QUANTILE_NAMES
from tests.support import release_builder
from tests.support.small_shop import AS_OF, Rows
from warehouse import queries, releases, settings


def page(home: str) -> None:
    from dashboards import link_state
    from dashboards.desk import Desk
    from dashboards.views import forecast_totals
    from warehouse import releases, settings

    link_state.begin("forecast")
    shop = settings.load(environ={"OMS_HOME": home})
    forecast_totals.render(Desk(shop, releases.current(shop)))


def floor(home: str) -> None:
    import streamlit as st

    from dashboards.desk import Desk
    from dashboards.views import forecast_floor
    from warehouse import releases, settings

    shop = settings.load(environ={"OMS_HOME": home})
    st.html(forecast_floor.cards(Desk(shop, releases.current(shop))))


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    found = settings.load(environ={"OMS_HOME": str(tmp_path_factory.mktemp("home"))})
    release_builder.publish(found)
    return found


@pytest.fixture(scope="module")
def release(shop):
    return releases.current(shop).connect()


@pytest.fixture(scope="module")
def unscored(tmp_path_factory):
    """A release from before totals were scored."""
    found = settings.load(environ={"OMS_HOME": str(tmp_path_factory.mktemp("unscored"))})
    release = release_builder.publish(found, as_of=AS_OF + timedelta(days=1))
    manifest = release.manifest | {"tables": {**release.manifest["tables"]}}
    (release.path / manifest["tables"].pop("level_accuracy")["file"]).unlink()
    (release.path / releases.MANIFEST).write_text(json.dumps(manifest))
    return found


def shown(shop, *, drawn_by=page, **params: str) -> AppTest:
    app = AppTest.from_function(drawn_by, args=(str(shop.home),), default_timeout=60)
    for name, value in params.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    said = [*app.subheader, *app.caption, *app.markdown, *app.get("html"), *app.warning, *app.info]
    return " ".join(str(getattr(part, "value", "") or part.proto.body) for part in said)


def records(app: AppTest):
    """The table of how far off totals were, by name."""
    found = next(frame.value for frame in app.dataframe if "expected_wape" in frame.value.columns)
    return found.set_index("name")


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


def test_the_record_of_the_member_chosen_stands_in_words(shop):
    told = words(shown(shop, of="category", member="Bags"))
    for part in (
        "Over 2 past origins", "8 weeks forecast, between 10 Oct 2011 and 4 Dec 2011", "12.0% (bias −5.0%)",
        "the plain sum by 30.0% (bias −29.0%)", "last year's weeks by 14.0% (bias +2.0%)",
        "50% of the weeks lay within the 50% range, 88% within the 90% range",
    ):  # fmt: skip
        assert part in told
    assert "came nearer" not in told


def test_what_came_nearer_than_expected_is_said(shop):
    found = queries.level_accuracy(releases.current(shop).connect(), dimension="channel")
    last = found.filter(found["expected_wape"] > found["naive_wape"])["member"]
    assert last.to_list() == ["woocommerce"], "the fourth: 12% and three hundredths"
    assert "Here last year's weeks came nearer." in words(shown(shop, of="channel", member=last[0]))


def test_every_members_record_is_a_table_to_sort(shop):
    app = shown(shop, of="location")
    found = records(app)
    assert sorted(found.index) == ["Glasgow warehouse", "Leicester main warehouse", "London warehouse"]
    london = found.loc["London warehouse"]
    assert london["expected_wape"] == pytest.approx(14)
    assert london["sum_bias"] == pytest.approx(-29)
    assert london["better"] == pytest.approx(0), "against the 14% of the year before"
    assert found["coverage_90"].unique().tolist() == [87.5]
    told = words(app)
    assert "expected off by 13.0% (bias −5.0%)" in told, "all together"
    assert "they are 2 cases" in told


def test_the_whole_shops_record_stands_beside_that_of_each_dimension(shop):
    found = records(shown(shop))
    assert list(found.index) == ["Whole shop", "Each category", "Each channel", "Each location"]
    assert found.loc["Whole shop", "expected_wape"] == pytest.approx(12)
    assert found.loc["Each channel", "weeks"] == 4 * 8


def test_a_release_from_before_totals_were_scored_still_opens(unscored):
    app = shown(unscored, of="channel")
    assert "is known after the next run" in words(app)
    assert "How far off at past origins" not in words(app)
    assert "Next 13 weeks" in words(app)
    told = words(shown(unscored, drawn_by=floor))
    assert "WAPE of their sum" in told
    assert "shop's total" not in told


def test_too_few_origins_are_no_record(tmp_path):
    rows = release_builder.small_shop()
    del rows.tables["level_accuracy"]
    found = settings.load(environ={"OMS_HOME": str(tmp_path)})
    release_builder.publish(found, rows=rows)
    app = shown(found)
    assert "it takes two past origins" in words(app)
    assert "How far off at past origins" not in words(app)
    assert "WAPE of their sum" in words(shown(found, drawn_by=floor))


def test_the_cards_name_products_against_the_naive_floor_and_the_shops_total_as_expected(shop):
    told = words(shown(shop, drawn_by=floor))
    for part in (
        "WAPE by product", "vs seasonal naive", "WAPE of the shop&#x27;s total", "12.0%",
        "−2.0 pt</b> vs last year", "as expected; plain sum: 30.0%", "shop's total, as expected: −5.0%",
    ):  # fmt: skip
        assert part in told


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
    assert lines[0] == ",".join(("dimension,member,week_start,mean,expected", *QUANTILE_NAMES))
    assert len(lines) == 1 + 4 * 13
    assert given["file_name"] == "forecast-totals-channel-2011-12-10.csv"


def test_a_release_without_totals_says_so(tmp_path):
    found = settings.load(environ={"OMS_HOME": str(tmp_path)})
    release_builder.publish(found, rows=Rows())
    assert "Nothing is added up there yet" in words(shown(found))
