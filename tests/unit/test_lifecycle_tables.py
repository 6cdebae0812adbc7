"""The transition tables, and statuses as functions of quantities."""

import pytest

from oms_ops import lifecycle
from oms_ops.errors import IllegalMove


def test_every_move_leads_to_a_state_of_the_same_table():
    for thing, table in lifecycle.MOVES.items():
        for state, moves in table.items():
            assert set(moves) <= set(table), (thing, state)
            assert state not in moves, (thing, state)


@pytest.mark.parametrize(
    ("thing", "ends"),
    [
        ("order", {"canceled"}),
        ("fulfillment order", {"closed", "canceled"}),
        ("shipment", {"delivered", "canceled"}),
        ("payment transaction", {"success", "failure", "error"}),
        ("allocation", {"released"}),
        ("reservation", {"converted", "released", "expired"}),
        ("return", {"closed", "declined", "canceled"}),
        ("return line", {"dispositioned"}),
        ("transfer", {"received", "canceled"}),
        ("purchase order", {"closed", "canceled"}),
    ],
)
def test_these_states_and_no_others_are_final(thing, ends):
    assert {state for state, moves in lifecycle.MOVES[thing].items() if not moves} == ends


def test_a_refused_move_names_the_object_where_it_stands_and_what_it_may_do():
    with pytest.raises(
        IllegalMove, match=r"order web:7 is open and cannot become draft: it may become closed, canceled"
    ):
        lifecycle.require("order", "open", "draft", name="web:7")
    with pytest.raises(IllegalMove, match=r"order web:7 is canceled .* that is final"):
        lifecycle.require("order", "canceled", "open", name="web:7")


def test_a_carrier_may_report_in_any_order_until_the_end():
    for state in ("confirmed", "in_transit", "delayed", "failure"):
        assert lifecycle.require("shipment", state, "delivered", name="S1") == "delivered"
    assert lifecycle.require("shipment", "delayed", "in_transit", name="S1") == "in_transit"


@pytest.mark.parametrize(
    ("money", "status"),
    [
        ({}, "pending"),
        ({"authorized_e4": 100}, "authorized"),
        ({"authorized_e4": 100, "voided_e4": 100}, "voided"),
        ({"authorized_e4": 100, "expired_e4": 100}, "expired"),
        ({"captured_e4": 40}, "partially_paid"),
        ({"captured_e4": 100}, "paid"),
        ({"captured_e4": 120}, "paid"),
        ({"captured_e4": 100, "refunded_e4": 1}, "partially_refunded"),
        ({"captured_e4": 100, "refunded_e4": 100}, "refunded"),
        ({"captured_e4": 100, "refunded_e4": 130}, "refunded"),
        ({"canceled_e4": 60, "captured_e4": 40}, "paid"),
        ({"canceled_e4": 100}, "voided"),
    ],
)
def test_payment_status_of_an_order_over_a_hundred(money, status):
    sums = {"authorized_e4": 0, "captured_e4": 0, "refunded_e4": 0} | money
    assert lifecycle.payment_status(100, **sums) == status


def test_an_order_that_costs_nothing_is_paid():
    assert lifecycle.payment_status(0, authorized_e4=0, captured_e4=0, refunded_e4=0) == "paid"


@pytest.mark.parametrize(
    ("quantities", "status"),
    [
        ({"canceled": 0, "shipped": 0}, "unfulfilled"),
        ({"canceled": 0, "shipped": 0, "work": ("in_progress",)}, "in_progress"),
        ({"canceled": 0, "shipped": 0, "work": ("scheduled",)}, "scheduled"),
        ({"canceled": 0, "shipped": 0, "work": ("in_progress", "on_hold")}, "on_hold"),
        ({"canceled": 0, "shipped": 0, "is_held": True}, "on_hold"),
        ({"canceled": 0, "shipped": 3}, "partially_fulfilled"),
        ({"canceled": 2, "shipped": 3}, "fulfilled"),
        ({"canceled": 5, "shipped": 0}, "unfulfilled"),
    ],
)
def test_fulfillment_status_of_an_order_of_five_units(quantities, status):
    assert lifecycle.fulfillment_status(5, **quantities) == status


def test_an_order_without_anything_to_ship_is_fulfilled():
    assert lifecycle.fulfillment_status(0, canceled=0, shipped=0) == "fulfilled"


@pytest.mark.parametrize(
    ("shipped", "released", "state"),
    [(0, 0, "allocated"), (2, 1, "allocated"), (4, 0, "fulfilled"), (3, 1, "fulfilled"), (0, 4, "released")],
)
def test_an_allocation_of_four_units_is_open_until_each_is_shipped_or_released(shipped, released, state):
    assert lifecycle.allocation_state(4, shipped=shipped, released=released) == state
