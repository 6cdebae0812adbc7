"""What must be true of any one state of an order system: I1 to I6, every unit in one place, ATS by its terms.

Computed from a snapshot alone, straight from the domain's definitions. What a command may change is in
model.py.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator

from oms_ops.conformance.adapter import Balance, Channel, Setup, Snapshot


def broken(snapshot: Snapshot, setup: Setup) -> list[str]:
    """Each violation as a sentence that begins with the law's name."""
    checks = (_balances, _claims, _holds, _supply, _lines, _money)
    found = [sentence for check in checks for sentence in check(snapshot)]
    return found + list(_ats(snapshot, setup))


def _balances(now: Snapshot) -> Iterator[str]:
    for stocked, balance in now.stock.items():
        parts = sum(balance) - balance.on_hand - balance.incoming
        if balance.on_hand != parts:
            yield f"I1: {stocked} has {balance.on_hand} on hand, its parts are {parts}"
        for name in ("committed", "reserved", "damaged", "safety_stock", "quality_control", "incoming"):
            if getattr(balance, name) < 0:
                yield f"units: {stocked} has {getattr(balance, name)} {name}"
    if now.ledger is not None:
        for stocked in now.stock.keys() | now.ledger.keys():
            stored, moved = now.balance(stocked), now.ledger.get(stocked, Balance())
            if stored != moved:
                yield f"I2: {stocked} is stored as {stored}, its ledger says {moved}"


def _claims(now: Snapshot) -> Iterator[str]:
    claimed: Counter = Counter()
    for (order, number), claim in now.claims.items():
        claimed[claim.sku, claim.location] += claim.open_units
        if min(claim.open_units, claim.shipped, claim.released) < 0:
            yield f"I3: claim {number} of {order} has more shipped and released than claimed: {claim}"
    yield from _equal("I3: committed", {k: b.committed for k, b in now.stock.items()}, claimed)


def _holds(now: Snapshot) -> Iterator[str]:
    held: Counter = Counter()
    for (_, sku, location), hold in now.holds.items():
        if hold.state == "active":
            held[sku, location] += hold.units
    yield from _equal("I4: reserved", {k: b.reserved for k, b in now.stock.items()}, held)


def _supply(now: Snapshot) -> Iterator[str]:
    if now.owed is not None:
        owed: Counter = Counter()
        for sku, location, units in now.owed.values():
            owed[sku, location] += units
        yield from _equal("I5: incoming", {k: b.incoming for k, b in now.stock.items()}, owed)
    if now.oversold is not None:
        below = {stocked: max(0, -balance.available) for stocked, balance in now.stock.items()}
        yield from _equal("I6: oversold", now.oversold, below)


def _lines(now: Snapshot) -> Iterator[str]:
    claimed, shipped = Counter(), Counter()
    for (order, _), claim in now.claims.items():
        claimed[order, claim.line] += claim.units - claim.released
        shipped[order, claim.line] += claim.shipped
    for name, order in now.orders.items():
        for line_id, line in order.lines.items():
            place = name, line_id
            if line.units != line.canceled + line.waiting + claimed[place]:
                yield f"I3: units of line {place} are not in one place each: {line}, claimed {claimed[place]}"
            if line.shipped != shipped[place]:
                yield f"I3: line {place} says {line.shipped} shipped, its claims {shipped[place]}"
            if not 0 <= line.returned <= line.shipped or line.waiting < 0 or line.canceled < 0:
                yield f"units: line {place} has more back than out, or less than nothing: {line}"
        is_open = any(line.units > line.canceled + line.shipped for line in order.lines.values())
        if is_open and order.status in ("closed", "canceled"):
            yield f"lifecycle: order {name} is {order.status} with units left to ship"


def _money(now: Snapshot) -> Iterator[str]:
    for name, order in now.orders.items():
        if order.refunded > order.captured:
            yield f"money: order {name} gave back {order.refunded} of {order.captured} captured"
        for line_id, line in order.lines.items():
            if line.refunded > line.price * line.units:
                yield f"money: line {line_id} of {name} gave back {line.refunded} of {line}"


def _ats(now: Snapshot, setup: Setup) -> Iterator[str]:
    if now.ats is None:
        return
    for channel in setup.channels:
        for sku in {sku for sku, _ in now.stock}:
            expected, found = ats(now, setup, channel, sku), now.ats.get((channel.name, sku), 0)
            if found != expected:
                yield f"ATS: {sku} in {channel.name} is published as {found}, its terms come to {expected}"


def ats(now: Snapshot, setup: Setup, channel: Channel, sku: str) -> int:
    """Each location clamped at zero, less what waits for the same shelves; threshold, share, cap."""
    network = setup.network(channel.name)
    free = sum(max(0, now.balance((sku, place)).available - setup.buffer(place)) for place in network)
    waiting = sum(
        line.waiting
        for order in now.orders.values()
        if set(setup.network(order.channel)) & set(network)
        for line in order.lines.values()
        if line.sku == sku
    )
    units = math.floor(round(max(0, free - waiting - channel.threshold) * channel.share, 6))
    return units if channel.cap is None else min(units, channel.cap)


def _equal(law: str, found: dict, expected: dict) -> Iterator[str]:
    for key in found.keys() | expected.keys():
        if found.get(key, 0) != expected.get(key, 0):
            yield f"{law} of {key} is {found.get(key, 0)}, it should be {expected.get(key, 0)}"
