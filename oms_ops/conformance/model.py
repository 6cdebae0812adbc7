"""The reference model: what one carried-out command must have changed between two snapshots, and nothing
else.

Written from the domain, independently of any system's rules. It does not say which location fills an order:
that is the system's choice; it says which units must have moved and that no promise is beyond what was there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from oms_ops.conformance.adapter import Command, Hold, Line, Order, Setup, Snapshot

PHYSICAL = ("on_hand", "damaged", "safety_stock", "quality_control", "incoming")
DISPOSED = {  # disposition -> what grows at the location that took it back
    "restocked": ("on_hand",),
    "damaged": ("on_hand", "damaged"),
    "quality_control": ("on_hand", "quality_control"),
    "disposed": (),
    "kept_by_customer": (),
}
Changes = Mapping[tuple, int]


def broken(before: Snapshot, command: Command, after: Snapshot, setup: Setup) -> list[str]:
    """What the command should not have done, or should have and did not."""
    checks = (_shelves, _promises, _order_lines, _claims, _holds, _returns, _money, _events)
    found = [sentence for check in checks for sentence in check(before, command, after, setup)]
    return [f"{command.name} {dict(command.terms)}: {sentence}" for sentence in found]


def unjustified(before: Snapshot, command: Command, setup: Setup) -> list[str]:
    """A refusal for lack of stock where there was enough of every sku."""
    terms, wanted = command.terms, Counter()
    if command.name == "reserve":
        wanted.update(terms["items"])
    elif command.name == "place" and not terms["may_wait"]:
        for sku, units, _ in terms["lines"].values():
            wanted[sku] += units
    else:
        return []
    network = setup.network(terms["channel"])
    keep = setup.buffer if command.name == "reserve" else (lambda _: 0)
    free = {
        sku: sum(max(0, before.balance((sku, place)).available - keep(place)) for place in network)
        for sku in wanted
    }
    if any(free[sku] < units for sku, units in wanted.items()):
        return []
    return [f"{command.name} {dict(terms)}: refused for lack of stock where {free} was free"]


def _shelves(before: Snapshot, command: Command, after: Snapshot, setup: Setup) -> Iterator[str]:
    """Goods move only where the command moved them."""
    expected = _moved(before, command)
    for stocked in before.stock.keys() | after.stock.keys():
        for name in PHYSICAL:
            was, now = getattr(before.balance(stocked), name), getattr(after.balance(stocked), name)
            if now - was != expected[(*stocked, name)]:
                yield f"shelf: {name} of {stocked} went {was} to {now}, not by {expected[(*stocked, name)]}"


def _moved(before: Snapshot, command: Command) -> Counter:
    moved: Counter = Counter()
    terms = command.terms
    stocked = terms.get("sku"), terms.get("location")
    match command.name:
        case "receive":
            moved[(*stocked, "on_hand")] += terms["units"]
            if terms["purchase"] is not None:
                *_, open_units = (before.owed or {}).get(terms["purchase"], (0,))
                moved[(*stocked, "incoming")] -= min(terms["units"], open_units)
        case "purchase":
            moved[(*stocked, "incoming")] += terms["units"]
        case "count":
            moved[(*stocked, "on_hand")] += terms["units"] - before.balance(stocked).on_hand
        case "set_aside":
            for name, sign in ((terms["source"], -1), (terms["target"], 1)):
                moved[(*stocked, name)] += sign * terms["units"]
        case "ship":
            for number, units in _picks(before, command).items():
                claim = before.claims[terms["order"], number]
                moved[claim.sku, claim.location, "on_hand"] -= units
        case "take_back":
            for order, line, units in before.expected.get(terms["returned"], ()):
                sku = before.orders[order].lines[line].sku
                for grown in DISPOSED[terms["disposition"]]:
                    moved[sku, terms["location"], grown] += units
    return moved


def _picks(before: Snapshot, command: Command) -> dict[int, int]:
    asked = command.terms["units"]
    if asked is not None:
        return {int(number): units for number, units in asked.items()}
    return {n: claim.open_units for n, claim in before.open_claims(command.terms["order"]).items()}


def _promises(before: Snapshot, command: Command, after: Snapshot, setup: Setup) -> Iterator[str]:
    """No promise is beyond what was there: only a count may leave less than nothing available."""
    for stocked, now in after.stock.items():
        was = before.balance(stocked)
        if now.available < min(0, was.available) and command.name != "count":
            yield f"oversold: {stocked} has {now.available} available, it had {was.available}"
        if now.available < 0 and now.committed + now.reserved > was.committed + was.reserved:
            yield f"oversold: promised from {stocked}, which has {now.available} available"
    if command.name == "reserve":
        for (name, sku, place), _ in after.holds.items():
            left = after.balance((sku, place)).available
            if name == command.terms["reservation"] and left < setup.buffer(place):
                yield f"oversold: {name} was given units of {sku} at {place} that its buffer keeps back"
    if command.name == "allocate":
        yield from _left_waiting(command, after, setup)


def _left_waiting(command: Command, after: Snapshot, setup: Setup) -> Iterator[str]:
    order = after.orders[command.terms["order"]]
    for line_id, line in order.lines.items():
        for place in setup.network(order.channel) if line.waiting else ():
            if after.balance((line.sku, place)).available > 0:
                yield f"allocation: line {line_id} still waits, {place} has {line.sku}"


def _order_lines(before: Snapshot, command: Command, after: Snapshot, setup: Setup) -> Iterator[str]:
    terms = command.terms
    expected = {name: dict(order.lines) for name, order in before.orders.items()}
    if command.name in ("place", "convert"):
        lines = {
            line: Line(sku, units, 0, 0, 0, 0, price) for line, (sku, units, price) in terms["lines"].items()
        }
        expected[terms["order"]] = lines
        if terms["order"] in before.orders:
            yield f"order: {terms['order']} was placed twice"
    elif terms.get("order") in expected:
        expected[terms["order"]] = _after(expected[terms["order"]], before, command)
    elif command.name == "take_back":
        for order, line, units in before.expected.get(terms["returned"], ()):
            was = expected[order][line]
            expected[order][line] = was._replace(returned=was.returned + units)
    yield from _compared(expected, before, command, after)


def _after(lines: dict[str, Line], before: Snapshot, command: Command) -> dict[str, Line]:
    """The named order's lines as the command must leave them; `waiting` is compared apart."""
    terms, lines = command.terms, dict(lines)
    change: Callable[[str, str, int], None] = lambda line, name, units: lines.update(  # noqa: E731
        {line: lines[line]._replace(**{name: getattr(lines[line], name) + units})}
    )
    match command.name:
        case "ship":
            for number, units in _picks(before, command).items():
                change(before.claims[terms["order"], number].line, "shipped", units)
        case "cancel":
            left = {line: row.units - row.canceled - row.shipped for line, row in lines.items()}
            for line, units in (terms["units"] or left).items():
                change(line, "canceled", units)
        case "edit":
            for line, units in terms["units"].items():
                lines[line] = lines[line]._replace(units=units, canceled=0)
        case "refund":
            for line, cents in terms["cents"].items():
                change(line, "refunded", cents)
    return lines


