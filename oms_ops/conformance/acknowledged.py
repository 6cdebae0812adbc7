"""Nothing acknowledged is lost and nothing happened that nobody was told of: the sum of all acknowledgements.

To be asked when every command given has been answered, by whichever client. It knows no order of events
between clients: only what holds in any order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from oms_ops.conformance.adapter import Command, Order, Snapshot

BACK_ON_HAND = ("restocked", "damaged", "quality_control")


def broken(done: Sequence[Command], now: Snapshot) -> list[str]:
    """`done`: the acknowledged commands, those of one client in their order."""
    checks = (_orders, _holds, _shelves, _money)
    return [f"acknowledged: {sentence}" for check in checks for sentence in check(done, now)]


def _orders(done: Sequence[Command], now: Snapshot) -> Iterator[str]:
    wanted, returned = _wanted(done), _returned(done)
    for name in wanted.keys() | now.orders.keys():
        if name not in now.orders:
            yield f"order {name} is lost"
        elif name not in wanted:
            yield f"order {name} stands and nobody was told of it"
        else:
            lines = now.orders[name].lines
            found = {line_id: line.units - line.canceled for line_id, line in lines.items()}
            if found != wanted[name]:
                yield f"order {name} wants {found} units by line, told was {wanted[name]}"
            for line_id, line in lines.items():
                if line.returned != returned[name, line_id]:
                    yield f"line {line_id} of {name} has {line.returned} back, told {returned[name, line_id]}"
    for command in done:
        if command.name == "ship" and not _has_shipped(now.orders.get(command.terms["order"])):
            yield f"{command.terms['shipment']} has left and {command.terms['order']} has nothing shipped"


def _has_shipped(order: Order | None) -> bool:
    return order is not None and any(line.shipped for line in order.lines.values())


def _wanted(done: Sequence[Command]) -> dict[str, dict[str, int]]:
    """Units by line, less what was canceled."""
    wanted: dict[str, dict[str, int]] = {}
    for command in done:
        terms = command.terms
        match command.name:
            case "place" | "convert":
                wanted[terms["order"]] = {line: units for line, (_, units, _) in terms["lines"].items()}
            case "edit":
                wanted[terms["order"]] |= terms["units"]
            case "cancel":
                lines = wanted[terms["order"]]
                for line, units in (terms["units"] or dict(lines)).items():
                    lines[line] -= units
    return wanted


def _returned(done: Sequence[Command]) -> Counter:
    """Units that came back, by (order, line)."""
    asked = {command.terms["returned"]: command.terms for command in done if command.name == "ask_return"}
    found: Counter = Counter()
    for command in done:
        if command.name == "take_back":
            terms = asked[command.terms["returned"]]
            for line, units in terms["units"].items():
                found[terms["order"], line] += units
    return found


def _holds(done: Sequence[Command], now: Snapshot) -> Iterator[str]:
    told: dict[str, str] = {}
    asked: dict[str, Mapping] = {}
    for command in done:
        if command.name == "reserve":
            asked[command.terms["reservation"]] = command.terms
        if command.name in ("reserve", "convert", "release"):
            told[command.terms["reservation"]] = command.name
    found: dict[str, Counter] = {name: Counter() for name in asked}
    for (name, sku, _), hold in now.holds.items():
        if name not in asked:
            yield f"reservation {name} stands and nobody was told of it"
            continue
        found[name][sku] += hold.units
        may_be = {"reserve": ("active", "expired"), "convert": ("converted",), "release": ("released",)}
        if hold.state not in may_be[told[name]]:
            yield f"reservation {name} is {hold.state}, told last was {told[name]}"
    for name, terms in asked.items():
        if found[name] != Counter(terms["items"]):
            yield f"reservation {name} has {dict(found[name])}, told was {terms['items']}"


def _shelves(done: Sequence[Command], now: Snapshot) -> Iterator[str]:
    """Units of each sku: what came in less what left, wherever it is now; damaged likewise."""
    on_hand, damaged, counted = Counter(), Counter(), {}
    asked = {command.terms["returned"]: command.terms for command in done if command.name == "ask_return"}
    for command in done:
        terms = command.terms
        if command.name == "receive":
            on_hand[terms["sku"]] += terms["units"]
        elif command.name == "count":
            counted[terms["sku"]] = terms["units"]
        elif command.name == "take_back" and terms["disposition"] in BACK_ON_HAND:
            back = asked[terms["returned"]]
            for line, units in back["units"].items():
                sku = now.orders[back["order"]].lines[line].sku
                on_hand[sku] += units
                damaged[sku] += units * (terms["disposition"] == "damaged")
    for order in now.orders.values():
        for line in order.lines.values():
            on_hand[line.sku] -= line.shipped
    for name, told in (("on_hand", on_hand | counted), ("damaged", damaged)):
        found: Counter = Counter()
        for (sku, _), balance in now.stock.items():
            found[sku] += getattr(balance, name)
        for sku in told.keys() | found.keys():
            if told.get(sku, 0) != found[sku]:
                yield f"{found[sku]} units of {sku} are {name}, told were {told.get(sku, 0)}"


def _money(done: Sequence[Command], now: Snapshot) -> Iterator[str]:
    captured, refunded = Counter(), Counter()
    for command in done:
        if command.name == "pay":
            captured[command.terms["order"]] += command.terms["cents"]
        elif command.name == "refund":
            refunded[command.terms["order"]] += sum(command.terms["cents"].values())
    for name, order in now.orders.items():
        if (order.captured, order.refunded) != (captured[name], refunded[name]):
            yield (
                f"order {name} captured {order.captured} and gave back {order.refunded}, "
                f"told were {captured[name]} and {refunded[name]}"
            )
