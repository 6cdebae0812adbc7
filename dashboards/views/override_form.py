"""The planner's override of one product's forecast: drafted, previewed, kept in the order book, revoked."""

from __future__ import annotations

from datetime import date

import polars as pl
import streamlit as st

from dashboards import formats, markup, overrides
from dashboards.desk import Desk
from dashboards.saying import ask_author, author, say
from oms_ops import decisions
from oms_ops.errors import OmsError


def draft_of(desk: Desk, sku: str, forecast: pl.DataFrame) -> dict | None:
    """The override being drafted, for the chart to preview; None while it would change nothing."""
    weeks = forecast["week_start"].to_list()
    st.selectbox(
        "What to do",
        list(overrides.ACTIONS),
        format_func=overrides.ACTIONS.__getitem__,
        key=_key("action", sku),
        index=list(overrides.ACTIONS).index("factor"),
    )
    action = st.session_state[_key("action", sku)]
    neutral = _neutral(action, forecast)
    st.number_input(
        "Value", value=neutral, step=overrides.STEPS[action], key=_key("value", sku, action), format="%.2f"
    )
    first = st.selectbox("First week", weeks, format_func=_week, key=_key("first", sku))
    later = [week for week in weeks if week >= first]
    st.selectbox("Last week", later, index=min(3, len(later) - 1), format_func=_week, key=_key("last", sku))
    st.text_input("Reason", key=_key("reason", sku), placeholder="e.g. on the catalogue's front page")
    ask_author()
    st.button(
        "Save override", type="primary", icon=":material/save:", on_click=_save, args=(desk, sku, neutral)
    )
    st.caption(
        "Kept in the order book with your name and reason. It counts from the next run; the chart shows it "
        "now."
    )
    draft = _draft(sku)
    return None if draft["value"] == neutral else draft


def _key(name: str, sku: str, action: str = "") -> str:
    return f"override.{name}.{sku}.{action}"


def _week(monday: date) -> str:
    return f"from {formats.day(monday)}"


def _neutral(action: str, forecast: pl.DataFrame) -> float:
    """The value that leaves the forecast as it is; for `set`, its own mean."""
    return overrides.NEUTRAL.get(action, round(float(forecast["model_mean"].mean()), 1))


def _draft(sku: str) -> dict:
    """The form as it stands in the browser, also inside a callback."""
    state = st.session_state
    action, first = state[_key("action", sku)], state[_key("first", sku)]
    return {
        "sku": sku,
        "action": action,
        "value": float(state[_key("value", sku, action)]),
        "first_week": first,
        "last_week": max(first, state[_key("last", sku)]),
    }


def _save(desk: Desk, sku: str, neutral: float) -> None:
    draft = _draft(sku)
    if draft["value"] == neutral:
        say("warning", "Not saved: this value leaves the forecast as it is. Change it first.")
        return
    reason = st.session_state[_key("reason", sku)]
    try:
        with desk.book() as book:
            made = decisions.add_override(book, **draft, reason=reason, author=author(), now=desk.now)
    except OmsError as error:
        say("error", f"Not saved: {error}.")
        return
    for name in (_key("value", sku, draft["action"]), _key("reason", sku)):
        del st.session_state[name]
    say("success", f"Override {made} saved: {overrides.described(draft)}. It counts from the next run.")


def standing(desk: Desk, sku: str) -> None:
    """Every override of the product, newest first; those in force can be revoked."""
    with desk.book() as book:
        found = [row for row in decisions.overrides(book, as_of=desk.now) if row["sku"] == sku]
    if not found:
        return
    st.subheader("Overrides of this product")
    for row in reversed(found):
        left, right = st.columns([4, 1], vertical_alignment="center")
        left.html(_told(desk, row))
        if row["state"] == "active":
            name = row["override_id"]
            right.button("Revoke", key=f"revoke.{name}", on_click=_revoke, args=(desk, name))


def _told(desk: Desk, row: dict) -> str:
    color = "good" if row["state"] == "active" else "mute"
    weeks = formats.span(row["first_week"], row["last_week"])
    return (
        f"<p style='margin:0'>{markup.badge(row['state'], kind=color)} "
        f"<b>{markup.text(overrides.described(row))}</b>, weeks of {weeks} · {markup.text(row['reason'])} "
        f"<span class='muted'>({markup.text(row['author'])}, {desk.time(row['created_at'])})</span></p>"
    )


def _revoke(desk: Desk, override_id: str) -> None:
    try:
        with desk.book() as book:
            decisions.revoke_override(book, override_id, by=author(), now=desk.now)
    except OmsError as error:
        hint = "" if author() else " Enter your name in the form first."
        say("error", f"Not revoked: {error}.{hint}")
        return
    say("success", f"Override {override_id} revoked; the next forecast is made without it.")
