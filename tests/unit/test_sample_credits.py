"""Which order a credited unit is given back on."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import duckdb
import pytest

from sample import credits

SALE = "INSERT INTO order_line VALUES (?, 'MUG', ?, ?, 1, ?, ?, 'product')"
CREDIT = "INSERT INTO line VALUES ('C9', 1, ?, 'MUG', ?, ?, ?, 'credit')"


def day(number: int) -> datetime:
    return datetime(2011, 3, number, 10, tzinfo=UTC)


@pytest.fixture
def con():
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(
            "CREATE MACRO is_goods(line_type) AS line_type IN ('product', 'gift_card', 'test')"
        )
        connection.execute(
            "CREATE TABLE order_line (customer_id BIGINT, code VARCHAR, placed_at TIMESTAMP, invoice VARCHAR,"
            " line_no BIGINT, price DECIMAL(18, 4), quantity BIGINT, line_type VARCHAR)"
        )
        connection.execute(
            "CREATE TABLE line (invoice VARCHAR, line_no BIGINT, customer_id BIGINT, code VARCHAR,"
            " placed_at TIMESTAMP, price DECIMAL(18, 4), quantity BIGINT, destination VARCHAR)"
        )
        yield connection


def sell(con, invoice: str, *, on: int, price: str, quantity: int, customer: int | None = 1) -> None:
    con.execute(SALE, [customer, day(on), invoice, Decimal(price), quantity])


def give_back(con, *, price: str, quantity: int, on: int = 20, customer: int | None = 1) -> list[tuple]:
    con.execute(CREDIT, [customer, day(on), Decimal(price), -quantity])
    credits.match(con)
    return con.execute("SELECT invoice, quantity FROM credit_part ORDER BY part_no").fetchall()


def test_the_most_recent_order_at_the_same_price_gives_back_first(con):
    sell(con, "1", on=1, price="2.50", quantity=4)
    sell(con, "2", on=2, price="2.50", quantity=4)
    sell(con, "3", on=3, price="2.10", quantity=4)
    assert give_back(con, price="2.50", quantity=3) == [("2", 3)]


def test_what_one_order_cannot_give_back_comes_from_the_next(con):
    sell(con, "1", on=1, price="2.50", quantity=4)
    sell(con, "2", on=2, price="2.50", quantity=4)
    sell(con, "3", on=3, price="3.00", quantity=4)
    assert give_back(con, price="2.50", quantity=10) == [("2", 4), ("1", 4), ("3", 2)]


def test_units_that_no_order_sold_stay_without_an_order(con):
    sell(con, "1", on=1, price="2.50", quantity=4)
    assert give_back(con, price="2.50", quantity=6) == [("1", 4), (None, 2)]


def test_an_order_placed_later_gives_nothing_back(con):
    sell(con, "1", on=21, price="2.50", quantity=4)
    assert give_back(con, price="2.50", quantity=1) == [(None, 1)]


def test_another_customers_order_gives_nothing_back(con):
    sell(con, "1", on=1, price="2.50", quantity=4, customer=2)
    assert give_back(con, price="2.50", quantity=1) == [(None, 1)]


def test_a_buyer_without_a_number_is_matched_to_nobodys_order(con):
    sell(con, "1", on=1, price="2.50", quantity=4, customer=None)
    assert give_back(con, price="2.50", quantity=1, customer=None) == [(None, 1)]


def test_a_line_gives_back_no_more_money_than_it_took(con):
    sell(con, "1", on=1, price="1.00", quantity=10)
    assert give_back(con, price="3.00", quantity=4) == [("1", 3), (None, 1)]
