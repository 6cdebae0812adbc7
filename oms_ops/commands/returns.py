"""Commands on goods that come back: returns, what is refunded for them, what replaces them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from oms_ops.commands.base import Commands, answer
from oms_ops.desk import Desk
from oms_ops.documents import Return
from oms_ops.errors import InvalidCommand, UnknownReturn
from oms_ops.naming import find_lines, find_order
from oms_ops.new_orders import Money, NewLine, line_facts
from oms_ops.orders import Order
from oms_ops.rules import exchanging, payments, refunds, returning
from oms_ops.store.commands import Answer, order_id_of_return
from oms_ops.store.papers import arrived_at
from oms_ops.units import e4, instant, micros, money


class ReturnCommands(Commands):
    def request_return(
        self, order_id: str, *, return_id: str, units: Mapping[str, int], at: datetime, key: str,
        reasons: Mapping[str, str] | None = None,
    ) -> Answer:  # fmt: skip
        """The buyer asks to send back `units` per line id, with reasons, within the channel's window."""
        return self._ask(
            "request_return", order_id, return_id=return_id, units=units, at=at, key=key, reasons=reasons,
            state="requested",
        )  # fmt: skip

    def return_(
        self, order_id: str, *, return_id: str, units: Mapping[str, int], at: datetime, key: str,
        reasons: Mapping[str, str] | None = None,
    ) -> Answer:  # fmt: skip
        """The same, opened at once by us, whatever the window; nothing moves until they are received."""
        return self._ask(
            "return", order_id, return_id=return_id, units=units, at=at, key=key, reasons=reasons,
            state="open",
        )  # fmt: skip

    def approve_return(self, return_id: str, *, at: datetime, key: str) -> Answer:
        def act(desk: Desk, order: Order, back: Return) -> None:
            returning.approve(desk, order, back=back)

        return self._of("approve_return", return_id, act, at=at, key=key)

    def decline_return(self, return_id: str, *, reason: str, at: datetime, key: str) -> Answer:
        def act(desk: Desk, order: Order, back: Return) -> None:
            returning.decline(desk, order, back=back, reason=reason)

        return self._of("decline_return", return_id, act, at=at, key=key, terms={"reason": reason})

    def cancel_return(self, return_id: str, *, reason: str, at: datetime, key: str) -> Answer:
        def act(desk: Desk, order: Order, back: Return) -> None:
            returning.cancel(desk, order, back=back, reason=reason)

        return self._of("cancel_return", return_id, act, at=at, key=key, terms={"reason": reason})

    def receive_return(
        self, return_id: str, *, at: datetime, key: str, disposition: str | None = None,
        counts: Mapping[str, Mapping[str, int]] | None = None, location_id: str | None = None,
        line_ids: Sequence[str] | None = None,
    ) -> Answer:  # fmt: skip
        """`counts`: units per line id and disposition; or one `disposition` for all that is still to come."""
        place = self._require_location(location_id or self.settings.returns_location)
        if (disposition is None) == (counts is None):
            raise InvalidCommand("a receipt of returned goods says either one disposition or counts per line")

        def act(desk: Desk, order: Order, back: Return) -> None:
            if counts is not None:
                came = {line.line_no: given for line, given in find_lines(order, counts)}
            else:
                named = None if line_ids is None else dict.fromkeys(line_ids)
                wanted = None if named is None else {line.line_no for line, _ in find_lines(order, named)}
                came = returning.left_of(back, wanted, disposition)
            returning.receive(desk, order, back=back, counts=came, location_id=place)

        terms = {"disposition": disposition, "counts": counts, "location": place, "lines": line_ids}
        return self._of("receive_return", return_id, act, at=at, key=key, terms=terms)

    def mark_missing(
        self, return_id: str, *, at: datetime, key: str, line_ids: Sequence[str] | None = None
    ) -> Answer:
        """What is still expected (of these lines) did not come; it may yet."""

        def act(desk: Desk, order: Order, back: Return) -> None:
            named = None if line_ids is None else find_lines(order, dict.fromkeys(line_ids))
            wanted = None if named is None else {line.line_no for line, _ in named}
            returning.miss(desk, order, back=back, line_nos=wanted)

        return self._of("mark_missing", return_id, act, at=at, key=key, terms={"lines": line_ids})

    def close_return(self, return_id: str, *, at: datetime, key: str) -> Answer:
        """No more will come: the rest is missing."""

        def act(desk: Desk, order: Order, back: Return) -> None:
            returning.close(desk, order, back=back)

        return self._of("close_return", return_id, act, at=at, key=key)

    def refund_return(
        self, return_id: str, *, refund_id: str, at: datetime, key: str, restocking_fee: Money = 0,
        return_shipping: Money = 0, status: str = "success",
    ) -> Answer:  # fmt: skip
        """Give back what is due for the units received so far, less the two fees. Nothing is given twice."""

        def act(desk: Desk, order: Order, back: Return) -> Answer:
            due = refunds.for_return(desk, order, back)
            if not due:
                units = sum(back.units("dispositioned").values())
                raise InvalidCommand(
                    f"return {return_id} is {back.state} and nothing more is due for it: "
                    f"{units} units were received"
                )
            fees_e4 = e4(restocking_fee) + e4(return_shipping)
            lines = refunds.less_fees(order, due, fees_e4)
            given = refunds.refund(
                desk, order, refund_id=refund_id, lines=lines, status=status, reason="return",
                return_id=return_id,
            )  # fmt: skip
            return {
                "refund_id": refund_id,
                "refund_status": status,
                "refunded": money(given.amount_e4),
                "deducted": money(fees_e4),
            }

        terms = {"refund": refund_id, "restocking_fee": restocking_fee, "return_shipping": return_shipping}
        return self._of("refund_return", return_id, act, at=at, key=key, terms=terms | {"status": status})

    def exchange(
        self, order_id: str, *, return_id: str, units: Mapping[str, int], lines: Sequence[NewLine],
        at: datetime, key: str, ships_first: bool = False, may_wait: bool = False,
        reasons: Mapping[str, str] | None = None,
    ) -> Answer:  # fmt: skip
        """`units` come back, `lines` replace them, held until they came unless it `ships_first`."""

        def act(desk: Desk) -> Answer:
            order = find_order(desk, order_id)
            back = _open(desk, order, return_id=return_id, units=units, reasons=reasons, state="open")
            swap, value_e4, credit_e4 = exchanging.replace(
                desk, order, back=back, new=line_facts(lines, name=f"exchange {return_id}"),
                may_wait=may_wait, ships_first=int(ships_first),
            )  # fmt: skip
            return answer(
                order, return_id=return_id, return_status=back.state, exchange_status=swap.state,
                value=money(value_e4), to_collect=money(payments.outstanding_e4(order)),
                to_refund=money(value_e4 - credit_e4),
            )  # fmt: skip

        terms = {
            "order": order_id, "return": return_id, "units": units, "lines": [*map(str, lines)],
            "ships_first": ships_first, "may_wait": may_wait, "reasons": reasons,
        }  # fmt: skip
        return self._run("exchange", act, at=at, key=key, terms=terms)

    def _ask(
        self, command: str, order_id: str, *, return_id: str, units: Mapping[str, int], at: datetime,
        key: str, reasons: Mapping[str, str] | None, state: str,
    ) -> Answer:  # fmt: skip
        def act(desk: Desk) -> Answer:
            order = find_order(desk, order_id)
            if state == "requested":
                self._require_in_window(desk, order, at)
            back = _open(desk, order, return_id=return_id, units=units, reasons=reasons, state=state)
            return answer(order, return_id=return_id, return_status=back.state)

        terms = {"order": order_id, "return": return_id, "units": units}
        return self._run(
            command, act, at=at, key=key, terms=terms | ({"reasons": reasons} if reasons else {})
        )

    def _require_in_window(self, desk: Desk, order: Order, at: datetime) -> None:
        days = {row.channel_id: row.return_window_days for row in self.settings.channels}.get(
            order.channel_id
        )
        arrived = arrived_at(desk.shelf.con, order.order_seq)
        if not days or arrived is None:
            return
        until = instant(arrived) + timedelta(days=days)
        if micros(at) > micros(until):
            raise InvalidCommand(
                f"order {order.order_id} is {order.order_status}; its goods could come back until "
                f"{until:%Y-%m-%d} ({days} days after {instant(arrived):%Y-%m-%d}); a person may still open "
                "a return"
            )

    def _of(
        self, command: str, return_id: str, act: Callable[[Desk, Order, Return], Answer | None], *,
        at: datetime, key: str, terms: Mapping[str, object] | None = None,
    ) -> Answer:  # fmt: skip
        """A command on one return; its exchange follows."""

        def carry_out(desk: Desk) -> Answer:
            order_id = order_id_of_return(desk, return_id)
            if order_id is None:
                raise UnknownReturn(f"no return {return_id!r} in the order book")
            order = find_order(desk, order_id)
            back = next(back for back in desk.papers(order).returns if back.return_id == return_id)
            more = act(desk, order, back) or {}
            exchanging.follow(desk, order, back=back)
            due_e4 = sum(part.amount_e4 for part in refunds.for_return(desk, order, back))
            return answer(
                order, return_id=return_id, return_status=back.state, suggested_refund=money(due_e4), **more
            )

        return self._run(command, carry_out, at=at, key=key, terms={"return": return_id, **(terms or {})})


def _open(
    desk: Desk, order: Order, *, return_id: str, units: Mapping[str, int], state: str,
    reasons: Mapping[str, str] | None,
) -> Return:  # fmt: skip
    if order_id_of_return(desk, return_id) is not None:
        raise InvalidCommand(f"return {return_id} already stands in the order book")
    named = find_lines(order, units)
    given = {line.line_no: reason for line, reason in find_lines(order, reasons)} if reasons else {}
    return returning.request(desk, order, return_id=return_id, units=named, reasons=given, state=state)
