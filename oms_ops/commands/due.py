"""Jobs of the clock, and the policies they serve: each order is one command of its own, done once.

A job that is killed continues when it is run again; an order that is refused is reported and does not hold up
the others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from oms_ops.commands.base import Commands
from oms_ops.desk import Desk
from oms_ops.errors import InvalidCommand, OmsError
from oms_ops.naming import find_order
from oms_ops.orders import Order
from oms_ops.rules import due
from oms_ops.store import due as due_orders
from oms_ops.store.commands import Answer, scheduled_orders
from oms_ops.units import micros


@dataclass
class DueReport:
    """Order ids by what became of them; refusals as text by order id."""

    done: dict[str, list[str]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)

    @property
    def orders(self) -> int:
        return sum(len(found) for found in self.done.values())


class DueCommands(Commands):
    def release_due(self, *, at: datetime, limit: int = 1_000) -> DueReport:
        """Scheduled work whose date has come opens; preorders that are due get stock in their turn."""
        with self.book.read() as con:
            found = due_orders.to_release(con, at=micros(at), limit=limit)

        def act(desk: Desk, order: Order) -> str:
            return "released" if due.release(desk, order) else "kept"

        return self._each("release_due", act, found, at=at)

    def expire_due(self, *, at: datetime, limit: int = 1_000) -> DueReport:
        """Orders not paid in time are canceled as expired; so are units that waited too long for stock."""
        with self.book.read() as con:
            found = due_orders.to_expire(con, at=micros(at), limit=limit)
        return self._each("expire_due", due.expire, found, at=at)

    def set_sku_policy(
        self, sku: str, *, at: datetime, key: str, backorder_cap: int | None = None,
        preorder_ships_at: datetime | None = None,
    ) -> Answer:  # fmt: skip
        """Replaces the sku's policy. `backorder_cap`: units that may wait in all (None: any, 0: none). With
        `preorder_ships_at` it is sold ahead, up to the cap: its units take no stock before that date."""
        if backorder_cap is not None and backorder_cap < 0:
            raise InvalidCommand(f"a backorder cap of {sku} is 0 or more, found {backorder_cap}")
        ships_at = None if preorder_ships_at is None else micros(preorder_ships_at)
        row = (sku, backorder_cap, int(ships_at is not None), ships_at, micros(at))

        def act(desk: Desk) -> Answer:
            desk.journal.policies.append(row)
            moved = [find_order(desk, order_id) for order_id in scheduled_orders(desk, sku)]
            for order in moved:
                due.move_date(desk, order, sku=sku, ships_at=ships_at)
            return {"sku": sku, "backorder_cap": backorder_cap, "orders_moved": len(moved)}

        said = {"sku": sku, "backorder_cap": backorder_cap, "preorder_ships_at": ships_at}
        return self._run("set_sku_policy", act, at=at, key=key, terms=said)

    def _each(
        self, job: str, act: Callable[[Desk, Order], str], order_ids: Sequence[str], *, at: datetime
    ) -> DueReport:  # fmt: skip
        report = DueReport()
        for order_id in order_ids:

            def one(desk: Desk, order_id: str = order_id) -> Answer:
                return {"order_id": order_id, "result": act(desk, find_order(desk, order_id))}

            key = f"{job}:{order_id}:{micros(at)}"
            try:
                result = self._run(job, one, at=at, key=key, terms={"order": order_id})["result"]
            except OmsError as refusal:
                report.refused[order_id] = str(refusal)
            else:
                report.done.setdefault(str(result), []).append(order_id)
        return report
