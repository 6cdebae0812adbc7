"""Orders routed by the shop's rules: filters, costs, the rest, and a batch as one assignment."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from oms_ops import bulk
from oms_ops.changes import Address
from oms_ops.commands.routing import RoutingService
from oms_ops.errors import InvalidCommand, InvalidRules, OutOfStock
from oms_ops.store.routing_tables import order_destination
from tests.support.order_book import NOON, Stream, whole_book
from tests.support.routed_shop import by_location, ruled

ANY = {"name": "any", "unfilled": "wait"}


def routing(shop) -> RoutingService:
    return RoutingService(shop.book, shop.settings)


def events(shop, order_id: str, kind: str) -> list[dict]:
    return [event["detail"] for event in shop.view(order_id)["events"] if event["event_kind"] == kind]


def stocked(shop, sku: str, **units: int) -> None:
    for location_id, quantity in units.items():
        shop.receive(sku, location_id, quantity)


def test_the_cheapest_location_fills_the_order_and_the_event_says_why(shop):
    ruled(shop, ANY)
    stocked(shop, "A", LEICESTER=5, GLASGOW=5)
    order_id = shop.place("1", ("A", 2), postcode="G1 2AB")
    assert by_location(shop, order_id) == {"GLASGOW": 2}
    (why,) = events(shop, order_id, "routed")
    assert (why["routing"], why["rule"], why["then"]) == ("all", "any", None)
    assert why["cost"]["total_e4"] == 30_000
    assert why["runner_up"]["locations"] == {"LEICESTER": {"A": 2}}
    assert why["runner_up"]["cost"]["total_e4"] == 90_000
    assert why["tried"] == [{"rule": "any", "why_not": "", "dropped": {"LONDON": "has none of it"}}]
    assert by_location(shop, shop.place("2", ("A", 2))) == {"LEICESTER": 2}


def test_the_first_rule_that_fills_the_order_takes_it(shop):
    near = {"name": "near", "max_distance_km": 200, "distance_unknown": "drop", "unfilled": "next"}
    ruled(shop, near, ANY)
    stocked(shop, "A", LEICESTER=1, GLASGOW=5)
    order_id = shop.place("1", ("A", 2))
    assert by_location(shop, order_id) == {"GLASGOW": 2}  # 9.00; LEICESTER's unit and one of these: 12.00
    (why,) = events(shop, order_id, "routed")
    assert why["rule"] == "any"
    first = why["tried"][0]
    assert (first["rule"], first["why_not"]) == ("near", "1 units cannot be filled")
    assert first["dropped"]["GLASGOW"] == "556 km away, at most 200 are allowed"


def test_a_location_that_does_not_ship_to_the_country_is_no_candidate(shop):
    ruled(shop, ANY, places={"LEICESTER": {"serves": ("France",)}})
    stocked(shop, "A", LEICESTER=5, LONDON=5)
    assert by_location(shop, shop.place("1", ("A", 1))) == {"LONDON": 1}


def test_a_location_that_is_full_for_today_is_passed_over_until_tomorrow(shop):
    ruled(shop, ANY, places={"LEICESTER": {"orders_per_day": 1}})
    stocked(shop, "A", LEICESTER=9, GLASGOW=9)
    assert by_location(shop, shop.place("1", ("A", 1))) == {"LEICESTER": 1}
    second = shop.place("2", ("A", 1))
    assert by_location(shop, second) == {"GLASGOW": 1}
    dropped = events(shop, second, "routed")[0]["tried"][0]["dropped"]
    assert dropped["LEICESTER"] == "full for today: 1 of 1 orders"
    shop.calls += 24 * 60
    assert by_location(shop, shop.place("3", ("A", 1))) == {"LEICESTER": 1}


def test_units_a_location_may_still_be_given_today_limit_a_parcel(shop):
    ruled(
        shop,
        {"name": "any", "unfilled": "wait", "max_parcels": 1},
        places={"LEICESTER": {"units_per_day": 3}},
    )
    stocked(shop, "A", LEICESTER=9)
    order_id = shop.place("1", ("A", 5), may_wait=True)
    assert by_location(shop, order_id) == {"LEICESTER": 3}


def test_stock_that_came_in_long_ago_goes_first_where_a_rule_asks_for_it(shop):
    old = {"name": "old stock", "min_stock_age_days": 30, "unfilled": "next"}
    ruled(shop, old, ANY)
    stocked(shop, "A", GLASGOW=5)
    shop.calls += 31 * 24 * 60
    stocked(shop, "A", LEICESTER=5)
    order_id = shop.place("1", ("A", 2))
    assert by_location(shop, order_id) == {"GLASGOW": 2}
    why = events(shop, order_id, "routed")[0]
    assert why["tried"][0]["dropped"]["LEICESTER"] == "its stock is not of the age the rule asks for"


def test_a_promise_that_would_be_missed_costs_by_the_day(shop):
    """SOUTH to SOUTH takes 1 day, across 3; promised within 1 day: GLASGOW would be 2 days late."""
    ruled(shop, {**ANY, "shipping": 0.0, "late_penalty_per_day": 4})
    channels = shop.settings.channels
    stocked(shop, "A", LONDON=5, GLASGOW=5)
    order_id = shop.place("1", ("A", 1))
    assert by_location(shop, order_id) == {"LONDON": 1}
    assert channels[0].promise_deliver_days == 5
    cost = events(shop, order_id, "routed")[0]["cost"]
    assert (cost["late_days"], cost["total_e4"], cost["paid_e4"]) == (0, 0, 30_000)


def test_what_waits_is_filled_by_the_rules_when_stock_comes(shop):
    ruled(shop, {**ANY, "locations": ["LONDON"]})
    order_id = shop.place("1", ("A", 2), may_wait=True)
    stocked(shop, "A", LEICESTER=5)
    assert by_location(shop, order_id) == {}
    stocked(shop, "A", LONDON=5)
    assert by_location(shop, order_id) == {"LONDON": 2}


def test_what_cannot_be_filled_is_canceled_where_the_rule_says_so(shop):
    ruled(shop, {"name": "any", "unfilled": "cancel"})
    stocked(shop, "A", LONDON=1)
    order_id = shop.place("1", ("A", 3), may_wait=True)
    line = shop.view(order_id)["lines"][0]
    assert (line["canceled"], line["allocated"], line["backordered"]) == (2, 1, 0)
    whole = shop.place("2", ("A", 3), may_wait=True)
    view = shop.view(whole)
    assert (view["order_status"], view["cancel_reason"]) == ("canceled", "inventory")


def test_what_cannot_be_filled_holds_the_order_with_the_rules_reason(shop):
    ruled(shop, {"name": "any", "unfilled": "hold", "hold_reason": "unknown_delivery_date", "partial": False})
    stocked(shop, "A", LONDON=1)
    order_id = shop.place("1", ("A", 3), may_wait=True)
    assert by_location(shop, order_id) == {}
    assert [hold["reason"] for hold in shop.view(order_id)["holds"]] == ["unknown_delivery_date"]
    stocked(shop, "A", LONDON=5)
    assert by_location(shop, order_id) == {"LONDON": 3}


def test_an_order_on_the_manual_queue_waits_for_a_person_and_for_nobody_else(shop):
    ruled(shop, {"name": "any", "unfilled": "manual"})
    order_id = shop.place("1", ("A", 3), may_wait=True)
    stocked(shop, "A", LEICESTER=9, GLASGOW=9)
    assert by_location(shop, order_id) == {}
    (waiting,) = routing(shop).manual_queue()
    assert (waiting["order_id"], waiting["units"]) == (order_id, 3)
    assert waiting["reason"] == "3 units left by rule 'any' of 'all'"
    assert routing(shop).route_batch(**shop.next())["orders"] == 0
    routing(shop).assign(order_id, "GLASGOW", units={"A": 1}, **shop.next())
    assert by_location(shop, order_id) == {"GLASGOW": 1}
    assert routing(shop).manual_queue() == []
    assert routing(shop).route_batch(**shop.next())["units_allocated"] == 2


def test_a_person_may_give_an_order_back_to_the_rules(shop):
    ruled(shop, {"name": "any", "unfilled": "manual"})
    order_id = shop.place("1", ("A", 3), may_wait=True)
    stocked(shop, "A", LEICESTER=9)
    assert routing(shop).requeue(order_id, **shop.next())["units_allocated"] == 3
    with pytest.raises(InvalidCommand, match="does not wait for a person"):
        routing(shop).requeue(order_id, **shop.next())


def test_a_person_cannot_assign_what_is_not_there_or_not_asked_for(shop):
    ruled(shop, {"name": "any", "unfilled": "manual"})
    order_id = shop.place("1", ("A", 3), may_wait=True)
    with pytest.raises(OutOfStock, match="A: 3 wanted, 0 available"):
        routing(shop).assign(order_id, "LONDON", **shop.next())
    with pytest.raises(InvalidCommand, match="waits for 3 of A"):
        routing(shop).assign(order_id, "LONDON", units={"B": 1}, **shop.next())


def test_an_order_that_may_not_wait_is_refused_where_the_rules_leave_units(shop):
    ruled(shop, {**ANY, "locations": ["LONDON"]})
    stocked(shop, "A", LEICESTER=9, LONDON=1)
    before = whole_book(shop.book)
    with pytest.raises(OutOfStock, match="A: 2 wanted, 1 available"):
        shop.place("1", ("A", 2))
    assert whole_book(shop.book) == before


def test_a_batch_is_one_assignment_in_one_command(shop):
    """SOUTH waits first and alone would take GLASGOW's unit (2 x 9.00 = 18.00 in all); NORTH needs it."""
    ruled(shop, {**ANY, "balance_per_unit": 8})
    plain = shop.settings
    shop.settings = plain.__class__(**{**vars(plain), "routing": {}})
    south = shop.place("1", ("A", 1), may_wait=True)
    north = shop.place("2", ("A", 1), may_wait=True, postcode="G1")
    shop.settings = plain
    ruled(shop, {**ANY, "locations": ["LEICESTER"]})
    shop.receive("A", "GLASGOW", 1)
    shop.receive("A", "LONDON", 1)
    ruled(shop, ANY)
    assert (by_location(shop, south), by_location(shop, north)) == ({}, {})
    command = shop.next()
    done = routing(shop).route_batch(**command)
    assert (by_location(shop, south), by_location(shop, north)) == ({"LONDON": 1}, {"GLASGOW": 1})
    assert (done["orders"], done["units_allocated"], done["cost"], done["gap"]) == (2, 2, 6.0, 0.0)
    before = whole_book(shop.book)
    assert routing(shop).route_batch(**command) == done
    assert whole_book(shop.book) == before


