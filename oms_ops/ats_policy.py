"""What people decide about ATS, laid over the settings: per channel or (channel, sku) the threshold, share,
cap and listing, per location or (location, sku) the buffer.

Pure: the decisions are rows (oms_ops.store.publication), the commands that make them are in publishing/.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from oms_ops.errors import InvalidCommand

EVERY_SKU = ""
CHANNEL_TERMS = ("threshold", "share", "max_quantity", "is_listed")
BUFFER = "facility_buffer"
TERMS = (*CHANNEL_TERMS, BUFFER)
BUDGET = "oversell budget"  # the author of thresholds that follow from a budget


class Policy(NamedTuple):
    """The decision in force on one term. `place`: a channel, or for a buffer a location.

    `sku` "": every one. `value` None: back to what holds without the decision.
    """

    place: str
    sku: str
    term: str
    value: float | None
    author: str
    reason: str


class Overlay:
    """The decisions in force, for one lookup per (channel, sku)."""

    def __init__(self, policies: Iterable[Policy] = ()) -> None:
        self._by_term: dict[tuple[str, str], dict[str, Policy]] = {}
        for policy in policies:
            if policy.value is not None:
                self._by_term.setdefault((policy.place, policy.term), {})[policy.sku] = policy

    def of_channel(self, channel_id: str) -> Mapping[str, Mapping[str, Policy]]:
        """Term to sku to decision, of the terms decided on in this channel."""
        found = ((term, self._by_term.get((channel_id, term))) for term in CHANNEL_TERMS)
        return {term: decided for term, decided in found if decided}

    def buffers(self, location_id: str) -> Mapping[str, Policy]:
        return self._by_term.get((location_id, BUFFER), {})


def decided(policies: Mapping[str, Policy], sku: str) -> Policy | None:
    """A sku's own decision before the one for every sku."""
    return policies.get(sku) or policies.get(EVERY_SKU)


def check(term: str, value: float | None, *, name: str) -> None:
    """InvalidCommand where the term is unknown or the value lies outside what it can be."""
    if term not in TERMS:
        raise InvalidCommand(f"{name}: no term {term!r}; known: {', '.join(TERMS)}")
    if value is None:
        return
    allowed = {"share": "0 to 1", "is_listed": "0 or 1"}.get(term, "0 or more")
    is_fine = math.isfinite(value) and value >= 0
    if term == "share":
        is_fine = is_fine and value <= 1
    if term == "is_listed":
        is_fine = value in (0, 1)
    if not is_fine:
        raise InvalidCommand(f"{name}: {term} is {allowed}, found {value:g}")
