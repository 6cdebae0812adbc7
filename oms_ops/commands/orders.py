"""Commands that place, hold, allocate and cancel one order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime

from oms_ops import lifecycle
from oms_ops.commands.base import Commands, answer
from oms_ops.desk import Desk
from oms_ops.errors import InvalidCommand
from oms_ops.naming import find_cancelable, find_order, require_cancelable
from oms_ops.new_orders import NewOrder, order_fact
from oms_ops.rules import holds, placing, unwinding
from oms_ops.store.commands import Answer
from oms_ops.units import micros


class OrderCommands(Commands):
    def place(self, order: NewOrder, *, at: datetime, key: str, may_wait: bool = False) -> Answer:
        """Place and claim stock in one step. OutOfStock lists every shortage; `may_wait` backorders them."""
        fact = order_fact(order, channel=self.settings.channel(order.channel_id), at=micros(at))

        def act(desk: Desk) -> Answer:
            if desk.shelf.order(fact.order_id) is not None:
                raise InvalidCommand(f"order {fact.order_id} already stands in the order book")
            placed = placing.place(desk, fact, may_wait=may_wait)
            return answer(placed, units_backordered=placed.units_backordered_at_placement)

        return self._run("place", act, at=at, key=key, terms={"order": asdict(order), "may_wait": may_wait})

    def hold(self, order_id: str, *, reason: str, at: datetime, key: str) -> Answer:
        def act(desk: Desk) -> Answer:
            order = find_order(desk, order_id)
            holds.hold(desk, order, reason=reason)
            return answer(order, holds=list(order.holds))

        return self._run("hold", act, at=at, key=key, terms={"order": order_id, "reason": reason})

    def release(self, order_id: str, *, reason: str, at: datetime, key: str) -> Answer:
        def act(desk: Desk) -> Answer:
            order = find_order(desk, order_id)
            holds.release(desk, order, reason=reason)
            return answer(order, holds=list(order.holds))

        return self._run("release", act, at=at, key=key, terms={"order": order_id, "reason": reason})

    def allocate(self, order_id: str, *, at: datetime, key: str) -> Answer:
        """Claim what waits, as far as there is stock."""

        def act(desk: Desk) -> Answer:
            order = find_order(desk, order_id)
            units = placing.allocate(desk, order)
            return answer(order, units_allocated=units)

        return self._run("allocate", act, at=at, key=key, terms={"order": order_id})

    def cancel(
        self, order_id: str, *, reason: str, at: datetime, key: str, units: Mapping[str, int] | None = None
    ) -> Answer:
        """Whole while nothing has shipped; or `units` per line id of what has not."""
        if reason not in lifecycle.CANCEL_REASONS:
            raise InvalidCommand(f"no cancel reason {reason!r}; known: {', '.join(lifecycle.CANCEL_REASONS)}")

        def act(desk: Desk) -> Answer:
            order = find_order(desk, order_id)
            if units is None:
                require_cancelable(order)
                unwinding.cancel_order(desk, order, reason=reason)
            else:
                unwinding.cancel_units(desk, order, units=find_cancelable(order, units), reason=reason)
            return answer(order)

        return self._run(
            "cancel", act, at=at, key=key, terms={"order": order_id, "reason": reason, "units": units}
        )