def test_a_plan_that_the_stock_no_longer_carries_is_made_anew_inside_the_command(shop, monkeypatch):
    ruled(shop, {**ANY, "locations": ["LEICESTER"]})
    order_id = shop.place("1", ("A", 2), may_wait=True)
    shop.receive("A", "GLASGOW", 5)
    shop.receive("A", "LONDON", 5)
    ruled(shop, ANY)
    plan_batch = RoutingService.plan_batch

    def meanwhile(self, *args, **options):
        planned = plan_batch(self, *args, **options)
        shop.stock.adjust("A", "LONDON", quantity=-4, reason="broken", **shop.next())
        return planned

    monkeypatch.setattr(RoutingService, "plan_batch", meanwhile)
    done = routing(shop).route_batch(at=NOON + timedelta(hours=9), key="batch")
    assert done["routed_anew"] == [order_id]
    assert by_location(shop, order_id) == {"GLASGOW": 2}


def test_where_an_order_goes_may_be_told_later(shop):
    ruled(shop, ANY)
    order_id = shop.place("1", ("A", 1), may_wait=True)
    routing(shop).send_to(order_id, postcode="EH1", **shop.next())
    stocked(shop, "A", GLASGOW=1)
    assert events(shop, order_id, "routed")[-1]["cost"]["total_e4"] == 30_000


