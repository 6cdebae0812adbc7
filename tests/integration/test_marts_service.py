"""Core rows to marts: promises kept, and how long orders stay in each stage."""

from __future__ import annotations

from datetime import date

from tests.support.core_orders import build, moved, order, refund, state
from tests.support.core_rows import add, at, rows


def promised_orders(con):
    """Eight orders of 5 units, to ship by 3 March 10:00 and to deliver by 6 March 10:00."""
    for number in range(1, 9):
        order(con, f"shopify:{number}", ("X", "product", 5, 1.0))
    state(con, "shopify:1", ordered=5, shipped=5, first="2011-03-02 09:00", delivered="2011-03-04 09:00")
    state(con, "shopify:2", ordered=5, shipped=5, first="2011-03-04 09:00", delivered="2011-03-07 09:00")
    state(con, "shopify:3", ordered=5)
    order(con, "shopify:99", ("X", "product", 5, 1.0), placed_at="2011-06-30 10:00")
    state(con, "shopify:5", ordered=5, canceled=5)
    add(con, "core.order_cancellation", order_id="shopify:5", cancel_reason="customer")
    state(con, "shopify:6", ordered=5, canceled=5)
    add(con, "core.order_cancellation", order_id="shopify:6", cancel_reason="inventory")
    refund(con, "shopify:r7", "shopify:7", ("X", "product", 2, 1.0, "cancel"))
    state(
        con,
        "shopify:7",
        ordered=5,
        shipped=3,
        canceled=2,
        first="2011-03-03 10:00",
        delivered="2011-03-06 10:00",
    )
    state(
        con,
        "shopify:8",
        ordered=5,
        shipped=5,
        first="2011-03-02 09:00",
        last="2011-03-04 09:00",
        delivered="2011-03-05 09:00",
    )
    moved(con, 1, "X", "LONDON", "shipped", 3, at("2011-03-02 09:00"), order_id="shopify:8")
    moved(con, 2, "X", "LEICESTER", "shipped", 2, at("2011-03-04 09:00"), order_id="shopify:8")


def test_on_time_and_in_full_are_judged_by_the_promise(core):
    con, _ = core
    promised_orders(con)
    build(core)
    judged = dict(
        con.execute(
            "select order_id, (is_on_time::varchar, is_in_full::varchar) from marts.order_fact"
        ).fetchall()
    )
    assert judged == {
        "shopify:1": ("true", "true"),
        "shopify:2": ("false", "false"),
        "shopify:3": ("false", "false"),
        "shopify:4": ("false", "false"),
        "shopify:5": (None, None),
        "shopify:6": ("false", "false"),
        "shopify:7": ("true", "true"),
        "shopify:8": ("true", "false"),
        "shopify:99": (None, None),
    }


def test_service_counts_orders_once_their_promise_has_passed(core):
    con, _ = core
    promised_orders(con)
    build(core)
    assert rows(con, "select * from marts.service_daily") == [
        {
            "business_date": date(2011, 3, 6),
            "channel_id": "shopify",
            "orders_due": 7,
            "orders_on_time": 3,
            "orders_in_full": 2,
            "orders_otif": 2,
            "units_due": 7 * 5 - 2,
            "units_filled": 5 + 3 + 3,
        }
    ]
    build(core, as_of=at("2011-03-06 09:59"))
    assert rows(con, "select * from marts.service_daily") == []


def test_dwell_is_the_median_of_the_stages_that_ended_in_the_week(core):
    con, _ = core
    for number, hours in enumerate((1, 2, 9), start=1):
        order(con, f"shopify:{number}", ("X", "product", 1, 1.0), placed_at="2011-03-01 10:00")
        shipped = f"2011-03-01 {10 + hours}:00"
        state(con, f"shopify:{number}", ordered=1, shipped=1, first=shipped, delivered="2011-03-07 10:00")
    build(core)
    found = con.execute(
        "select week_start, stage, orders, median_hours, round(p90_hours, 6) from marts.dwell order by stage"
    ).fetchall()
    assert found == [
        (date(2011, 2, 28), "click_to_ship", 3, 2.0, 7.6),
        (date(2011, 3, 7), "order_cycle", 3, 144.0, 144.0),
        (date(2011, 3, 7), "ship_to_deliver", 3, 142.0, 142.8),
    ]
