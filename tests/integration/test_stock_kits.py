"""Kits on a real book: sold as one line, filled out of components that are shared, or built ahead."""

from __future__ import annotations

import pytest

from oms_ops import bulk
from oms_ops.changes import AddLine, RemoveLine, SetQuantity
from oms_ops.errors import InvalidCommand, OutOfStock, UnknownDocument
from oms_ops.store import kits as kit_store
from oms_ops.store import supply
from tests.support.order_book import Stream


def define(shop, kit, is_stocked=False, **components):
    return shop.stock.define_kit(kit, components=components, is_stocked=is_stocked, **shop.next())


def lines(shop, order):
    return {line["line_id"]: line for line in shop.view(order)["lines"]}


def test_a_kit_keeps_its_line_and_is_filled_out_of_its_components(shop):
    define(shop, "SET", CUP=2, POT=1)
    shop.receive("CUP", "LEICESTER", 10)
    shop.receive("POT", "LEICESTER", 10)
    order = shop.place("1", ("SET", 3, "20.00"))
    found = lines(shop, order)
    assert [(line["sku"], line["line_type"], line["quantity"]) for line in found.values()] == [
        ("SET", "kit", 3),
        ("CUP", "product", 6),
        ("POT", "product", 3),
    ]
    assert str(shop.view(order)["total"]) == "60"
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 10, "available": 4, "committed": 6}
    assert shop.balance("SET", "LEICESTER") == {}
    shop.pay(order, "60.00")
    shop.ship(order, "S1")
    view = shop.view(order)
    assert (view["order_status"], view["fulfillment_status"]) == ("closed", "fulfilled")
    assert lines(shop, order)["a"]["shipped"] == 3


def test_components_are_added_up_with_other_lines_before_anything_is_claimed(shop):
    define(shop, "SET", CUP=2, POT=1)
    shop.receive("CUP", "LEICESTER", 5)
    shop.receive("POT", "LEICESTER", 5)
    with pytest.raises(OutOfStock) as refused:
        shop.place("1", ("SET", 2), ("CUP", 2))
    assert refused.value.shortages == {"CUP": (6, 5)}
    shop.place("2", ("SET", 2), ("CUP", 1))
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 5, "committed": 5}


def test_a_kit_within_a_kit_is_opened_and_one_built_ahead_is_not(shop):
    define(shop, "PAIR", CUP=2)
    define(shop, "HAMPER", PAIR=2, TEA=1, CUP=1)
    define(shop, "TIN", is_stocked=True, TEA=3)
    define(shop, "GIFT", TIN=1, CUP=1)
    with shop.book.read() as con:
        assert kit_store.components(con) == {
            "PAIR": {"CUP": 2},
            "HAMPER": {"CUP": 5, "TEA": 1},
            "GIFT": {"TIN": 1, "CUP": 1},
        }
    shop.receive("CUP", "LEICESTER", 10)
    shop.receive("TEA", "LEICESTER", 1)
    order = shop.place("1", ("HAMPER", 1))
    assert {line["sku"]: line["quantity"] for line in lines(shop, order).values()} == {
        "HAMPER": 1,
        "CUP": 5,
        "TEA": 1,
    }


def test_a_kit_cannot_contain_itself_however_deep(shop):
    define(shop, "A", B=1)
    define(shop, "B", C=1)
    with pytest.raises(InvalidCommand, match="kit C cannot have A as a component: A contains C"):
        define(shop, "C", A=1)
    with pytest.raises(InvalidCommand, match="kit A cannot have A"):
        define(shop, "A", A=1)
    with pytest.raises(InvalidCommand, match="kit D needs components, a positive quantity"):
        define(shop, "D", CUP=0)


def test_a_new_definition_leaves_placed_orders_alone(shop):
    define(shop, "SET", CUP=2)
    shop.receive("CUP", "LEICESTER", 10)
    first = shop.place("1", ("SET", 1))
    define(shop, "SET", CUP=3)
    second = shop.place("2", ("SET", 1))
    assert lines(shop, first)["a.1"]["quantity"] == 2
    assert lines(shop, second)["a.1"]["quantity"] == 3
    assert shop.balance("CUP", "LEICESTER")["committed"] == 5