def _compared(
    expected: Mapping[str, dict[str, Line]], before: Snapshot, command: Command, after: Snapshot
) -> Iterator[str]:  # fmt: skip
    is_edit = command.name == "edit"
    for name in expected.keys() | after.orders.keys():
        lines = expected.get(name, {})
        found = after.orders[name].lines if name in after.orders else {}
        for line_id in lines.keys() | found.keys():
            wanted, line = lines.get(line_id), found.get(line_id)
            if _settled(wanted, is_edit=is_edit) != _settled(line, is_edit=is_edit):
                yield f"order: line {line_id} of {name} is {line}, it should be {wanted} (waiting apart)"
            elif name in before.orders and not is_edit and line.waiting > wanted.waiting:
                waited = f"it waited for {wanted.waiting}"
                yield f"order: line {line_id} of {name} waits for {line.waiting}, {waited}"
        may_wait = name != command.terms.get("order") or command.terms.get("may_wait", True)
        if not may_wait and any(line.waiting for line in found.values()):
            yield f"order: {name} may not wait and does"
    is_whole = command.name == "cancel" and command.terms["units"] is None
    if is_whole and after.orders[command.terms["order"]].status != "canceled":
        yield f"order: {command.terms['order']} was canceled whole and is not"


def _settled(line: Line | None, *, is_edit: bool) -> Line | None:
    """What is not routing's. An edit may note units taken off as canceled or as never asked."""
    if line is None:
        return None
    settled = line._replace(waiting=0)
    return settled._replace(units=line.units - line.canceled, canceled=0) if is_edit else settled


