"""ATS published while others publish, sell and receive at the same time."""

from __future__ import annotations

import threading
from datetime import timedelta

from oms_ops.errors import OmsError
from oms_ops.invariants import verify
from oms_ops.publishing import (
    history,
    publish,
)
from oms_ops.service import ReservationService
from oms_ops.store import open_book
from oms_ops.store.book import MARK_LOCKS, WRITER_LOCK
from tests.support.order_book import NOON, open_shop
from tests.support.published_ats import SHOPIFY, at, computed, publish_now, shown


def test_several_publishers_beside_a_seller_leave_one_value_each_and_the_right_one(shop):
    for sku in ("CUP", "POT"):
        shop.receive(sku, "LEICESTER", 60)
    publish_now(shop)
    errors = []

    def publisher():
        try:
            for _ in range(8):
                publish(shop.book, shop.settings, now=at(shop))
        except OmsError as error:
            if "by somebody else all the time" not in str(error):
                errors.append(error)

    threads = [threading.Thread(target=publisher) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(30):
        shop.place(str(number), (("CUP", "POT")[number % 2], 1))
    for thread in threads:
        thread.join()
    publish_now(shop)
    assert errors == []
    assert shown(shop) == computed(shop)
    assert shown(shop)[SHOPIFY, "CUP"] == 45
    values = [row["value"] for row in history(shop.book, "CUP", channel_id=SHOPIFY)]
    assert values == sorted(values, reverse=True)


RECEIVED_AND_HELD_OPEN = f"""
BEGIN;
SELECT
    pg_advisory_xact_lock_shared({WRITER_LOCK}),
    pg_advisory_xact_lock_shared({MARK_LOCKS} + (SELECT last_value FROM order_book_movement));
INSERT INTO posting (posting_seq, occurred_at, recorded_at) VALUES (nextval('order_book_posting'), 1, 1);
INSERT INTO inventory_movement (movement_seq, posting_seq, stock_no, kind_no, quantity)
SELECT nextval('order_book_movement'), currval('order_book_posting'), 1, kind_no, 1
FROM movement_kind WHERE kind = 'received_unordered';
UPDATE stock_balance SET on_hand = on_hand + 1, available = available + 1 WHERE stock_no = 1
"""


def test_a_movement_that_commits_late_under_a_lower_number_is_published_all_the_same(
    tmp_path, shared_postgres
):
    """On PostgreSQL reservations run side by side: the state is computed while one of them is still open."""
    with (
        shared_postgres.book() as url,
        open_shop(tmp_path, order_book_url=url) as shop,
        open_book(url) as another,
    ):
        late = another.driver_connection()
        for sku in ("CUP", "POT"):
            shop.receive(sku, "LEICESTER", 50)
        publish_now(shop)
        late.execute(RECEIVED_AND_HELD_OPEN)
        holds = ReservationService(shop.book, shop.settings)
        holds.reserve(
            "R1", channel_id=SHOPIFY, items={"POT": 1}, expires_at=NOON + timedelta(days=1), at=NOON, key="R1"
        )
        publisher = threading.Thread(target=publish_now, args=(shop,))
        publisher.start()
        publisher.join(timeout=1)
        assert publisher.is_alive(), "it waits to write until the open transaction has ended"
        late.commit()
        publisher.join()
        assert (shown(shop)[SHOPIFY, "CUP"], shown(shop)[SHOPIFY, "POT"]) == (50, 49)
        publish_now(shop)
        assert (shown(shop)[SHOPIFY, "CUP"], shown(shop)[SHOPIFY, "POT"]) == (51, 49)
        assert verify(shop.book) == []
