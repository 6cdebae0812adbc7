"""Checkouts' holds on a real book: all or nothing, converted, released, expired; quick or split."""

from dataclasses import replace
from datetime import timedelta

import pytest

from oms_ops.ats_policy import BUFFER, EVERY_SKU
from oms_ops.errors import IllegalMove, InvalidCommand, OutOfStock, UnknownReservation
from oms_ops.publishing import set_policy
from oms_ops.service import ReservationService
from oms_ops.store import tables as t
from tests.support.order_book import NOON, new_order, whole_book

LATER = NOON + timedelta(hours=8)


def service(shop) -> ReservationService:
    return ReservationService(shop.book, shop.settings)


def reserve(shop, name, expires_at=LATER, channel="shopify", key=None, **items):
    when = shop.next()
    key = key or when["key"]
    return service(shop).reserve(
        name, channel_id=channel, items=items, expires_at=expires_at, at=when["at"], key=key
    )


def test_a_basket_is_set_aside_at_the_first_location_that_has_it_all(shop):
    shop.receive("CUP", "LEICESTER", 5)
    shop.receive("CUP", "LONDON", 5)
    shop.receive("POT", "LONDON", 2)
    assert reserve(shop, "R1", CUP=2)["locations"] == {"LEICESTER": {"CUP": 2}}
    assert reserve(shop, "R2", CUP=2, POT=1)["locations"] == {"LONDON": {"CUP": 2, "POT": 1}}
    assert shop.balance("CUP", "LONDON") == {"on_hand": 5, "available": 3, "reserved": 2}


def test_a_basket_no_location_has_whole_is_split(shop):
    shop.receive("CUP", "LEICESTER", 2)
    shop.receive("CUP", "LONDON", 2)
    assert reserve(shop, "R1", CUP=3)["locations"] == {"LEICESTER": {"CUP": 2}, "LONDON": {"CUP": 1}}


def test_one_item_short_refuses_the_whole_basket_and_lists_every_shortage(shop):
    shop.receive("CUP", "LEICESTER", 5)
    shop.receive("POT", "LONDON", 1)
    before = whole_book(shop.book)
    with pytest.raises(OutOfStock) as refused:
        reserve(shop, "R1", CUP=2, POT=3, LID=4)
    assert refused.value.shortages == {"LID": (4, 0), "POT": (3, 1)}
    assert whole_book(shop.book) == before


def test_the_same_key_answers_the_same_and_refuses_other_terms(shop):
    shop.receive("CUP", "LEICESTER", 5)
    first = reserve(shop, "R1", key="once", CUP=2)
    assert reserve(shop, "R1", key="once", CUP=2) == first
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 5, "available": 3, "reserved": 2}
    with pytest.raises(InvalidCommand, match="'once' was used for reserved R1"):
        reserve(shop, "R1", key="once", CUP=1)
    with pytest.raises(InvalidCommand, match="reservation R1 already stands"):
        reserve(shop, "R1", key="twice", CUP=1)
    with pytest.raises(InvalidCommand, match="'once' was used for reserved R1"):
        shop.stock.receive("CUP", "LEICESTER", quantity=1, at=NOON, key="once")


def test_the_same_key_answers_the_same_when_nothing_is_left(shop):
    shop.receive("CUP", "LEICESTER", 2)
    first = reserve(shop, "R1", key="once", CUP=2)
    assert reserve(shop, "R1", key="once", CUP=2) == first
    shop.receive("CUP", "LONDON", 2)
    shop.receive("CUP", "GLASGOW", 1)
    split = reserve(shop, "R2", key="split", CUP=3)
    assert reserve(shop, "R2", key="split", CUP=3) == split


def test_a_key_used_by_another_command_is_refused(shop):
    shop.stock.receive("CUP", "LEICESTER", quantity=5, at=NOON, key="mine")
    with pytest.raises(InvalidCommand, match="'mine' was used for receive"):
        reserve(shop, "R1", key="mine", CUP=2)


def test_a_converted_hold_becomes_the_orders_claims_and_its_spare_units_serve_who_waits(shop):
    shop.receive("CUP", "LONDON", 5)
    reserve(shop, "R1", CUP=5)
    waiting = shop.place("9", ("CUP", 2), may_wait=True)
    done = service(shop).convert("R1", new_order("1", ("CUP", 3)), **shop.next())
    assert done["units_backordered"] == 0
    assert shop.balance("CUP", "LONDON") == {"on_hand": 5, "committed": 5}
    assert shop.view(waiting)["lines"][0]["allocated"] == 2
    kinds = [row[3] for row in whole_book(shop.book)["inventory_movement"]]
    names = {row[0]: row[1] for row in whole_book(shop.book)["movement_kind"]}
    assert [names[kind] for kind in kinds] == [
        "received_unordered", "reserved", "allocated_from_hold", "reservation_released", "allocated",
    ]  # fmt: skip
    with pytest.raises(IllegalMove, match="reservation R1 is converted and cannot become released"):
        service(shop).release("R1", **shop.next())