def test_a_component_that_was_dropped_counts_nowhere_any_more(shop):
    define(shop, "SET", CUP=2, POT=1)
    define(shop, "SET", CUP=3)
    with shop.book.read() as con:
        assert kit_store.components(con) == supply.kits(con) == {"SET": {"CUP": 3}}
    shop.receive("CUP", "LEICESTER", 3)
    assert [line["sku"] for line in lines(shop, shop.place("1", ("SET", 1))).values()] == ["SET", "CUP"]


def test_kits_are_canceled_and_returned_as_kits(shop):
    define(shop, "SET", CUP=2, POT=1)
    shop.receive("CUP", "LEICESTER", 10)
    shop.receive("POT", "LEICESTER", 10)
    order = shop.place("1", ("SET", 3, "20.00"))
    with pytest.raises(InvalidCommand, match="line a.1 .* is a component of kit line a: name a"):
        shop.orders.cancel(order, reason="customer", units={"a.1": 1}, **shop.next())
    with pytest.raises(InvalidCommand, match="6 units left to cancel"):
        shop.orders.cancel(order, reason="customer", units={"a": 4}, **shop.next())
    shop.orders.cancel(order, reason="customer", units={"a": 1}, **shop.next())
    assert {name: line["canceled"] for name, line in lines(shop, order).items()} == {
        "a": 1,
        "a.1": 2,
        "a.2": 1,
    }
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 10, "available": 6, "committed": 4}
    shop.pay(order, "40.00")
    shop.ship(order, "S1")
    assert shop.view(order)["order_status"] == "closed"  # 60 less the canceled kit's 20 is paid
    shop.orders.return_(order, return_id="R1", units={"a": 1}, **shop.next())
    shop.orders.receive_return("R1", disposition="restocked", **shop.next())
    assert {name: line["returned"] for name, line in lines(shop, order).items()} == {
        "a": 1,
        "a.1": 2,
        "a.2": 1,
    }
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 8, "available": 8}


def test_canceling_the_order_cancels_kit_and_components(shop):
    define(shop, "SET", CUP=2)
    order = shop.place("1", ("SET", 3, "20.00"), may_wait=True)
    shop.orders.cancel(order, reason="customer", **shop.next())
    view = shop.view(order)
    assert (view["order_status"], view["payment_status"]) == ("canceled", "voided")
    assert [line["canceled"] for line in view["lines"]] == [3, 6]


def test_a_kit_is_filled_from_one_location_where_one_has_all_of_it(shop):
    define(shop, "SET", CUP=1, POT=1)
    shop.receive("CUP", "LEICESTER", 5)  # first in the network, but without pots
    shop.receive("LID", "LEICESTER", 1)
    shop.receive("CUP", "GLASGOW", 2)
    shop.receive("POT", "GLASGOW", 2)
    order = shop.place("1", ("SET", 2), ("LID", 1))
    where = {
        (claim["sku"], claim["location_id"]): claim["quantity"] for claim in shop.view(order)["allocations"]
    }
    assert where == {("CUP", "GLASGOW"): 2, ("POT", "GLASGOW"): 2, ("LID", "LEICESTER"): 1}


def test_kits_told_by_a_channel_are_filled_and_refunded_by_the_same_rules(shop):
    define(shop, "SET", CUP=2, POT=1)
    stream = Stream()
    stream.count("CUP", "LEICESTER", 10)
    stream.count("POT", "LEICESTER", 10)
    stream.order("1", ("SET", 2, "20.00"), ("CUP", 1, "3.00"))
    stream.shipment("S1", "1")
    stream.refund("F1", "1", ("a", "SET", 1, "return", "20.00"))
    bulk.apply(shop.book, stream.chunks(2), settings=shop.settings)
    found = lines(shop, "shopify:1")
    assert {name: (line["shipped"], line["returned"]) for name, line in found.items()} == {
        "a": (2, 1),
        "b": (1, 0),
        "a.1": (4, 2),
        "a.2": (2, 1),
    }
    assert str(found["a"]["refunded"]) == "20"
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 7, "available": 7}
    assert shop.balance("POT", "LEICESTER") == {"on_hand": 9, "available": 9}


