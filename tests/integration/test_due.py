"""What falls due is done by one job: each kind once, however often it runs and wherever it was stopped."""

from dataclasses import replace
from datetime import timedelta

import pytest

from oms_ops import due
from oms_ops.due import run_due
from oms_ops.publishing import history, publish
from oms_ops.service import ReservationService
from oms_ops.stock_papers import LotUnits
from oms_ops.units import micros
from tests.support.order_book import NOON, whole_book

SOON, LATER = NOON + timedelta(hours=1), NOON + timedelta(hours=2)


@pytest.fixture
def busy(shop):
    """Two holds, an unpaid order, a preorder, an authorization and a lot, all due within the hour."""
    channels = tuple(replace(one, payment_expires_minutes=60) for one in shop.settings.channels)
    shop.settings = replace(shop.settings, channels=channels)
    shop.receive("CUP", "LEICESTER", 9)
    holds = ReservationService(shop.book, shop.settings)
    for name in ("R1", "R2"):
        holds.reserve(name, channel_id="shopify", items={"CUP": 1}, expires_at=SOON, **shop.next())
    shop.place("unpaid", ("CUP", 3))
    shop.orders.set_sku_policy("BOOK", preorder_ships_at=SOON, **shop.next())
    shop.pay(shop.place("ahead", ("BOOK", 2), may_wait=True), 2)
    shop.receive("BOOK", "LEICESTER", 5)
    shop.stock.track_lots("JAM", **shop.next())
    shop.receive("JAM", "LEICESTER", 4, lots=[LotUnits("J1", 4, micros(SOON))])
    publish(shop.book, shop.settings, now=NOON)
    return shop


def test_everything_that_is_due_is_done_once(busy):
    done = run_due(busy.book, busy.settings, now=LATER, at_once=1)
    assert done.reservations_expired == 2
    assert done.orders == {"canceled": 1, "released": 1}
    assert (done.lot_units_set_aside, done.refused) == (4, {})
    assert busy.view("shopify:unpaid")["cancel_reason"] == "expired"
    assert busy.view("shopify:ahead")["lines"][0]["allocated"] == 2
    assert busy.balance("CUP", "LEICESTER") == {"on_hand": 9, "available": 9}
    assert history(busy.book, "CUP", channel_id="shopify")[-1]["value"] == 9
    before = whole_book(busy.book)
    again = run_due(busy.book, busy.settings, now=LATER)
    assert (again.reservations_expired, again.orders, again.ats_changed) == (0, {}, 0)
    assert whole_book(busy.book) == before


def test_nothing_is_due_before_its_time(busy):
    before = whole_book(busy.book)
    done = run_due(busy.book, busy.settings, now=NOON + timedelta(minutes=30))
    assert (done.reservations_expired, done.orders) == (0, {})
    assert whole_book(busy.book)["order"] == before["order"]


def test_a_job_that_was_stopped_goes_on_where_it_was(busy, monkeypatch):
    def stopped(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(due, "_until_none_is_left", stopped)
    with pytest.raises(KeyboardInterrupt):
        run_due(busy.book, busy.settings, now=LATER)
    monkeypatch.undo()
    done = run_due(busy.book, busy.settings, now=LATER)
    assert (done.reservations_expired, done.orders) == (0, {"canceled": 1, "released": 1})
