"""How orders were served and where they stand, asked of rows small enough to count by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from tests.support.release_rows import DAY, WEEK, at
from warehouse import queries

AS_OF = datetime(2011, 12, 10, tzinfo=UTC)


def placed(order: str, **more) -> tuple:
    row = {
        "order_id": order,
        "order_number": f"#{order}",
        "external_id": order,
        "channel_id": "shopify",
        "placed_at": at(1),
        "business_date": DAY,
        "recorded_at": at(1),
        "line_count": 1,
        "units": 4,
        "gross_sales": 10,
        "order_status": "open",
        "payment_status": "paid",
        "fulfillment_status": "unfulfilled",
        "location_count": 1,
    }
    return ("order_fact", row | more)


def due(day: date, channel: str, orders: int, on_time: int, otif: int) -> tuple:
    row = {
        "business_date": day,
        "channel_id": channel,
        "orders_due": orders,
        "orders_on_time": on_time,
        "orders_in_full": otif,
        "orders_otif": otif,
        "units_due": 10,
        "units_filled": 5,
    }
    return ("service_daily", row)


def test_service_ratios_are_sums_over_sums_not_means_of_ratios(release_of):
    con = release_of(due(DAY, "shopify", 8, 8, 6), due(DAY, "amazon", 2, 1, 0))
    found = queries.service(con, **WEEK).row(0, named=True)
    assert (found["orders_due"], found["on_time"], found["otif"]) == (10, 0.9, 0.6)
    assert found["fill_rate"] == 0.5


def test_service_by_week_starts_on_mondays(release_of):
    con = release_of(due(date(2011, 12, 1), "shopify", 4, 4, 4), due(date(2011, 12, 6), "shopify", 2, 1, 1))
    found = queries.service(con, date_from=date(2011, 12, 1), date_to=date(2011, 12, 8), by="week")
    assert found.select("period", "otif").rows() == [(date(2011, 11, 28), 1.0), (date(2011, 12, 5), 0.5)]


def test_an_unknown_grain_is_refused_by_name(release_of):
    with pytest.raises(queries.QueryError, match="'year' is unknown; known: day, week, month"):
        queries.service(release_of(), **WEEK, by="year")


def test_nothing_due_leaves_no_ratio(release_of):
    found = queries.service(release_of(due(DAY, "shopify", 0, 0, 0)), **WEEK).row(0, named=True)
    assert found["otif"] is None


def test_the_funnel_counts_each_order_at_every_stage_it_reached(release_of):
    con = release_of(
        placed("a", first_shipped_at=at(2), delivered_at=at(3), units_shipped=4),
        placed("e", first_shipped_at=at(2), delivered_at=at(3), units_shipped=3),
        placed("b", first_shipped_at=at(2), units_returned=1),
        placed("c", order_status="canceled", payment_status="voided", location_count=0),
        placed("d", line_count=0),
    )
    found = dict(queries.funnel(con, **WEEK).select("stage", "orders").rows())
    assert found == {
        "placed": 4, "paid": 3, "allocated": 3, "shipped": 3, "delivered": 1, "canceled": 1, "returned": 1,
    }  # fmt: skip


def test_cancellations_name_their_reason_beside_all_orders_placed(release_of):
    con = release_of(
        placed("a"),
        placed("b", order_status="canceled", cancel_reason="customer"),
        placed("c", order_status="canceled", cancel_reason="inventory"),
    )
    found = queries.cancellations(con, **WEEK).rows()
    assert found == [("all", 3, 2), ("customer", 1, 1), ("inventory", 1, 1)]


def test_open_orders_are_aged_from_the_instant_they_were_placed(release_of):
    con = release_of(
        placed("a", placed_at=at(9, 12)),
        placed("b", placed_at=at(8), promised_deliver_by=at(9)),
        placed("c", placed_at=at(1), order_status="closed"),
    )
    found = queries.open_order_ages(con, as_of=AS_OF)
    assert found.select("bucket", "orders", "late_orders").rows() == [
        ("under 1 day", 1, 0),
        ("1-3 days", 1, 1),
    ]
    assert found["units_to_ship"].to_list() == [4.0, 4.0]


def test_an_order_is_found_by_id_number_or_customer_and_read_by_any_of_its_names(release_of):
    con = release_of(placed("shopify:17", order_number="#1017", external_id="17", customer_id="12345"))
    for text in ("1017", "SHOPIFY:17", "123"):
        assert queries.find_orders(con, text=text)["order_id"].to_list() == ["shopify:17"]
    for name in ("shopify:17", "#1017", "17"):
        assert queries.order_header(con, name)["order_id"].to_list() == ["shopify:17"]
    assert queries.order_header(con, "nobody").is_empty()


def test_a_search_text_is_a_value_never_sql(release_of):
    con = release_of(placed("a"))
    assert queries.find_orders(con, text="' or 1=1 --").is_empty()


def test_events_are_told_in_the_order_they_happened_not_the_order_they_were_learned(release_of):
    con = release_of(
        ("order_event", {"event_seq": 1, "order_id": "a", "event_kind": "delivered", "occurred_at": at(3)}),
        ("order_event", {"event_seq": 2, "order_id": "a", "event_kind": "shipped", "occurred_at": at(2)}),
    )
    assert queries.order_events(con, "a")["event_kind"].to_list() == ["shipped", "delivered"]