def test_a_stocked_kit_is_built_out_of_its_components_and_sold_from_its_own_stock(shop):
    define(shop, "TIN", is_stocked=True, TEA=3, LID=1)
    shop.receive("TEA", "LEICESTER", 10)
    shop.receive("LID", "LEICESTER", 3)
    with pytest.raises(OutOfStock) as refused:
        shop.stock.build_kit("TIN", "LEICESTER", quantity=4, **shop.next())
    assert refused.value.shortages == {"TEA (at LEICESTER)": (12, 10), "LID (at LEICESTER)": (4, 3)}
    waiting = shop.place("1", ("TIN", 1), may_wait=True)
    shop.stock.build_kit("TIN", "LEICESTER", quantity=3, **shop.next())
    assert shop.balance("TIN", "LEICESTER") == {"on_hand": 3, "available": 2, "committed": 1}
    assert shop.balance("TEA", "LEICESTER") == {"on_hand": 1, "available": 1}
    assert shop.view(waiting)["lines"][0]["allocated"] == 1
    with pytest.raises(OutOfStock, match=r"TIN \(at LEICESTER\): 3 wanted, 2 available"):
        shop.stock.take_kit_apart("TIN", "LEICESTER", quantity=3, **shop.next())
    shop.stock.take_kit_apart("TIN", "LEICESTER", quantity=2, **shop.next())
    assert shop.balance("TIN", "LEICESTER") == {"on_hand": 1, "committed": 1}
    assert shop.balance("TEA", "LEICESTER") == {"on_hand": 7, "available": 7}


def test_only_a_stocked_kit_is_built(shop):
    with pytest.raises(UnknownDocument, match="no kit 'SET'"):
        shop.stock.build_kit("SET", "LEICESTER", quantity=1, **shop.next())
    define(shop, "SET", CUP=2)
    with pytest.raises(InvalidCommand, match="sold out of its components' stock: define it as stocked"):
        shop.stock.build_kit("SET", "LEICESTER", quantity=1, **shop.next())


def test_an_edit_adds_takes_off_and_resizes_kits_with_their_components(shop):
    define(shop, "SET", CUP=2, POT=1)
    shop.receive("CUP", "LEICESTER", 10)
    shop.receive("POT", "LEICESTER", 10)
    order = shop.place("1", ("LID", 1), ("SET", 1, "20.00"), may_wait=True)
    edit = shop.orders.edit
    edit(order, changes=[SetQuantity("b", 3)], **shop.next())
    assert shop.balance("CUP", "LEICESTER")["committed"] == 6
    edit(order, changes=[SetQuantity("b", 2), AddLine("x", "SET", 1, "18")], **shop.next())
    found = lines(shop, order)
    assert (found["b"]["quantity"], found["b"]["canceled"], found["x"]["line_type"]) == (3, 1, "kit")
    assert shop.balance("CUP", "LEICESTER")["committed"] == 6
    with pytest.raises(InvalidCommand, match=r"line x.1 of order shopify:1 is a component of kit line x"):
        edit(order, changes=[SetQuantity("x.1", 1)], **shop.next())
    shop.ship(order, "S1", units={claim["allocation_no"]: 1 for claim in shop.view(order)["allocations"][:1]})
    with pytest.raises(
        InvalidCommand, match="cannot give up 2 kits: of its component CUP 1 units have shipped"
    ):
        edit(order, changes=[RemoveLine("b")], **shop.next())
    edit(order, changes=[RemoveLine("x")], **shop.next())
    assert lines(shop, order)["x"]["canceled"] == 1
