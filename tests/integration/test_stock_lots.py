"""Lots on a real book: first expired, first out; nothing ships past its time; recalls and traces."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from oms_ops import bulk
from oms_ops.errors import InvalidCommand, OutOfStock, UnknownDocument
from oms_ops.invariants import verify
from oms_ops.service import OrderService
from oms_ops.stock_papers import LotUnits
from oms_ops.units import micros
from tests.support.order_book import NOON, Stream


@pytest.fixture
def shop(shop):
    shop.stock.track_lots("TEA", **shop.next())
    return shop


def day(number):
    return micros(NOON + timedelta(days=number))


def came(shop, code, quantity, expires=None, place="LEICESTER"):
    lots = [LotUnits(code, quantity, None if expires is None else day(expires))]
    return shop.receive("TEA", place, quantity, lots=lots)


def held(shop, place="LEICESTER"):
    """Units on hand by lot."""
    query = (
        "SELECT lot_code, l.on_hand FROM stock_lot AS l JOIN stock_balance AS b ON b.stock_no = l.stock_no "
        "WHERE b.sku = 'TEA' AND b.location_id = :place AND l.on_hand <> 0"
    )
    with shop.book.read() as con:
        return dict(tuple(row) for row in con.execute(text(query), {"place": place}))


def later(shop, days):
    return shop.next() | {"at": NOON + timedelta(days=days)}


def test_what_expires_first_is_shipped_first(shop):
    came(shop, "B", 5, expires=60)
    came(shop, "A", 5, expires=30)
    came(shop, "K", 5)
    order = shop.place("1", ("TEA", 7))
    shop.ship(order, "S1")
    assert held(shop) == {"B": 3, "K": 5}


def test_named_lots_are_shipped_instead(shop):
    came(shop, "A", 5, expires=30)
    came(shop, "B", 5, expires=60)
    order = shop.place("1", ("TEA", 4))
    with pytest.raises(OutOfStock, match="lot B of TEA: 6 wanted, 5 available"):
        shop.ship(order, "S1", lots={"B": 6})
    shop.ship(order, "S1", lots={"B": 4})
    assert held(shop) == {"A": 5, "B": 1}


def test_an_expired_lot_never_ships_and_what_it_holds_is_named(shop):
    came(shop, "A", 5, expires=30)
    came(shop, "B", 2, expires=60)
    order = shop.place("1", ("TEA", 4))
    with pytest.raises(OutOfStock) as refused:
        shop.orders.ship(order, shipment_id="S1", **later(shop, 31))
    assert refused.value.shortages == {"TEA (lots that may be shipped from LEICESTER)": (4, 2)}
    shop.orders.ship(order, shipment_id="S1", units={1: 2}, **later(shop, 31))
    assert held(shop) == {"A": 5}


def test_expired_units_leave_available_and_those_promised_are_listed(shop):
    came(shop, "A", 5, expires=30)
    came(shop, "B", 5, expires=60)
    order = shop.place("1", ("TEA", 7))
    answer = shop.stock.expire_lots(**later(shop, 31))
    assert answer == {"set_aside": {"TEA at LEICESTER": 3}, "still_promised": {"TEA at LEICESTER": 2}}
    assert shop.balance("TEA", "LEICESTER") == {"on_hand": 10, "committed": 7, "quality_control": 3}
    shop.orders.cancel(order, reason="expired", **later(shop, 32))
    assert shop.stock.expire_lots(**later(shop, 32))["set_aside"] == {"TEA at LEICESTER": 2}
    assert shop.balance("TEA", "LEICESTER") == {"on_hand": 10, "available": 5, "quality_control": 5}
    with pytest.raises(OutOfStock, match="of lots that may be shipped.: 1 wanted, 0 available"):
        back = {"source": "quality_control", "target": "available", "reason": "x", "quantity": 1}
        shop.stock.move_state("TEA", "LEICESTER", **back, **later(shop, 33))
    bin_ = {"source": "quality_control", "quantity": 5, "reason": "expired", "lots": {"A": 5}}
    shop.stock.dispose("TEA", "LEICESTER", **bin_, **later(shop, 33))
    assert held(shop) == {"B": 5}


def test_a_channel_may_ask_for_goods_that_keep_longer(shop):
    came(shop, "A", 5, expires=30)
    came(shop, "B", 2, expires=90)
    channels = tuple(
        replace(channel, minimum_shelf_life_days=45) if channel.channel_id == "shopify" else channel
        for channel in shop.settings.channels
    )
    orders = OrderService(shop.book, replace(shop.settings, channels=channels))
    order = shop.place("1", ("TEA", 3))
    with pytest.raises(OutOfStock, match="3 wanted, 2 available"):
        orders.ship(order, shipment_id="S1", **shop.next())
    orders.ship(order, shipment_id="S1", units={1: 2}, **shop.next())
    assert held(shop) == {"A": 5}


def test_a_recalled_lot_is_set_aside_everywhere_and_traced_to_the_orders_it_went_to(shop):
    came(shop, "A", 5, expires=30)
    came(shop, "A", 4, place="LONDON")
    order = shop.place("1", ("TEA", 2))
    shop.ship(order, "S1")
    answer = shop.stock.block_lot("TEA", "A", reason="salmonella", **shop.next())
    assert answer["set_aside"] == {"TEA at LEICESTER": 3, "TEA at LONDON": 4}
    assert shop.available()["TEA"] == {"LEICESTER": 0, "LONDON": 0}
    (lot,) = shop.stock.lot("A")
    assert (lot["blocked_reason"], lot["places"]["LONDON"]) == ("salmonella", {"on_hand": 4, "set_aside": 4})
    assert [(row["kind"], row["on_hand"]) for row in lot["movements"] if row["order_id"] == order] == [
        ("shipped", -2)
    ]
    came(shop, "A", 1)
    assert shop.balance("TEA", "LEICESTER") == {"on_hand": 4, "quality_control": 4}
    shop.stock.clear_lot("TEA", "A", **shop.next())
    with pytest.raises(InvalidCommand, match="lot A of TEA is not blocked"):
        shop.stock.clear_lot("TEA", "A", **shop.next())
    shop.stock.inspect("TEA", "LEICESTER", outcome={"available": 4}, reason="fine", **shop.next())
    assert shop.balance("TEA", "LEICESTER") == {"on_hand": 4, "available": 4}


def test_lots_travel_with_a_transfer(shop):
    came(shop, "A", 5, expires=30)
    came(shop, "B", 5, expires=60)
    shop.stock.draft_transfer(
        "T1", origin_id="LEICESTER", destination_id="LONDON", units={"TEA": 7}, **shop.next()
    )
    shop.stock.ready_transfer("T1", **shop.next())
    shop.stock.ship_transfer("T1", **shop.next())
    assert held(shop) == {"B": 3}
    shop.stock.receive_transfer("T1", units={"TEA": 4}, **shop.next())
    assert held(shop, "LONDON") == {"A": 4}
    shop.stock.lose_transfer("T1", units={"TEA": 2}, reason="stolen", **shop.next())
    shop.stock.receive_transfer("T1", **shop.next())
    assert held(shop, "LONDON") == {"A": 4, "B": 1}


def test_stock_on_hand_before_tracking_began_is_named_later(shop):
    shop.receive("JAM", "LONDON", 6)
    damaged = {"source": "available", "target": "damaged", "quantity": 1, "reason": "x"}
    shop.stock.move_state("JAM", "LONDON", **damaged, **shop.next())
    shop.stock.track_lots("JAM", **shop.next())
    with pytest.raises(OutOfStock, match="JAM of no lot at LONDON: 6 wanted, 5 available"):
        shop.stock.name_lots("JAM", "LONDON", named=[LotUnits("J1", 6, day(9))], **shop.next())
    answer = shop.stock.name_lots("JAM", "LONDON", named=[LotUnits("J1", 5, day(9))], **shop.next())
    assert answer["lots"] == {"": 1, "J1": 5}


def test_a_return_and_a_find_are_of_no_lot_until_somebody_looks(shop):
    came(shop, "A", 5, expires=30)
    order = shop.place("1", ("TEA", 2))
    shop.ship(order, "S1")
    shop.orders.return_(order, return_id="R1", units={"a": 2}, **shop.next())
    shop.orders.receive_return("R1", disposition="restocked", **shop.next())
    assert held(shop) == {"A": 3, "": 2}
    shop.stock.adjust("TEA", "LEICESTER", quantity=-4, reason="mice", **shop.next())
    assert held(shop) == {"": 1}


def test_more_is_written_off_than_any_lot_has(shop):
    came(shop, "A", 2)
    shop.stock.adjust("TEA", "LEICESTER", quantity=-3, reason="mice", **shop.next())
    assert held(shop) == {"": -1}
    assert shop.balance("TEA", "LEICESTER") == {"on_hand": -1, "available": -1}


@pytest.mark.parametrize("beside_from", [1, 10_000], ids=["written beside", "written here"])
def test_a_bulk_run_takes_lots_by_the_same_rule_and_follows_what_a_channel_has_shipped(
    shop, monkeypatch, beside_from
):
    monkeypatch.setattr(bulk, "BESIDE_FROM", beside_from)
    came(shop, "B", 3, expires=60)
    came(shop, "A", 3, expires=30)
    stream = Stream()
    stream.receipt("TEA", "LEICESTER", 2)
    stream.order("1", ("TEA", 2))
    stream.shipment("S1", "1")
    stream.order("2", ("TEA", 6))
    stream.shipment("S2", "2")
    late = stream.facts[-1]
    stream.facts[-1] = late._replace(
        shipped_at=day(40)
    )  # one of A is left and has expired: it is gone all the same
    bulk.apply(shop.book, stream.chunks(2), settings=shop.settings)
    assert held(shop) == {}
    moved = [(row["on_hand"], row["order_id"]) for row in shop.stock.lot("A")[0]["movements"]]
    assert moved == [(3, None), (-2, "shopify:1"), (-1, "shopify:2")]


def test_lot_refusals_name_what_there_is(shop):
    with pytest.raises(InvalidCommand, match="TEA is tracked by lot already"):
        shop.stock.track_lots("TEA", **shop.next())
    with pytest.raises(UnknownDocument, match="no lot 'TEA' 'Z'"):
        shop.stock.block_lot("TEA", "Z", reason="x", **shop.next())
    with pytest.raises(InvalidCommand, match="CUP is not tracked by lot"):
        shop.receive("CUP", "LEICESTER", 1, lots=[LotUnits("A", 1)])
    came(shop, "A", 2, expires=30)
    with pytest.raises(InvalidCommand, match=r"lot A of TEA expires at 2011-03-31 .* found 2011-04-01"):
        came(shop, "A", 2, expires=31)
    with pytest.raises(InvalidCommand, match=r"2 units of TEA come in, the lots named are \{'A': 3\}"):
        shop.receive("TEA", "LEICESTER", 2, lots=[LotUnits("A", 3)])
    with pytest.raises(OutOfStock, match="lot A of TEA at LEICESTER: 3 wanted, 2 available"):
        less = {"quantity": -3, "reason": "x", "lots": [LotUnits("A", 3)]}
        shop.stock.adjust("TEA", "LEICESTER", **less, **shop.next())


def test_verify_finds_a_lot_that_drifted(shop):
    came(shop, "A", 2)
    with shop.book.write() as con:
        con.execute(text("UPDATE stock_lot SET on_hand = 3"))
    assert [str(broken) for broken in verify(shop.book)] == [
        "L1 TEA by lot at LEICESTER: found 3, expected 2",
        "L1 lot A of TEA at LEICESTER: found 3, expected 2",
    ]
    with shop.book.write() as con:
        con.execute(text("UPDATE stock_lot SET on_hand = 2"))
