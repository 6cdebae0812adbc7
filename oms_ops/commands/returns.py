"""Commands on goods that come back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from oms_ops.commands.base import Commands, answer
from oms_ops.desk import Desk
from oms_ops.errors import InvalidCommand, UnknownReturn
from oms_ops.naming import find_lines, find_order
from oms_ops.rules import returning
from oms_ops.store.commands import Answer, order_id_of_return, returns_of


class ReturnCommands(Commands):
    def return_(
        self, order_id: str, *, return_id: str, units: Mapping[str, int], at: datetime, key: str
    ) -> Answer:
        """The buyer will send back `units` per line id; nothing moves until they are received."""

        def act(desk: Desk) -> Answer:
            order = find_order(desk, order_id)
            if order_id_of_return(desk, return_id) is not None:
                raise InvalidCommand(f"return {return_id} already stands in the order book")
            expected: dict[int, int] = {}
            for line in (line for back in returns_of(desk, order.order_seq) for line in back.lines):
                if line.state in ("expected", "missing"):
                    expected[line.line_no] = expected.get(line.line_no, 0) + line.quantity
            back = returning.request(
                desk, order, return_id=return_id, units=find_lines(order, units), expected=expected
            )
            return answer(order, return_id=return_id, return_status=back.state)

        terms = {"order": order_id, "return": return_id, "units": units}
        return self._run("return", act, at=at, key=key, terms=terms)

    def receive_return(
        self,
        return_id: str,
        *,
        disposition: str,
        at: datetime,
        key: str,
        location_id: str | None = None,
        line_ids: Sequence[str] | None = None,
    ) -> Answer:
        """The expected lines (all, or those named) came in; `disposition` says what becomes of the goods."""
        place = self._require_location(location_id or self.settings.returns_location)

        def act(desk: Desk) -> Answer:
            order_id = order_id_of_return(desk, return_id)
            if order_id is None:
                raise UnknownReturn(f"no return {return_id!r} in the order book")
            order = find_order(desk, order_id)
            back = next(back for back in returns_of(desk, order.order_seq) if back.return_id == return_id)
            named = None if line_ids is None else dict.fromkeys(line_ids)
            wanted = None if named is None else {line.line_no for line, _ in find_lines(order, named)}
            returning.receive(
                desk, order, back=back, disposition=disposition, location_id=place, line_nos=wanted
            )
            return answer(order, return_id=return_id, return_status=back.state)

        terms = {"return": return_id, "disposition": disposition, "location": place, "lines": line_ids}
        return self._run("receive_return", act, at=at, key=key, terms=terms)
