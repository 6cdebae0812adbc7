"""The filters several pages share: period, channel and grain, all kept in the URL."""

from __future__ import annotations

from datetime import date, timedelta

import streamlit as st

from dashboards import formats, link_state
from dashboards.desk import Desk
from dashboards.periods import GRAINS, PRESETS, Period, grain_for, preset

ALL = "all"


def channel(desk: Desk) -> str | None:
    """The chosen channel id, or None for all of them."""
    chosen = link_state.select(
        "Channel", "channel", [ALL, *desk.channel_ids], default=ALL, labels=desk.channel_name
    )
    return None if chosen == ALL else chosen


def period(desk: Desk, *, bounds: tuple[date, date], default: str = "30d") -> Period:
    """`?period=90d`, or `?period=custom&from=2011-11-01&to=2011-11-30`, both included."""
    first, last = bounds
    name = link_state.select("Period", "period", list(PRESETS), default=default, labels=PRESETS.__getitem__)
    if name != "custom":
        link_state.put("from", None)
        link_state.put("to", None)
        return preset(name, first=first, last=last)
    begin = link_state.day("From", "from", default=last - timedelta(days=29), first=first, last=last)
    end = link_state.day("To", "to", default=last, first=first, last=last)
    begin, end = begin or first, end or last
    if end < begin:
        st.warning(f"“To” ({formats.day(end)}) lies before “From” ({formats.day(begin)}); showing one day.")
        end = begin
    return Period(begin, end + timedelta(days=1))


def period_and_channel(desk: Desk, *, bounds: tuple[date, date]) -> tuple[Period, str | None]:
    """Both side by side; own dates stand below the preset."""
    with st.container(key="filters_period"):
        left, right, _ = st.columns([1.2, 1.2, 2])
        with right:
            chosen = channel(desk)
        with left:
            return period(desk, bounds=bounds, default="90d"), chosen


def grain(period: Period) -> str:
    """Day, week or month; 'auto' picks by the period's length."""
    names = {"auto": "Auto", "day": "Day", "week": "Week", "month": "Month"}
    chosen = link_state.select("By", "by", list(names), default="auto", labels=names.__getitem__)
    return grain_for(period) if chosen not in GRAINS else chosen
