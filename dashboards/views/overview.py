"""Overview: the headline KPIs with their trend, against the period before and the same period a year ago."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import streamlit as st

from dashboards import charts, filters, formats, link_state, markup
from dashboards.desk import Desk
from dashboards.periods import Period, start_of
from dashboards.views import sales_breakdown
from warehouse import kpis as definitions
from warehouse import queries
from warehouse.kpis import kpis

SERVICE = {
    "otif": "orders on time AND in full / orders whose promised delivery falls in the period; late ones fail",
    "on_time": "orders delivered by their promised date / orders whose promised delivery falls in the period",
    "in_full": "orders with every unit, save those the customer canceled, shipped as promised / orders due",
    "fill_rate": "units shipped by the promised ship date / units of the orders due in the period",
}


@dataclass(frozen=True)
class Figure:
    name: str
    label: str
    kind: str = "money"
    good_when_up: bool | None = True


FIGURES = (
    Figure("gross_sales", "Gross sales"),
    Figure("net_sales", "Net sales"),
    Figure("total_sales", "Total sales"),
    Figure("orders", "Orders", "count"),
    Figure("units", "Units", "count"),
    Figure("aov", "Average order value", "money2"),
    Figure("customers", "Customers", "count"),
    Figure("new_customers", "New customers", "count"),
    Figure("returning_customers", "Returning customers", "count"),
    Figure("return_rate", "Return rate", "ratio", good_when_up=False),
    Figure("cancellation_rate", "Cancellation rate", "ratio", good_when_up=False),
    Figure("otif", "OTIF", "ratio"),
    Figure("on_time", "On time", "ratio"),
    Figure("in_full", "In full", "ratio"),
    Figure("fill_rate", "Unit fill rate", "ratio"),
)
CHARTED = ("gross_sales", "net_sales", "total_sales", "orders", "units", "customers", "aov")


def render(desk: Desk) -> None:
    st.title("Overview")
    bounds = desk.ask(queries.bounds)
    if bounds is None:
        st.info("The release holds no sales yet. Put documents into the inbox and run `make run`.")
        return
    with st.container(key="filters_overview"):
        columns = st.columns([1.3, 1.3, 0.8, 1.3], vertical_alignment="bottom")
        with columns[1]:
            channel = filters.channel(desk)
        with columns[0]:
            period = filters.period(desk, bounds=bounds)
        with columns[2]:
            grain = filters.grain(period)
        with columns[3]:
            as_of = _known_on(desk, bounds)
    _say_what_is_shown(desk, period, bounds, channel=channel, as_of=as_of)
    now = _figures(desk, period, channel=channel, as_of=as_of)
    earlier = {"before": _compare(desk, period.before(), bounds, channel=channel, as_of=as_of)}
    earlier["year"] = _compare(desk, period.year_ago(), bounds, channel=channel, as_of=as_of)
    trend = _trend(desk, period, grain=grain, channel=channel, as_of=as_of)
    st.html(markup.cards(_card(desk, figure, period, now, earlier, trend) for figure in FIGURES))
    _chart(desk, period, bounds, grain=grain, channel=channel, as_of=as_of)
    sales_breakdown.render(desk, period, channel=channel, as_of=as_of)
    _explain()


def _known_on(desk: Desk, bounds: tuple[date, date]) -> datetime | None:
    """The instant after the chosen day, in the shop's zone; None for everything the release knows."""
    last = desk.local_day(desk.as_of)
    chosen = link_state.day(
        "As known on the evening of",
        "as_of",
        default=None,
        first=bounds[0],
        last=last,
        help="Counts only what had been recorded by the end of that day. Empty: all that the release knows.",
    )
    if chosen is None:
        return None
    return datetime.combine(chosen + timedelta(days=1), time(), tzinfo=ZoneInfo(desk.zone))


def _say_what_is_shown(
    desk: Desk, period: Period, bounds: tuple[date, date], *, channel: str | None, as_of: datetime | None
) -> None:
    known = (
        ""
        if as_of is None
        else f" · as known on the evening of {formats.day(desk.local_day(as_of) - timedelta(days=1))}"
    )
    before = period.before()
    if before.first < bounds[0]:
        compared = "the data does not reach back to compare it with the period before"
    else:
        compared = f"compared with {formats.span(before.first, before.last)}"
        compared += "" if period.year_ago().first < bounds[0] else " and with the same days a year ago"
    st.caption(
        f"{formats.span(period.first, period.last)} · {desk.channel_name(channel)}{known} · {compared}"
    )


def _figures(desk: Desk, period: Period, *, channel: str | None, as_of: datetime | None) -> dict:
    dates = {"date_from": period.first, "date_to": period.end, "channel": channel}
    found = dict(desk.ask(kpis, **dates, as_of=as_of)[0])
    service = desk.ask(queries.service, **dates)
    return found | (service.row(0, named=True) if service.height else {})