def test_an_order_larger_than_its_hold_claims_the_rest_or_is_refused_whole(shop):
    shop.receive("CUP", "LONDON", 5)
    reserve(shop, "R1", CUP=3)
    with pytest.raises(OutOfStock):
        service(shop).convert("R1", new_order("1", ("CUP", 6)), **shop.next())
    assert shop.balance("CUP", "LONDON") == {"on_hand": 5, "available": 2, "reserved": 3}
    service(shop).convert("R1", new_order("1", ("CUP", 5)), **shop.next())
    assert shop.balance("CUP", "LONDON") == {"on_hand": 5, "committed": 5}


def test_released_units_serve_who_waits(shop):
    shop.receive("CUP", "LONDON", 2)
    reserve(shop, "R1", CUP=2)
    order = shop.place("1", ("CUP", 1), may_wait=True)
    service(shop).release("R1", **shop.next())
    assert shop.view(order)["lines"][0]["allocated"] == 1
    assert shop.balance("CUP", "LONDON") == {"on_hand": 2, "available": 1, "committed": 1}
    with pytest.raises(UnknownReservation):
        service(shop).release("R7", **shop.next())


def test_the_sweep_expires_what_is_due_the_longest_overdue_first_and_says_what_is_left(shop):
    shop.receive("CUP", "LEICESTER", 9)
    for name, hours in (("R1", 3), ("R2", 2), ("R3", 4)):
        reserve(shop, name, expires_at=NOON + timedelta(hours=hours), CUP=1)
    swept = service(shop).expire(at=NOON + timedelta(hours=3), key="sweep 1", limit=1)
    assert swept == {"expired": ["R2"], "left": True}
    assert service(shop).expire(at=NOON + timedelta(hours=3), key="sweep 2") == {
        "expired": ["R1"], "left": False,
    }  # fmt: skip
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 9, "available": 8, "reserved": 1}


def test_a_hold_that_is_due_gives_way_to_a_checkout_that_needs_its_units(shop):
    shop.receive("CUP", "LEICESTER", 2)
    reserve(shop, "R1", expires_at=NOON + timedelta(minutes=5), CUP=2)
    with pytest.raises(OutOfStock):
        reserve(shop, "R2", CUP=1)
    at = NOON + timedelta(minutes=6)
    service(shop).reserve("R3", channel_id="shopify", items={"CUP": 2}, expires_at=LATER, at=at, key="after")
    assert [row[5] for row in whole_book(shop.book)[t.reservation.name]] == ["expired", "active"]


def test_an_extended_hold_outlives_its_first_end(shop):
    shop.receive("CUP", "LEICESTER", 2)
    reserve(shop, "R1", expires_at=NOON + timedelta(minutes=5), CUP=2)
    service(shop).extend("R1", expires_at=LATER, **shop.next())
    assert service(shop).expire(at=NOON + timedelta(minutes=9), key="sweep")["expired"] == []


def test_a_buffer_is_kept_from_checkouts(shop):
    places = tuple(
        replace(place, facility_buffer=2 if place.location_id == "LEICESTER" else 0)
        for place in shop.settings.locations
    )
    shop.settings = replace(shop.settings, locations=places)
    shop.receive("CUP", "LEICESTER", 3)
    reserve(shop, "R1", CUP=1)
    with pytest.raises(OutOfStock, match="CUP: 1 wanted, 0 available"):
        reserve(shop, "R2", CUP=1)


def keep_back(shop, units, *, sku=EVERY_SKU, location_id="LEICESTER"):
    when = {"author": "Ann", "reason": "the till's own", **shop.next()}
    set_policy(shop.book, shop.settings, place=location_id, term=BUFFER, value=units, sku=sku, **when)


