"""The movement table against domain.md's, and the balances that follow from it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms_ops import ledger
from oms_ops.errors import InvalidCommand

AVAILABLE = ledger.QUANTITIES.index("available")


def test_every_kind_keeps_on_hand_the_sum_of_its_parts():
    parts = ("available", "committed", "reserved", "damaged", "safety_stock", "quality_control")
    for kind, deltas in ledger.DELTAS.items():
        assert deltas.get("on_hand", 0) == sum(deltas.get(part, 0) for part in parts), kind


@pytest.mark.parametrize(
    ("kind", "moved"),
    [
        ("ordered_inbound", {"incoming": 5}),
        ("received", {"on_hand": 5, "available": 5, "incoming": -5}),
        ("reserved", {"available": -5, "reserved": 5}),
        ("reservation_released", {"available": 5, "reserved": -5}),
        ("reservation_expired", {"available": 5, "reserved": -5}),
        ("allocated_from_hold", {"reserved": -5, "committed": 5}),
        ("allocated", {"available": -5, "committed": 5}),
        ("released", {"available": 5, "committed": -5}),
        ("shipped", {"on_hand": -5, "committed": -5}),
        ("returned", {"on_hand": 5, "available": 5}),
        ("returned_damaged", {"on_hand": 5, "damaged": 5}),
        ("moved_to_quality_control", {"available": -5, "quality_control": 5}),
        ("transfer_out", {"on_hand": -5, "available": -5}),
        ("transfer_in", {"on_hand": 5, "available": 5, "incoming": -5}),
        ("adjusted", {"on_hand": 5, "available": 5}),
        ("oversell", {}),
    ],
)
def test_five_units_of_a_kind_move_what_the_table_says(kind, moved):
    balance = ledger.new_balance()
    ledger.apply(balance, kind, quantity=5)
    assert {name: units for name, units in zip(ledger.QUANTITIES, balance, strict=True) if units} == moved


def test_kinds_keep_their_numbers_because_books_hold_them():
    assert list(ledger.KIND_NO.values()) == list(range(1, len(ledger.DELTAS) + 1))
    first = ("ordered_inbound", "inbound_canceled", "received", "received_unordered", "reserved")
    assert tuple(ledger.KIND_NO)[:5] == first


def test_falling_below_zero_is_marked_by_the_units_below_and_climbing_back_by_those_covered():
    balance = ledger.new_balance()
    assert ledger.apply(balance, "received_unordered", quantity=4) == 0
    assert ledger.apply(balance, "adjusted", quantity=-10) == 6
    assert ledger.apply(balance, "adjusted", quantity=-1) == 1
    assert ledger.apply(balance, "received_unordered", quantity=5) == -5
    assert ledger.apply(balance, "received_unordered", quantity=5) == -2
    assert balance[AVAILABLE] == 3


def test_a_marker_is_named_after_its_direction():
    assert ledger.marker(3) == [("oversell", 3)]
    assert ledger.marker(-3) == [("oversell_covered", 3)]
    assert ledger.marker(0) == []


@pytest.mark.parametrize(
    ("kind", "quantity", "reason", "complaint"),
    [
        ("teleported", 1, None, "no movement kind 'teleported'"),
        ("received", 0, None, "positive quantity, found 0"),
        ("shipped", -2, None, "positive quantity, found -2"),
        ("adjusted", -2, None, "needs a reason"),
        ("counted", 2, "", "needs a reason"),
    ],
)
def test_a_wrong_movement_is_refused(kind, quantity, reason, complaint):
    with pytest.raises(InvalidCommand, match=complaint):
        ledger.check(kind, quantity=quantity, reason=reason)


@given(st.lists(st.tuples(st.sampled_from(list(ledger.DELTAS)), st.integers(-20, 20)), max_size=40))
def test_any_movements_leave_the_parts_adding_up_and_the_markers_adding_to_what_is_oversold(movements):
    balance, oversold = ledger.new_balance(), 0
    for kind, quantity in movements:
        oversold += ledger.apply(balance, kind, quantity=quantity)
        assert ledger.is_balanced(balance)
        assert oversold == max(0, -balance[AVAILABLE])
    assert balance == ledger.replay(movements)
