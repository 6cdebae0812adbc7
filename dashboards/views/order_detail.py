"""One order's whole history, and the list of orders a search found."""

from __future__ import annotations

import polars as pl
import streamlit as st

from dashboards import formats, grids, link_state, markup, order_story
from dashboards.desk import Desk
from warehouse import queries


def results(desk: Desk, found: pl.DataFrame, *, text: str | None) -> None:
    """The list; a click on a row opens the order."""
    if found.is_empty():
        asked = f"“{formats.plain(text)}”" if text else "these filters"
        st.info(f"No order matches {asked}. Part of a number, an order id or a customer id is enough.")
        return
    shown = found.with_columns(
        pl.col("channel_id").map_elements(desk.channel_name, return_dtype=pl.String).alias("channel"),
        *(
            pl.col(name).map_elements(formats.words, return_dtype=pl.String)
            for name in ("order_status", "payment_status", "fulfillment_status")
        ),
    )
    chosen = grids.clicked(
        found,
        shown.select(
            "order_number",
            "channel",
            "placed_at",
            "customer_id",
            "country",
            "gross_sales",
            "units",
            "order_status",
            "fulfillment_status",
            "payment_status",
            "promised_deliver_by",
            "is_on_time",
            "order_id",
        ),  # fmt: skip
        key="found_orders",
        columns={
            "order_number": "Order",
            "channel": "Channel",
            "placed_at": st.column_config.DatetimeColumn(
                "Placed", format="D MMM YYYY, HH:mm", timezone=desk.zone
            ),
            "customer_id": "Customer",
            "country": "Country",
            "gross_sales": grids.money("Gross sales", desk.currency, cents=True),
            "units": grids.count("Units"),
            "order_status": "Status",
            "fulfillment_status": "Fulfillment",
            "payment_status": "Payment",
            "promised_deliver_by": st.column_config.DatetimeColumn(
                "Promised by", format="D MMM YYYY", timezone=desk.zone
            ),
            "is_on_time": st.column_config.CheckboxColumn("On time"),
            "order_id": "Order id",
        },
    )
    more = " The newest 200 are shown; narrow the search for others." if found.height == 200 else ""
    st.caption(f"{found.height} orders, newest first. Click a row to open the order.{more}")
    if chosen:
        link_state.put("order", chosen["order_id"])
        st.rerun()


def _back() -> None:
    link_state.put("order", None)


def render(desk: Desk, asked: str) -> None:
    found = desk.ask(queries.order_header, asked)
    st.button("All orders", icon=":material/arrow_back:", type="tertiary", on_click=_back)
    if found.is_empty():
        _unknown(desk, asked)
        return
    order = found.row(0, named=True)
    st.title(f"Order {formats.plain(order['order_number'])}")
    if found.height > 1:
        others = ", ".join(f"`{row['order_id']}`" for row in found.slice(1).iter_rows(named=True))
        st.warning(
            f"{found.height} orders are called “{formats.plain(asked)}”; this is the newest. Others: {others}"
        )
    st.html(_headline(desk, order))
    st.html(markup.cards(_cards(desk, order)))
    left, right = st.columns([1, 1.25], gap="large")
    with left:
        st.subheader("What happened")
        events = desk.ask(queries.order_events, order["order_id"])
        told = order_story.moments(
            events.iter_rows(named=True),
            say=desk.time,
            place=desk.location_name,
            money=lambda value: desk.money(value, cents=True),
        )
        st.html(markup.story([*told, *_still_to_come(desk, order)]))
    with right:
        st.subheader("Lines")
        st.html(_lines(desk, desk.ask(queries.order_lines, order["order_id"])))
        st.subheader("Shipments")
        _parcels(desk, events)
        st.subheader("Promises")
        st.html(_promises(desk, order))
    with st.expander("Every event as the order book holds it"):
        st.dataframe(events, hide_index=True)


def _unknown(desk: Desk, asked: str) -> None:
    st.title("No such order")
    st.error(f"This release knows no order “{formats.plain(asked)}”.")
    near = desk.ask(queries.find_orders, text=asked, limit=20)
    if near.is_empty():
        st.markdown(
            "It may be newer than the release, its document may be in quarantine, or the number is mistyped."
        )
        desk.link("orders", "Search the orders", icon=":material/search:", view="find", q=asked)
        desk.link("health", "Look into the quarantine", icon=":material/report:")
        return
    st.markdown("These orders have it in their number or customer:")
    results(desk, near, text=asked)