@pytest.mark.parametrize("is_quick", [True, False])
@pytest.mark.parametrize("more", [{}, {"POT": 1}])
def test_a_buffer_decided_on_holds_from_the_next_checkout_on(shop, monkeypatch, is_quick, more):
    """Of five cups two are kept back, then of cups alone half of one, then as the settings say: none."""
    if not is_quick:
        monkeypatch.setattr(ReservationService, "_quickly", lambda *_, **__: None)
    shop.receive("CUP", "LEICESTER", 5)
    shop.receive("POT", "LEICESTER", 9)
    keep_back(shop, 2)
    keep_back(shop, 9, location_id="LONDON")
    with pytest.raises(OutOfStock, match="CUP: 4 wanted, 3 available"):
        reserve(shop, "R1", CUP=4, **more)
    reserve(shop, "R1", CUP=3, **more)
    keep_back(shop, 0.5, sku="CUP")
    with pytest.raises(OutOfStock, match="CUP: 2 wanted, 1 available"):
        reserve(shop, "R2", CUP=2, **more)
    reserve(shop, "R2", CUP=1, **more)
    keep_back(shop, None, sku="CUP")
    with pytest.raises(OutOfStock, match="CUP: 1 wanted, 0 available"):
        reserve(shop, "R3", CUP=1, **more)
    keep_back(shop, None)
    reserve(shop, "R3", CUP=1, **more)
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 5, "reserved": 5}


def test_a_buffer_decided_on_holds_at_the_second_location_and_for_what_is_split(shop):
    shop.receive("CUP", "LEICESTER", 2)
    shop.receive("CUP", "LONDON", 4)
    keep_back(shop, 1, sku="CUP", location_id="LONDON")
    assert reserve(shop, "R1", CUP=3)["locations"] == {"LONDON": {"CUP": 3}}
    assert reserve(shop, "R2", CUP=2)["locations"] == {"LEICESTER": {"CUP": 2}}
    with pytest.raises(OutOfStock, match="CUP: 1 wanted, 0 available"):
        reserve(shop, "R3", CUP=1)


def test_the_quick_way_writes_the_rows_the_rules_write(new_shop, monkeypatch):
    books = []
    for is_quick in (True, False):
        with new_shop() as shop:
            if not is_quick:
                monkeypatch.setattr(ReservationService, "_quickly", lambda *_, **__: None)
            shop.receive("CUP", "LEICESTER", 5)
            shop.receive("POT", "LEICESTER", 5)
            reserve(shop, "R1", CUP=2, POT=1)
            book = whole_book(shop.book)
            tables = (t.stock_balance, t.reservation, t.posting, t.inventory_movement)
            books.append({table.name: book[table.name] for table in tables})
            events = [row[1:5] for row in book[t.stock_event.name] if row[1] == "reserved"]
            books[-1]["event"] = events
    assert books[0] == books[1]


def test_nonsense_is_refused(shop):
    with pytest.raises(InvalidCommand, match="found no item"):
        reserve(shop, "R1")
    with pytest.raises(InvalidCommand, match=r"found \{'CUP': 0\}"):
        reserve(shop, "R1", CUP=0)
    with pytest.raises(InvalidCommand, match="would have expired"):
        reserve(shop, "R1", expires_at=NOON, CUP=1)


def test_a_hold_of_one_channel_does_not_become_an_order_of_another(shop):
    shop.receive("CUP", "LEICESTER", 3)
    reserve(shop, "R1", CUP=2)
    before = whole_book(shop.book)
    with pytest.raises(InvalidCommand, match="reservation R1 is of channel shopify"):
        service(shop).convert("R1", new_order("1", ("CUP", 2), channel="amazon"), **shop.next())
    assert whole_book(shop.book) == before


def test_a_reservation_that_swept_an_overdue_hold_answers_the_same_to_the_same_key(shop):
    shop.receive("CUP", "LEICESTER", 2)
    reserve(shop, "R1", expires_at=NOON + timedelta(minutes=3), CUP=2)
    terms = {"channel_id": "shopify", "items": {"CUP": 2}, "expires_at": LATER}
    at = NOON + timedelta(hours=1)
    first = service(shop).reserve("R2", at=at, key="swept", **terms)
    before = whole_book(shop.book)
    assert service(shop).reserve("R2", at=at, key="swept", **terms) == first
    assert whole_book(shop.book) == before


def test_a_kits_components_are_set_aside_and_become_the_claims_of_its_line(shop):
    shop.stock.define_kit("SET", components={"CUP": 2, "POT": 1}, **shop.next())
    shop.receive("CUP", "LEICESTER", 5)
    shop.receive("POT", "LEICESTER", 5)
    with pytest.raises(OutOfStock) as refused:
        reserve(shop, "R0", SET=2, CUP=2)
    assert refused.value.shortages == {"CUP": (6, 5)}
    held = reserve(shop, "R1", key="once", SET=2, CUP=1)
    assert held["locations"] == {"LEICESTER": {"CUP": 5, "POT": 2}}
    assert reserve(shop, "R1", key="once", SET=2, CUP=1) == held
    service(shop).convert("R1", new_order("1", ("SET", 2), ("CUP", 1)), **shop.next())
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 5, "committed": 5}
    assert shop.balance("POT", "LEICESTER") == {"on_hand": 5, "available": 3, "committed": 2}