def test_the_postcode_of_the_address_counts_and_stands_nowhere_else(shop):
    ruled(shop, ANY)
    stocked(shop, "A", LONDON=1, GLASGOW=2)
    home = Address("Ana", "1 High Street", "Glasgow", "United Kingdom", postcode="G1 2AB")
    first = shop.place("1", ("A", 1), ship_to=home)
    assert by_location(shop, first) == {"GLASGOW": 1}
    with shop.book.read() as con:
        assert con.execute(select(order_destination.c.postcode)).scalars().all() == [""]
    second = shop.place("2", ("A", 3), ship_to=home, may_wait=True)
    stocked(shop, "A", GLASGOW=1)
    assert by_location(shop, second) == {"LONDON": 1, "GLASGOW": 2}
    assert [why["cost"]["total_e4"] for why in events(shop, second, "routed")] == [120_000, 30_000]


def test_units_sold_ahead_are_not_routed_before_their_date(shop):
    ruled(shop, {"name": "any", "unfilled": "cancel"})
    later = NOON + timedelta(days=9)
    shop.orders.set_sku_policy("B", preorder_ships_at=later, **shop.next())
    order_id = shop.place("1", ("B", 2), may_wait=True)
    line = shop.view(order_id)["lines"][0]
    assert (line["canceled"], line["backordered"]) == (0, 2)
    assert routing(shop).route_batch(**shop.next())["orders"] == 0


def test_explaining_an_order_changes_nothing(shop):
    ruled(shop, ANY)
    stocked(shop, "A", LONDON=3)
    order_id = shop.place("1", ("A", 3))
    before = whole_book(shop.book)
    told = routing(shop).explain(order_id, at=NOON)
    assert told["locations"] == {"LONDON": {"A": 3}}
    assert whole_book(shop.book) == before


def test_rules_that_cannot_be_used_are_refused_before_anything_happens(shop):
    ruled(shop, {"name": "any", "unfilled": "wait", "max_parcel": 2})
    with pytest.raises(InvalidRules, match="rule 1 has no setting 'max_parcel'; did you mean 'max_parcels'"):
        shop.place("1", ("A", 1), may_wait=True)


@pytest.mark.parametrize("size", [1, 3, 100])
def test_facts_in_bulk_go_by_the_same_rules_however_they_are_cut(new_shop, size, monkeypatch):
    """Daily hands and stock age included: a chunk sees what it did itself, and what the one before it did."""
    monkeypatch.setattr(bulk, "BESIDE_FROM", 1)
    rules = ({"name": "old", "min_stock_age_days": 0.2, "unfilled": "next"}, ANY)
    books = []
    for cut in (None, size):
        with new_shop() as shop:
            ruled(shop, *rules, places={"LEICESTER": {"orders_per_day": 2}, "LONDON": {"units_per_day": 3}})
            said = Stream()
            for place in ("LEICESTER", "LONDON", "GLASGOW"):
                said.count("A", place, 6)
            for number in range(8):
                said.order(str(number), ("A", 2))
            said.receipt("A", "GLASGOW", 5)
            bulk.apply(shop.book, said.chunks(cut), settings=shop.settings)
            books.append(whole_book(shop.book))
    assert books[0] == books[1]
    assert len(books[0]["order"]) == 8
