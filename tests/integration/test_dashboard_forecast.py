"""A product's forecast page without a browser: its parts by channel or location beside the past weeks."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from dashboards.views import forecast_parts, sku_forecast
from models import paths
from models.quantiles import QUANTILE_NAMES
from tests.support.release_builder import filled, publish
from tests.support.small_shop import Rows
from warehouse import settings

MONDAY = date(2011, 12, 12)


def page(home: str) -> None:
    from datetime import date

    from dashboards import link_state
    from dashboards.desk import Desk
    from dashboards.views import forecast_parts
    from warehouse import releases, settings

    link_state.begin("forecast")
    shop = settings.load(environ={"OMS_HOME": home})
    forecast_parts.render(Desk(shop, releases.current(shop)), "20001", date(2011, 12, 12))


def shop() -> Rows:
    rows = Rows()
    for by, member, units in (("channel", "wholesale", 6.0), ("location", "LEICESTER", 4.0)):
        part = {"sku": "20001", "dimension": by, "member": member}
        rows.tables["forecast_split"].append(filled("forecast_split", **part, week_start=MONDAY, mean=units))
        day = MONDAY - timedelta(days=1)
        rows.tables["demand_part"].append(filled("demand_part", **part, business_date=day, units=units))
    return rows


@pytest.fixture
def app(tmp_path) -> AppTest:
    publish(settings.load(environ={"OMS_HOME": str(tmp_path)}), rows=shop())
    shown = AppTest.from_function(page, args=(str(tmp_path),), default_timeout=60).run()
    assert not shown.exception
    return shown


def told(app: AppTest) -> str:
    return " ".join(part.proto.body for part in app.get("html"))


def test_the_parts_of_the_chosen_dimension_stand_beside_their_past_weeks(app):
    assert "Wholesale" in told(app) and "Leicester" not in told(app)
    assert len(app.get("vega_lite_chart")) == 1
    app.button_group[0].set_value("location").run()
    assert not app.exception
    assert "Leicester" in told(app) and "Wholesale" not in told(app)


def form() -> None:
    from datetime import date, timedelta

    import polars as pl
    import streamlit as st

    from dashboards import overrides
    from dashboards.views import override_form
    from models.quantiles import QUANTILE_NAMES

    weeks = [date(2011, 12, 12) + timedelta(weeks=ahead) for ahead in range(4)]
    said = {"sku": "20001", "week_start": weeks, "mean": 10.0, "model_mean": 10.0, "override_id": None}
    forecast = pl.DataFrame(said | dict.fromkeys(QUANTILE_NAMES, 10.0))
    draft = override_form.fields("20001", forecast, neutral=10.0)
    laid = [draft | {"scope": "sku", "sku": "20001"}] if draft else []
    st.json(overrides.with_overrides(forecast, laid)["mean"].to_list())


def test_a_drafted_override_stays_a_number_that_may_be_saved():
    shown = AppTest.from_function(form, default_timeout=60).run()
    for action, least in (("factor", 0.0), ("set", 0.0), ("add", -1e9)):
        shown.selectbox[0].set_value(action).run()
        assert (shown.number_input[0].min, shown.number_input[0].max) == (least, 1e9)
    shown.number_input[0].set_value(-1e9).run()
    assert not shown.exception
    assert shown.json[0].value.replace("\n", "").replace(" ", "") == "[0.0,0.0,0.0,0.0]"


def test_weeks_together_say_how_far_they_may_range_and_nothing_where_too_little_is_known():
    weeks = {"week_start": [MONDAY + timedelta(weeks=ahead) for ahead in range(4)], "mean": [10.0] * 4}
    spread = {name: [float(place)] * 4 for place, name in enumerate(QUANTILE_NAMES, start=5)}
    card = sku_forecast._expected(pl.DataFrame(weeks | spread))
    low, high = paths.range_of_sum(pl.DataFrame(spread).to_numpy())
    assert card.value == "40" and 4 * 7 < low < 40 < high < 4 * 13
    assert f"{low:.0f} to {high:.0f} in nine of ten" in card.notes
    before = pl.DataFrame(weeks | spread | {"q005": [None] * 4})
    assert sku_forecast._expected(before).notes == ("units expected",)


def test_past_weeks_leave_none_out_and_stop_before_the_forecast():
    sold = pl.DataFrame(
        [
            ("web", MONDAY, 9.0, 0.0),
            ("web", MONDAY - timedelta(days=1), 3.0, 0.0),
            ("web", MONDAY - timedelta(days=6), 1.0, 2.0),
            ("shop", MONDAY - timedelta(weeks=26), 5.0, 0.0),
            ("shop", MONDAY - timedelta(weeks=26, days=1), 7.0, 0.0),
            ("fair", MONDAY - timedelta(weeks=2), 0.0, 4.0),
        ],
        schema=["member", "business_date", "units", "returned_units"],
        orient="row",
    )
    found = forecast_parts.weekly(sold, first_week=MONDAY)
    by = {member: rows["units"].to_list() for (member,), rows in found.group_by(["member"])}
    assert by == {"web": [0.0] * 25 + [4.0], "shop": [5.0] + [0.0] * 25}
    assert found["returned_units"].sum() == 2