def _compare(
    desk: Desk, period: Period, bounds: tuple[date, date], *, channel: str | None, as_of: datetime | None
) -> dict:
    """The figures of an earlier period; empty where the data does not reach back to its first day."""
    return {} if period.first < bounds[0] else _figures(desk, period, channel=channel, as_of=as_of)


def _trend(
    desk: Desk, period: Period, *, grain: str, channel: str | None, as_of: datetime | None
) -> dict[str, tuple[float, ...]]:
    dates = {"date_from": period.first, "date_to": period.end, "channel": channel, "by": grain}
    rows = desk.ask(kpis, **dates, as_of=as_of)
    lines = {figure.name: [row.get(figure.name) for row in rows] for figure in FIGURES}
    service = desk.ask(queries.service, **dates)
    lines |= {name: service[name].to_list() for name in ("otif", "on_time", "in_full", "fill_rate")}
    return {name: tuple(float(v) for v in values if v is not None) for name, values in lines.items()}


def _card(
    desk: Desk, figure: Figure, period: Period, now: dict, earlier: dict[str, dict], trend: dict
) -> markup.Card:
    value = now.get(figure.name)
    is_ratio = figure.kind == "ratio"
    notes = []
    for known, versus in ((earlier["before"], f"{period.days} days before"), (earlier["year"], "a year ago")):
        if not known:
            continue
        old = known.get(figure.name)
        moved = _difference(value, old) if is_ratio else formats.change(value, old)
        notes.append(markup.delta(moved, versus=versus, good_when_up=figure.good_when_up, in_points=is_ratio))
    return markup.Card(
        label=figure.label,
        value=_shown(desk, figure.kind, value),
        notes=tuple(notes),
        help=_meaning(figure.name),
        trend=trend.get(figure.name, ()),
    )


def _difference(now: float | None, before: float | None) -> float | None:
    return None if now is None or before is None else float(now) - float(before)


def _shown(desk: Desk, kind: str, value: formats.Number) -> str:
    if kind == "ratio":
        return formats.percent(value)
    if kind == "count":
        return formats.number(value)
    return desk.money(value, cents=kind == "money2")


def _meaning(name: str) -> str:
    return SERVICE.get(name) or definitions.DEFINITIONS.get(name, "")


def _chart(
    desk: Desk,
    period: Period,
    bounds: tuple[date, date],
    *,
    grain: str,
    channel: str | None,
    as_of: datetime | None,
) -> None:
    st.subheader("Trend")
    figures = {figure.name: figure for figure in FIGURES}
    name = link_state.segments(
        "Measure",
        "show",
        CHARTED,
        default="gross_sales",
        labels=lambda n: figures[n].label,
        label_visibility="collapsed",
    )
    parts = [("this period", period), ("period before", period.before()), ("a year ago", period.year_ago())]
    known = [(label, part) for label, part in parts if part.first >= bounds[0] or part is period]
    frame = pl.concat(
        [
            _series(desk, name, label, part, period, grain=grain, channel=channel, as_of=as_of)
            for label, part in known
        ]
    )
    figure = figures[name]
    is_money = figure.kind.startswith("money")
    title = f"{figure.label}, {desk.currency} per {grain}" if is_money else f"{figure.label} per {grain}"
    charts.show(
        charts.compared(frame, by=grain, title=title, format=",.2f" if name == "aov" else ",.0f"),
        height=280,
        alt_text=f"{figure.label} by {grain}, this period and earlier ones",
    )


def _series(
    desk: Desk,
    name: str,
    label: str,
    part: Period,
    period: Period,
    *,
    grain: str,
    channel: str | None,
    as_of: datetime | None,
) -> pl.DataFrame:
    """An earlier period laid under the current one: drawn at `period`, its own date is `own_period`."""
    rows = desk.ask(kpis, date_from=part.first, date_to=part.end, channel=channel, by=grain, as_of=as_of)
    shift = start_of(period.first, grain) - start_of(part.first, grain)
    return pl.DataFrame(
        {
            "period": [row["period_start"] + shift for row in rows],
            "own_period": [row["period_start"] for row in rows],
            "value": [None if row[name] is None else float(row[name]) for row in rows],
            "series": [label] * len(rows),
        },
        schema={"period": pl.Date, "own_period": pl.Date, "value": pl.Float64, "series": pl.String},
    )


def _explain() -> None:
    with st.expander("What each figure means", icon=":material/menu_book:"):
        st.html(
            markup.table(
                [markup.Column("Figure"), markup.Column("Definition", wraps=True)],
                [[f"<b>{markup.text(f.label)}</b>", markup.text(_meaning(f.name))] for f in FIGURES],
            )
        )
        st.caption(
            "Periods are half-open days in the shop's zone. Canceled orders stay in gross sales and "
            "leave through returns. OTIF, on time, in full and fill rate follow the promise date, the others "
            "the placed date."
        )
