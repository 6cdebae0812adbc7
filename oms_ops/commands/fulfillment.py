"""Commands on one fulfillment order: pick, pack, reject, short pick, schedule, hold, split, merge, move."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from oms_ops.commands.base import Commands, answer
from oms_ops.desk import Desk
from oms_ops.errors import InvalidCommand
from oms_ops.naming import find_claims, find_order, find_work, require_reason
from oms_ops.orders import Order, Work
from oms_ops.rules import holds, rearranging, working
from oms_ops.store.commands import Answer
from oms_ops.units import micros


class FulfillmentCommands(Commands):
    def pick(
        self, order_id: str, fulfillment_no: int, *, at: datetime, key: str,
        units: Mapping[int, int] | None = None,
    ) -> Answer:  # fmt: skip
        """`units` per allocation number; without it everything not picked yet."""

        def act(desk: Desk, order: Order, work: Work) -> None:
            picks = None if units is None else find_claims(order, work, units)
            working.pick(desk, order, work=work, picks=picks)

        return self._work("pick", act, order_id, fulfillment_no, at=at, key=key, more={"units": units})

    def pack(self, order_id: str, fulfillment_no: int, *, at: datetime, key: str) -> Answer:
        def act(desk: Desk, order: Order, work: Work) -> None:
            working.pack(desk, order, work=work)

        return self._work("pack", act, order_id, fulfillment_no, at=at, key=key)

    def reject(
        self, order_id: str, fulfillment_no: int, *, at: datetime, key: str, reason: str = "other"
    ) -> Answer:
        """Work in progress is put back: it is open again, nothing of it picked."""

        def act(desk: Desk, order: Order, work: Work) -> None:
            working.reject(desk, order, work=work, reason=reason)

        return self._work("reject", act, order_id, fulfillment_no, at=at, key=key, more={"reason": reason})

    def short_pick(
        self, order_id: str, fulfillment_no: int, *, found: Mapping[int, int], reason: str, at: datetime,
        key: str, then: str = "reroute", cancel_reason: str = "inventory",
    ) -> Answer:  # fmt: skip
        """`found`: units per allocation number of which fewer were there. The rest is written off here with
        `reason` and `then` does as it says: wait, reroute (claimed elsewhere, else waits) or cancel."""
        _require_then(then, cancel_reason)
        if not reason:
            raise InvalidCommand(f"a short pick of order {order_id} needs a reason")

        def act(desk: Desk, order: Order, work: Work) -> None:
            named = find_claims(order, work, found, least=0)
            missing = [(claim, claim.open_units - left) for claim, left in named if left < claim.open_units]
            if not missing:
                raise InvalidCommand(f"nothing is short of fulfillment order {fulfillment_no} of {order_id}")
            working.come_short(
                desk, order, work=work, missing=missing, reason=reason, then=then, cancel_reason=cancel_reason
            )

        more = {"found": found, "reason": reason, "then": then, "cancel_reason": cancel_reason}
        return self._work("short_pick", act, order_id, fulfillment_no, at=at, key=key, more=more)

    def schedule_fulfillment(
        self, order_id: str, fulfillment_no: int, *, fulfill_at: datetime, at: datetime, key: str
    ) -> Answer:
        """Not to be begun before `fulfill_at`; its stock stays claimed. `release_due` opens it."""

        def act(desk: Desk, order: Order, work: Work) -> None:
            working.schedule(desk, order, work=work, fulfill_at=micros(fulfill_at))

        more = {"fulfill_at": micros(fulfill_at)}
        return self._work("schedule_fulfillment", act, order_id, fulfillment_no, at=at, key=key, more=more)

    def open_fulfillment(self, order_id: str, fulfillment_no: int, *, at: datetime, key: str) -> Answer:
        """Scheduled work is wanted now."""

        def act(desk: Desk, order: Order, work: Work) -> None:
            working.open_(desk, order, work=work)

        return self._work("open_fulfillment", act, order_id, fulfillment_no, at=at, key=key)

    def hold_fulfillment(
        self, order_id: str, fulfillment_no: int, *, reason: str, at: datetime, key: str
    ) -> Answer:
        def act(desk: Desk, order: Order, work: Work) -> None:
            holds.hold(desk, order, reason=reason, work=work)

        more = {"reason": reason}
        return self._work("hold_fulfillment", act, order_id, fulfillment_no, at=at, key=key, more=more)

    def release_fulfillment(
        self, order_id: str, fulfillment_no: int, *, reason: str, at: datetime, key: str
    ) -> Answer:
        def act(desk: Desk, order: Order, work: Work) -> None:
            holds.release(desk, order, reason=reason, work=work)

        more = {"reason": reason}
        return self._work("release_fulfillment", act, order_id, fulfillment_no, at=at, key=key, more=more)

    def split_fulfillment(
        self, order_id: str, fulfillment_no: int, *, units: Mapping[int, int], at: datetime, key: str
    ) -> Answer:
        """`units` per allocation number become work of their own; the answer names it."""

        def act(desk: Desk, order: Order, work: Work) -> Work:
            return rearranging.split(desk, order, work=work, units=find_claims(order, work, units))

        more = {"units": units}
        return self._work("split_fulfillment", act, order_id, fulfillment_no, at=at, key=key, more=more)

    def merge_fulfillments(
        self, order_id: str, fulfillment_nos: tuple[int, ...], *, at: datetime, key: str
    ) -> Answer:
        """Work of one location, state and date becomes one; the answer names it."""

        def act(desk: Desk, order: Order, work: Work) -> Work:
            works = [find_work(order, number) for number in dict.fromkeys(fulfillment_nos)]
            return rearranging.merge(desk, order, works=works)

        if not fulfillment_nos:
            raise InvalidCommand(f"name the fulfillment orders of {order_id} to merge")
        more = {"fulfillment_nos": list(fulfillment_nos)}
        return self._work("merge_fulfillments", act, order_id, fulfillment_nos[0], at=at, key=key, more=more)

    def move_fulfillment(
        self, order_id: str, fulfillment_no: int, *, location_id: str, at: datetime, key: str,
        units: Mapping[int, int] | None = None,
    ) -> Answer:  # fmt: skip
        """Done at another location of the channel's network, which must have the units: else OutOfStock."""

        def act(desk: Desk, order: Order, work: Work) -> Work:
            picks = None if units is None else find_claims(order, work, units)
            return rearranging.move(desk, order, work=work, location_id=location_id, units=picks)

        self._require_location(location_id)
        more = {"location": location_id, "units": units}
        return self._work("move_fulfillment", act, order_id, fulfillment_no, at=at, key=key, more=more)

    def cancel_fulfillment(
        self, order_id: str, fulfillment_no: int, *, at: datetime, key: str, then: str = "reroute",
        reason: str = "inventory",
    ) -> Answer:  # fmt: skip
        """Its units wait again, are claimed elsewhere (reroute, else they wait) or are canceled: `then`."""
        _require_then(then, reason)

        def act(desk: Desk, order: Order, work: Work) -> None:
            rearranging.cancel(desk, order, work=work, then=then, reason=reason)

        more = {"then": then, "reason": reason}
        return self._work("cancel_fulfillment", act, order_id, fulfillment_no, at=at, key=key, more=more)

    def _work(
        self, command: str, act: Callable[[Desk, Order, Work], Work | None], order_id: str,
        fulfillment_no: int, *, at: datetime, key: str, more: Mapping[str, object] | None = None,
    ) -> Answer:  # fmt: skip
        """The answer is about the work that came of it, else about the one that was named."""

        def do(desk: Desk) -> Answer:
            order = find_order(desk, order_id)
            work = find_work(order, fulfillment_no)
            work = act(desk, order, work) or work
            waiting = sum(line.backordered for line in order.lines)
            return answer(order, fulfillment_no=work.fulfillment_no, state=work.state, units_waiting=waiting)

        said = {"order": order_id, "fulfillment_no": fulfillment_no, **(more or {})}
        return self._run(command, do, at=at, key=key, terms=said)


def _require_then(then: str, reason: str) -> None:
    require_reason(reason)
    if then not in rearranging.THEN:
        raise InvalidCommand(f"units given up {', '.join(rearranging.THEN)}, found {then!r}")
