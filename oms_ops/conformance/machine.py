"""Random histories of commands against one system, checked after every step. Hypothesis is needed here only.

After each step: the laws of any state, what the command was to change and nothing else, the system's own
self-check; a refusal leaves no trace; the same command again answers the same. With `kills` a step may be given
to a client process that is killed at a random instant; whoever comes after it asks again with the same key.
"""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import HealthCheck, Phase, settings
from hypothesis import seed as with_seed
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from oms_ops.conformance import laws, model
from oms_ops.conformance.adapter import SETUP, Answer, Command, Maker, Refused, Setup, Snapshot, perform
from oms_ops.conformance.clients import Opening, kill_while

MINUTE = 60_000_000
START = 1_700_000_000_000_000
PRICE = 200  # cents, of every unit
FEW = st.integers(1, 4)
DISPOSITIONS = st.sampled_from(sorted(model.DISPOSED))


def machine(maker: Maker, setup: Setup = SETUP, *, opening: Opening | None = None) -> type:
    """A RuleBasedStateMachine for systems of `maker`. `opening` names it to client processes: steps are killed."""
    skus, channels = st.sampled_from(setup.skus), st.sampled_from([c.name for c in setup.channels])
    places = st.sampled_from([place.name for place in setup.locations if place.is_active])
    baskets = st.dictionaries(skus, FEW, min_size=1)
    baskets_of_lines = st.lists(st.tuples(skus, FEW), min_size=1, max_size=3)
    some_lines = st.dictionaries(st.sampled_from("ab"), FEW, min_size=1)

    class History(Driven):
        @rule(sku=skus, place=places, units=FEW)
        def purchase(self, sku, place, units):
            self.do("purchase", purchase=self.name("P"), sku=sku, location=place, units=units)

        @rule(sku=skus, place=places, units=st.integers(1, 6))
        def receive(self, sku, place, units):
            self.do("receive", sku=sku, location=place, units=units, purchase=None)

        @precondition(lambda self: self.now.owed)
        @rule(data=st.data(), units=FEW)
        def receive_purchased(self, data, units):
            purchase = data.draw(st.sampled_from(sorted(self.now.owed)))
            sku, place, _ = self.now.owed[purchase]
            self.do("receive", sku=sku, location=place, units=units, purchase=purchase)

        @rule(sku=skus, place=places, units=st.integers(0, 6))
        def count(self, sku, place, units):
            self.do("count", sku=sku, location=place, units=units)

        @rule(
            sku=skus, place=places, units=FEW, aside=st.sampled_from(model.PHYSICAL[1:4]), back=st.booleans()
        )
        def set_aside(self, sku, place, units, aside, back):
            source, target = (aside, "available") if back else ("available", aside)
            self.do("set_aside", sku=sku, location=place, source=source, target=target, units=units)

        @rule(channel=channels, items=baskets, minutes=st.integers(1, 12))
        def reserve(self, channel, items, minutes):
            ends = self.at + minutes * MINUTE
            self.channel_of[self.name("H")] = channel
            self.do("reserve", reservation=self.name("H"), channel=channel, items=items, expires_at=ends)

        @precondition(lambda self: self.now.holds)
        @rule(
            data=st.data(),
            lines=baskets_of_lines,
            channel=channels,
            may_wait=st.booleans(),
            exact=st.booleans(),
        )
        def convert(self, data, lines, channel, may_wait, exact):
            name = self.draw_hold(data)
            if exact:
                channel = self.channel_of[name]
                lines = [(sku, hold.units) for (n, sku, _), hold in self.now.holds.items() if n == name]
            order = {"order": self.name(f"{channel}:"), "channel": channel, "lines": priced(lines)}
            self.do("convert", reservation=name, **order, may_wait=may_wait)

        @precondition(lambda self: self.now.holds)
        @rule(data=st.data())
        def release(self, data):
            self.do("release", reservation=self.draw_hold(data))

        @rule(minutes=st.integers(0, 15))
        def expire(self, minutes):
            self.at += minutes * MINUTE
            self.do("expire")

        @rule(lines=baskets_of_lines, channel=channels, may_wait=st.booleans())
        def place(self, lines, channel, may_wait):
            order = {"order": self.name(f"{channel}:"), "channel": channel, "lines": priced(lines)}
            self.do("place", **order, may_wait=may_wait)

        @precondition(lambda self: self.now.orders)
        @rule(data=st.data())
        def allocate(self, data):
            self.do("allocate", order=self.draw_order(data))

        @precondition(lambda self: self.now.orders)
        @rule(data=st.data(), units=st.none() | st.dictionaries(st.integers(1, 2), FEW, min_size=1))
        def ship(self, data, units):
            self.do("ship", order=self.draw_order(data), shipment=self.name("S"), units=units)

        @precondition(lambda self: self.now.orders)
        @rule(data=st.data(), units=st.none() | some_lines)
        def cancel(self, data, units):
            self.do("cancel", order=self.draw_order(data), units=units)

        @precondition(lambda self: self.now.orders)
        @rule(data=st.data(), units=some_lines)
        def edit(self, data, units):
            self.do("edit", order=self.draw_order(data), units=units)

        @precondition(lambda self: self.now.orders)
        @rule(data=st.data(), units=some_lines)
        def ask_return(self, data, units):
            order = self.draw_order(data, lambda order: any(line.shipped for line in order.lines.values()))
            self.do("ask_return", order=order, returned=self.name("R"), units=units)

        @precondition(lambda self: self.now.expected)
        @rule(data=st.data(), disposition=DISPOSITIONS, place=places)
        def take_back(self, data, disposition, place):
            returned = data.draw(st.sampled_from(sorted(self.now.expected)))
            self.do("take_back", returned=returned, disposition=disposition, location=place)

        @precondition(lambda self: self.now.orders)
        @rule(data=st.data(), units=st.integers(1, 6))
        def pay(self, data, units):
            self.do("pay", order=self.draw_order(data), cents=units * PRICE)

        @precondition(lambda self: self.now.orders)
        @rule(data=st.data(), cents=st.dictionaries(st.sampled_from("ab"), st.integers(50, 900), min_size=1))
        def refund(self, data, cents):
            order = self.draw_order(data, lambda order: order.captured)
            self.do("refund", order=order, refund=self.name("F"), cents=cents)

        @precondition(lambda self: self.answered)
        @rule(data=st.data())
        def same_again(self, data):
            command, answer = data.draw(st.sampled_from(self.answered))
            self.repeat(command, answer)

        @rule(milliseconds=st.integers(0, 40))
        def kill_the_next_client(self, milliseconds):
            self.kill_after = milliseconds / 1000

    History.maker, History.setup, History.opening = maker, setup, opening
    return History


