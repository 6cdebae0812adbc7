"""Restock alerts from the order book, so that a decision shows at once: told, acknowledged, snoozed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import streamlit as st

from dashboards import formats, link_state, markup
from dashboards.desk import Desk
from dashboards.saying import ask_author, author, said, say
from dashboards.views import alert_record
from oms_ops import decisions
from oms_ops.errors import OmsError
from oms_ops.store import OrderBook
from warehouse import queries

RULES = {"stockout_risk": "May run out", "out_of_stock": "Out of stock"}
SEVERITIES = ("all", "critical", "high", "medium", "low")
STATES = {
    "open": "Needing a look",
    "acknowledged": "Acknowledged",
    "snoozed": "Snoozed",
    "resolved": "Resolved",
}
SNOOZE_DAYS = (1, 3, 7, 14)
PER_PAGE = 8


def render(desk: Desk, sku: str | None) -> None:
    with desk.book() as book:
        found = decisions.episodes(book)
    found = [row for row in found if sku in (None, row["sku"])]
    if not found:
        _no_alerts(desk, sku)
        return
    by_state = {state: [row for row in found if _state(row, desk.now) == state] for state in STATES}
    st.html(markup.cards(_cards(desk, by_state)))
    left, right = st.columns([2.3, 1], gap="large")
    with left:
        _list(desk, by_state)
    with right:
        alert_record.render(desk)


def _list(desk: Desk, by_state: dict[str, list[dict]]) -> None:
    state = link_state.segments(
        "State",
        "state",
        list(STATES),
        default="open",
        labels=lambda name: f"{STATES[name]} ({len(by_state[name])})",
    )
    with st.container(key="filters_alerts"):
        columns = st.columns([1, 1, 0.9], vertical_alignment="bottom")
    with columns[0]:
        severity = link_state.select("Severity", "severity", SEVERITIES, default="all", labels=formats.words)
    with columns[1]:
        ask_author(placeholder="needed to decide")
    shown = sorted((row for row in by_state[state] if severity in ("all", row["severity"])), key=_urgency)
    with columns[2]:
        first = PER_PAGE * (_page(len(shown)) - 1)
    said()
    if not shown:
        st.info("No alert here. Choose another state or severity above.")
        return
    last = min(first + PER_PAGE, len(shown))
    st.caption(f"{first + 1}–{last} of {formats.number(len(shown))}, most money at risk first")
    titles = dict(desk.ask(queries.skus).select("sku", "title").iter_rows())
    for row in shown[first:last]:
        _alert(desk, row, title=titles.get(row["sku"], row["sku"]))


def _state(row: dict, now: datetime) -> str:
    """Raised, or snoozed until an instant gone by: somebody has to look."""
    if row["state"] == "snoozed" and row["snoozed_until"] and row["snoozed_until"] <= now:
        return "open"
    return "open" if row["state"] == "raised" else row["state"]


def _urgency(row: dict) -> tuple:
    return (-float(row["margin_at_risk"]), row["order_by"] or date.max, row["sku"])


def _no_alerts(desk: Desk, sku: str | None) -> None:
    if sku:
        st.success(f"No restock alert for {formats.plain(sku)}.")
        desk.link("inventory", "Its stock", icon=":material/inventory_2:", sku=sku)
        return
    st.success(
        "No restock alert so far. They are raised by `make run`, and every hour by Dagster's alert schedule."
    )


def _cards(desk: Desk, by_state: dict[str, list[dict]]) -> list[markup.Card]:
    needing = by_state["open"]
    grave = [row for row in needing if row["severity"] in ("critical", "high")]
    risk = sum(
        float(row["margin_at_risk"])
        for state in ("open", "acknowledged", "snoozed")
        for row in by_state[state]
    )
    gone = sum(row["rule"] == "out_of_stock" for row in needing)
    return [
        markup.Card(
            "Needing a look",
            formats.number(len(needing)),
            (f"{formats.number(len(grave))} critical or high",),
        ),
        markup.Card("Already sold out", formats.number(gone), ("of those needing a look",)),
        markup.Card(
            "Margin at risk",
            desk.money(risk),
            ("all open alerts",),
            "expected margin lost before the earliest arrival, if nothing is done",
        ),
        markup.Card("Acknowledged", formats.number(len(by_state["acknowledged"])), ("somebody is acting",)),
        markup.Card("Snoozed", formats.number(len(by_state["snoozed"])), ("quiet until later or worse",)),
    ]


def _page(alerts: int) -> int:
    """The chosen page, from 1."""
    pages = max(1, -(-alerts // PER_PAGE))
    numbers = [str(number) for number in range(1, pages + 1)]
    return int(link_state.select("Page", "page", numbers, default="1", labels=lambda n: f"{n} of {pages}"))


def _alert(desk: Desk, row: dict, *, title: str) -> None:
    with st.container(border=True, key=f"alert_{row['episode_id']}", gap="small"):
        st.html(_told(desk, row, title=title))
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            if row["state"] == "resolved":
                st.caption(f"Resolved on {desk.time(row['resolved_at'])}", width="content")
            else:
                _decide(desk, row)
            desk.link("inventory", "Its stock", icon=":material/inventory_2:", sku=row["sku"])


def _told(desk: Desk, row: dict, *, title: str) -> str:
    facts = [
        f"{formats.number(float(row['available']))} available",
        f"{formats.days(row['days_of_cover'])} of cover with what is due",
        f"{formats.chance(row['stockout_probability'])} risk of running out",
        f"<b>{desk.money(float(row['margin_at_risk']))}</b> margin at risk",
    ]
    if row["state"] != "resolved" and row["suggested_quantity"] > 0:
        by = f" by {formats.day(row['order_by'])}" if row["order_by"] else ""
        facts.append(f"buy {formats.number(float(row['suggested_quantity']))}{by}")
    state = markup.badge(row["state"])
    if row["state"] == "acknowledged":
        state += f" <span class='muted'>by {markup.text(row['acknowledged_by'])}</span>"
    if row["state"] == "snoozed":
        state += f" <span class='muted'>until {desk.time(row['snoozed_until'])}</span>"
    return (
        f"<p style='margin:0 0 .2rem'>{markup.badge(row['severity'])} "
        f"{markup.badge(RULES.get(row['rule'], row['rule']), kind='mute')} "
        f"<b>{markup.text(row['sku'])}</b> {markup.text(title)}</p>"
        f"<p style='margin:0 0 .25rem'>{markup.text(row['explanation'])}</p>"
        f"<p class='muted'>{' · '.join(facts)}</p>"
        f"<p class='muted'>{state} · {markup.text(desk.location_name(row['location_id']))} · "
        f"raised {desk.time(row['raised_at'])}</p>"
    )


def _decide(desk: Desk, row: dict) -> None:
    episode_id = row["episode_id"]
    if row["state"] != "acknowledged":
        st.button(
            "Acknowledge",
            key=f"acknowledge.{episode_id}",
            icon=":material/check:",
            on_click=_acknowledge,
            args=(desk, episode_id),
            help="You have seen it and act. It stays open until stock is back or it worsens.",
        )
    with st.popover("Snooze", icon=":material/snooze:", key=f"snooze.{episode_id}"):
        days = st.segmented_control(
            "For how many days", SNOOZE_DAYS, default=3, required=True, key=f"days.{episode_id}"
        )
        until = desk.now + timedelta(days=days)
        st.caption(
            f"Quiet until {desk.time(until)}, unless it worsens; the next run after that reminds. "
            "The stock and the proposal stay as they are."
        )
        st.button(
            "Snooze it",
            key=f"snooze_now.{episode_id}",
            type="primary",
            on_click=_snooze,
            args=(desk, episode_id),
        )


def _acknowledge(desk: Desk, episode_id: str) -> None:
    _do(
        desk,
        lambda book: decisions.acknowledge(book, episode_id, by=author(), now=desk.now),
        done=f"Alert {episode_id} acknowledged. It stays open until stock is back or it worsens.",
    )


def _snooze(desk: Desk, episode_id: str) -> None:
    until = desk.now + timedelta(days=st.session_state[f"days.{episode_id}"])
    _do(
        desk,
        lambda book: decisions.snooze(book, episode_id, until=until, by=author(), now=desk.now),
        done=f"Alert {episode_id} is quiet until {desk.time(until)}, unless it worsens.",
    )


def _do(desk: Desk, act: Callable[[OrderBook], None], *, done: str) -> None:
    if not author():
        say("warning", "Enter your name first: a decision is kept with who made it.")
        return
    try:
        with desk.book() as book:
            act(book)
    except OmsError as error:
        say("error", f"Nothing changed: {error}.")
        return
    say("success", done)
