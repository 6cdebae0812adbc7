"""Random histories of commands against one system, checked after every step. Hypothesis is needed here only.

After each step: the laws of any state, what the command was to change and nothing else, the system's own
self-check; a refusal leaves no trace; the same command again answers the same. With `kills` a step may be
given to a client process that is killed at a random instant; whoever comes after it asks again with the same
key.
"""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings
from hypothesis import seed as with_seed
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from oms_ops.conformance import laws, model
from oms_ops.conformance.adapter import SETUP, Answer, Command, Maker, Refused, Setup, Snapshot, perform
from oms_ops.conformance.clients import Opening, kill_while
from oms_ops.conformance.draws import MINUTE, Commands, Drawn

# one rule draws them all: Hypothesis leaves whole rules out of an example, and most mistakes need many kinds
KINDS = (
    *("place", "reserve", "convert", "ship", "cancel", "take_back") * 2,
    *(
        "receive",
        "purchase",
        "receive_purchased",
        "count",
        "set_aside",
        "release",
        "expire",
        "allocate",
        "edit",
    ),
    *("ask_return", "pay", "refund", "same_again", "kill_the_next_client"),
)
START = 1_700_000_000_000_000


def machine(maker: Maker, setup: Setup = SETUP, *, opening: Opening | None = None) -> type:
    """A RuleBasedStateMachine for systems of `maker`; `opening` names it to processes that are killed."""

    class History(Driven):
        @rule(data=st.data(), kind=st.sampled_from(KINDS))
        def step(self, data, kind):
            getattr(self, kind)(Drawn(self, data))

    History.maker, History.setup, History.opening = maker, setup, opening
    return History


def run_histories(
    maker: Maker, *, examples: int, steps: int, seed: int | None = None, opening: Opening | None = None,
    setup: Setup = SETUP, shrink: bool = True,
) -> list[str]:  # fmt: skip
    """What broke, if anything, and the history that broke it; the same examples where there is no `seed`."""
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


class Driven(Commands, RuleBasedStateMachine):
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
        for sku in self.setup.skus:
            for place in self.setup.network(self.setup.channels[0].name):
                self.do("receive", sku=sku, location=place, units=4, purchase=None)

    def teardown(self) -> None:
        if hasattr(self, "system"):
            self.system.close()
            self._fresh.__exit__(None, None, None)

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

    def same_again(self, drawn: Drawn) -> None:
        if self.answered:
            self.repeat(*drawn.draw(st.sampled_from(self.answered)))

    def kill_the_next_client(self, drawn: Drawn) -> None:
        if self.opening is not None:
            self.kill_after = drawn.draw(st.integers(0, 40)) / 1000

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
