"""Returns: asked for, opened or declined, received in parts with what becomes of each unit, closed.

Nothing moves until units are received; each goes where its disposition says. What is given back for them is
in refunds.py, what replaces them in exchanging.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from oms_ops import lifecycle
from oms_ops.desk import Desk
from oms_ops.documents import Return, ReturnLine
from oms_ops.errors import InvalidCommand
from oms_ops.orders import Line, Order
from oms_ops.rules.unwinding import hand_on, take_back

Counts = Mapping[int, Mapping[str, int]]


def request(
    desk: Desk, order: Order, *, return_id: str, units: Sequence[tuple[Line, int]], state: str = "open",
    reasons: Mapping[int, str] | None = None,
) -> Return:  # fmt: skip
    """`state`: requested (to be approved) or open. `reasons` per line number."""
    awaited = _awaited(desk, order)
    for line, quantity in units:
        rest = line.shipped - line.returned - awaited.get(line.line_no, 0)
        if not 0 < quantity <= rest:
            raise InvalidCommand(
                f"line {line.line_id} of order {order.order_id} has {rest} units that can come back "
                f"({line.shipped} shipped, {line.returned} returned), found {quantity}"
            )
    reasons = reasons or {}
    _require_known("return reason", reasons.values(), lifecycle.RETURN_REASONS)
    desk.numbers.return_ += 1
    back = Return(
        desk.numbers.return_, return_id, order.order_seq, state, desk.occurred_at, desk.recorded_at,
        is_new=True,
    )  # fmt: skip
    back.lines = [
        ReturnLine(number, line.line_no, quantity, "expected", reason=reasons.get(line.line_no), is_new=True)
        for number, (line, quantity) in enumerate(units, start=1)
    ]
    desk.papers(order).returns.append(back)
    desk.journal.returns[back.return_seq] = back
    _tell(desk, order, back, "return_requested", units=sum(quantity for _, quantity in units))
    return back


def approve(desk: Desk, order: Order, *, back: Return) -> None:
    _become(desk, back, "open")
    _tell(desk, order, back, "return_opened")


def decline(desk: Desk, order: Order, *, back: Return, reason: str) -> None:
    _become(desk, back, "declined", reason=reason)
    _tell(desk, order, back, "return_declined", reason=reason)


def cancel(desk: Desk, order: Order, *, back: Return, reason: str) -> None:
    """It will not come. Units that were received already cannot be unreceived: then close the return."""
    received = sum(back.units("dispositioned").values())
    if received:
        raise InvalidCommand(
            f"return {back.return_id} is {back.state} with {received} units received and cannot be canceled: "
            "close it, the rest is then missing"
        )
    _become(desk, back, "canceled", reason=reason)
    _tell(desk, order, back, "return_canceled", reason=reason)


def receive(desk: Desk, order: Order, *, back: Return, counts: Counts, location_id: str) -> None:
    """`counts`: units per line number and disposition. No more than is expected, and of nothing else."""
    _require_receivable(order, back, counts)
    posting = desk.posting(order, reference=back.return_id)
    freed = []
    for line_no, dispositions in counts.items():
        line = order.line(line_no)
        for disposition, units in dispositions.items():
            _disposition(back, line_no, units=units, disposition=disposition, location_id=location_id)
            take_back(
                desk, line, units=units, disposition=disposition, location_id=location_id, posting=posting
            )
            if disposition == "restocked":
                freed.append((line.sku, location_id))
    desk.journal.returns[back.return_seq] = back
    totals: dict[str, int] = {}
    for dispositions in counts.values():
        for disposition, units in dispositions.items():
            totals[disposition] = totals.get(disposition, 0) + units
    detail = {"units": sum(totals.values()), "disposition": "/".join(totals), "location": location_id}
    if len(totals) > 1:
        detail["dispositions"] = totals
    _tell(desk, order, back, "returned", **detail)
    if not back.units("expected", "missing"):
        _become(desk, back, "closed")
    hand_on(desk, freed)


def miss(desk: Desk, order: Order, *, back: Return, line_nos: set[int] | None = None) -> None:
    """What is still expected did not come; it may yet be received while the return is open."""
    _require_open(back, "missing")
    expected = [
        line for line in back.lines
        if line.state == "expected" and (line_nos is None or line.line_no in line_nos)
    ]  # fmt: skip
    if not expected:
        raise InvalidCommand(f"return {back.return_id} expects nothing more; it is {back.state}")
    for line in expected:
        name = f"{line.return_line_no} of {back.return_id}"
        line.state = lifecycle.require("return line", line.state, "missing", name=name)
    desk.journal.returns[back.return_seq] = back
    _tell(desk, order, back, "return_units_missing", units=sum(line.quantity for line in expected))


def close(desk: Desk, order: Order, *, back: Return) -> None:
    """No more will come: what is still expected is missing."""
    if back.units("expected") and back.state == "open":
        miss(desk, order, back=back)
    _become(desk, back, "closed")
    _tell(desk, order, back, "return_closed")


def left_of(back: Return, line_nos: set[int] | None, disposition: str) -> Counts:
    """Everything that is still to come (of these lines), with one disposition."""
    left = back.units("expected", "missing")
    for line in back.lines:
        if line_nos is not None and line.line_no in line_nos and line.line_no not in left:
            name = f"{line.return_line_no} of {back.return_id}"
            lifecycle.require("return line", line.state, "received", name=name)
    return {
        line_no: {disposition: units}
        for line_no, units in left.items()
        if line_nos is None or line_no in line_nos
    }


def _awaited(desk: Desk, order: Order) -> dict[int, int]:
    """Units per line that other returns of the order still await."""
    units: dict[int, int] = {}
    for back in desk.papers(order).returns:
        if back.state in ("requested", "open"):
            for line_no, quantity in back.units("expected", "missing").items():
                units[line_no] = units.get(line_no, 0) + quantity
    return units


def _require_receivable(order: Order, back: Return, counts: Counts) -> None:
    left = back.units("expected", "missing")
    if back.state == "closed" or not counts:
        raise InvalidCommand(f"return {back.return_id} expects nothing more; it is {back.state}")
    _require_open(back, "received")
    listed = ", ".join(f"{order.line(line_no).line_id}: {units}" for line_no, units in left.items())
    for line_no, dispositions in counts.items():
        _require_known("disposition", dispositions, lifecycle.DISPOSITIONS)
        came, rest = sum(dispositions.values()), left.get(line_no, 0)
        if not 0 < came <= rest or min(dispositions.values()) <= 0:
            raise InvalidCommand(
                f"return {back.return_id} is {back.state} and expects {rest} units of line "
                f"{order.line(line_no).line_id} (in all {listed or 'nothing'}), found {came}"
            )


def _disposition(
    back: Return, line_no: int, *, units: int, disposition: str, location_id: str
) -> None:  # fmt: skip
    """Expected units first, then missing ones; a line of which only some came is split."""
    waiting = [
        line for line in back.lines if line.line_no == line_no and line.state in ("expected", "missing")
    ]
    for line in sorted(waiting, key=lambda line: line.state):
        came = min(units, line.quantity)
        if not came:
            return
        units -= came
        if came < line.quantity:
            line.quantity -= came
            line = ReturnLine(len(back.lines) + 1, line_no, came, line.state, reason=line.reason, is_new=True)
            back.lines.append(line)
        name = f"{line.return_line_no} of {back.return_id}"
        state = lifecycle.require("return line", line.state, "received", name=name)
        line.state = lifecycle.require("return line", state, "dispositioned", name=name)
        line.disposition, line.location_id = disposition, location_id


def _require_open(back: Return, move: str) -> None:
    if back.state != "open":
        lifecycle.require("return", back.state, move, name=back.return_id)


def _become(desk: Desk, back: Return, state: str, *, reason: str | None = None) -> None:
    back.state = lifecycle.require("return", back.state, state, name=back.return_id)
    back.reason = reason or back.reason
    back.closed_at = None if state == "open" else desk.occurred_at
    desk.journal.returns[back.return_seq] = back


def _tell(desk: Desk, order: Order, back: Return, kind: str, **more: object) -> None:
    desk.event(order, kind, detail={"return_id": back.return_id} | more)


def _require_known(thing: str, found, known: Sequence[str]) -> None:
    for name in found:
        if name not in known:
            raise InvalidCommand(f"no {thing} {name!r}; known: {', '.join(known)}")
