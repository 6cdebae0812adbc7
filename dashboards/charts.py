"""Charts in one dress: few lines, no boxes, axes that say what they measure. Frames in, Altair charts out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import altair as alt
import polars as pl
import streamlit as st

BRAND, CORAL, FAINT, INK, SOFT = "#0f6b5f", "#d9822b", "#b9c2c0", "#1d2930", "#5b6770"
PALETTE = ("#0f6b5f", "#d9822b", "#4a63c9", "#a8456f", "#64748b", "#7a8f2a")
FONT = "Source Sans, Source Sans Pro, sans-serif"
TICKS = {"year": "%Y", "quarter": "%b", "month": "%b", "week": "%-d %b", "date": "%-d %b", "day": "%-d %b"}
DATE_AXIS = {"day": "%-d %b %Y", "week": "week of %-d %b %Y", "month": "%B %Y"}


def show(chart: alt.TopLevelMixin, *, height: int = 260, key: str | None = None, alt_text: str = "") -> None:
    """Draw it as wide as its column."""
    dressed = chart.properties(
        height=height,
        background="transparent",
        autosize=alt.AutoSizeParams(
            type="fit-x", contains="padding"
        ),  # "fit" leaves a gap below a top legend
    ).configure(
        font=FONT,
        padding={"left": 2, "right": 6, "top": 4, "bottom": 2},
        view=alt.ViewConfig(stroke=None),
        axis=alt.AxisConfig(
            gridColor="#eceae4",
            domainColor="#cfccc2",
            tickColor="#cfccc2",
            labelColor=SOFT,
            titleColor=SOFT,
            titleFontWeight="normal",
            labelFontSize=11,
            titleFontSize=11,
            tickCount=5,
        ),
        axisX=alt.AxisConfig(grid=False),
        axisY=alt.AxisConfig(domain=False, ticks=False),
        legend=alt.LegendConfig(
            orient="top",
            title=None,
            labelColor=INK,
            labelFontSize=12,
            symbolSize=90,
            labelLimit=260,
            columns=4,
            titleColor=SOFT,
            titleFontWeight="normal",
            titleFontSize=11,
        ),
    )
    st.altair_chart(dressed, theme=None, width="stretch", key=key, alt=alt_text or None)


def scale(names: Sequence[str], colors: Mapping[str, str] | None = None) -> alt.Scale:
    """The same name has the same color on every page."""
    chosen = colors or {}
    return alt.Scale(
        domain=list(names),
        range=[chosen.get(name, PALETTE[i % len(PALETTE)]) for i, name in enumerate(names)],
    )


def x_time(field: str, *, title: str | None = None) -> alt.X:
    axis = alt.Axis(title=title, labelOverlap=True, labelFlush=True, format=TICKS, tickCount=6)
    return alt.X(f"{field}:T", axis=axis)


def y_number(field: str, *, title: str, format: str = ",.0f", zero: bool = True, **more: object) -> alt.Y:
    return alt.Y(f"{field}:Q", axis=alt.Axis(title=title, format=format), scale=alt.Scale(zero=zero), **more)


def compared(frame: pl.DataFrame, *, by: str, title: str, format: str) -> alt.TopLevelMixin:
    """This period against earlier ones: columns period (date), value, series; the first series stands out."""
    names = frame["series"].unique(maintain_order=True).to_list()
    color = alt.Color(
        "series:N", scale=alt.Scale(domain=names, range=[BRAND, CORAL, FAINT][: len(names)]), sort=names
    )
    dash = alt.StrokeDash(
        "series:N", scale=alt.Scale(domain=names, range=[[1, 0], [5, 3], [2, 2]][: len(names)]), sort=names
    )
    tip = [
        alt.Tooltip("series:N", title="Period"),
        alt.Tooltip("own_period:T", title="Date", format=DATE_AXIS[by]),
        alt.Tooltip("value:Q", title=title, format=format),
    ]
    base = alt.Chart(frame).encode(
        x=x_time("period"), y=y_number("value", title=title, format=format), color=color, tooltip=tip
    )
    now = frame.filter(pl.col("series") == names[0])
    area = alt.Chart(now).mark_area(color=BRAND, opacity=0.08).encode(x="period:T", y="value:Q")
    return area + base.mark_line(strokeWidth=2).encode(strokeDash=dash) + base.mark_circle(size=40, opacity=0)


def bars(
    frame: pl.DataFrame, *, name: str, value: str, title: str, format: str, colors: alt.Scale | None = None
) -> alt.TopLevelMixin:
    """Horizontal bars, longest first, with the value written at the end."""
    order = frame.sort(value, descending=True)[name].to_list()
    base = alt.Chart(frame).encode(
        y=alt.Y(
            f"{name}:N",
            sort=order,
            axis=alt.Axis(title=None, labelLimit=170, ticks=False, domain=False, labelPadding=6),
        ),
        x=alt.X(
            f"{value}:Q",
            axis=None,
            scale=alt.Scale(domainMin=0, domainMax=max(1.0, float(frame[value].max() or 1)) * 1.22),
        ),
        tooltip=[alt.Tooltip(f"{name}:N", title=" "), alt.Tooltip(f"{value}:Q", title=title, format=format)],
    )
    fill = {"color": alt.Color(f"{name}:N", scale=colors, legend=None)} if colors else {}
    drawn = base.mark_bar(cornerRadiusEnd=4, height={"band": 0.68}, color=BRAND).encode(**fill)
    label = base.mark_text(align="left", dx=5, color=INK, fontSize=11).encode(
        text=alt.Text(f"{value}:Q", format=format)
    )
    return drawn + label


def lines(
    frame: pl.DataFrame,
    *,
    x: str,
    y: str,
    series: str,
    title: str,
    format: str,
    colors: alt.Scale | None = None,
) -> alt.TopLevelMixin:
    """One line per series over time."""
    names = frame[series].unique(maintain_order=True).to_list()
    base = alt.Chart(frame).encode(
        x=x_time(x),
        y=y_number(y, title=title, format=format),
        color=alt.Color(f"{series}:N", scale=colors or scale(names), sort=names),
        tooltip=[
            alt.Tooltip(f"{series}:N", title=" "),
            alt.Tooltip(f"{x}:T", title="Date", format="%-d %b %Y"),
            alt.Tooltip(f"{y}:Q", title=title, format=format),
        ],
    )
    return base.mark_line(strokeWidth=2) + base.mark_circle(size=45, opacity=0)


def stacked(
    frame: pl.DataFrame, *, x: str, y: str, series: str, title: str, order: Sequence[str], colors: alt.Scale
) -> alt.TopLevelMixin:
    """Vertical bars in a given order, stacked by series."""
    return (
        alt.Chart(frame)
        .mark_bar(cornerRadiusEnd=3)
        .encode(
            x=alt.X(f"{x}:N", sort=list(order), axis=alt.Axis(title=None, labelAngle=0, labelLimit=90)),
            y=y_number(y, title=title),
            color=alt.Color(f"{series}:N", scale=colors),
            tooltip=[
                alt.Tooltip(f"{x}:N", title=" "),
                alt.Tooltip(f"{series}:N", title=" "),
                alt.Tooltip(f"{y}:Q", title=title, format=",.0f"),
            ],
        )
    )
