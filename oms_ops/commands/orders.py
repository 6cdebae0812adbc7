"""Commands that place, draft, edit, hold, allocate, cancel, close and reopen one order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from oms_ops.changes import Change, terms
from oms_ops.commands.base import Commands, answer
from oms_ops.desk import Desk
from oms_ops.errors import InvalidCommand
from oms_ops.facts import OrderFact
from oms_ops.naming import find_cancelable, find_order, require_cancelable, require_reason
from oms_ops.new_orders import NewOrder, finish, order_fact, order_terms, set_deadlines, set_wait
from oms_ops.orders import Order
from oms_ops.rules import closing, editing, holds, payments, placing, unwinding
from oms_ops.store.commands import Answer, rehearse
from oms_ops.store.history import order_view
from oms_ops.units import e4, micros, money
from oms_ops.where import where_is


class OrderCommands(Commands):
    def place(self, order: NewOrder, *, at: datetime, key: str, may_wait: bool = False) -> Answer:
        """Place and claim stock in one step. OutOfStock lists every shortage; `may_wait` backorders them, up
        to the cap of each sku (OverBackorderCap)."""

        def act(desk: Desk) -> Answer:
            fact = self._fact(desk, order, at)
            placed = placing.request(desk, fact, may_wait=may_wait)
            finish(desk, placed, order, channel=self.settings.channel(order.channel_id))
            return answer(placed, units_backordered=placed.units_backordered_at_placement)

        said = {"order": order_terms(order), "may_wait": may_wait}
        return self._run("place", act, at=at, key=key, terms=said)

    def draft(self, order: NewOrder, *, at: datetime, key: str) -> Answer:
        """An order being made up: it can be edited and canceled, and holds no stock until it is opened."""

        def act(desk: Desk) -> Answer:
            drafted = placing.draft(desk, self._fact(desk, order, at))
            finish(desk, drafted, order, channel=self.settings.channel(order.channel_id))
            return answer(drafted)

        return self._run("draft", act, at=at, key=key, terms={"order": order_terms(order)})

    def open_draft(self, order_id: str, *, at: datetime, key: str, may_wait: bool = False) -> Answer:
        """The draft becomes an order of this moment and claims stock as `place` does."""

        def act(desk: Desk) -> Answer:
            order = find_order(desk, order_id)
            placing.open_draft(desk, order, may_wait=may_wait)
            set_deadlines(order, channel=self.settings.channel(order.channel_id))
            return answer(order, units_backordered=order.units_backordered_at_placement)

        return self._run("open_draft", act, at=at, key=key, terms={"order": order_id, "may_wait": may_wait})

    def edit(
        self, order_id: str, *, changes: Sequence[Change], at: datetime, key: str = "",
        may_wait: bool = False, reason: str = "customer", preview: bool = False, gives_back: bool = True,
    ) -> Answer:  # fmt: skip
        """All `changes` or none, priced: `difference` in what is owed, `to_collect` and `to_refund` after it.

        What is to be refunded is given back at once (`voided` of what was authorized, `refunded` of what was
        captured), or left to a later refund where `gives_back` is False. With `preview` nothing is written
        and no key is needed: it answers or refuses what it would.
        """
        require_reason(reason)

        def act(desk: Desk) -> Answer:
            order = find_order(desk, order_id)
            balance = editing.edit(desk, order, changes=changes, may_wait=may_wait, reason=reason)
            set_wait(order, channel=self.settings.channel(order.channel_id), since=micros(at))
            waiting = sum(line.backordered for line in order.lines)
            given = _give_back(desk, order, balance, reference=f"edit {key}") if gives_back else {}
            return answer(order, preview=preview, units_waiting=waiting, **balance, **given)

        if preview:
            return rehearse(self.book, act, at=micros(at), places=self.places)
        said = {"order": order_id, "changes": [terms(change) for change in changes], "may_wait": may_wait}
        said |= {"reason": reason, "gives_back": gives_back}
        return self._run("edit", act, at=at, key=key, terms=said)

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
        """Whole while nothing has shipped; or `units` per line id of what has not, charges included."""
        require_reason(reason)

        def act(desk: Desk) -> Answer:
            order = find_order(desk, order_id)
            if units is None:
                require_cancelable(order)
                unwinding.cancel_order(desk, order, reason=reason)
            else:
                unwinding.cancel_units(desk, order, units=find_cancelable(order, units), reason=reason)
            return answer(order)

        said = {"order": order_id, "reason": reason, "units": units}
        return self._run("cancel", act, at=at, key=key, terms=said)

    def reopen(self, order_id: str, *, reason: str, at: datetime, key: str) -> Answer:
        """A closed order takes a claim: goods that replace others are added by `edit`, at a price of 0."""

        def act(desk: Desk) -> Answer:
            order = find_order(desk, order_id)
            closing.reopen(desk, order, reason=reason)
            return answer(order)

        return self._run("reopen", act, at=at, key=key, terms={"order": order_id, "reason": reason})

    def close(self, order_id: str, *, at: datetime, key: str) -> Answer:
        """A reopened order that needs nothing more; others close by themselves."""

        def act(desk: Desk) -> Answer:
            order = find_order(desk, order_id)
            closing.close(desk, order)
            return answer(order)

        return self._run("close", act, at=at, key=key, terms={"order": order_id})

    def where_is(self, order_id: str) -> str:
        """Where the order is, in one sentence, as the book stands now."""
        return where_is(order_view(self.book, order_id))

    def _fact(self, desk: Desk, order: NewOrder, at: datetime) -> OrderFact:
        fact = order_fact(order, channel=self.settings.channel(order.channel_id), at=micros(at))
        if desk.shelf.order(fact.order_id) is not None:
            raise InvalidCommand(f"order {fact.order_id} already stands in the order book")
        return fact


def _give_back(desk: Desk, order: Order, balance: Mapping[str, object], *, reference: str) -> Answer:
    up_to_e4 = max(0, -e4(balance["difference"]))
    given = payments.give_back(desk, order, up_to_e4=up_to_e4, reference=reference)
    return {name.removesuffix("_e4"): money(amount_e4) for name, amount_e4 in given.items()}
