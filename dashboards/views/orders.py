"""Orders: how they flow, where they wait, whether promises are kept; at `?order=`, one order's history."""

from __future__ import annotations

import polars as pl
import streamlit as st

from dashboards import charts, filters, formats, link_state, markup
from dashboards.desk import Desk
from dashboards.periods import Period
from dashboards.views import order_detail
from warehouse import queries

VIEWS = {"flow": "Flow and bottlenecks", "service": "Promises kept", "find": "Find an order"}
STAGES = {
    "click_to_ship": "Placed to shipped",
    "ship_to_deliver": "Shipped to delivered",
    "order_cycle": "Placed to delivered",
    "backorder_wait": "Waiting for stock",
}
SIDE = {"canceled", "returned"}
STATUS_COLORS = {
    "unfulfilled": "#d9822b",
    "scheduled": "#a8b3b8",
    "on_hold": "#b3372f",
    "in_progress": "#4a63c9",
    "partially_fulfilled": "#8aa63a",
    "fulfilled": "#0f6b5f",
}
PROMISES = {
    "otif": "On time and in full",
    "on_time": "On time",
    "in_full": "In full",
    "fill_rate": "Unit fill rate",
}
ORDER_STATUSES = ("all", "open", "closed", "canceled", "draft")


def render(desk: Desk) -> None:
    chosen = link_state.param("order")
    if chosen:
        order_detail.render(desk, chosen)
        return
    st.title("Orders")
    bounds = desk.ask(queries.bounds)
    if bounds is None:
        st.info("The release holds no orders yet. Put documents into the inbox and run `make run`.")
        return
    view = link_state.segments(
        "View", "view", list(VIEWS), default="flow", labels=VIEWS.__getitem__, label_visibility="collapsed"
    )
    {"flow": _flow, "service": _service, "find": _find}[view](desk, bounds)


def _flow(desk: Desk, bounds: tuple) -> None:
    period, channel = _filters(desk, bounds)
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("From placed to delivered")
        st.caption(
            f"Orders placed {formats.span(period.first, period.last)}, {desk.channel_name(channel).lower()}"
        )
        found = desk.ask(queries.funnel, date_from=period.first, date_to=period.end, channel=channel)
        _funnel(found)
        dates = {"date_from": period.first, "date_to": period.end, "channel": channel}
        _reasons(desk.ask(queries.cancellations, **dates))
    with right:
        st.subheader("Open orders by age")
        st.caption(f"Placed and neither closed nor canceled by {desk.time(desk.as_of)}, whatever the period")
        _ages(desk, desk.ask(queries.open_order_ages, as_of=desk.as_of, channel=channel))
    st.subheader("Where orders wait")
    _dwell(desk, desk.ask(queries.dwell, date_from=period.first, date_to=period.end, channel=channel))


def _filters(desk: Desk, bounds: tuple) -> tuple[Period, str | None]:
    return filters.period_and_channel(desk, bounds=bounds)


def _funnel(found: pl.DataFrame) -> None:
    placed = found["orders"][0]
    if not placed:
        st.info("No orders were placed in this period.")
        return
    steps = [
        (
            formats.words(row["stage"]),
            row["orders"] / placed,
            formats.number(row["orders"]),
            formats.percent(row["orders"] / placed),
            row["stage"] in SIDE,
        )
        for row in found.iter_rows(named=True)
    ]
    st.html(markup.flow(steps))


def _reasons(found: pl.DataFrame) -> None:
    """Why orders were canceled, most frequent first."""
    reasons = found.filter(pl.col("cancel_reason") != "all")
    if reasons.height:
        said = " · ".join(
            f"{formats.words(row['cancel_reason']).lower()} {formats.number(row['orders_canceled'])}"
            for row in reasons.iter_rows(named=True)
        )
        st.caption(f"Reasons for canceling: {said}")


def _ages(desk: Desk, found: pl.DataFrame) -> None:
    if found.is_empty():
        st.success("No order is open.")
        return
    late, total = found["late_orders"].sum(), found["orders"].sum()
    st.html(
        markup.lead(
            f"<b>{formats.number(total)}</b> open orders worth "
            f"<b>{desk.money(found['gross_sales'].sum())}</b>, "
            f"{formats.number(found['units_to_ship'].sum())} units still to ship; "
            f"<b>{formats.number(late)}</b> past their promised delivery."
        )
    )
    rows = found.with_columns(
        pl.col("fulfillment_status").map_elements(formats.words, return_dtype=pl.String).alias("status")
    )
    known = [status for status in STATUS_COLORS if formats.words(status) in rows["status"]]
    colors = charts.scale(
        [formats.words(status) for status in known],
        {formats.words(status): color for status, color in STATUS_COLORS.items()},
    )
    order = found.sort("bucket_no")["bucket"].unique(maintain_order=True).to_list()
    charts.show(
        charts.stacked(
            rows, x="bucket", y="orders", series="status", title="Open orders", order=order, colors=colors
        ),
        height=210,
        alt_text="Open orders by age and fulfillment status",
    )


def _dwell(desk: Desk, found: pl.DataFrame) -> None:
    if found.is_empty():
        st.info("No order finished a stage in this period.")
        return
    present = [stage for stage in STAGES if stage in found["stage"]]
    st.html(markup.lead(_slowest(desk, found)))
    stage = link_state.segments(
        "Stage", "stage", present, default=present[0], labels=STAGES.__getitem__, label_visibility="collapsed"
    )
    rows = found.filter(pl.col("stage") == stage).with_columns(
        pl.col("channel_id").map_elements(desk.channel_name, return_dtype=pl.String).alias("channel")
    )
    colors = charts.scale(list(desk.channel_colors()), desk.channel_colors())
    for column, measure, title in zip(
        st.columns(2, gap="large"),
        ("median_hours", "p90_hours"),
        ("Half of the orders took less than (hours)", "Nine of ten took less than (hours)"),
        strict=True,
    ):
        with column:
            drawn = charts.lines(
                rows, x="week_start", y=measure, series="channel", title=title, format=",.0f", colors=colors
            )
            charts.show(drawn, height=230, alt_text=f"{STAGES[stage]}: {title}, by week and channel")
    st.html(_dwell_table(desk, found))


