"""The planner's override of a forecast: drafted, previewed, kept in the order book, revoked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import polars as pl
import streamlit as st

from dashboards import formats, markup, overrides
from dashboards.desk import Desk
from dashboards.saying import ask_author, author, say
from dashboards.views import standing as in_force
from oms_ops import decisions
from oms_ops.errors import OmsError

MOST = float(decisions.MOST_VALUE)


def draft_of(desk: Desk, sku: str, forecast: pl.DataFrame) -> dict | None:
    """A product's override being drafted, for the chart to preview; None while it would change nothing."""
    target = {"scope": "sku", "sku": sku}
    neutral = float(forecast["model_mean"].mean())
    draft = fields(sku, forecast, neutral=neutral)
    ask_author()
    st.button(
        "Save override",
        type="primary",
        icon=":material/save:",
        on_click=save,
        args=(desk, sku, target, neutral),
    )
    st.caption(
        "Kept in the order book with your name and reason. It counts from the next run; the chart shows it "
        "now."
    )
    return draft and draft | target


def fields(name: str, forecast: pl.DataFrame, *, neutral: float) -> dict | None:
    """The form under the keys of `name`; `neutral` is the weekly mean that `set` starts from."""
    weeks = forecast["week_start"].to_list()
    st.selectbox(
        "What to do",
        list(overrides.ACTIONS),
        format_func=overrides.ACTIONS.__getitem__,
        key=_key("action", name),
        index=list(overrides.ACTIONS).index("factor"),
    )
    action = st.session_state[_key("action", name)]
    st.number_input(
        "Value",
        value=min(_neutral(action, neutral), MOST),
        min_value=-MOST if action == "add" else 0.0,
        max_value=MOST,
        step=overrides.STEPS[action],
        key=_key("value", name, action),
        format="%.2f",
    )
    left, right = st.columns(2)
    first = left.selectbox("First week", weeks, format_func=_week, key=_key("first", name))
    later = [week for week in weeks if week >= first]
    right.selectbox(
        "Last week", later, index=min(3, len(later) - 1), format_func=_week, key=_key("last", name)
    )
    left, right = st.columns(2)
    codes = list(decisions.REASON_CODES)
    left.selectbox(
        "Kind of reason", codes, format_func=formats.words, key=_key("code", name), index=len(codes) - 1,
        help="overrides are scored by it",
    )  # fmt: skip
    right.date_input(
        "Until", value=None, key=_key("until", name), format="DD/MM/YYYY",
        help="forecasts after that day are made without it; empty: until its weeks are over",
    )  # fmt: skip
    st.text_input("Reason", key=_key("reason", name), placeholder="e.g. on the catalogue's front page")
    draft = _draft(name)
    return None if draft["value"] == _neutral(action, neutral) else draft


def _key(field: str, name: str, action: str = "") -> str:
    return f"override.{field}.{name}.{action}"


def _week(monday: date) -> str:
    return f"from {formats.day(monday)}"


def _neutral(action: str, mean: float) -> float:
    """The value that leaves the forecast as it is; for `set`, its own mean."""
    return overrides.NEUTRAL.get(action, round(mean, 1))


def _draft(name: str) -> dict:
    """The form as it stands in the browser, also inside a callback."""
    state = st.session_state
    action, first = state[_key("action", name)], state[_key("first", name)]
    return {
        "action": action,
        "value": float(state[_key("value", name, action)]),
        "first_week": first,
        "last_week": max(first, state[_key("last", name)]),
        "reason_code": state[_key("code", name)],
        "expires_on": state[_key("until", name)],
    }


def save(desk: Desk, name: str, target: Mapping[str, str], neutral: float) -> None:
    """The callback of the button: what the form of `name` says, laid on `target`."""
    draft = _draft(name)
    if draft["value"] == _neutral(draft["action"], neutral):
        say("warning", "Not saved: this value leaves the forecast as it is. Change it first.")
        return
    reason = st.session_state[_key("reason", name)]
    try:
        with desk.book() as book:
            made = decisions.add_override(
                book, **draft, **target, reason=reason, author=author(), now=desk.now
            )
    except OmsError as error:
        say("error", f"Not saved: {error}.")
        return
    for field in (_key("value", name, draft["action"]), _key("reason", name)):
        del st.session_state[field]
    say("success", f"Override {made} saved: {overrides.described(draft)}. It counts from the next run.")


def standing(desk: Desk, product: Mapping[str, object]) -> None:
    """Every override that touches the product, newest first; those in force can be revoked."""
    with desk.book() as book:
        found = in_force.touching(decisions.overrides(book, as_of=desk.now), product)
    if not found:
        return
    st.subheader("Overrides of this product")
    followed = in_force.weights(desk, [row for row in found if row["state"] == "active"])
    for row in reversed(found):
        left, right = st.columns([4, 1], vertical_alignment="center")
        left.html(_told(desk, row, followed.get(row["override_id"], 1.0)))
        if row["state"] == "active":
            name = row["override_id"]
            right.button("Revoke", key=f"revoke.{name}", on_click=revoke, args=(desk, name))


def _told(desk: Desk, row: dict, weight: float) -> str:
    color = "good" if row["state"] == "active" else "mute"
    weeks = formats.span(row["first_week"], row["last_week"])
    of = "" if row["scope"] == "sku" else f"{markup.text(overrides.target(row))}: "
    until = f", until {formats.day(row['expires_on'])}" if row["expires_on"] else ""
    part = (
        f" · followed {weight:.0%}, by the planner's record"
        if row["state"] == "active" and weight < 1
        else ""
    )
    return (
        f"<p style='margin:0'>{markup.badge(row['state'], kind=color)} {of}"
        f"<b>{markup.text(overrides.described(row))}</b>, weeks of {weeks}{until} · "
        f"{formats.words(row['reason_code'])}: {markup.text(row['reason'])} "
        f"<span class='muted'>({markup.text(row['author'])}, {desk.time(row['created_at'])})</span>{part}</p>"
    )


def revoke(desk: Desk, override_id: str) -> None:
    try:
        with desk.book() as book:
            decisions.revoke_override(book, override_id, by=author(), now=desk.now)
    except OmsError as error:
        hint = "" if author() else " Enter your name in the form first."
        say("error", f"Not revoked: {error}.{hint}")
        return
    say("success", f"Override {override_id} revoked; the next forecast is made without it.")
