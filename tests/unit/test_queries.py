"""The read queries against rows small enough to add up by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.support.release_builder import empty_marts, filled, load
from tests.support.small_shop import Rows
from warehouse import queries

DAY = date(2011, 12, 1)
AS_OF = datetime(2011, 12, 10, tzinfo=UTC)
WEEK = {"date_from": date(2011, 11, 28), "date_to": date(2011, 12, 5)}
MONDAY = date(2011, 12, 12)


def at(day: int, hour: int = 0) -> datetime:
    return datetime(2011, 12, day, hour, tzinfo=UTC)


@pytest.fixture(scope="module")
def tables():
    con = empty_marts()
    yield con
    con.close()


@pytest.fixture
def given(tables):
    """A release that holds just the rows named."""

    def release(*rows: tuple[str, dict]):
        held = Rows()
        for table, row in rows:
            held.tables[table].append(filled(table, **row))
        load(tables, held)
        return tables

    return release


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


def test_an_empty_release_has_no_bounds(given):
    assert queries.bounds(given()) is None


def test_bounds_are_the_first_and_last_business_date(given):
    con = given(fact("a", "X"), fact("b", "X", business_date=DAY + timedelta(days=3)))
    assert queries.bounds(con) == (DAY, DAY + timedelta(days=3))


def test_sales_by_channel_count_an_order_once_however_many_lines_it_has(given):
    con = given(
        fact("a", "X", gross=10, units=2),
        fact("a", "Y", gross=5, units=1),
        fact("b", "X", channel="amazon", gross=30, units=6),
        fact("r", "X", fact_kind="refund", order_id="a", returns=4, returned_units=1),
    )
    found = queries.sales_by_channel(con, **WEEK)
    assert found.rows() == [("amazon", 30.0, 30.0, 0.0, 6.0, 1), ("shopify", 15.0, 11.0, 4.0, 3.0, 1)]


def test_what_was_recorded_later_is_not_known_yet(given):
    con = given(fact("a", "X", gross=10), fact("b", "X", gross=7, recorded_at=at(3)))
    assert queries.sales_by_channel(con, **WEEK, as_of=at(2))["gross_sales"].to_list() == [10.0]
    assert queries.top_products(con, **WEEK, as_of=at(2))["gross_sales"].to_list() == [10.0]
    assert queries.sales_by_country(con, **WEEK)["gross_sales"].to_list() == [17.0]


def test_the_last_day_of_a_half_open_period_is_the_day_before_its_end(given):
    con = given(fact("a", "X", gross=10), fact("b", "X", gross=7, business_date=DAY + timedelta(days=1)))
    found = queries.sales_by_channel(con, date_from=DAY, date_to=DAY + timedelta(days=1))
    assert found["gross_sales"].to_list() == [10.0]


def test_an_unknown_country_is_called_so(given):
    con = given(fact("a", "X", gross=10, country="France"), fact("b", "X", gross=1))
    assert queries.sales_by_country(con, **WEEK)["country"].to_list() == ["France", "Unknown"]


def test_best_sellers_carry_the_products_title_and_stop_at_the_limit(given):
    con = given(
        fact("a", "X", gross=10),
        fact("a", "Y", gross=20),
        ("product", {"sku": "X", "title": "Lunch bag", "product_kind": "product"}),
    )
    assert queries.top_products(con, **WEEK, limit=1)["sku"].to_list() == ["Y"]
    assert queries.top_products(con, **WEEK)["title"].to_list() == ["Y", "Lunch bag"]


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


def test_service_ratios_are_sums_over_sums_not_means_of_ratios(given):
    con = given(due(DAY, "shopify", 8, 8, 6), due(DAY, "amazon", 2, 1, 0))
    found = queries.service(con, **WEEK).row(0, named=True)
    assert (found["orders_due"], found["on_time"], found["otif"]) == (10, 0.9, 0.6)
    assert found["fill_rate"] == 0.5


def test_service_by_week_starts_on_mondays(given):
    con = given(due(date(2011, 12, 1), "shopify", 4, 4, 4), due(date(2011, 12, 6), "shopify", 2, 1, 1))
    found = queries.service(con, date_from=date(2011, 12, 1), date_to=date(2011, 12, 8), by="week")
    assert found.select("period", "otif").rows() == [(date(2011, 11, 28), 1.0), (date(2011, 12, 5), 0.5)]


def test_an_unknown_grain_is_refused_by_name(given):
    with pytest.raises(queries.QueryError, match="'year' is unknown; known: day, week, month"):
        queries.service(given(), **WEEK, by="year")


def test_nothing_due_leaves_no_ratio(given):
    found = queries.service(given(due(DAY, "shopify", 0, 0, 0)), **WEEK).row(0, named=True)
    assert found["otif"] is None


def test_the_funnel_counts_each_order_at_every_stage_it_reached(given):
    con = given(
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


def test_cancellations_name_their_reason_beside_all_orders_placed(given):
    con = given(
        placed("a"),
        placed("b", order_status="canceled", cancel_reason="customer"),
        placed("c", order_status="canceled", cancel_reason="inventory"),
    )
    found = queries.cancellations(con, **WEEK).rows()
    assert found == [("all", 3, 2), ("customer", 1, 1), ("inventory", 1, 1)]


def test_open_orders_are_aged_from_the_instant_they_were_placed(given):
    con = given(
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


def test_an_order_is_found_by_id_number_or_customer_and_read_by_any_of_its_names(given):
    con = given(placed("shopify:17", order_number="#1017", external_id="17", customer_id="12345"))
    for text in ("1017", "SHOPIFY:17", "123"):
        assert queries.find_orders(con, text=text)["order_id"].to_list() == ["shopify:17"]
    for name in ("shopify:17", "#1017", "17"):
        assert queries.order_header(con, name)["order_id"].to_list() == ["shopify:17"]
    assert queries.order_header(con, "nobody").is_empty()


def test_a_search_text_is_a_value_never_sql(given):
    con = given(placed("a"))
    assert queries.find_orders(con, text="' or 1=1 --").is_empty()


def test_events_are_told_in_the_order_they_happened_not_the_order_they_were_learned(given):
    con = given(
        ("order_event", {"event_seq": 1, "order_id": "a", "event_kind": "delivered", "occurred_at": at(3)}),
        ("order_event", {"event_seq": 2, "order_id": "a", "event_kind": "shipped", "occurred_at": at(2)}),
    )
    assert queries.order_events(con, "a")["event_kind"].to_list() == ["shipped", "delivered"]


def stock(sku: str, available: float, *, location: str = "L1", **more) -> tuple:
    row = {"sku": sku, "location_id": location, "on_hand": available, "available": available}
    return ("inventory", row | more)


def ahead(sku: str, *means: float) -> list[tuple]:
    return [
        (
            "forecast_weekly",
            {"sku": sku, "week_start": MONDAY + timedelta(weeks=week), "mean": mean, "model_mean": mean},
        )
        for week, mean in enumerate(means)
    ]


def test_days_of_cover_end_inside_the_week_that_uses_up_the_stock(given):
    """25 available against 10, 20, 30 a week: one whole week, then 15 of 20 of the second: 7 + 5.25 days."""
    con = given(stock("X", 25), *ahead("X", 10, 20, 30))
    found = queries.stock_list(con).row(0, named=True)
    assert (found["days_of_cover"], found["covers_horizon"]) == (12.0, False)


def test_cover_over_locations_and_beyond_the_forecast(given):
    con = given(stock("X", 10), stock("X", 15, location="L2"), *ahead("X", 5, 0, 5))
    found = queries.stock_list(con).row(0, named=True)
    assert (found["available"], found["days_of_cover"], found["covers_horizon"]) == (25.0, 21.0, True)


def test_a_week_without_demand_is_covered_only_while_there_is_stock(given):
    """2 of the 10 of the first week; the closed second week and what follows are not covered."""
    con = given(stock("X", 2), *ahead("X", 10, 0, 10), stock("Y", 10), *ahead("Y", 10, 0, 10))
    assert dict(queries.stock_list(con).select("sku", "days_of_cover").iter_rows()) == {"X": 1.0, "Y": 14.0}


def test_no_cover_is_stated_where_no_demand_is_expected(given):
    con = given(stock("X", 10), *ahead("X", 0, 0), stock("Y", 4))
    assert queries.stock_list(con)["days_of_cover"].to_list() == [None, None]


def test_oversold_stock_covers_nothing(given):
    con = given(stock("X", -3), *ahead("X", 10))
    assert queries.stock_list(con)["days_of_cover"].to_list() == [0.0]


def test_only_sold_out_keeps_products_some_channel_cannot_sell(given):
    con = given(
        stock("X", 10),
        stock("Y", 10),
        ("ats", {"channel_id": "amazon", "sku": "X", "ats": 0}),
        ("ats", {"channel_id": "shopify", "sku": "X", "ats": 9}),
        ("ats", {"channel_id": "amazon", "sku": "Y", "ats": 4}),
    )
    assert queries.stock_list(con, only_out=True)["sku"].to_list() == ["X"]
    assert queries.stock_list(con, only_out=True, channel="shopify").is_empty()


def test_products_without_stock_count_as_out_of_stock_in_their_class(given):
    con = given(
        ("product", {"sku": "X", "abc_class": "A"}),
        ("product", {"sku": "Y", "abc_class": "A"}),
        ("product", {"sku": "Z"}),
        stock("X", 5, stock_value=12.5),
    )
    found = queries.stock_by_class(con).rows()
    assert found == [("A", 2, 1, 5.0, 12.5), ("not sold", 1, 1, 0.0, 0.0)]


def test_stockout_rate_is_exposure_lost_over_listed_products_with_demand(given):
    """Two channels list X, which sells; nobody wants Y. Half a day of X in one channel: 0.5 of 2."""
    con = given(
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


def test_weekly_demand_leaves_no_week_out_and_stops_before_the_forecast(given):
    con = given(
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


def test_a_product_that_has_ended_is_out_of_stock_no_more(given):
    """X and Y were bought and lack stock for two days; X ends on the second."""
    ends = {"X": DAY + timedelta(days=1), "Y": None}
    con = given(
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


def test_a_day_counts_as_out_of_stock_only_where_every_channel_had_none(given):
    lost = {"sku": "X", "business_date": date(2011, 12, 6), "exposure": 0.25}
    con = given(
        ("demand_daily", {"sku": "X", "business_date": date(2011, 12, 5), "units": 1}),
        ("ats", {"channel_id": "amazon", "sku": "X"}),
        ("ats", {"channel_id": "shopify", "sku": "X"}),
        ("availability_day", {"channel_id": "amazon", **lost}),
        ("availability_day", {"channel_id": "shopify", **lost}),
        ("availability_day", {"channel_id": "amazon", **lost, "business_date": date(2011, 12, 7)}),
    )
    assert queries.demand_weekly(con, "X", date_to=MONDAY)["days_out"].to_list() == [0.75]


def test_a_skus_parts_are_those_of_the_dimension_asked_for(given):
    part = {"sku": "X", "business_date": DAY}
    con = given(
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


def test_a_sku_was_out_only_on_days_when_every_channel_was(given):
    out = {"sku": "X", "business_date": DAY}
    con = given(
        *(("ats", {"channel_id": channel, "sku": "X"}) for channel in ("amazon", "shopify")),
        ("availability_day", {**out, "channel_id": "amazon", "exposure": 0.25}),
        ("availability_day", {**out, "channel_id": "shopify", "exposure": 0.75}),
        ("availability_day", {**out, "channel_id": "amazon", "business_date": MONDAY, "exposure": 0}),
    )
    assert queries.sku_days_out(con, "X").rows() == [(DAY, 0.75)]


def reviewed(sku: str, *, wape: float, units: float, price: float) -> list[tuple]:
    return [
        ("product", {"sku": sku, "title": sku, "mean_price": price, "abc_class": "A"}),
        *ahead(sku, 10),
        (
            "forecast_accuracy",
            {"sku": sku, "model_name": "m", "is_champion": True, "wape": wape, "actual_units": units},
        ),
        ("forecast_accuracy", {"sku": sku, "model_name": "other", "wape": 9.0, "actual_units": units}),
    ]


def test_the_costliest_error_is_not_the_worst_percentage(given):
    con = given(*reviewed("X", wape=2.0, units=5, price=1), *reviewed("Y", wape=0.5, units=100, price=2))
    found = queries.forecast_review(con)
    assert found.select("sku", "error_value").rows() == [("Y", 100.0), ("X", 10.0)]
    assert queries.forecast_review(con, sort="wape")["sku"].to_list() == ["X", "Y"]
    with pytest.raises(queries.QueryError, match="known: error, value, change, lost, wape, bias"):
        queries.forecast_review(con, sort="sku")


def test_backtest_accuracy_over_cutoffs_weighs_by_what_was_sold(given):
    row = {"demand_class": "all", "model_name": "m"}
    con = given(
        ("backtest", row | {"cutoff_date": DAY, "actual_units": 300, "wape": 0.2}),
        ("backtest", row | {"cutoff_date": MONDAY, "actual_units": 100, "wape": 0.6}),
    )
    assert queries.backtest(con)["wape"].to_list() == [pytest.approx(0.3)]


def test_alerts_come_gravest_first_and_resolved_ones_only_if_asked(given):
    con = given(
        ("alert", {"episode_id": "1", "sku": "X", "severity": "low", "state": "raised"}),
        ("alert", {"episode_id": "2", "sku": "X", "severity": "critical", "state": "snoozed"}),
        ("alert", {"episode_id": "3", "sku": "X", "severity": "critical", "state": "resolved"}),
    )
    assert queries.alerts(con)["episode_id"].to_list() == ["2", "1"]
    assert queries.alerts(con, include_resolved=True).height == 3


def test_the_alerts_track_record_is_of_one_stock_ours_first_and_says_nothing_of_what_was_never_said(given):
    con = given(
        ("alert_score", {"stock": "played", "rule": "min_max"}),
        ("alert_score", {"stock": "played", "rule": "forecast"}),
        ("alert_score", {"stock": "recorded", "rule": "forecast"}),
        ("alert_calibration", {"stock": "played", "decile": 7, "cases": 4, "came_true": 0.75}),
        ("alert_calibration", {"stock": "played", "decile": 8, "cases": 0}),
    )
    assert queries.alert_scores(con, stock="played")["rule"].to_list() == ["forecast", "min_max"]
    assert queries.alert_calibration(con, stock="played").select("decile", "came_true").rows() == [(7, 0.75)]
    assert queries.alert_calibration(con, stock="recorded").is_empty()


def test_proposals_are_filtered_by_supplier_and_ordered_by_the_last_date_to_order(given):
    con = given(
        ("proposal", {"proposal_id": "1", "sku": "X", "supplier_id": "S1", "order_by": date(2011, 12, 20)}),
        ("proposal", {"proposal_id": "2", "sku": "Y", "supplier_id": "S1", "order_by": date(2011, 12, 11)}),
        ("proposal", {"proposal_id": "3", "sku": "Z", "supplier_id": "S2", "order_by": date(2011, 12, 1)}),
    )
    assert queries.proposals(con, supplier_id="S1")["sku"].to_list() == ["Y", "X"]


def test_quarantine_shows_what_is_open_unless_told_otherwise(given):
    row = {"channel_id": "amazon", "kind": "orders", "reason_code": "invalid_json"}
    con = given(
        ("quarantine", row | {"quarantine_id": 1, "status": "open"}),
        ("quarantine", row | {"quarantine_id": 2, "status": "resolved"}),
    )
    assert queries.quarantine(con)["quarantine_id"].to_list() == [1]
    assert queries.quarantine(con, status=None).height == 2
    assert queries.quarantine_counts(con).select("open_documents", "resolved_documents").rows() == [(1, 1)]


def test_failed_checks_stand_first(given):
    con = given(
        ("check_result", {"check_name": "a", "passed": True, "is_blocking": True}),
        ("check_result", {"check_name": "b", "passed": False}),
    )
    assert queries.checks(con)["check_name"].to_list() == ["b", "a"]
