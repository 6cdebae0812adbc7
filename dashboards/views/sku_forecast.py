"""One product's forecast: history, interval, what was forecast before and what came, the model, the override form."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import polars as pl
import streamlit as st

from dashboards import charts, formats, link_state, markup, overrides
from dashboards.desk import Desk
from dashboards.views import sku_stock
from oms_ops import decisions
from oms_ops.errors import OmsError
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
    st.html(markup.cards(_cards(desk, sku, forecast, accuracy)))
    _say_saved()
    left, right = st.columns([1.8, 1], gap="large")
    with right:
        st.subheader("Override")
        draft = _form(desk, sku, forecast)
        st.subheader("Accuracy by model")
        st.html(_accuracy(accuracy))
        st.html(_why(desk, forecast, accuracy))
    with left:
        st.subheader("Demand and forecast")
        _chart(desk, sku, forecast, draft)
        _standing(desk, sku)
        st.subheader("Forecasts made before, and what came")
        _backtest_chart(desk.ask(queries.backtest_forecast, sku))
    desk.link("inventory", "Its stock and ATS", icon=":material/inventory_2:", sku=sku)


def _subtitle(product: dict, forecast: pl.DataFrame) -> str:
    first = forecast.row(0, named=True)
    abc = f" · {markup.badge(product['abc_class'])}" if product["abc_class"] else ""
    return markup.muted(
        f"<b>{markup.text(product['sku'])}</b>{abc} · {markup.badge(first['demand_class'], kind='info')} demand · "
        f"{markup.text(product['supplier_name'] or 'no supplier known')} · forecast by "
        f"{markup.text(formats.words(first['model_name']).lower())} from data up to "
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
    weeks = forecast.height
    return [
        markup.Card("Next 4 weeks", formats.number(forecast.head(4)["mean"].sum()), ("units expected",)),
        markup.Card(
            f"Next {weeks} weeks",
            formats.number(forecast["mean"].sum()),
            (
                f"{formats.number(forecast['q05'].sum())} to {formats.number(forecast['q95'].sum())}, summed by week",
            ),
        ),
        markup.Card("Last 13 weeks", formats.number(history.sum()), ("units sold",)),
        markup.Card(
            "WAPE", formats.percent(best.get("wape")), (gain,), "sum of absolute errors / sum of demand"
        ),
        markup.Card(
            "Bias", formats.percent(best.get("bias")), ("above 0: too high",), "sum of errors / sum of demand"
        ),
    ]


def _history(desk: Desk, sku: str, forecast: pl.DataFrame) -> pl.DataFrame:
    return desk.ask(queries.demand_weekly, sku, date_to=forecast["week_start"][0], weeks=HISTORY_WEEKS)


def _chart(desk: Desk, sku: str, forecast: pl.DataFrame, draft: Mapping[str, object] | None) -> None:
    history = _history(desk, sku, forecast)
    with desk.book() as book:
        standing = [row for row in decisions.active_overrides(book, as_of=desk.now) if row["sku"] == sku]
    drafted = [*standing, draft] if draft else standing
    after = overrides.with_overrides(forecast, drafted)
    moved = (after["mean"] - forecast["mean"]).abs().max() > 1e-6
    charts.show(
        _demand_chart(history, forecast, after if moved else None),
        height=300,
        alt_text="Weekly demand, forecast with its 50% and 90% intervals, and the override's effect",
    )
    before, now = forecast["mean"].sum(), after["mean"].sum()
    if draft:
        st.caption(
            f"Preview: {formats.number(before)} → **{formats.number(now)}** units over {forecast.height} weeks "
            f"({formats.signed_percent(formats.change(now, before))}). Nothing is saved yet."
        )
    elif moved:
        st.caption(
            f"Overrides saved since this release change {formats.number(before)} to **{formats.number(now)}** units "
            f"over {forecast.height} weeks; they count from the next run."
        )
    else:
        st.caption("Bands: half of the outcomes are expected in the dark one, nine of ten in the light one.")


def _demand_chart(history: pl.DataFrame, forecast: pl.DataFrame, after: pl.DataFrame | None):
    series = {"Sold": charts.INK, "Forecast": charts.BRAND, "With override": charts.CORAL}
    if after is None:
        series.pop("With override")
    color = alt.Color("series:N", scale=alt.Scale(domain=list(series), range=list(series.values())))
    axis = charts.y_number("units", title="Units per week")
    when = alt.Tooltip("week_start:T", title="Week of", format="%-d %b %Y")
    x = charts.x_time("week_start")
    band = alt.Chart(forecast).encode(x=x)
    wide = band.mark_area(color=charts.BRAND, opacity=0.13).encode(
        y=alt.Y("q05:Q", title="Units per week"), y2="q95:Q"
    )
    narrow = band.mark_area(color=charts.BRAND, opacity=0.22).encode(y="q25:Q", y2="q75:Q")
    sold = history.select("week_start", "units", "days_out", series=pl.lit("Sold"))
    drawn = (
        alt.Chart(sold)
        .mark_line(strokeWidth=1.6, point=alt.OverlayMarkDef(size=14))
        .encode(
            x=x,
            y=axis,
            color=color,
            tooltip=[
                when,
                alt.Tooltip("units:Q", title="Sold", format=",.0f"),
                alt.Tooltip("days_out:Q", title="Days without stock", format=".1f"),
            ],
        )  # fmt: skip
    )
    ahead = forecast.select("week_start", "q05", "q95", units="mean", series=pl.lit("Forecast"))
    line = (
        alt.Chart(ahead)
        .mark_line(strokeWidth=2.2)
        .encode(
            x=x,
            y=axis,
            color=color,
            tooltip=[
                when,
                alt.Tooltip("units:Q", title="Forecast", format=",.1f"),
                alt.Tooltip("q05:Q", title="5%", format=",.1f"),
                alt.Tooltip("q95:Q", title="95%", format=",.1f"),
            ],
        )  # fmt: skip
    )
    out = sold.filter(pl.col("days_out") >= 1)
    marks = (
        alt.Chart(out)
        .mark_tick(color="#b3372f", thickness=3, size=10, orient="horizontal")
        .encode(x=x, y=alt.value(298))
    )
    layers = [wide, narrow, drawn, line] + ([marks] if out.height else [])
    if after is not None:
        preview = after.select("week_start", units="mean", series=pl.lit("With override"))
        layers.append(
            alt.Chart(preview)
            .mark_line(strokeWidth=2.2, strokeDash=[5, 3], interpolate="step")
            .encode(
                x=x,
                y=axis,
                color=color,
                tooltip=[when, alt.Tooltip("units:Q", title="With override", format=",.1f")],
            )
        )
    return alt.layer(*layers)


def _form(desk: Desk, sku: str, forecast: pl.DataFrame) -> dict | None:
    """The override being drafted, previewed in the chart; None while it would change nothing."""
    weeks = forecast["week_start"].to_list()
    action = st.selectbox(
        "What to do", list(overrides.ACTIONS), format_func=overrides.ACTIONS.__getitem__, key=f"action.{sku}"
    )
    neutral = overrides.NEUTRAL.get(action, round(float(forecast["model_mean"].mean()), 1))
    value = st.number_input(
        "Value", value=neutral, step=overrides.STEPS[action], key=f"value.{sku}.{action}", format="%.2f"
    )
    first = st.selectbox("First week", weeks, format_func=formats.day, key=f"first.{sku}")
    later = [week for week in weeks if week >= first]
    last = st.selectbox(
        "Last week", later, index=min(3, len(later) - 1), format_func=formats.day, key=f"last.{sku}"
    )
    reason = st.text_input("Reason", key=f"reason.{sku}", placeholder="e.g. catalogue front page in January")
    author = _author()
    draft = {"sku": sku, "first_week": first, "last_week": last, "action": action, "value": float(value)}
    is_idle = value == neutral
    st.button(
        "Save override",
        type="primary",
        icon=":material/save:",
        disabled=is_idle,
        on_click=_save,
        args=(desk, draft),
        kwargs={"reason": reason, "author": author},
    )
    st.caption(
        "Kept in the order book with your name and reason; it counts from the next run. The chart shows it now."
    )
    return None if is_idle else draft


def _author() -> str:
    """Whoever decides, remembered while the browser tab is open."""
    name = st.text_input("Your name", value=st.session_state.get("author", ""), key="author_input")
    st.session_state["author"] = name
    return name


def _save(desk: Desk, draft: dict, *, reason: str, author: str) -> None:
    try:
        with desk.book() as book:
            made = decisions.add_override(book, **draft, reason=reason, author=author, now=desk.now)
    except OmsError as error:
        st.session_state["said"] = ("error", f"Not saved: {error}.")
        return
    for name in (f"value.{draft['sku']}.{draft['action']}", f"reason.{draft['sku']}"):
        st.session_state.pop(name, None)
    st.session_state["said"] = (
        "success",
        f"Override {made} saved: {overrides.described(draft)}. It counts from the next run.",
    )


def _say_saved() -> None:
    kind, text = st.session_state.pop("said", (None, None))
    if kind:
        getattr(st, kind)(formats.plain(text))


def _standing(desk: Desk, sku: str) -> None:
    with desk.book() as book:
        found = [row for row in decisions.overrides(book, as_of=desk.now) if row["sku"] == sku]
    if not found:
        return
    st.subheader("Overrides of this product")
    for row in reversed(found):
        left, right = st.columns([4, 1], vertical_alignment="center")
        color = "good" if row["state"] == "active" else "mute"
        left.html(
            f"<p style='margin:0'>{markup.badge(row['state'], kind=color)} <b>{overrides.described(row)}</b>, weeks of "
            f"{formats.span(row['first_week'], row['last_week'])} · {markup.text(row['reason'])} "
            f"<span class='muted'>({markup.text(row['author'])}, {desk.time(row['created_at'])})</span></p>"
        )
        if row["state"] == "active":
            right.button(
                "Revoke",
                key=f"revoke.{row['override_id']}",
                on_click=_revoke,
                args=(desk, row["override_id"]),
            )


def _revoke(desk: Desk, override_id: str) -> None:
    author = st.session_state.get("author") or ""
    try:
        with desk.book() as book:
            decisions.revoke_override(book, override_id, by=author, now=desk.now)
    except OmsError as error:
        hint = " Enter your name beside the chart first." if not author.strip() else ""
        st.session_state["said"] = ("error", f"Not revoked: {error}.{hint}")
        return
    st.session_state["said"] = (
        "success",
        f"Override {override_id} revoked; the next forecast is made without it.",
    )


def _backtest_chart(found: pl.DataFrame) -> None:
    if found.is_empty():
        st.info("No backtest covers this product: its history is too short.")
        return
    names = {"actual": "What came", "mean": "Champion said", "naive": "Seasonal naive said"}
    rows = found.unpivot(
        on=list(names), index=["cutoff_date", "week_start"], variable_name="series", value_name="units"
    )
    rows = rows.with_columns(pl.col("series").replace_strict(names, return_dtype=pl.String))
    color = alt.Scale(domain=list(names.values()), range=[charts.INK, charts.BRAND, charts.FAINT])
    drawn = (
        alt.Chart(rows)
        .mark_line(strokeWidth=1.8, point=alt.OverlayMarkDef(size=22))
        .encode(
            x=charts.x_time("week_start"),
            y=charts.y_number("units", title="Units per week"),
            color=alt.Color("series:N", scale=color),
            detail="cutoff_date:N",
            tooltip=[
                alt.Tooltip("series:N", title=" "),
                alt.Tooltip("week_start:T", title="Week of", format="%-d %b %Y"),
                alt.Tooltip("units:Q", title="Units", format=",.1f"),
                alt.Tooltip("cutoff_date:T", title="Made after", format="%-d %b %Y"),
            ],
        )
    )
    charts.show(drawn, height=220, alt_text="Backtest forecasts against what came and the seasonal naive")
    st.caption(
        f"{found['cutoff_date'].n_unique()} forecasts, each made without seeing the weeks it is drawn over."
    )


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
        f"Why {markup.text(formats.words(model).lower())}: over the {formats.number(won['series'])} products with "
        f"{markup.text(demand_class)} demand its WAPE was {formats.percent(won['wape'])}, against "
        f"{formats.percent(won['naive_wape'])} of the seasonal naive and {formats.percent(won['moving_average_wape'])} "
        f"of the moving average.{markup.text(better)}"
    )
