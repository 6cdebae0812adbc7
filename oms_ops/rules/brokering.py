"""Routing by the shop's rules at the desk: what one order asks, what the locations have, what follows.

Which location is best is decided in oms_ops.routing; claiming the units is placing.py's.
"""

from __future__ import annotations

from collections.abc import Mapping

from oms_ops.desk import Desk
from oms_ops.ledger import KIND_NO, ON_HAND, Stock
from oms_ops.orders import Order
from oms_ops.routing.candidates import Request, State
from oms_ops.routing.days import day_of
from oms_ops.routing.decide import Decision, decide, rule_set_of
from oms_ops.routing.rules import CANCEL, HOLD, MANUAL, Rule
from oms_ops.rules import holds
from oms_ops.rules.closing import settle
from oms_ops.units import DAY

_INBOUND = frozenset(
    KIND_NO[kind]
    for kind in (
        "received", "received_unordered", "returned", "transfer_in", "counted", "adjusted", "snapshot_reset",
    )
)  # fmt: skip


def decision(desk: Desk, order: Order, wanted: Mapping[str, int]) -> Decision | None:
    """What the rules say, None where no rule set is for this order."""
    request = request_of(desk, order, wanted)
    rules = rule_set_of(desk.places.rules, request)
    if rules is None:
        return None
    return decide(rules, request, routing=desk.places.rules, state=state_of(desk))


def request_of(desk: Desk, order: Order, wanted: Mapping[str, int]) -> Request:
    return Request(
        order.order_seq, order.channel_id, desk.places.network(order.channel_id), wanted,
        desk.shelf.routing.destination(order.order_seq, order.country), desk.occurred_at, order.placed_at,
        order.promised_ship_by, order.promised_deliver_by, order.total_e4, order.order_id,
    )  # fmt: skip


def state_of(desk: Desk) -> State:
    return State(
        desk.available,
        lambda location_id: load(desk, location_id),
        lambda sku, location_id: age_days(desk, desk.stock[sku, location_id]),
    )


def load(desk: Desk, location_id: str) -> tuple[int, int]:
    """Orders and units given to the location today, what is not written yet included."""
    first, end = day_of(desk.occurred_at, desk.places.zone)
    orders, units = desk.shelf.routing.load(location_id, first, end)
    more = desk.journal.loads.get((location_id, first), (0, 0))
    return orders + more[0], units + more[1]


def note_load(desk: Desk, order: Order, *, work_before: int, claims_before: int) -> None:
    """The work and the claims the order got since it had so many."""
    days = {}
    for number, work in enumerate(order.work):
        days[work.fulfillment_no] = (work.location_id, day_of(work.created_at, desk.places.zone)[0])
        if number >= work_before:
            desk.journal.loads.setdefault(days[work.fulfillment_no], [0, 0])[0] += 1
    for claim in order.allocations[claims_before:]:
        desk.journal.loads.setdefault(days[claim.fulfillment_no], [0, 0])[1] += claim.quantity


def age_days(desk: Desk, stock: Stock) -> float | None:
    """Days since the oldest unit on hand came in, first in first out; None where nobody saw it come."""
    left = stock.balance[ON_HAND]
    since = None
    for came_at, units in reversed([*desk.shelf.routing.inbound(stock), *_just_in(desk, stock)]):
        if left <= 0:
            break
        left -= units
        since = came_at
    return None if since is None else (desk.occurred_at - since) / DAY


def follow(desk: Desk, order: Order, found: Decision, *, claimed: int) -> None:
    """Note the decision and do with what could not be filled as the rule says."""
    rule, left = found.rule, dict(found.plan.unrouted)
    acts = left and (rule.unfilled in (CANCEL, MANUAL) or _is_to_hold(order, rule))
    if claimed or acts or order.is_new:
        desk.event(order, "routed", detail=found.explanation())
    if not acts:
        return
    if rule.unfilled == CANCEL:
        _cancel(desk, order)
    elif rule.unfilled == MANUAL:
        reason = f"{sum(left.values())} units left by rule {rule.name!r} of {found.rule_set.name!r}"
        desk.journal.manual[order.order_seq] = (reason, desk.occurred_at, None)
        desk.event(order, "queued_for_a_person", detail={"skus": left, "rule": rule.name})
    else:
        holds.hold(desk, order, reason=rule.hold_reason)


def waits_for_a_person(desk: Desk, order: Order) -> bool:
    queued = desk.journal.manual.get(order.order_seq)
    return queued[2] is None if queued else desk.shelf.routing.waits_for_a_person(order.order_seq)


def leave_queue(desk: Desk, order: Order) -> None:
    """A person has decided: nothing of the order waits for one any more."""
    desk.journal.manual[order.order_seq] = ("", desk.occurred_at, desk.occurred_at)


def _just_in(desk: Desk, stock: Stock) -> list[tuple[int, int]]:
    """What came in within this transaction and is not written yet."""
    journal = desk.journal
    if not stock.stock_no or not journal.postings:
        return []
    first = journal.postings[0][0]
    return [
        (journal.postings[posting - first][4], quantity)
        for _, posting, stock_no, kind_no, quantity, _ in journal.movements
        if stock_no == stock.stock_no and kind_no in _INBOUND and quantity > 0
    ]


def _is_to_hold(order: Order, rule: Rule) -> bool:
    return rule.unfilled == HOLD and rule.hold_reason not in order.holds


def _cancel(desk: Desk, order: Order) -> None:
    units = 0
    for line in order.lines:
        if line.claimable:
            units += line.backordered
            line.canceled += line.backordered
            line.backordered = 0
            line.is_changed = True
    desk.event(order, "units_canceled", detail={"units": units, "reason": "inventory"})
    settle(desk, order, reason="inventory")
