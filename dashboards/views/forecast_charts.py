"""Charts of one product's demand: sold and expected with intervals; earlier forecasts against what came."""

from __future__ import annotations

import altair as alt
import polars as pl
import streamlit as st

from dashboards import charts


def demand(history: pl.DataFrame, forecast: pl.DataFrame, after: pl.DataFrame | None):
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


def backtest(found: pl.DataFrame) -> None:
    if found.is_empty():
        st.info("No backtest covers this product: its history is too short.")
        return
    names = {"actual": "What came", "mean": "Champion said", "naive": "Seasonal naive said"}
    came = found.unique("week_start").select("week_start", units="actual", series=pl.lit("What came"))
    said = found.unpivot(
        on=["mean", "naive"], index=["cutoff_date", "week_start"], variable_name="series", value_name="units"
    ).with_columns(pl.col("series").replace_strict(names, return_dtype=pl.String))
    rows = pl.concat([came.sort("week_start"), said], how="diagonal")
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
