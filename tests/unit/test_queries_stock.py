"""Stock, its cover and the days without it, asked of rows small enough to add up by hand."""

from __future__ import annotations

from datetime import timedelta

from tests.support.release_rows import DAY, MONDAY, ahead
from warehouse import queries


def stock(sku: str, available: float, *, location: str = "L1", **more) -> tuple:
    row = {"sku": sku, "location_id": location, "on_hand": available, "available": available}
    return ("inventory", row | more)


def test_days_of_cover_end_inside_the_week_that_uses_up_the_stock(release_of):
    """25 available against 10, 20, 30 a week: one whole week, then 15 of 20 of the second: 7 + 5.25 days."""
    con = release_of(stock("X", 25), *ahead("X", 10, 20, 30))
    found = queries.stock_list(con).row(0, named=True)
    assert (found["days_of_cover"], found["covers_horizon"]) == (12.0, False)


def test_cover_over_locations_and_beyond_the_forecast(release_of):
    con = release_of(stock("X", 10), stock("X", 15, location="L2"), *ahead("X", 5, 0, 5))
    found = queries.stock_list(con).row(0, named=True)
    assert (found["available"], found["days_of_cover"], found["covers_horizon"]) == (25.0, 21.0, True)


def test_a_week_without_demand_is_covered_only_while_there_is_stock(release_of):
    """2 of the 10 of the first week; the closed second week and what follows are not covered."""
    con = release_of(stock("X", 2), *ahead("X", 10, 0, 10), stock("Y", 10), *ahead("Y", 10, 0, 10))
    assert dict(queries.stock_list(con).select("sku", "days_of_cover").iter_rows()) == {"X": 1.0, "Y": 14.0}


def test_no_cover_is_stated_where_no_demand_is_expected(release_of):
    con = release_of(stock("X", 10), *ahead("X", 0, 0), stock("Y", 4))
    assert queries.stock_list(con)["days_of_cover"].to_list() == [None, None]


def test_oversold_stock_covers_nothing(release_of):
    con = release_of(stock("X", -3), *ahead("X", 10))
    assert queries.stock_list(con)["days_of_cover"].to_list() == [0.0]


def test_only_sold_out_keeps_products_some_channel_cannot_sell(release_of):
    con = release_of(
        stock("X", 10),
        stock("Y", 10),
        ("ats", {"channel_id": "amazon", "sku": "X", "ats": 0}),
        ("ats", {"channel_id": "shopify", "sku": "X", "ats": 9}),
        ("ats", {"channel_id": "amazon", "sku": "Y", "ats": 4}),
    )
    assert queries.stock_list(con, only_out=True)["sku"].to_list() == ["X"]
    assert queries.stock_list(con, only_out=True, channel="shopify").is_empty()


def test_products_without_stock_count_as_out_of_stock_in_their_class(release_of):
    con = release_of(
        ("product", {"sku": "X", "abc_class": "A"}),
        ("product", {"sku": "Y", "abc_class": "A"}),
        ("product", {"sku": "Z"}),
        stock("X", 5, stock_value=12.5),
    )
    found = queries.stock_by_class(con).rows()
    assert found == [("A", 2, 1, 5.0, 12.5), ("not sold", 1, 1, 0.0, 0.0)]


def test_stockout_rate_is_exposure_lost_over_listed_products_with_demand(release_of):
    """Two channels list X, which sells; nobody wants Y. Half a day of X in one channel: 0.5 of 2."""
    con = release_of(
        *(
            ("ats", {"channel_id": channel, "sku": sku})
            for channel in ("amazon", "shopify")
            for sku in ("X", "Y")
        ),
        ("demand_daily", {"sku": "X", "business_date": DAY, "units": 1}),
        ("availability_day", {"channel_id": "amazon", "sku": "X", "business_date": DAY, "exposure": 0.5}),
        ("availability_day", {"channel_id": "amazon", "sku": "Y", "business_date": DAY, "exposure": 0.0}),
    )
    found = queries.stockout_daily(con, date_from=DAY, date_to=DAY + timedelta(days=2))
    assert found["stockout_rate"].to_list() == [0.25, 0.0]
    assert found["listed"].to_list() == [2, 2]


def test_a_product_that_has_ended_is_out_of_stock_no_more(release_of):
    """X and Y were bought and lack stock for two days; X ends on the second."""
    ends = {"X": DAY + timedelta(days=1), "Y": None}
    con = release_of(
        *(("product", {"sku": sku, "abc_class": "A", "discontinued_on": end}) for sku, end in ends.items()),
        *(
            ("demand_daily", {"sku": sku, "business_date": DAY - timedelta(days=3), "units": 5})
            for sku in ends
        ),
        *(("ats", {"channel_id": "shopify", "sku": sku}) for sku in ends),
        *(
            (
                "availability_day",
                {
                    "channel_id": "shopify",
                    "sku": sku,
                    "business_date": DAY + timedelta(days=day),
                    "exposure": 0.5,
                },
            )
            for sku in ends
            for day in range(2)
        ),
        ("kpi_daily", {"business_date": DAY + timedelta(days=1)}),
    )
    days = {"date_from": DAY, "date_to": DAY + timedelta(days=2)}
    daily = queries.stockout_daily(con, **days)
    assert daily.select("days_lost", "skus_affected", "listed", "stockout_rate").rows() == [
        (1.0, 2, 2, 0.5),
        (0.5, 1, 1, 0.5),
    ]
    worst = queries.stockout_skus(con, **days, limit=5)
    assert dict(worst.select("sku", "channel_days_lost").iter_rows()) == {"X": 0.5, "Y": 1.0}
    assert queries.stock_by_class(con).select("abc_class", "skus", "skus_out_of_stock").rows() == [
        ("A", 2, 1)
    ]


def test_a_sku_was_out_only_on_days_when_every_channel_was(release_of):
    out = {"sku": "X", "business_date": DAY}
    con = release_of(
        *(("ats", {"channel_id": channel, "sku": "X"}) for channel in ("amazon", "shopify")),
        ("availability_day", {**out, "channel_id": "amazon", "exposure": 0.25}),
        ("availability_day", {**out, "channel_id": "shopify", "exposure": 0.75}),
        ("availability_day", {**out, "channel_id": "amazon", "business_date": MONDAY, "exposure": 0}),
    )
    assert queries.sku_days_out(con, "X").rows() == [(DAY, 0.75)]
