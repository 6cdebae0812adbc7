"""One product's forecast: history, interval, earlier forecasts and what came, the model, the override."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl
import streamlit as st

from dashboards import charts, formats, link_state, markup, overrides
from dashboards.desk import Desk
from dashboards.saying import said
from dashboards.views import forecast_charts, forecast_parts, override_form, sku_stock
from models import paths
from models.endings import DISCONTINUED
from models.quantiles import QUANTILE_NAMES
from oms_ops import decisions
from warehouse import queries

HISTORY_WEEKS = 60


def render(desk: Desk, asked: str) -> None:
    st.button(
        "All forecasts",
        icon=":material/arrow_back:",
        type="tertiary",
        on_click=link_state.put,
        args=("sku", None),
    )
    sku = asked.strip().upper()
    product = desk.ask(queries.product, sku)
    if product.is_empty():
        sku_stock.unknown(desk, asked, page="forecast")
        return
    st.title(formats.plain(product["title"][0]))
    forecast = desk.ask(queries.forecast_weekly, sku)
    if forecast.is_empty():
        st.info(f"{sku} has no forecast: it is new, or has not sold for long.")
        desk.link("inventory", "Its stock", icon=":material/inventory_2:", sku=sku)
        return
    accuracy = desk.ask(queries.forecast_accuracy, sku)
    st.html(_subtitle(product.row(0, named=True), forecast))
    sku_stock.end_of(desk, product.row(0, named=True), forecast.to_dicts())
    st.html(markup.cards(_cards(desk, sku, forecast, accuracy)))
    said()
    left, right = st.columns([1.8, 1], gap="large")
    with right:
        st.subheader("Override")
        draft = override_form.draft_of(desk, sku, forecast)
        st.subheader("Accuracy by model")
        st.html(_accuracy(accuracy))
        st.html(_why(desk, forecast, accuracy))
    with left:
        st.subheader("Demand and forecast")
        _chart(desk, sku, forecast, draft)
        forecast_parts.render(desk, sku, forecast["week_start"][0])
        override_form.standing(desk, product.row(0, named=True))
        st.subheader("Forecasts made before, and what came")
        forecast_charts.backtest(desk.ask(queries.backtest_forecast, sku))
    desk.link("inventory", "Its stock and ATS", icon=":material/inventory_2:", sku=sku)


def _subtitle(product: dict, forecast: pl.DataFrame) -> str:
    first = forecast.row(0, named=True)
    abc = f" · {markup.badge(product['abc_class'])}" if product["abc_class"] else ""
    model = markup.text(formats.words(first["model_name"]).lower())
    said = "" if first["model_name"] == DISCONTINUED else f"forecast by {model} from "
    return markup.muted(
        f"<b>{markup.text(product['sku'])}</b>{abc} · {markup.badge(first['demand_class'], kind='info')} "
        f"demand · {markup.text(product['supplier_name'] or 'no supplier known')} · {said}data up to "
        f"{formats.day(first['made_as_of'].date())}"
    )


def _cards(desk: Desk, sku: str, forecast: pl.DataFrame, accuracy: pl.DataFrame) -> list[markup.Card]:
    history = _history(desk, sku, forecast).tail(13)["units"]
    champion = accuracy.filter(pl.col("is_champion"))
    best = champion.row(0, named=True) if champion.height else {}
    past = desk.ask(queries.backtest_forecast, sku)
    actual = past["actual"].sum()
    naive = (past["naive"] - past["actual"]).abs().sum() / actual if actual else None
    gain = markup.delta(
        best["wape"] - naive if best.get("wape") is not None and naive is not None else None,
        versus="seasonal naive",
        good_when_up=False,
        in_points=True,
    )
    return [
        _expected(forecast.head(4)),
        _expected(forecast),
        markup.Card("Last 13 weeks", formats.number(history.sum()), ("units sold",)),
        markup.Card(
            "WAPE", formats.percent(best.get("wape")), (gain,), "sum of absolute errors / sum of demand"
        ),
        markup.Card(
            "Bias", formats.percent(best.get("bias")), ("above 0: too high",), "sum of errors / sum of demand"
        ),
    ]


def _expected(weeks: pl.DataFrame) -> markup.Card:
    """Over all these weeks; a release from before there were as many quantiles tells no range."""
    known = weeks.select(QUANTILE_NAMES)
    told = ["units expected"]
    if known.null_count().sum_horizontal()[0] == 0:
        low, high = map(formats.number, paths.range_of_sum(known.to_numpy()))
        told.append(f"{low} to {high} in nine of ten")
    return markup.Card(f"Next {weeks.height} weeks", formats.number(weeks["mean"].sum()), tuple(told))


def _history(desk: Desk, sku: str, forecast: pl.DataFrame) -> pl.DataFrame:
    return desk.ask(queries.demand_weekly, sku, date_to=forecast["week_start"][0], weeks=HISTORY_WEEKS)


def _chart(desk: Desk, sku: str, forecast: pl.DataFrame, draft: Mapping[str, object] | None) -> None:
    history = _history(desk, sku, forecast)
    with desk.book() as book:
        standing = [row for row in decisions.active_overrides(book, as_of=desk.now) if row["sku"] == sku]
    drafted = [*standing, draft] if draft else standing
    after = overrides.with_overrides(forecast, drafted)
    moved = (after["mean"] - forecast["mean"]).abs().max() > 1e-3
    charts.show(
        forecast_charts.demand(history, forecast, after if moved else None),
        height=300,
        alt_text="Weekly demand, forecast with its 50% and 90% intervals, and the override's effect",
    )
    before, now = forecast["mean"].sum(), after["mean"].sum()
    if draft:
        st.caption(
            f"Preview: {formats.number(before)} → **{formats.number(now)}** units over {forecast.height} "
            f"weeks ({formats.signed_percent(formats.change(now, before))}). Nothing is saved yet."
        )
    elif moved:
        st.caption(
            f"Overrides saved since this release change {formats.number(before)} to "
            f"**{formats.number(now)}** units over {forecast.height} weeks; they count from the next run."
        )
    else:
        st.caption("Bands: half of the outcomes are expected in the dark one, nine of ten in the light one.")


def _accuracy(found: pl.DataFrame) -> str:
    columns = [
        markup.Column("Model"),
        markup.Column("WAPE", is_number=True),
        markup.Column("Bias", is_number=True),
    ]
    rows = [
        [
            markup.text(formats.words(row["model_name"]))
            + (f" {markup.badge('champion', kind='good')}" if row["is_champion"] else ""),
            formats.percent(row["wape"]),
            formats.percent(row["bias"]),
        ]
        for row in found.iter_rows(named=True)
    ]
    return markup.table(columns, rows)


def _why(desk: Desk, forecast: pl.DataFrame, accuracy: pl.DataFrame) -> str:
    demand_class, model = forecast["demand_class"][0], forecast["model_name"][0]
    if model == DISCONTINUED:
        return markup.muted("Discontinued: no model is asked any more.")
    row = desk.ask(queries.champions).filter(pl.col("demand_class") == demand_class)
    if row.is_empty() or row["wape"][0] is None:
        return markup.muted(f"{formats.words(model)} is used for {demand_class} demand.")
    own = accuracy.head(1)
    better = ""
    if own.height and own["model_name"][0] != model and own["wape"][0] is not None:
        name = formats.words(own["model_name"][0]).lower()
        better = (
            f" For this product alone, {name} did better; one product is too little to choose a model by."
        )
    won = row.row(0, named=True)
    return markup.muted(
        f"Why {markup.text(formats.words(model).lower())}: over the {formats.number(won['series'])} products "
        f"with {markup.text(demand_class)} demand its WAPE was {formats.percent(won['wape'])}, against "
        f"{formats.percent(won['naive_wape'])} of the seasonal naive and "
        f"{formats.percent(won['moving_average_wape'])} of the moving average.{markup.text(better)}"
    )