def _weighted(found: pl.DataFrame) -> pl.DataFrame:
    """Per channel and stage: the weeks' medians and p90s, weighted by orders."""
    weights = pl.col("orders")
    return (
        found.group_by("channel_id", "stage")
        .agg(
            weights.sum().alias("orders"),
            ((pl.col("median_hours") * weights).sum() / weights.sum()).alias("median_hours"),
            ((pl.col("p90_hours") * weights).sum() / weights.sum()).alias("p90_hours"),
        )
        .sort("stage", "channel_id")
    )


def _slowest(desk: Desk, found: pl.DataFrame) -> str:
    """The bottleneck in one sentence: the step, not the whole cycle, that takes longest."""
    steps = _weighted(found.filter(pl.col("stage") != "order_cycle"))
    if steps.is_empty():
        return "No single step was finished in this period."
    worst = steps.sort("p90_hours", descending=True).row(0, named=True)
    return (
        f"Slowest: <b>{markup.text(STAGES.get(worst['stage'], worst['stage']).lower())}</b> in "
        f"<b>{markup.text(desk.channel_name(worst['channel_id']))}</b>; half of its "
        f"{formats.number(worst['orders'])} orders took less than {formats.hours(worst['median_hours'])}, "
        f"one in ten more than {formats.hours(worst['p90_hours'])}."
    )


def _dwell_table(desk: Desk, found: pl.DataFrame) -> str:
    """Stages down, channels across: median and, smaller, p90."""
    weighted = {(row["stage"], row["channel_id"]): row for row in _weighted(found).iter_rows(named=True)}
    channels = [name for name in desk.channel_ids if name in found["channel_id"]]
    columns = [
        markup.Column("Median, and in nine of ten orders"),
        *(markup.Column(desk.channel_name(name), is_number=True) for name in channels),
    ]
    rows = [
        [STAGES[stage], *(_stay(weighted.get((stage, channel))) for channel in channels)]
        for stage in STAGES
        if stage in found["stage"]
    ]
    return markup.table(columns, rows)


def _stay(row: dict | None) -> str:
    if row is None:
        return formats.NOTHING
    return (
        f"{formats.hours(row['median_hours'])} <span class='muted'>≤ {formats.hours(row['p90_hours'])}</span>"
    )


def _service(desk: Desk, bounds: tuple) -> None:
    period, channel = _filters(desk, bounds)
    dates = {"date_from": period.first, "date_to": period.end, "channel": channel}
    now = desk.ask(queries.service, **dates)
    if now.is_empty() or not now["orders_due"][0]:
        st.info("No order was due in this period.")
        return
    before = period.before()
    then = desk.ask(queries.service, date_from=before.first, date_to=before.end, channel=channel)
    st.caption(f"By promised delivery date, {formats.span(period.first, period.last)}")
    st.html(markup.cards(_promise_cards(now.row(0, named=True), then, period), size="wide"))
    st.subheader("Trend by week")
    weekly = desk.ask(queries.service, **dates, by="week").unpivot(
        on=list(PROMISES), index="period", variable_name="measure", value_name="share"
    )
    named = weekly.with_columns(pl.col("measure").replace_strict(PROMISES, return_dtype=pl.String))
    drawn = charts.lines(
        named,
        x="period",
        y="share",
        series="measure",
        title="Share of orders (units for fill rate)",
        format=".1%",
    )
    charts.show(drawn, height=260, alt_text="On time, in full, OTIF and fill rate by week")
    st.caption(
        "On time: delivered by the promised date. In full: every unit the buyer did not cancel was shipped "
        "by the promised ship date. Orders still on their way after the promise count as failed."
    )


def _promise_cards(now: dict, then: pl.DataFrame, period: Period) -> list[markup.Card]:
    old = then.row(0, named=True) if then.height else {}
    counts = {
        "otif": f"{formats.number(now['orders_otif'])} of {formats.number(now['orders_due'])} orders due",
        "on_time": f"{formats.number(now['orders_due'] - now['orders_on_time'])} orders late",
        "in_full": f"{formats.number(now['orders_due'] - now['orders_in_full'])} orders short",
        "fill_rate": f"{formats.number(now['units_due'] - now['units_filled'])} units missing or late",
    }
    found = []
    for name, label in PROMISES.items():
        known = old.get(name) is not None and now[name] is not None
        moved = markup.delta(
            now[name] - old[name] if known else None, versus=f"{period.days} days before", in_points=True
        )
        found.append(markup.Card(label=label, value=formats.percent(now[name]), notes=(counts[name], moved)))
    return found


def _find(desk: Desk, bounds: tuple) -> None:
    with st.container(key="filters_find"):
        columns = st.columns([2, 1.2, 1.2], vertical_alignment="bottom")
    with columns[0]:
        text = link_state.text("Order number, id or customer", "q", placeholder="e.g. 536365 or 17850")
    with columns[1]:
        channel = filters.channel(desk)
    with columns[2]:
        status = link_state.select(
            "Status", "status", list(ORDER_STATUSES), default="all", labels=lambda name: formats.words(name)
        )
    found = desk.ask(
        queries.find_orders,
        text=text,
        channel=channel,
        order_status=None if status == "all" else status,
        limit=200,
    )
    order_detail.results(desk, found, text=text)
