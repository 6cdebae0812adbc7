"""A shop's routing as data: rule sets, each with its queue and its rules in order, and the map they refer to.

Made from settings by reading.py, carried out by decide.py. What a word means to a user: docs/routing.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from oms_ops.routing.geography import Point, Zone
from oms_ops.routing.rates import Rate, Weights

NEXT, WAIT, HOLD, CANCEL, MANUAL = "next", "wait", "hold", "cancel", "manual"
UNFILLED = (NEXT, WAIT, HOLD, CANCEL, MANUAL)
QUEUE = ("promised_deliver_by", "promised_ship_by", "placed_at", "value", "shipping_method")


@dataclass(frozen=True, slots=True)
class SortKey:
    """`first`: shipping methods in the order they go; any other method follows them."""

    by: str
    is_descending: bool = False
    first: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """Candidates, splits, what is optimised (money in ten-thousandths) and what happens to the rest."""

    name: str
    locations: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    max_distance_km: float | None = None
    distance_unknown: str = "keep"
    min_stock_age_days: float | None = None
    max_stock_age_days: float | None = None
    max_parcels: int = 99
    min_units_per_parcel: int = 1
    is_partial: bool = True
    shipping: float = 1.0
    split_e4: int = 0
    late_e4: int = 0
    balance_e4: int = 0
    unfilled: str = WAIT
    hold_reason: str = "inventory_out_of_stock"


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Orders that match `channels`, `countries` and `shipping_methods` (empty: any) are routed by `rules`."""

    name: str
    rules: tuple[Rule, ...]
    queue: tuple[SortKey, ...] = ()
    channels: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    shipping_methods: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Site:
    """A location as routing sees it. `serves`: the countries it may ship to, empty for all."""

    location_id: str
    zone: str = ""
    point: Point | None = None
    serves: tuple[str, ...] = ()
    orders_per_day: int | None = None
    units_per_day: int | None = None
    handling_days: int = 0


@dataclass(frozen=True, slots=True)
class Routing:
    """Everything routing knows of the shop. Without rule sets, locations are asked by priority."""

    sets: tuple[RuleSet, ...] = ()
    sites: Mapping[str, Site] = field(default_factory=dict)
    zones: tuple[Zone, ...] = ()
    rates: tuple[Rate, ...] = ()
    weights: Weights = Weights()

    def site(self, location_id: str) -> Site:
        return self.sites.get(location_id) or Site(location_id)