def _claims(before: Snapshot, command: Command, after: Snapshot, setup: Setup) -> Iterator[str]:
    shipping = command.name == "ship"
    picks = _picks(before, command) if shipping else {}
    may_release = command.name in ("cancel", "edit")
    for key, claim in before.claims.items():
        now = after.claims.get(key)
        named = key[0] == command.terms.get("order")
        shipped = claim.shipped + (picks.get(key[1], 0) if shipping and named else 0)
        if now is None or now._replace(released=0) != claim._replace(released=0, shipped=shipped):
            yield f"claim: {key} is {now}, it was {claim}"
        elif now.released != claim.released and not (may_release and named and now.released > claim.released):
            yield f"claim: {key} released {now.released} units, it had released {claim.released}"
    for key in after.claims.keys() - before.claims.keys():
        claim, order = after.claims[key], after.orders[key[0]]
        if claim.location not in setup.network(order.channel):
            yield f"claim: {key} is on {claim.location}, which does not serve {order.channel}"
        if claim.shipped or claim.released or claim.units <= 0:
            yield f"claim: {key} is new and already {claim}"


def _holds(before: Snapshot, command: Command, after: Snapshot, setup: Setup) -> Iterator[str]:
    expected = _holds_after(before, command)
    asked = command.terms["reservation"] if command.name == "reserve" else None
    given: Counter = Counter()
    for key in expected.keys() | after.holds.keys():
        wanted, hold = expected.get(key), after.holds.get(key)
        if wanted is None and key[0] == asked:
            given[key[1]] += hold.units
            ends = command.terms["expires_at"]
            if (
                hold.state != "active"
                or hold.expires_at != ends
                or key[2] not in setup.network(command.terms["channel"])
            ):
                yield f"hold: {key} was asked for as {dict(command.terms)}, it is {hold}"
        elif wanted != hold and not _is_swept(wanted, hold, command):
            yield f"hold: {key} is {hold}, it should be {wanted}"
    if asked and given != Counter(command.terms["items"]):
        yield f"hold: {asked} asked for {command.terms['items']}, it was given {dict(given)}"


def _holds_after(before: Snapshot, command: Command) -> dict[tuple, Hold]:
    ending = {"release": "released", "convert": "converted"}.get(command.name)
    holds = dict(before.holds)
    for key, hold in before.holds.items():
        if ending and key[0] == command.terms["reservation"]:
            holds[key] = hold._replace(state=ending)
        elif command.name == "expire" and hold.state == "active" and hold.expires_at <= command.at:
            holds[key] = hold._replace(state="expired")
    return holds


def _is_swept(wanted: Hold | None, hold: Hold | None, command: Command) -> bool:
    """A reservation that finds too little may first take back what is overdue."""
    is_due = command.name == "reserve" and wanted is not None and wanted.expires_at <= command.at
    return is_due and wanted.state == "active" and hold == wanted._replace(state="expired")


def _returns(before: Snapshot, command: Command, after: Snapshot, setup: Setup) -> Iterator[str]:
    terms = command.terms
    expected = {
        name: Counter({(e.order, e.line): e.units for e in rows}) for name, rows in before.expected.items()
    }
    if command.name == "ask_return":
        expected[terms["returned"]] = Counter(
            {(terms["order"], line): n for line, n in terms["units"].items()}
        )
    elif command.name == "take_back":
        expected.pop(terms["returned"], None)
    found = {
        name: Counter({(e.order, e.line): e.units for e in rows}) for name, rows in after.expected.items()
    }
    if {name: rows for name, rows in expected.items() if rows} != {
        n: rows for n, rows in found.items() if rows
    }:
        yield f"return: expected back are {found}, it should be {expected}"


def _money(before: Snapshot, command: Command, after: Snapshot, setup: Setup) -> Iterator[str]:
    terms, nothing = command.terms, Order("", "", {})
    for name, order in after.orders.items():
        was, named = before.orders.get(name, nothing), name == terms.get("order")
        paid = terms["cents"] if named and command.name == "pay" else 0
        back = sum(terms["cents"].values()) if named and command.name == "refund" else 0
        if (order.captured, order.refunded) != (was.captured + paid, was.refunded + back):
            yield (
                f"money: {name} captured {order.captured} and gave back {order.refunded}, "
                f"it had {was.captured} and {was.refunded}"
            )


def _events(before: Snapshot, command: Command, after: Snapshot, setup: Setup) -> Iterator[str]:
    if after.history is None or command.name == "purchase":  # a system may learn of purchases by report
        return
    if after.history <= before.history and after != before:
        yield f"history: {after.history - before.history} events for what it changed"
