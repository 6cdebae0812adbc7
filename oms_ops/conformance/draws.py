"""The commands of a random history, with terms drawn so that most can be done and some cannot.

What is drawn depends on the last snapshot: an order with something to ship, a line with something to cancel.
One draw in six is wild: any order, any number of units. Hypothesis is needed here and in machine.py.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from hypothesis import strategies as st

from oms_ops.conformance import model
from oms_ops.conformance.adapter import PRICE, Order, Setup, Snapshot, priced

MINUTE = 60_000_000
FEW = st.integers(1, 5)


class Drawn:
    """Draws for one command."""

    def __init__(self, history: Commands, data) -> None:
        self.draw, self.now, self.setup = data.draw, history.now, history.setup
        self.is_wild = self.draw(st.integers(0, 5)) == 5

    def one_of(self, names: Collection) -> object:
        return self.draw(st.sampled_from(sorted(names)))

    def sku(self) -> str:
        return self.one_of(self.setup.skus)

    def location(self) -> str:
        return self.draw(st.sampled_from([place.name for place in self.setup.locations]))

    def channel(self) -> str:
        return self.draw(st.sampled_from([channel.name for channel in self.setup.channels]))

    def few(self) -> int:
        return self.draw(FEW)

    def order(self, is_apt: Callable[[str, Order], object]) -> str:
        apt = [name for name, order in self.now.orders.items() if is_apt(name, order)]
        return self.one_of(apt if apt and not self.is_wild else self.now.orders)

    def some(self, most: Mapping[object, int]) -> dict:
        """Up to so many units of one or two of them."""
        apt = {key: units for key, units in most.items() if units > 0}
        if self.is_wild or not apt:
            return self.draw(st.dictionaries(st.sampled_from(sorted(most)), FEW, min_size=1))
        keys = self.draw(st.sets(st.sampled_from(sorted(apt)), min_size=1, max_size=2))
        return {key: self.draw(st.integers(1, apt[key]) | st.just(apt[key])) for key in sorted(keys)}

    def lines(self) -> dict[str, tuple[str, int, int]]:
        items = st.tuples(st.sampled_from(self.setup.skus), FEW)
        return priced(self.draw(st.lists(items, min_size=1, max_size=3)))

    def hold(self) -> str | None:
        active = {name for (name, *_), hold in self.now.holds.items() if hold.state == "active"}
        known = {name for name, *_ in self.now.holds}
        return self.one_of(active if active and not self.is_wild else known) if known else None


class Commands:
    """Each method gives one command, or none where there is nothing it could be about."""

    now: Snapshot
    setup: Setup
    at: int
    given: int
    channel_of: dict[str, str]
    do: Callable[..., None]  # gives the system the command of this name, with its terms

    def name(self, prefix: str) -> str:
        return f"{prefix}{self.given + 1}"

    def receive(self, drawn: Drawn) -> None:
        self.do("receive", sku=drawn.sku(), location=drawn.location(), units=drawn.few(), purchase=None)

    def purchase(self, drawn: Drawn) -> None:
        place = {"sku": drawn.sku(), "location": drawn.location()}
        self.do("purchase", purchase=self.name("P"), **place, units=drawn.few())

    def receive_purchased(self, drawn: Drawn) -> None:
        if not self.now.owed:
            return self.purchase(drawn)
        purchase = drawn.one_of(self.now.owed)
        sku, place, _ = self.now.owed[purchase]
        return self.do("receive", sku=sku, location=place, units=drawn.few(), purchase=purchase)

    def count(self, drawn: Drawn) -> None:
        units = drawn.draw(st.integers(0, 6))
        self.do("count", sku=drawn.sku(), location=drawn.location(), units=units)

    def set_aside(self, drawn: Drawn) -> None:
        ends = ["available", drawn.draw(st.sampled_from(model.PHYSICAL[1:4]))]
        source, target = drawn.draw(st.permutations(ends))
        place = {"sku": drawn.sku(), "location": drawn.location()}
        self.do("set_aside", **place, source=source, target=target, units=drawn.few())

    def reserve(self, drawn: Drawn) -> None:
        channel, ends = drawn.channel(), self.at + drawn.draw(st.integers(1, 12)) * MINUTE
        items = drawn.draw(st.dictionaries(st.sampled_from(self.setup.skus), FEW, min_size=1))
        self.channel_of[self.name("H")] = channel
        self.do("reserve", reservation=self.name("H"), channel=channel, items=items, expires_at=ends)

    def convert(self, drawn: Drawn) -> None:
        """Mostly on the hold's own channel, of exactly what was set aside or of something else."""
        name = drawn.hold()
        if name is None:
            return self.reserve(drawn)
        channel = drawn.channel() if drawn.is_wild else self.channel_of[name]
        held = [(sku, hold.units) for (holder, sku, _), hold in self.now.holds.items() if holder == name]
        lines = priced(held) if drawn.draw(st.booleans()) else drawn.lines()
        order = {"order": self.name(f"{channel}:"), "channel": channel, "lines": lines}
        return self.do("convert", reservation=name, **order, may_wait=drawn.draw(st.booleans()))

    def release(self, drawn: Drawn) -> None:
        name = drawn.hold()
        return self.reserve(drawn) if name is None else self.do("release", reservation=name)

    def expire(self, drawn: Drawn) -> None:
        self.at += drawn.draw(st.integers(0, 15)) * MINUTE
        self.do("expire")

    def place(self, drawn: Drawn) -> None:
        channel = drawn.channel()
        order = {"order": self.name(f"{channel}:"), "channel": channel, "lines": drawn.lines()}
        self.do("place", **order, may_wait=drawn.draw(st.booleans()))

    def allocate(self, drawn: Drawn) -> None:
        if not self.now.orders:
            return self.place(drawn)

        def waits(name: str, order: Order) -> bool:
            return any(line.waiting for line in order.lines.values())

        return self.do("allocate", order=drawn.order(waits))

    def ship(self, drawn: Drawn) -> None:
        if not self.now.orders:
            return self.place(drawn)
        order = drawn.order(lambda name, order: self.now.open_claims(name))
        claims = {number: claim.open_units for number, claim in self.now.open_claims(order).items()}
        is_whole = drawn.draw(st.integers(0, 3)) == 3
        units = None if is_whole else drawn.some(claims or {1: 0})
        return self.do("ship", order=order, shipment=self.name("S"), units=units)

    def cancel(self, drawn: Drawn) -> None:
        if not self.now.orders:
            return self.place(drawn)

        def has_some(name: str, order: Order) -> bool:
            return any(_unshipped(order).values())

        order = drawn.order(has_some)
        is_whole = drawn.draw(st.booleans())
        units = None if is_whole else drawn.some(_unshipped(self.now.orders[order]))
        return self.do("cancel", order=order, units=units)

    def edit(self, drawn: Drawn) -> None:
        if not self.now.orders:
            return self.place(drawn)
        order = drawn.order(lambda name, order: order.status == "open")
        return self.do("edit", order=order, units=drawn.some(dict.fromkeys(self.now.orders[order].lines, 5)))

    def ask_return(self, drawn: Drawn) -> None:
        if not self.now.orders:
            return self.place(drawn)
        order = drawn.order(lambda name, order: any(_out(order).values()))
        if not any(_out(self.now.orders[order]).values()):
            return self.ship(drawn)
        units = drawn.some(_out(self.now.orders[order]))
        return self.do("ask_return", order=order, returned=self.name("R"), units=units)

    def take_back(self, drawn: Drawn) -> None:
        if not self.now.expected:
            return self.ask_return(drawn)
        terms = {"disposition": drawn.one_of(model.DISPOSED), "location": drawn.location()}
        return self.do("take_back", returned=drawn.one_of(self.now.expected), **terms)

    def pay(self, drawn: Drawn) -> None:
        if not self.now.orders:
            return self.place(drawn)
        order = drawn.order(lambda name, order: order.status == "open")
        return self.do("pay", order=order, cents=drawn.few() * PRICE)

    def refund(self, drawn: Drawn) -> None:
        if not self.now.orders:
            return self.place(drawn)
        order = drawn.order(lambda name, order: order.captured > order.refunded)
        if not self.now.orders[order].captured and not drawn.is_wild:
            return self.pay(drawn)
        lines = self.now.orders[order].lines
        cents = drawn.some({line_id: line.price * line.units for line_id, line in lines.items()})
        return self.do("refund", order=order, refund=self.name("F"), cents=cents)


def _out(order: Order) -> dict[str, int]:
    return {line_id: line.shipped - line.returned for line_id, line in order.lines.items()}


def _unshipped(order: Order) -> dict[str, int]:
    return {line_id: line.units - line.canceled - line.shipped for line_id, line in order.lines.items()}
