"""What one client of a race or a kill does next: at random, yet the same whenever it is asked.

A client that is killed has a successor that knows only what was acknowledged. From it, and from the number of
the command, both come to the same next command under the same key.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from oms_ops.conformance.adapter import PRICE, Command, Setup, priced

START = 1_700_000_000_000_000
MINUTE = 60_000_000
Kinds = tuple[tuple[str, int], ...]  # each kind of command with its weight
KINDS: Kinds = (
    ("receive", 3), ("count", 1), ("reserve", 4), ("convert", 3), ("release", 1), ("expire", 1), ("place", 4),
    ("allocate", 1), ("ship", 3), ("cancel", 2), ("edit", 1), ("ask_return", 2), ("take_back", 2), ("pay", 2),
    ("refund", 1),
)  # fmt: skip


# more is asked for than there is: what a race is about
SCARCE = (*((name, weight) for name, weight in KINDS if name != "receive"), ("receive", 1), ("reserve", 8))


@dataclass
class Memory:
    """What one client was told: its orders' units by line, its holds, its returns; each list in order."""

    orders: dict[str, dict[str, int]] = field(default_factory=dict)
    holds: dict[str, tuple[str, dict[str, int]]] = field(default_factory=dict)
    returns: list[str] = field(default_factory=list)
    shipped: list[str] = field(default_factory=list)
    paid: list[str] = field(default_factory=list)

    def learn(self, command: Command) -> None:
        """`command` was acknowledged."""
        terms = command.terms
        match command.name:
            case "reserve":
                self.holds[terms["reservation"]] = terms["channel"], dict(terms["items"])
            case "release":
                self.holds.pop(terms["reservation"], None)
            case "place" | "convert":
                self.orders[terms["order"]] = {line: units for line, (_, units, _) in terms["lines"].items()}
                self.holds.pop(terms.get("reservation"), None)
            case "ship":
                self.shipped.append(terms["order"])
            case "pay":
                self.paid.append(terms["order"])
            case "ask_return":
                self.returns.append(terms["returned"])
            case "take_back":
                self.returns.remove(terms["returned"])


def counted_sku(client: int) -> str:
    """Counts replace what is there: each client counts a sku of its own, which nobody sells."""
    return f"COUNTED-{client}"


def next_command(
    client: int, number: int, *, seed: int, memory: Memory, setup: Setup, kinds: Kinds = KINDS
) -> Command:  # fmt: skip
    rng = random.Random(f"{seed}/{client}/{number}")  # noqa: S311 not a secret
    draw = _Draw(rng, memory, setup, name=f"{client}-{number}", at=START + number * MINUTE, client=client)
    names, weights = zip(*kinds, strict=True)
    (name,) = rng.choices(names, weights)
    terms = getattr(draw, name)()
    if terms is None:  # nothing to do it to yet
        name, terms = "receive", draw.receive()
    return Command(name, terms, f"client {client} command {number}", draw.at)


class _Draw:
    def __init__(self, rng: random.Random, memory: Memory, setup: Setup, *, name: str, at: int, client: int):
        self.rng, self.memory, self.setup = rng, memory, setup
        self.unique, self.at, self.client = name, at, client
        self.sku, self.few = (lambda: rng.choice(setup.skus)), (lambda: rng.randint(1, 3))

    def receive(self) -> dict:
        place = self.rng.choice([place.name for place in self.setup.locations if place.is_active])
        return {"sku": self.sku(), "location": place, "units": self.few(), "purchase": None}

    def count(self) -> dict:
        place = self.setup.network(self.setup.channels[0].name)[0]
        return {"sku": counted_sku(self.client), "location": place, "units": self.rng.randint(0, 9)}

    def reserve(self) -> dict:
        items = {self.sku(): self.few() for _ in range(2)}
        ends = self.at + self.rng.choice((5, 10_000)) * MINUTE
        return {
            "reservation": f"hold {self.unique}",
            "channel": self._channel(),
            "items": items,
            "expires_at": ends,
        }

    def convert(self) -> dict | None:
        if not self.memory.holds:
            return None
        reservation = self.rng.choice(list(self.memory.holds))
        channel, items = self.memory.holds[reservation]
        return self._order(priced(list(items.items())), channel) | {"reservation": reservation}

    def release(self) -> dict | None:
        return self._one("reservation", list(self.memory.holds))

    def expire(self) -> dict:
        return {}

    def place(self) -> dict:
        lines = priced([(self.sku(), self.few()) for _ in range(self.rng.randint(1, 3))])
        return self._order(lines, self._channel())

    def allocate(self) -> dict | None:
        return self._one("order", list(self.memory.orders))

    def ship(self) -> dict | None:
        return self._one("order", list(self.memory.orders), shipment=f"parcel {self.unique}", units=None)

    def cancel(self) -> dict | None:
        units = self.rng.choice((None, {"a": 1}))
        return self._one("order", list(self.memory.orders), units=units)

    def edit(self) -> dict | None:
        return self._one("order", list(self.memory.orders), units={"a": self.few()})

    def ask_return(self) -> dict | None:
        return self._one("order", self.memory.shipped, returned=f"return {self.unique}", units={"a": 1})

    def take_back(self) -> dict | None:
        place = self.rng.choice([place.name for place in self.setup.locations if place.is_active])
        disposition = self.rng.choice(("restocked", "damaged", "disposed"))
        return self._one("returned", self.memory.returns, disposition=disposition, location=place)

    def pay(self) -> dict | None:
        return self._one("order", list(self.memory.orders), cents=PRICE * self.few())

    def refund(self) -> dict | None:
        return self._one("order", self.memory.paid, refund=f"refund {self.unique}", cents={"a": PRICE})

    def _channel(self) -> str:
        return self.rng.choice([channel.name for channel in self.setup.channels])

    def _order(self, lines: dict, channel: str) -> dict:
        order = {"order": f"{channel}:{self.unique}", "channel": channel}
        return order | {"lines": lines, "may_wait": self.rng.random() < 0.3}

    def _one(self, what: str, names: list[str], **terms: object) -> dict | None:
        return {what: self.rng.choice(names)} | terms if names else None
