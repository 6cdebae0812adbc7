"""SQLite beside PostgreSQL: the same story leaves the same rows, in the book and in the warehouse's copy."""

import pytest

from oms_ops import bulk
from oms_ops.pull import pull
from tests.integration.test_bulk_chunks import scenario
from tests.integration.test_pull_copy import AS_OF, copied, said
from tests.support.order_book import open_shop, whole_book
from warehouse.connection import writer


@pytest.fixture
def shops(tmp_path, shared_postgres):
    with (
        shared_postgres.book() as url,
        open_shop(tmp_path / "lite") as lite,
        open_shop(tmp_path / "postgres", order_book_url=url) as postgres,
    ):
        yield lite, postgres


def test_the_same_facts_and_commands_leave_the_same_rows_on_either_database(shops):
    books = []
    for shop in shops:
        bulk.apply(shop.book, scenario().chunks(4), settings=shop.settings)
        shop.place("9", ("LID", 3), may_wait=True)
        shop.orders.hold("shopify:9", reason="other", **shop.next())
        books.append(whole_book(shop.book))
    assert books[0] == books[1]


def test_the_copy_in_the_warehouse_is_the_same_from_either_database(shops):
    copies = []
    for shop in shops:
        with writer(shop.settings) as con:
            bulk.apply(shop.book, said().chunks(), settings=shop.settings)
            pull(con, shop.book, shop.settings, as_of=AS_OF)
            copies.append(copied(con))
    assert copies[0] == copies[1]
