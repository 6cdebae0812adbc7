"""Kits taken apart: what a kit consists of in the end, and whether a basket's kits and skus go together.

Pure. A component may come up twice, or inside a kit of the kit: units are summed per base component first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from oms_ops.errors import InvalidCommand

Kits = Mapping[str, Mapping[str, int]]  # kit sku -> component sku -> units in one kit


def base_components(kits: Kits) -> dict[str, dict[str, int]]:
    """Kit sku to base sku to units in one kit. InvalidCommand where a kit contains itself."""
    done: dict[str, dict[str, int]] = {}
    for kit in kits:
        _explode(kit, kits, done, path=())
    return done


def _explode(
    sku: str, kits: Kits, done: dict[str, dict[str, int]], *, path: tuple[str, ...]
) -> dict[str, int]:
    if sku not in kits:
        return {sku: 1}
    if sku in path:
        raise InvalidCommand(f"kit {sku} contains itself: {' in '.join(reversed((*path, sku)))}")
    if sku not in done:
        found: dict[str, int] = {}
        for component, quantity in kits[sku].items():
            if quantity <= 0:
                raise InvalidCommand(f"kit {sku} has {quantity} of {component}; a component is 1 or more")
            for base, units in _explode(component, kits, done, path=(*path, sku)).items():
                found[base] = found.get(base, 0) + units * quantity
        done[sku] = found
    return done[sku]


def kits_using(bases: Mapping[str, Mapping[str, int]]) -> dict[str, set[str]]:
    """Base sku to the kits it is in."""
    found: dict[str, set[str]] = {}
    for kit, components in bases.items():
        for sku in components:
            found.setdefault(sku, set()).add(kit)
    return found


def demand_of(basket: Iterable[tuple[str, int]], bases: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """Units per base sku that (sku or kit, quantity) lines ask for together."""
    wanted: dict[str, int] = {}
    for sku, quantity in basket:
        for base, units in bases.get(sku, {sku: 1}).items():
            wanted[base] = wanted.get(base, 0) + units * quantity
    return wanted


def shortages(
    basket: Iterable[tuple[str, int]], ats: Mapping[str, int], *, kits: Kits
) -> dict[str, tuple[int, int]]:
    """What keeps a basket from being sold as a whole: base sku to (units wanted, units to sell); empty if
    nothing does. Two kits that share a component may each be sellable and not both."""
    wanted = demand_of(basket, base_components(kits))
    return {sku: (units, ats.get(sku, 0)) for sku, units in sorted(wanted.items()) if units > ats.get(sku, 0)}
