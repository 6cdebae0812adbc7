"""Forecast review: which forecasts deserve a look, what they add up to, how good they are, what overrides
were worth; at `?sku=`, one product.
"""

from __future__ import annotations

import streamlit as st

from dashboards import formats, link_state, markup, overrides
from dashboards.desk import Desk
from dashboards.saying import said
from dashboards.views import forecast_floor, forecast_list, forecast_totals, sku_forecast, wide_override
from oms_ops import decisions
from warehouse import queries

VIEWS = {
    "list": "Forecasts to look at",
    "totals": "Totals",
    "accuracy": "Accuracy against the naive floor",
    "overrides": "Overrides and what they were worth",
}


def render(desk: Desk) -> None:
    chosen = link_state.param("sku")
    if chosen:
        sku_forecast.render(desk, chosen)
        return
    st.title("Forecast review")
    champions = desk.ask(queries.champions)
    if champions.is_empty():
        st.info(
            "The release holds no forecast yet. `make run` makes one once there are a few weeks of demand."
        )
        return
    said()
    st.html(forecast_floor.cards(desk))
    view = link_state.segments(
        "View", "view", list(VIEWS), default="list", labels=VIEWS.__getitem__, label_visibility="collapsed"
    )
    if view == "list":
        forecast_list.draw(desk, forecast_list.chosen(desk))
    elif view == "totals":
        forecast_totals.render(desk)
    elif view == "accuracy":
        _accuracy(desk, champions)
    else:
        _overrides(desk)


def _accuracy(desk: Desk, champions) -> None:
    st.subheader("Which model was chosen, and what it gains")
    st.html(forecast_floor.by_class(champions))
    st.caption(
        "The champion of a demand class speaks for all its products. It keeps the class until another model "
        "has proven better, in the errors of single products and of their sum together: by at least 1%, at "
        "most origins, and by more than chance. Of medians: WAPE of the middle of the range. Pinball: loss "
        "of the whole range, which purchases use; in brackets the better one of the two floors."
    )
    st.subheader("Step by step from the naive floor")
    forecast_floor.by_horizon(desk)


def _overrides(desk: Desk) -> None:
    st.subheader("What past overrides were worth")
    forecast_floor.planners(desk)
    st.subheader("Override a category or the whole shop")
    wide_override.render(desk)
    _standing(desk)


def _standing(desk: Desk) -> None:
    with desk.book() as book:
        standing = decisions.active_overrides(book, as_of=desk.now)
    if not standing:
        return
    st.subheader("Overrides in force")
    names = ("Of", "Weeks", "Change", "Kind", "Reason", "By", "Until")
    columns = [markup.Column(name, wraps=name == "Reason") for name in names]
    rows = [
        [
            _target(row),
            formats.span(row["first_week"], row["last_week"]),
            overrides.described(row),
            formats.words(row["reason_code"]),
            markup.text(row["reason"]),
            markup.text(row["author"]),
            formats.day(row["expires_on"]) if row["expires_on"] else "",
        ]
        for row in standing
    ]
    st.html(markup.table(columns, rows))
    wide_override.revoking(desk, [row for row in standing if row["scope"] != "sku"])


def _target(row: dict) -> str:
    if row["scope"] == "sku":
        return markup.link("forecast", row["sku"], sku=row["sku"])
    return markup.text(overrides.target(row))
