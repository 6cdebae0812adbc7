"""Restock: the alerts, what to buy, and what more stock would bring. `?sku=` shows one product alone."""

from __future__ import annotations

import streamlit as st

from dashboards import formats, link_state
from dashboards.desk import Desk
from dashboards.views import alerts, excess, proposals, service_curve

VIEWS = {
    "alerts": "Alerts",
    "proposals": "Purchase proposals",
    "excess": "Excess stock",
    "curve": "Service and stock",
}


def render(desk: Desk) -> None:
    st.title("Restock alerts")
    view = link_state.segments(
        "View", "view", list(VIEWS), default="alerts", labels=VIEWS.__getitem__, label_visibility="collapsed"
    )
    sku = link_state.param("sku")
    if sku:
        st.button(
            f"Only {formats.plain(sku)} is shown. Show all products",
            icon=":material/close:",
            on_click=link_state.put,
            args=("sku", None),
        )
    if view in ("curve", "excess"):
        {"curve": service_curve.render, "excess": excess.render}[view](desk)
        return
    {"alerts": alerts.render, "proposals": proposals.render}[view](desk, sku.strip().upper() if sku else None)
