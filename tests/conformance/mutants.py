"""Our own code with one known mistake each, mostly those that order systems have had in public.

A mutant is a function that puts the mistake in place with `patch(owner, name, replacement)`; a client process
calls it with none, and keeps the mistake for life. Which check must catch it is said beside it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

from oms_ops import availability, bulk, ledger
from oms_ops.ats import value_of
from oms_ops.commands import base
from oms_ops.conformance import ours
from oms_ops.desk import Desk, Places
from oms_ops.errors import OutOfStock
from oms_ops.ledger import KIND_NO
from oms_ops.orders import Order
from oms_ops.rules import placing, reservations, returning, shipping, stock, unwinding, waiting
from oms_ops.store import book, bulk_run, commands, reserving, writing
from oms_ops.store import tables as t
from oms_ops.store.rows import write_rows

Patch = Callable[[object, str, object], None]
HISTORIES: dict[Callable, tuple[str, ...]] = {}  # mutant -> the laws of which one catches it first
SEEDS: dict[Callable, int] = {}  # mutant -> a seed whose first histories catch it, found by trying some


def caught_by(*laws: str, seed: int = 1) -> Callable:
    def note(mutant: Callable) -> Callable:
        HISTORIES[mutant], SEEDS[mutant] = laws, seed
        return mutant

    return note


@caught_by("oversold:", seed=4)
def stock_is_checked_line_by_line(patch: Patch = setattr) -> None:
    def allocate(desk: Desk, order: Order) -> int:
        network = desk.places.network(order.channel_id)
        free = {
            (line.sku, place): desk.available(line.sku, place) for line in order.lines for place in network
        }
        for line in order.lines:
            for place in network:
                if 0 < line.backordered <= free[line.sku, place]:
                    placing.claim_for(desk, order, line, location_id=place, units=line.backordered)
        desk.event(order, "allocated", detail={})
        return 0

    def admit(desk: Desk, order: Order, *, may_wait: bool, **_) -> None:
        network = desk.places.network(order.channel_id)
        for line in order.lines:
            free = [desk.available(line.sku, place) for place in network]
            if not may_wait and max(free) < line.backordered:
                raise OutOfStock({line.sku: (line.backordered, 0)})

    patch(placing, "allocate", allocate)
    patch(waiting, "admit", admit)


@caught_by("oversold:", seed=5)
def all_locations_say_yes_and_the_first_is_reserved(patch: Patch = setattr) -> None:
    def route(wanted, available, *, network):
        has = all(sum(max(0, available(sku, place)) for place in network) >= wanted[sku] for sku in wanted)
        return SimpleNamespace(by_location={network[0]: dict(wanted)}, unrouted={} if has else wanted)

    patch(reservations, "routing", SimpleNamespace(route=route))


@caught_by("oversold:")
def existing_claims_are_not_looked_at(patch: Patch = setattr) -> None:
    patch(Desk, "available", lambda desk, sku, place: desk.stock[sku, place].balance[ledger.ON_HAND])


@caught_by("oversold:", seed=7)
def reservations_take_what_a_location_keeps_back(patch: Patch = setattr) -> None:
    of = Places.of
    patch(Places, "of", lambda settings: replace(of(settings), buffers={}))


@caught_by("oversold:", "I4:", seed=6)
def those_who_wait_get_more_than_came_free(patch: Patch = setattr) -> None:
    claim_for = placing.claim_for

    def claim(desk, order, line, *, location_id, units, kind="allocated"):
        claim_for(desk, order, line, location_id=location_id, units=line.backordered, kind=kind)

    patch(placing, "claim_for", claim)


@caught_by("ATS:")
def ats_is_clamped_after_summing(patch: Patch = setattr) -> None:
    def ats(terms):
        free = sum(units - terms.facility_buffer.get(place, 0) for place, units in terms.available.items())
        pool = max(0, free) - terms.unrouted_units - terms.threshold
        return SimpleNamespace(value=value_of(pool, terms.share, terms.max_quantity))

    patch(availability, "ats", ats)


@caught_by("ATS:", seed=7)
def ats_forgets_orders_not_yet_routed(patch: Patch = setattr) -> None:
    patch(availability, "_unrouted", lambda *terms: {})


@caught_by("ATS:", "claim:", seed=5)
def a_closed_location_fills_orders(patch: Patch = setattr) -> None:
    of = Places.of

    def all_open(settings):
        places = tuple(replace(place, is_active=True) for place in settings.locations)
        networks = {channel.channel_id: channel.network for channel in settings.channels}
        return replace(of(replace(settings, locations=places)), networks=networks)

    patch(Places, "of", all_open)


@caught_by("I4:")
def an_expiry_forgets_the_movement(patch: Patch = setattr) -> None:
    end = reservations.end

    def forgetful(desk, held, *, state):
        if state != "expired":
            return end(desk, held, state=state)
        reservations._end(desk, held, state)
        return reservations._note(desk, held, "reservation_expired")

    patch(reservations, "end", forgetful)


@caught_by("I4:", seed=7)
def an_expiry_forgets_the_state(patch: Patch = setattr) -> None:
    end = reservations.end

    def forgetful(desk, held, *, state):
        end(desk, held, state=state)
        if state == "expired":
            held.state = "active"

    patch(reservations, "end", forgetful)


@caught_by("I4:", seed=5)
def a_conversion_forgets_what_the_order_did_not_need(patch: Patch = setattr) -> None:
    claim_held = reservations._claim_held
    patch(reservations, "_claim_held", lambda desk, order, units: claim_held(desk, order, units) * 0)


@caught_by("I3:")
def a_cancellation_releases_twice(patch: Patch = setattr) -> None:
    withdraw = unwinding.withdraw

    def twice(desk, order, units):
        open_before = {claim: claim.open_units for claim in order.open_allocations()}
        freed = withdraw(desk, order, units)
        for claim, was in open_before.items():
            if was > claim.open_units:
                desk.move(desk.posting(order), claim.stock, kind="released", quantity=was - claim.open_units)
        return freed

    patch(unwinding, "withdraw", twice)


@caught_by("shelf:", seed=7)
def damaged_goods_come_back_as_available(patch: Patch = setattr) -> None:
    patch(unwinding, "RETURN_MOVEMENT", {**unwinding.RETURN_MOVEMENT, "damaged": "returned"})


@caught_by("return:", seed=4)
def a_return_can_be_received_again(patch: Patch = setattr) -> None:
    receive = returning.receive

    def again(desk, order, *, back, **terms):
        receive(desk, order, back=back, **terms)
        for line in back.lines:
            line.state = "expected"

    patch(returning, "receive", again)


@caught_by("money:", seed=4)
def more_is_refunded_than_was_captured(patch: Patch = setattr) -> None:
    patch(Order, "refundable_e4", property(lambda order: 1 << 60))


@caught_by("I3:", "shelf:", seed=6)
def a_shipment_leaves_from_another_location(patch: Patch = setattr) -> None:
    move_all = Desk.move_all

    def elsewhere(desk, posting, kind, *, moves):
        if kind == "shipped":
            places = {"NORTH": "SOUTH", "SOUTH": "NORTH"}
            moves = [(desk.stock[s.sku, places[s.location_id]], units, line) for s, units, line in moves]
        move_all(desk, posting, kind, moves=moves)

    patch(Desk, "move_all", elsewhere)


@caught_by("shelf:", seed=4)
def a_shipment_takes_all_that_is_allocated(patch: Patch = setattr) -> None:
    ship = shipping.ship

    def whole(desk, order, *, picks, **terms):
        return ship(desk, order, picks=[(claim, claim.open_units) for claim, _ in picks], **terms)

    patch(shipping, "ship", whole)


@caught_by("the second time", "given again changed", "is now refused", seed=6)
def the_idempotency_key_is_ignored(patch: Patch = setattr) -> None:
    carry_out = base.carry_out
    calls = []

    def anew(*arguments, key, **terms):
        calls.append(key)
        return carry_out(*arguments, key=f"{key} {len(calls)}", **terms)

    patch(base, "carry_out", anew)


@caught_by("history:")
def an_event_is_not_written(patch: Patch = setattr) -> None:
    write_events = writing.write_events

    def forgetful(con, table, rows):
        if table is not t.order_event:
            write_events(con, table, rows)

    patch(writing, "write_events", forgetful)


@caught_by("I2:")
def the_ledger_loses_a_movement_and_the_self_check_is_blind(patch: Patch = setattr) -> None:
    def forgetful(con, table, rows):
        if table is t.inventory_movement:
            rows = [row for row in rows if row[3] != KIND_NO["released"]]
        write_rows(con, table, rows)

    patch(writing, "write_rows", forgetful)
    patch(ours, "verify", lambda book: [])


@caught_by("I6:")
def units_below_zero_are_not_marked(patch: Patch = setattr) -> None:
    patch(ledger, "marker", lambda shift: [])


@caught_by("I5:")
def a_receipt_leaves_its_purchase_order_incoming(patch: Patch = setattr) -> None:
    receive = stock.receive

    def unordered(desk, sku, *, location_id, quantity, reference, purchase_line_id=None, lots=None):
        if purchase_line_id:
            line = stock.purchasing.line_for(desk, purchase_line_id, sku, location_id)
            stock.purchasing.note_receipt(desk, line, quantity=quantity)
        receive(desk, sku, location_id=location_id, quantity=quantity, reference=reference, lots=lots)

    patch(stock, "receive", unordered)


@caught_by("shelf:")
def a_count_is_added(patch: Patch = setattr) -> None:
    def add(desk, sku, *, location_id, quantity, reference, reason, kind="counted"):
        stock.correct(
            desk, sku, location_id=location_id, kind=kind, difference=quantity, reference=reference,
            reason=reason,
        )  # fmt: skip

    patch(stock, "count", add)


# What only shows when several write at once, or when somebody dies in the middle.


def writers_do_not_wait_for_each_other(patch: Patch = setattr) -> None:
    """On either engine: no queue, no lock, and a snapshot that is written on later."""
    patch(book, "_begin_postgresql", lambda con: None)
    patch(book, "_begin_sqlite", lambda con: con.exec_driver_sql("BEGIN"))


def the_check_is_made_before_the_claim_is(patch: Patch = setattr) -> None:
    """Checkouts on SQLite: enough a moment ago."""
    on_sqlite = reserving._on_sqlite
    free = "SELECT 1 FROM stock_balance WHERE sku = ? AND location_id = ? AND available - ? >= ?"

    def parted(connection, basket):
        for sku, units in basket.items:
            place = (sku, basket.location_id, basket.buffer, units)
            if not connection.execute(free, place).fetchone():
                return False
        time.sleep(0.02)
        return on_sqlite(connection, basket)

    unchecked, _, check = reserving._TAKE.partition(" AND available - ")
    assert check or on_sqlite.__name__ == "parted"  # patched already
    patch(reserving, "_TAKE", f"{unchecked.partition(' RETURNING')[0]} RETURNING stock_no")
    patch(reserving, "_on_sqlite", parted)


def what_was_done_and_its_key_are_two_transactions(patch: Patch = setattr) -> None:
    """Killed between the two, the command is done again under the same key."""
    carry_out, at = base.carry_out, Desk.at
    kept: list = []

    def later(con, table, rows):
        kept.append((table, rows))

    def parted(order_book, *arguments, **terms):
        answer = carry_out(order_book, *arguments, **terms)
        time.sleep(0.01)
        with order_book.write() as con:
            while kept:
                table, rows = kept.pop()
                write_rows(con, table, rows)
        return answer

    def unkeyed(desk, occurred_at, *, recorded_at, key=None):
        at(desk, occurred_at, recorded_at=recorded_at)

    patch(commands, "write_rows", later)
    patch(base, "carry_out", parted)
    patch(Desk, "at", unkeyed)


def a_bulk_run_notes_its_place_in_a_second_transaction(patch: Patch = setattr) -> None:
    """Killed in between, what it has done is done again."""
    put_rows, apply = bulk_run.put_rows, bulk.apply
    kept: list = []

    def later(con, table, rows):
        kept.append((table, rows))

    def parted(order_book, chunks, *, settings):
        mark = order_book.applied_through()
        for chunk in chunks:
            if chunk[-1].apply_seq > mark:
                apply(order_book, [chunk], settings=settings)
                time.sleep(0.01)
                with order_book.write() as con:
                    while kept:
                        put_rows(con, *kept.pop())

    patch(bulk_run, "put_rows", later)
    patch(ours, "bulk", SimpleNamespace(apply=parted))