def run_histories(
    maker: Maker, *, examples: int, steps: int, seed: int | None = None, opening: Opening | None = None,
    setup: Setup = SETUP, shrink: bool = True,
) -> list[str]:  # fmt: skip
    """What broke, if anything, with the history that broke it; without a `seed` the same examples every time."""
    phases = [Phase.generate, Phase.shrink] if shrink else [Phase.generate]
    driven = machine(maker, setup, opening=opening)
    if seed is not None:
        driven = with_seed(seed)(driven)
    try:
        run_state_machine_as_test(
            driven,
            settings=settings(
                max_examples=examples, stateful_step_count=steps, derandomize=seed is None, deadline=None,
                phases=phases, database=None, suppress_health_check=list(HealthCheck),
            ),
        )  # fmt: skip
    except AssertionError as broken:
        notes = "\n".join(getattr(broken, "__notes__", ()))
        return [f"{broken}\n{notes}"]
    return []


def priced(lines: list[tuple[str, int]]) -> dict[str, tuple[str, int, int]]:
    return {line: (sku, units, PRICE) for line, (sku, units) in zip("abc", lines, strict=False)}


class Driven(RuleBasedStateMachine):
    """A system, what it said so far, and the checks."""

    maker: Maker
    setup: Setup
    opening: Opening | None = None

    @initialize()
    def begin(self) -> None:
        self.at, self.given = START, 0
        self.answered: list[tuple[Command, Answer]] = []
        self.channel_of: dict[str, str] = {}  # by reservation
        self.kill_after: float | None = None
        self._fresh = self.maker.fresh()
        self.address = self._fresh.__enter__()
        self.system = self.maker.open(self.address)
        self.now = self.system.state()

    def teardown(self) -> None:
        if hasattr(self, "system"):
            self.system.close()
            self._fresh.__exit__(None, None, None)

    def name(self, prefix: str) -> str:
        return f"{prefix}{self.given + 1}"

    def draw_order(self, data, is_apt: Callable = lambda order: order.status == "open") -> str:
        """Mostly one that the command can be about."""
        apt = [name for name, order in self.now.orders.items() if is_apt(order)]
        return data.draw(st.sampled_from(sorted(apt) or sorted(self.now.orders)))

    def draw_hold(self, data) -> str:
        active = {name for (name, *_), hold in self.now.holds.items() if hold.state == "active"}
        return data.draw(st.sampled_from(sorted(active) or sorted({name for name, *_ in self.now.holds})))

    def do(self, name: str, **terms: object) -> None:
        if name not in self.system.offers:
            return
        self.given += 1
        self.at += MINUTE
        command = Command(name, terms, f"key {self.given}", self.at)
        before = self.now
        if self.kill_after is not None and self.opening is not None:
            self.lose_a_client(command)
        self.kill_after = None
        try:
            answer = perform(self.system, command)
        except Refused as refusal:
            self.check_refusal(before, command, refusal)
            return
        self.look()
        self.agree(model.broken(before, command, self.now, self.setup))
        self.answered.append((command, answer))

    def lose_a_client(self, command: Command) -> None:
        """It did the command or it did not; nothing between."""
        before = self.now
        kill_while(self.opening, self.address, command, seconds=self.kill_after)
        self.look()
        if self.now != before:
            self.agree(model.broken(before, command, self.now, self.setup))

    def check_refusal(self, before: Snapshot, command: Command, refusal: Refused) -> None:
        self.look()
        assert str(refusal), f"{command.name} was refused without a reason"
        assert self.now == before, (
            f"{command} was refused ({refusal}) and changed {differing(before, self.now)}"
        )
        if refusal.is_shortage:
            self.agree(model.unjustified(before, command, self.setup))

    def repeat(self, command: Command, answer: Answer) -> None:
        before = self.now
        try:
            again = perform(self.system, command)
        except Refused as refusal:
            raise AssertionError(f"{command}, acknowledged, is now refused: {refusal}") from refusal
        self.look()
        assert again == answer, f"{command} answered {again} the second time, {answer} the first"
        assert self.now == before, f"{command} given again changed {differing(before, self.now)}"

    def look(self) -> None:
        """The state as it is, which must be lawful whatever happened."""
        self.now = self.system.state()
        self.agree(laws.broken(self.now, self.setup))
        self.agree([f"self-check: {violation}" for violation in self.system.violations()])

    @staticmethod
    def agree(found: list[str]) -> None:
        assert not found, "; ".join(found)


def differing(before: Snapshot, after: Snapshot) -> str:
    parts = [name for name in vars(before) if getattr(before, name) != getattr(after, name)]
    return ", ".join(f"{name}: {getattr(before, name)} to {getattr(after, name)}" for name in parts)
