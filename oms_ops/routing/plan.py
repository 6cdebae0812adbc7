"""Which location fills which units: active locations by priority, split only when none can fill the whole.

Pure and deterministic; claiming the units is rules/placing.py's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

Available = Callable[[str, str], int]  # (sku, location_id) -> units that may be claimed


@dataclass(frozen=True, slots=True)
class Plan:
    """Units per sku at each location, in routing order, and what no location of the network has."""

    by_location: Mapping[str, Mapping[str, int]]
    unrouted: Mapping[str, int]


def demand(lines: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Units per sku: lines that draw on the same stock are summed before anything is checked."""
    total: dict[str, int] = {}
    for sku, units in lines:
        total[sku] = total.get(sku, 0) + units
    return total


def route(wanted: Mapping[str, int], available: Available, *, network: Sequence[str]) -> Plan:
    """`network`: the locations that may fill the order, first choice first."""
    for location in network:
        for sku, units in wanted.items():
            if available(sku, location) < units:
                break
        else:
            return Plan({location: wanted}, {})
    return _split(wanted, available, network)


def _split(wanted: Mapping[str, int], available: Available, network: Sequence[str]) -> Plan:
    rest = dict(wanted)
    by_location: dict[str, dict[str, int]] = {}
    for location in network:
        taken = {}
        for sku, units in rest.items():
            units = min(units, available(sku, location))
            if units > 0:
                taken[sku] = units
        if taken:
            by_location[location] = taken
            rest = {sku: units - taken.get(sku, 0) for sku, units in rest.items()}
            rest = {sku: units for sku, units in rest.items() if units}
    return Plan(by_location, rest)
