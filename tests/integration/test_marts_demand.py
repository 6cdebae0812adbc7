"""Core rows to marts: demand by day, and its parts by channel and by location."""

from __future__ import annotations

from datetime import date

from tests.support.core_orders import build, moved, order, refund
from tests.support.core_rows import add, at, local, rows


def test_demand_is_what_was_ordered_less_what_was_canceled_the_same_day(core):
    con, settings = core
    order(con, "shopify:1", ("X", "product", 10, 2.0), ("X", "product", 2, 1.0), ("POST", "shipping", 1, 3.0))
    order(con, "amazon:2", ("X", "product", 7, 2.0))
    refund(con, "amazon:2c", "amazon:2", ("X", "product", 3, 2.0, "cancel"), refunded_at="2011-03-01 15:00")
    refund(con, "shopify:1c", "shopify:1", ("X", "product", 4, 2.0, "cancel"), refunded_at="2011-03-02 15:00")
    order(con, "shopify:3", ("Y", "product", 80_995, 2.08))
    refund(
        con,
        "shopify:3c",
        "shopify:3",
        ("Y", "product", 80_995, 2.08, "cancel"),
        refunded_at="2011-03-01 11:00",
    )
    order(con, "shopify:4", ("X", "product", 100, 2.0))
    add(con, "core.order_cancellation", order_id="shopify:4", canceled_at=at("2011-03-01 12:00"))
    moved(con, 1, "X", "LEICESTER", "received", 1, at("2011-02-01 00:00"))
    moved(con, 2, "X", "LEICESTER", "allocated", 1, at("2011-03-01 06:00"))
    build(core)
    assert rows(con, "select * from marts.demand_daily") == [
        {
            "sku": "X",
            "business_date": date(2011, 3, 1),
            "units": 12 + 7 - 3,
            "orders": 2,
            "gross_sales": 22 + 14 - 6,
            "exposure": 0.25,
        }
    ]


def demand_parts(con, dimension):
    return {
        (row["sku"], row["member"], f"{row['business_date']}"): tuple(
            row[name] for name in ("units", "orders", "gross_sales", "returned_units")
        )
        for row in rows(con, f"select * from marts.demand_part where dimension = '{dimension}'")
    }


def test_demand_by_channel_adds_up_to_demand_and_returns_stand_beside_it(core):
    con, _ = core
    order(con, "shopify:1", ("X", "product", 10, 2.0), ("X", "product", 2, 1.0), ("POST", "shipping", 1, 3.0))
    order(con, "amazon:2", ("X", "product", 7, 2.0))
    order(con, "shopify:3", ("X", "product", 5, 2.0))
    order(con, "shopify:9", ("X", "product", 50, 2.0), is_test=True)
    refund(con, "amazon:2c", "amazon:2", ("X", "product", 3, 2.0, "cancel"), refunded_at="2011-03-01 15:00")
    refund(con, "shopify:1r", "shopify:1", ("X", "product", 4, 2.0, "return"), refunded_at="2011-03-01 15:00")
    refund(con, "shopify:3r", "shopify:3", ("X", "product", 5, 2.0, "no_restock"))
    refund(con, "shopify:1c", "shopify:1", ("X", "product", 1, 2.0, "cancel"))
    refund(con, "shopify:9r", "shopify:9", ("X", "product", 50, 2.0, "return"))
    build(core)
    assert demand_parts(con, "channel") == {
        ("X", "shopify", "2011-03-01"): (17, 2, 32, 4),
        ("X", "amazon", "2011-03-01"): (4, 1, 8, 0),
        ("X", "shopify", "2011-03-05"): (0, 0, 0, 5),
    }
    demand = "select sku, business_date, units, orders, gross_sales from marts.demand_daily"
    assert rows(con, demand) == [
        {"sku": "X", "business_date": date(2011, 3, 1), "units": 21, "orders": 3, "gross_sales": 40}
    ]


def test_demand_by_location_is_what_was_shipped_there_on_the_shops_day(core):
    con, _ = core
    moved(con, 1, "X", "LEICESTER", "received", 100, at("2011-06-01 00:00"))
    moved(con, 2, "X", "LEICESTER", "shipped", 4, local("2011-06-02 00:30"))
    moved(con, 3, "X", "LEICESTER", "shipped", 5, local("2011-06-02 23:30"))
    moved(con, 4, "X", "LONDON", "shipped", 6, local("2011-06-03 09:00"))
    moved(con, 5, "X", "LONDON", "returned", 2, local("2011-06-03 10:00"))
    moved(con, 6, "X", "LEICESTER", "returned", 1, local("2011-06-04 10:00"))
    build(core)
    assert demand_parts(con, "location") == {
        ("X", "LEICESTER", "2011-06-02"): (9, None, None, 0),
        ("X", "LONDON", "2011-06-03"): (6, None, None, 2),
        ("X", "LEICESTER", "2011-06-04"): (0, None, None, 1),
    }
