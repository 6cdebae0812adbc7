"""Kits: sold as one line, filled out of components that other lines and kits draw on, too; or built ahead.

An order's kit keeps its commercial line (type `kit`, which needs no stock); its components are lines of their
own, without a price, that name it as their parent. What has become of the kit follows from them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from oms_ops.desk import Desk
from oms_ops.errors import InvalidCommand, OutOfStock
from oms_ops.facts import RefundLineFact
from oms_ops.orders import Line, Order
from oms_ops.rules.lots import set_stale_aside
from oms_ops.stock_papers import Kit

FindKit = Callable[[str], Kit | None]


def define(desk: Desk, kit_sku: str, *, components: Mapping[str, int], is_stocked: bool) -> Kit:
    """From now on; orders that were placed keep the components they were placed with."""
    if not components or min(components.values()) <= 0:
        raise InvalidCommand(f"kit {kit_sku} needs components, a positive quantity of each: {components}")
    find = _finder(desk)
    for sku in components:
        if kit_sku == sku or kit_sku in _below(sku, find):
            raise InvalidCommand(f"kit {kit_sku} cannot have {sku} as a component: {sku} contains {kit_sku}")
    earlier = find(kit_sku)
    dropped = tuple(earlier.components) if earlier else ()
    kit = Kit(kit_sku, is_stocked, desk.occurred_at, dict(components), dropped)
    desk.keep(kit)
    return kit


def leaves(kit: Kit, find: FindKit) -> dict[str, int]:
    """Units per sku that one kit is made of: kits within it are opened, save those that are built ahead."""
    total: dict[str, int] = {}
    for sku, quantity in kit.components.items():
        inner = find(sku)
        parts = {sku: 1} if inner is None or inner.is_stocked else leaves(inner, find)
        for part, units in parts.items():
            total[part] = total.get(part, 0) + quantity * units
    return total


def opened(desk: Desk, items: Mapping[str, int]) -> dict[str, int]:
    """Units per sku with kits opened into their components."""
    found = desk.shelf.kits_among(list(items))
    total: dict[str, int] = {}
    for sku, units in items.items():
        parts = leaves(desk.shelf.find(Kit, sku), _finder(desk)) if sku in found else {sku: 1}
        for part, per_kit in parts.items():
            total[part] = total.get(part, 0) + units * per_kit
    return total


def explode(desk: Desk, lines: list[Line], *, is_test: bool) -> None:
    """Lines of kits become commercial ones; their components are added at the end."""
    found = desk.shelf.kits_among([line.sku for line in lines])
    if not found:
        return
    kits = [line for line in lines if line.sku in found and line.line_type == "product" and line.quantity > 0]
    number = max(line.line_no for line in lines)
    for line in kits:
        line.line_type, line.needs_stock = "kit", False
        parts = leaves(desk.shelf.find(Kit, line.sku), _finder(desk))
        for position, (sku, units) in enumerate(parts.items(), start=1):
            number += 1
            part = Line(
                number,
                f"{line.line_id}.{position}",
                sku,
                "product",
                units * line.quantity,
                0,
                is_test=is_test,
            )
            part.parent_line_no = line.line_no
            lines.append(part)


def components_of(order: Order, kit: Line) -> list[tuple[Line, int]]:
    """A kit line's components, each with its units per kit."""
    return [
        (line, line.quantity // kit.quantity)
        for line in order.lines
        if line.parent_line_no is not None and line.parent_line_no == kit.line_no
    ]


def expanded(order: Order, units: Sequence[tuple[Line, int]]) -> list[tuple[Line, int]]:
    """Units of kits as units of their components; a component by itself is refused."""
    found = []
    for line, quantity in units:
        if line.parent_line_no is not None:
            kit = order.line(line.parent_line_no)
            raise InvalidCommand(
                f"line {line.line_id} of order {order.order_id} is a component of kit line {kit.line_id}: "
                f"name {kit.line_id}"
            )
        if line.line_type != "kit":
            found.append((line, quantity))
            continue
        if quantity <= 0:
            raise InvalidCommand(f"a positive number of kits of line {line.line_id} is needed: {quantity}")
        found += [(part, quantity * per_kit) for part, per_kit in components_of(order, line)]
    return found


def follow(order: Order) -> None:
    """As many kits are shipped, canceled and returned as all of their components are."""
    for kit in order.lines:
        if kit.line_type != "kit" or not kit.quantity:
            continue
        parts = components_of(order, kit)
        kit.shipped = min(part.shipped // per_kit for part, per_kit in parts)
        for name in ("canceled", "returned"):
            units = min(getattr(part, name) // per_kit for part, per_kit in parts)
            if units != getattr(kit, name):
                setattr(kit, name, units)
                kit.is_changed = True


def refunded(order: Order, given: Iterable[RefundLineFact]) -> Iterator[RefundLineFact]:
    """A channel refunds kits: the money is the kit line's, the goods are its components'."""
    for line in given:
        yield line
        kit = order.line_by_id(line.order_line_id)
        if kit is not None and kit.line_type == "kit" and line.restock_kind != "no_restock":
            kit.refunded_units += line.quantity
            for part, per_kit in components_of(order, kit):
                units = line.quantity * per_kit
                yield RefundLineFact(part.line_id, part.sku, "product", units, 0, line.restock_kind)


def has_kits(order: Order) -> bool:
    return any(line.parent_line_no is not None for line in order.lines)


def claim_together(desk: Desk, order: Order, *, claim: Callable) -> int:
    """Kits that one location has all components of are claimed there whole; units claimed."""
    claimed = 0
    for kit in order.lines:
        parts = components_of(order, kit) if kit.line_type == "kit" else []
        left = min((part.backordered // per_kit for part, per_kit in parts), default=0)
        for location_id in desk.places.network(order.channel_id):
            has = [max(0, desk.available(part.sku, location_id)) // per_kit for part, per_kit in parts]
            kits = min([left, *has])
            if not kits:
                continue
            for part, per_kit in parts:
                claim(desk, order, part, location_id=location_id, units=kits * per_kit)
            units = kits * sum(per_kit for _, per_kit in parts)
            desk.event(order, "allocated", detail={"units": units, "locations": {location_id: units}})
            left -= kits
            claimed += units
    return claimed


def build(desk: Desk, kit: Kit, *, location_id: str, quantity: int, reference: str) -> None:
    """Put together ahead of orders: components leave stock, kits enter it."""
    if not kit.is_stocked:
        raise InvalidCommand(
            f"kit {kit.kit_sku} is sold out of its components' stock: define it as stocked to build it"
        )
    _require_positive(kit, quantity)
    parts = leaves(kit, _finder(desk))
    short = {}
    for sku, units in parts.items():
        found = desk.available(sku, location_id)
        if found < units * quantity:
            short[f"{sku} (at {location_id})"] = (units * quantity, max(0, found))
    if short:
        raise OutOfStock(short)
    posting = desk.posting(reference=reference, reason=f"{quantity} of kit {kit.kit_sku} built")
    for sku, units in parts.items():
        stock = desk.stock[sku, location_id]
        desk.move(posting, stock, kind="kit_component_used", quantity=units * quantity)
    desk.move(posting, desk.stock[kit.kit_sku, location_id], kind="kit_built", quantity=quantity)


def take_apart(desk: Desk, kit: Kit, *, location_id: str, quantity: int, reference: str) -> list[str]:
    """Kits that were built become components again; their skus."""
    _require_positive(kit, quantity)
    found = desk.available(kit.kit_sku, location_id)
    if found < quantity:
        raise OutOfStock({f"{kit.kit_sku} (at {location_id})": (quantity, max(0, found))})
    posting = desk.posting(reference=reference, reason=f"{quantity} of kit {kit.kit_sku} taken apart")
    desk.move(posting, desk.stock[kit.kit_sku, location_id], kind="kit_taken_apart", quantity=quantity)
    parts = leaves(kit, _finder(desk))
    for sku, units in parts.items():
        stock = desk.stock[sku, location_id]
        desk.move(posting, stock, kind="kit_component_recovered", quantity=units * quantity)
        set_stale_aside(desk, stock, reason="came in blocked or expired")
    return list(parts)


def _finder(desk: Desk) -> FindKit:
    return lambda sku: desk.shelf.find(Kit, sku)


def _below(sku: str, find: FindKit) -> set[str]:
    """Every sku within a kit, at any depth."""
    kit = find(sku)
    found: set[str] = set()
    for part in kit.components if kit else ():
        found |= {part} | _below(part, find)
    return found


def _require_positive(kit: Kit, quantity: int) -> None:
    if quantity <= 0:
        raise InvalidCommand(f"a positive quantity of kit {kit.kit_sku} is needed, found {quantity}")
