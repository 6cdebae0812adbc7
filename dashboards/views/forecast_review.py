"""Forecast review: which forecasts deserve a look, which model won where; at `?sku=`, one product."""

from __future__ import annotations

import polars as pl
import streamlit as st

from dashboards import formats, grids, link_state, markup, overrides
from dashboards.desk import Desk
from dashboards.views import sku_forecast
from oms_ops import decisions
from warehouse import queries

SORTS = {
    "error": "Costliest errors first",
    "value": "Biggest value first",
    "wape": "Worst WAPE first",
    "bias": "Most biased first",
}
CLASSES = ("all", "smooth", "intermittent", "erratic", "lumpy", "new", "dormant")
ABC = ("all", "A", "B", "C")


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
    st.subheader("Which model was chosen, and what it gains")
    st.html(_champions(champions))
    st.caption(
        "WAPE: sum of absolute errors / sum of demand, on rolling origins the model had not seen; lower is "
        "better. The champion of a demand class is the model that did best in it; all its products use it."
    )
    with st.expander("Every model in every class"):
        st.html(_backtest(desk.ask(queries.backtest)))
    st.subheader("Forecasts to look at")
    _products(desk, _filtered(desk))
    _standing_overrides(desk)


def _champions(found: pl.DataFrame) -> str:
    columns = [
        markup.Column("Demand class"),
        markup.Column("Champion"),
        markup.Column("Products", is_number=True),
        markup.Column("WAPE", is_number=True),
        markup.Column("Seasonal naive", is_number=True),
        markup.Column("Moving average", is_number=True),
        markup.Column("Error cut vs naive", is_number=True),
    ]
    rows = [
        [
            f"<b>{formats.words(row['demand_class'])}</b>",
            "each class's own"
            if row["demand_class"] == "all"
            else markup.text(formats.words(row["model_name"])),
            formats.number(row["series"]),
            formats.percent(row["wape"]),
            formats.percent(row["naive_wape"]),
            formats.percent(row["moving_average_wape"]),
            _gain(row["wape"], row["naive_wape"]),
        ]
        for row in found.iter_rows(named=True)
    ]
    return markup.table(columns, rows)


def _gain(wape: float | None, naive: float | None) -> str:
    """How much smaller the champion's error is than the naive one's."""
    if wape is None or not naive:
        return formats.NOTHING
    tone = "up-good" if wape < naive else "down-bad"
    return f'<b class="{tone}">{formats.percent((naive - wape) / naive)}</b>'


def _backtest(found: pl.DataFrame) -> str:
    names = ("wape", "bias", "rmsse", "pinball", "coverage_90")
    titles = ("WAPE", "Bias", "RMSSE", "Pinball", "Inside 90% interval")
    columns = [
        markup.Column("Demand class"),
        markup.Column("Model"),
        *(markup.Column(title, is_number=True) for title in titles),
    ]
    rows = [
        [
            markup.text(formats.words(row["demand_class"])),
            markup.text(formats.words(row["model_name"])),
            *(
                formats.number(row[name], digits=2)
                if name in ("rmsse", "pinball")
                else formats.percent(row[name])
                for name in names
            ),
        ]
        for row in found.iter_rows(named=True)
    ]
    return markup.table(columns, rows)


def _filtered(desk: Desk) -> pl.DataFrame:
    suppliers = desk.ask(queries.suppliers)
    names = dict(zip(suppliers["supplier_id"], suppliers["supplier_name"], strict=True))
    with st.container(key="filters_forecast"):
        columns = st.columns([1.5, 1.1, 0.8, 1.4, 1.5], vertical_alignment="bottom")
    with columns[0]:
        sort = link_state.select("Order", "sort", list(SORTS), default="error", labels=SORTS.__getitem__)
    with columns[1]:
        demand_class = link_state.select(
            "Demand class", "class", CLASSES, default="all", labels=formats.words
        )
    with columns[2]:
        abc = link_state.select("ABC", "abc", ABC, default="all", labels=lambda n: "All" if n == "all" else n)
    with columns[3]:
        supplier = link_state.select(
            "Supplier", "supplier", ["all", *names], default="all", labels=lambda n: names.get(n, "All")
        )
    with columns[4]:
        text = link_state.text("Sku or title", "q")
    chosen = [None if value == "all" else value for value in (demand_class, abc, supplier)]
    return desk.ask(
        queries.forecast_review,
        sort=sort,
        demand_class=chosen[0],
        abc_class=chosen[1],
        supplier_id=chosen[2],
        text=text,
        limit=500,
    )


def _products(desk: Desk, found: pl.DataFrame) -> None:
    if found.is_empty():
        st.info("No forecast matches these filters.")
        return
    chosen = grids.clicked(
        found,
        found.select(
            "sku",
            "title",
            "error_value",
            "wape",
            "naive_wape",
            "bias",
            "forecast_units",
            "forecast_value",
            "demand_class",
            "abc_class",
            "model_name",
            "supplier_name",
            "overridden_weeks",
        ).with_columns(
            grids.hundredfold("wape", "naive_wape", "bias"),
            pl.col("demand_class", "model_name").map_elements(formats.words, return_dtype=pl.String),
        ),  # fmt: skip
        key="forecasts",
        most=12,
        columns={
            "sku": grids.sku(),
            "title": grids.title(),
            "error_value": grids.money(
                "Error in money", desk.currency, help="absolute backtest error in units × mean price"
            ),
            "wape": grids.percent("WAPE"),
            "naive_wape": grids.percent("Naive WAPE", "of the seasonal naive"),
            "bias": grids.percent("Bias", "above 0: forecast too high"),
            "forecast_units": grids.count("13 weeks", "units expected over the forecast's weeks"),
            "forecast_value": grids.money("Value", desk.currency, help="of these units, at the mean price"),
            "demand_class": "Demand class",
            "abc_class": grids.abc(),
            "model_name": "Model",
            "supplier_name": "Supplier",
            "overridden_weeks": grids.count("Overridden", "weeks whose forecast a planner has set"),
        },
    )
    more = " The first 500 are shown; filter for others." if found.height == 500 else ""
    st.caption(
        f"{formats.number(found.height)} products. Click a row to review or override its forecast.{more}"
    )
    if chosen:
        link_state.put("sku", chosen["sku"])
        st.rerun()


def _standing_overrides(desk: Desk) -> None:
    with desk.book() as book:
        standing = decisions.active_overrides(book, as_of=desk.now)
    if not standing:
        return
    st.subheader("Overrides in force")
    columns = [
        markup.Column(name, wraps=name == "Reason") for name in ("Sku", "Weeks", "Change", "Reason", "By")
    ]
    rows = [
        [
            markup.link("forecast", row["sku"], sku=row["sku"]),
            formats.span(row["first_week"], row["last_week"]),
            overrides.described(row),
            markup.text(row["reason"]),
            markup.text(row["author"]),
        ]
        for row in standing
    ]
    st.html(markup.table(columns, rows))
