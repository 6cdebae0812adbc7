from datetime import UTC, date, datetime
from decimal import Decimal

import duckdb
import pytest

from tests.support.core_rows import add, at
from warehouse import contracts, kpis
from warehouse.kpis import KpiError

MARCH = {"date_from": date(2011, 3, 1), "date_to": date(2011, 4, 1)}


@pytest.fixture
def con():
    """Five orders of March 2011 and one of February; 3 March 2011 is a Thursday."""
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'; create schema marts; use memory.marts")
        for name in ("sales_fact", "order_fact"):
            con.execute(contracts.ddl(contracts.table(f"marts.{name}")))
        sold(con, "shopify:0", "2011-02-10", customer="old", units=1, gross=100)
        sold(con, "shopify:1", "2011-03-03", customer="old", units=2, gross=20, discounts=2)
        sold(con, "amazon:2", "2011-03-03", customer="new", units=3, gross=30)
        sold(con, "shopify:3", "2011-03-08", customer="new", units=5, gross=50, country="France")
        sold(con, "shopify:4", "2011-03-08", customer=None, units=7, gross=70)
        sold(con, "shopify:5", "2011-03-31", customer="late", units=1, gross=10, recorded="2011-04-02")
        add(con, "marts.order_fact", order_id="shopify:6", channel_id="shopify", customer_id="gift",
            business_date=date(2011, 3, 8), placed_at=at("2011-03-08 10:00"), line_count=0)  # fmt: skip
        sales(con, "r1", "2011-03-09", returns=15, returned_units=3, shipping=-2)
        sales(con, "e1", "2011-03-01", shipping=8, adjustments=-5, gift_card_sales=20)
        yield con


def sales(con, fact_id, day, *, channel="shopify", recorded=None, **measures):
    add(con, "marts.sales_fact", fact_id=fact_id, line_id="1", channel_id=channel, business_date=day,
        recorded_at=at(recorded or day), **measures)  # fmt: skip


def sold(con, order_id, day, *, customer, units, gross, discounts=0, country="United Kingdom", recorded=None):
    channel = order_id.partition(":")[0]
    sales(con, order_id, day, channel=channel, recorded=recorded, country=country, units=units,
          gross_sales=gross, discounts=discounts)  # fmt: skip
    add(con, "marts.order_fact", order_id=order_id, channel_id=channel, customer_id=customer, country=country,
        placed_at=at(day), business_date=day, recorded_at=at(recorded or day), line_count=1,
        order_status="canceled" if order_id == "shopify:4" else "closed")  # fmt: skip


def one(con, **changes):
    (row,) = kpis.kpis(con, **MARCH | changes)
    return row


def test_a_month_adds_up_by_hand(con):
    row = one(con)
    assert row == {
        "period_start": date(2011, 3, 1),
        "period_end": date(2011, 4, 1),
        "gross_sales": 180,
        "discounts": 2,
        "returns": 15,
        "net_sales": 163,
        "shipping": 6,
        "taxes": 0,
        "total_sales": 169,
        "gift_card_sales": 20,
        "adjustments": -5,
        "orders": 5,
        "canceled_orders": 1,
        "anonymous_orders": 1,
        "units": 18,
        "returned_units": 3,
        "customers": 3,
        "new_customers": 2,
        "returning_customers": 1,
        "aov": Decimal("35.6"),
        "return_rate": Decimal("0.1667"),
        "cancellation_rate": Decimal("0.2"),
    }
    assert set(kpis.DEFINITIONS) == set(row) - {"period_start", "period_end"}


def test_periods_are_half_open(con):
    row = one(con, date_from=date(2011, 3, 3), date_to=date(2011, 3, 8))
    assert (row["orders"], row["gross_sales"]) == (2, 50)


def test_a_period_without_orders_has_zeros_and_no_ratios(con):
    row = one(con, date_from=date(2011, 5, 1), date_to=date(2011, 5, 2))
    assert (row["orders"], row["gross_sales"], row["customers"]) == (0, 0, 0)
    assert (row["aov"], row["return_rate"], row["cancellation_rate"]) == (None, None, None)


def test_every_day_has_a_row_and_the_days_add_up_to_the_month(con):
    days = kpis.kpis(con, **MARCH, by="day")
    assert [row["period_start"].day for row in days] == list(range(1, 32))
    whole = one(con)
    for name in ("gross_sales", "net_sales", "total_sales", "orders", "units", "new_customers"):
        assert sum(row[name] for row in days) == whole[name]


def test_weeks_start_on_monday_and_are_clipped_at_both_ends(con):
    weeks = kpis.kpis(con, date_from=date(2011, 3, 3), date_to=date(2011, 3, 9), by="week")
    assert [(row["period_start"], row["period_end"]) for row in weeks] == [
        (date(2011, 2, 28), date(2011, 3, 7)),
        (date(2011, 3, 7), date(2011, 3, 9)),
    ]
    assert [row["gross_sales"] for row in weeks] == [50, 120]


def test_a_customer_of_two_weeks_counts_once_in_the_month(con):
    weeks = kpis.kpis(con, **MARCH, by="week")
    assert sum(row["customers"] for row in weeks) == 4
    assert [row["customers"] for row in kpis.kpis(con, **MARCH, by="month")] == [3]


def test_a_customer_is_new_once_whatever_the_channel(con):
    shopify = one(con, channel="shopify")
    assert (shopify["orders"], shopify["customers"], shopify["new_customers"]) == (4, 3, 1)
    amazon = one(con, channel="amazon")
    assert (amazon["customers"], amazon["new_customers"], amazon["gross_sales"]) == (1, 1, 30)


def test_a_country_can_be_asked_for(con):
    row = one(con, country="France")
    assert (row["orders"], row["gross_sales"], row["new_customers"]) == (1, 50, 0)


def test_what_was_recorded_later_was_not_known_then(con):
    row = one(con, as_of=datetime(2011, 4, 1, tzinfo=UTC))
    assert (row["orders"], row["gross_sales"], row["new_customers"]) == (4, 170, 1)
    assert one(con, as_of=datetime(2011, 4, 2, tzinfo=UTC))["orders"] == 5


def test_every_kpi_explains_itself(con):
    explained = {line["name"]: line for line in kpis.explain(one(con))}
    assert list(explained) == list(kpis.DEFINITIONS)
    aov = explained["aov"]
    assert (aov["value"], aov["numerator"], aov["denominator"]) == (Decimal("35.6"), 178, 5)
    assert aov["definition"].endswith("(gross_sales - discounts) / orders")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"by": "quarter"}, "by 'quarter' is unknown; known: day, week, month"),
        ({"date_to": date(2011, 3, 1)}, "from 2011-03-01 to 2011-03-01 is empty"),
        ({"as_of": datetime(2011, 4, 1)}, "has no time zone"),  # noqa: DTZ001
    ],
)
def test_what_cannot_be_asked_is_refused_in_one_sentence(con, wrong, message):
    with pytest.raises(KpiError, match=message):
        kpis.kpis(con, **MARCH | wrong)
