"""What was sold and the demand behind it, asked of rows small enough to add up by hand."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.support.release_rows import DAY, MONDAY, WEEK, at
from warehouse import queries


def fact(
    order: str, sku: str, *, channel: str = "shopify", gross: float = 0, units: float = 0, **more
) -> tuple:
    row = {
        "fact_id": order,
        "line_id": sku,
        "fact_kind": "order",
        "order_id": order,
        "channel_id": channel,
        "sku": sku,
        "business_date": DAY,
        "recorded_at": at(1),
        "gross_sales": gross,
        "units": units,
    }
    return ("sales_fact", row | more)


def test_an_empty_release_has_no_bounds(release_of):
    assert queries.bounds(release_of()) is None


def test_bounds_are_the_first_and_last_business_date(release_of):
    con = release_of(fact("a", "X"), fact("b", "X", business_date=DAY + timedelta(days=3)))
    assert queries.bounds(con) == (DAY, DAY + timedelta(days=3))


def test_sales_by_channel_count_an_order_once_however_many_lines_it_has(release_of):
    con = release_of(
        fact("a", "X", gross=10, units=2),
        fact("a", "Y", gross=5, units=1),
        fact("b", "X", channel="amazon", gross=30, units=6),
        fact("r", "X", fact_kind="refund", order_id="a", returns=4, returned_units=1),
    )
    found = queries.sales_by_channel(con, **WEEK)
    assert found.rows() == [("amazon", 30.0, 30.0, 0.0, 6.0, 1), ("shopify", 15.0, 11.0, 4.0, 3.0, 1)]


def test_what_was_recorded_later_is_not_known_yet(release_of):
    con = release_of(fact("a", "X", gross=10), fact("b", "X", gross=7, recorded_at=at(3)))
    assert queries.sales_by_channel(con, **WEEK, as_of=at(2))["gross_sales"].to_list() == [10.0]
    assert queries.top_products(con, **WEEK, as_of=at(2))["gross_sales"].to_list() == [10.0]
    assert queries.sales_by_country(con, **WEEK)["gross_sales"].to_list() == [17.0]


def test_the_last_day_of_a_half_open_period_is_the_day_before_its_end(release_of):
    con = release_of(fact("a", "X", gross=10), fact("b", "X", gross=7, business_date=DAY + timedelta(days=1)))
    found = queries.sales_by_channel(con, date_from=DAY, date_to=DAY + timedelta(days=1))
    assert found["gross_sales"].to_list() == [10.0]


def test_an_unknown_country_is_called_so(release_of):
    con = release_of(fact("a", "X", gross=10, country="France"), fact("b", "X", gross=1))
    assert queries.sales_by_country(con, **WEEK)["country"].to_list() == ["France", "Unknown"]


def test_best_sellers_carry_the_products_title_and_stop_at_the_limit(release_of):
    con = release_of(
        fact("a", "X", gross=10),
        fact("a", "Y", gross=20),
        ("product", {"sku": "X", "title": "Lunch bag", "product_kind": "product"}),
    )
    assert queries.top_products(con, **WEEK, limit=1)["sku"].to_list() == ["Y"]
    assert queries.top_products(con, **WEEK)["title"].to_list() == ["Y", "Lunch bag"]


def test_weekly_demand_leaves_no_week_out_and_stops_before_the_forecast(release_of):
    con = release_of(
        ("demand_daily", {"sku": "X", "business_date": date(2011, 11, 21), "units": 3}),
        ("demand_daily", {"sku": "X", "business_date": date(2011, 12, 9), "units": 4}),
        ("demand_daily", {"sku": "X", "business_date": date(2011, 12, 13), "units": 9}),
    )
    found = queries.demand_weekly(con, "X", date_to=MONDAY)
    assert found.select("week_start", "units").rows() == [
        (date(2011, 11, 21), 3.0),
        (date(2011, 11, 28), 0.0),
        (date(2011, 12, 5), 4.0),
    ]


def test_a_day_counts_as_out_of_stock_only_where_every_channel_had_none(release_of):
    lost = {"sku": "X", "business_date": date(2011, 12, 6), "exposure": 0.25}
    con = release_of(
        ("demand_daily", {"sku": "X", "business_date": date(2011, 12, 5), "units": 1}),
        ("ats", {"channel_id": "amazon", "sku": "X"}),
        ("ats", {"channel_id": "shopify", "sku": "X"}),
        ("availability_day", {"channel_id": "amazon", **lost}),
        ("availability_day", {"channel_id": "shopify", **lost}),
        ("availability_day", {"channel_id": "amazon", **lost, "business_date": date(2011, 12, 7)}),
    )
    assert queries.demand_weekly(con, "X", date_to=MONDAY)["days_out"].to_list() == [0.75]


def test_a_skus_parts_are_those_of_the_dimension_asked_for(release_of):
    part = {"sku": "X", "business_date": DAY}
    con = release_of(
        (
            "demand_part",
            {**part, "dimension": "channel", "member": "amazon", "units": 3, "returned_units": 1},
        ),
        ("demand_part", {**part, "dimension": "location", "member": "LONDON", "units": 2}),
        ("demand_part", {**part, "sku": "Y", "dimension": "channel", "member": "amazon", "units": 9}),
    )
    assert queries.demand_parts(con, "X", dimension="channel").rows() == [("amazon", DAY, 3.0, 1.0)]
    assert queries.demand_parts(con, "X", dimension="location").rows() == [("LONDON", DAY, 2.0, 0.0)]
    with pytest.raises(queries.QueryError, match="dimension 'country' is unknown; known: channel, location"):
        queries.demand_parts(con, "X", dimension="country")