def _headline(desk: Desk, order: dict) -> str:
    states = [order["order_status"], order["payment_status"], order["fulfillment_status"]]
    pills = " ".join(markup.badge(state) for state in dict.fromkeys(states))
    sentence = order_story.where_is_it(order, as_of=desk.as_of, say=desk.time)
    said = markup.lead(f"<b>Where is it?</b> {markup.text(sentence)}")
    return f"{said}<p style='margin:.45rem 0 0'>{pills}</p>"


def _cards(desk: Desk, order: dict) -> list[markup.Card]:
    customer = order["customer_id"] or "anonymous"
    kind = {True: "first order", False: "has ordered before", None: "unknown customer"}[
        order["is_new_customer"]
    ]
    return [
        markup.Card("Channel", desk.channel_name(order["channel_id"]), (markup.text(order["external_id"]),)),
        markup.Card("Placed", formats.day(order["business_date"]), (desk.time(order["placed_at"]),)),
        markup.Card("Customer", customer, (kind, markup.text(order["country"]))),
        markup.Card(
            "Gross sales",
            desk.money(order["gross_sales"], cents=True),
            (
                f"shipping {desk.money(order['shipping'], cents=True)}",
                f"given back {desk.money(order['refunded'])}",
            ),
        ),
        markup.Card(
            "Units",
            formats.number(order["units"]),
            (
                f"{formats.number(order['units_shipped'])} shipped, "
                f"{formats.number(order['units_canceled'])} canceled, "
                f"{formats.number(order['units_returned'])} returned",
            ),
        ),
    ]


def _still_to_come(desk: Desk, order: dict) -> list[markup.Moment]:
    if order["delivered_at"] or order["order_status"] == "canceled" or not order["promised_deliver_by"]:
        return []
    is_late = order["promised_deliver_by"] < desk.as_of
    title = "Delivery promised, not seen" if is_late else "Delivery promised"
    return [markup.Moment(when=desk.time(order["promised_deliver_by"]), what=title, tone="wait")]


def _lines(desk: Desk, found: pl.DataFrame) -> str:
    columns = [
        markup.Column("Sku"),
        markup.Column("Product", wraps=True),
        markup.Column("Quantity", is_number=True),
        markup.Column("Price", is_number=True),
        markup.Column("Amount", is_number=True),
    ]
    rows = [
        [
            markup.link("inventory", row["sku"], sku=row["sku"])
            if row["line_type"] == "product"
            else markup.text(row["sku"]),
            markup.text(row["title"] or formats.words(row["line_type"])),
            formats.number(row["quantity"]),
            desk.money(row["unit_price"], cents=True),
            desk.money(row["amount"], cents=True),
        ]
        for row in found.iter_rows(named=True)
    ]
    total = ["", "Total", "", "", desk.money(found["amount"].sum(), cents=True)]
    return markup.table(columns, rows, total=total)


def _parcels(desk: Desk, events: pl.DataFrame) -> None:
    found = order_story.parcels(events.iter_rows(named=True))
    if not found:
        st.caption("Nothing has been shipped yet.")
        return
    columns = [
        markup.Column("Shipment"),
        markup.Column("From"),
        markup.Column("Units", is_number=True),
        markup.Column("Shipped"),
        markup.Column("Delivered"),
    ]
    rows = [
        [
            markup.text(parcel["shipment_id"]),
            markup.text(", ".join(desk.location_name(place) for place in parcel["locations"]) or None),
            formats.number(parcel["units"]),
            desk.time(parcel["shipped_at"]),
            desk.time(parcel["delivered_at"]),
        ]
        for parcel in found
    ]
    st.html(markup.table(columns, rows))


def _promises(desk: Desk, order: dict) -> str:
    verdict = {
        True: markup.badge("kept", kind="good"),
        False: markup.badge("broken", kind="bad"),
        None: "not due",
    }
    columns = [
        markup.Column("Promise"),
        markup.Column("By"),
        markup.Column("Happened"),
        markup.Column("Verdict"),
    ]
    return markup.table(
        columns,
        [
            [
                "Shipped in full",
                desk.time(order["promised_ship_by"]),
                desk.time(order["last_shipped_at"]),
                verdict[order["is_in_full"]],
            ],
            [
                "Delivered on time",
                desk.time(order["promised_deliver_by"]),
                desk.time(order["delivered_at"]),
                verdict[order["is_on_time"]],
            ],
        ],
    )
