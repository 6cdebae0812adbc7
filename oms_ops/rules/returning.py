"""Returns in two steps: asked for, then received with what becomes of each unit."""

from __future__ import annotations

from collections.abc import Sequence

from oms_ops import lifecycle
from oms_ops.desk import Desk
from oms_ops.documents import Return, ReturnLine
from oms_ops.errors import InvalidCommand
from oms_ops.orders import Line, Order
from oms_ops.rules import kits
from oms_ops.rules.unwinding import hand_on, take_back


def request(
    desk: Desk, order: Order, *, return_id: str, units: Sequence[tuple[Line, int]], expected: dict[int, int]
) -> Return:  # fmt: skip
    """`expected`: units per line that other open returns of the order still await."""
    for line, quantity in units:
        rest = line.shipped - line.returned - expected.get(line.line_no, 0)
        if not 0 < quantity <= rest:
            raise InvalidCommand(
                f"line {line.line_id} of order {order.order_id} has {rest} units that can come back "
                f"({line.shipped} shipped, {line.returned} returned), found {quantity}"
            )
    desk.numbers.return_ += 1
    back = Return(
        desk.numbers.return_, return_id, order.order_seq, "open", desk.occurred_at, desk.recorded_at,
        is_new=True,
    )  # fmt: skip
    back.lines = [
        ReturnLine(number, line.line_no, quantity, "expected", is_new=True)
        for number, (line, quantity) in enumerate(units, start=1)
    ]
    desk.journal.returns[back.return_seq] = back
    desk.event(order, "return_requested", detail={"return_id": return_id, "units": sum(q for _, q in units)})
    return back


def receive(
    desk: Desk, order: Order, *, back: Return, disposition: str, location_id: str,
    line_nos: set[int] | None = None,
) -> None:  # fmt: skip
    """The expected lines (all left, or those of `line_nos`) came back and go where `disposition` says."""
    if disposition not in lifecycle.DISPOSITIONS:
        raise InvalidCommand(f"no disposition {disposition!r}; known: {', '.join(lifecycle.DISPOSITIONS)}")
    came = [returned for returned in back.lines if _is_meant(returned, line_nos)]
    if not came:
        raise InvalidCommand(f"return {back.return_id} expects nothing more; it is {back.state}")
    posting = desk.posting(order, reference=back.return_id)
    for returned in came:
        name = f"{returned.return_line_no} of {back.return_id}"
        state = lifecycle.require("return line", returned.state, "received", name=name)
        returned.state = lifecycle.require("return line", state, "dispositioned", name=name)
        returned.disposition, returned.location_id = disposition, location_id
        take_back(
            desk, order.line(returned.line_no), units=returned.quantity,
            disposition=disposition, location_id=location_id, posting=posting,
        )  # fmt: skip
    kits.follow(order)
    if all(returned.state == "dispositioned" for returned in back.lines):
        back.state = lifecycle.require("return", back.state, "closed", name=back.return_id)
    desk.journal.returns[back.return_seq] = back
    units = sum(returned.quantity for returned in came)
    detail = {"return_id": back.return_id, "units": units, "disposition": disposition}
    desk.event(order, "returned", detail=detail | {"location": location_id})
    if disposition == "restocked":
        hand_on(desk, [(order.line(returned.line_no).sku, location_id) for returned in came])


def _is_meant(returned: ReturnLine, line_nos: set[int] | None) -> bool:
    if line_nos is None:
        return returned.state in ("expected", "missing")
    return returned.line_no in line_nos
