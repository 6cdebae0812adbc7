"""Which locations may fill an order under one rule, why the others may not, and what each would cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from oms_ops.routing.geography import Destination, kilometers, point_of, zone_of
from oms_ops.routing.plan import Available
from oms_ops.routing.problem import Offer, Problem, Units
from oms_ops.routing.rates import Rate, Step, find_rate, price_e4
from oms_ops.routing.rules import Routing, Rule, Site
from oms_ops.units import DAY


@dataclass(frozen=True, slots=True)
class Request:
    """One order that wants units; instants in microseconds, `network` first choice first."""

    order_seq: int
    channel_id: str
    network: Sequence[str]
    wanted: Mapping[str, int]
    destination: Destination
    at: int
    placed_at: int = 0
    promised_ship_by: int | None = None
    promised_deliver_by: int | None = None
    value_e4: int = 0
    order_id: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """What the locations have at this moment. `load`: orders and units given to one today; `age_days` of the
    oldest unit on hand, None where nothing is known."""

    available: Available
    load: Callable[[str], tuple[int, int]] = lambda _: (0, 0)
    age_days: Callable[[str, str], float | None] = lambda _sku, _location: None


def problem_of(
    request: Request, rule: Rule, *, routing: Routing, state: State
) -> tuple[Problem, dict[str, str]]:
    """The choice among the rule's candidates, and why each other location of the network is none."""
    offers, dropped = [], {}
    for location_id in request.network:
        site = routing.site(location_id)
        found = _why_not(request, rule, site, routing) or _offer(request, rule, site, routing, state)
        if isinstance(found, str):
            dropped[location_id] = found
        else:
            offers.append(found)
    if rule.balance_e4:
        offers = _balanced(offers, rule.balance_e4, state)
    grams = {sku: routing.weights.of(sku) for sku in request.wanted}
    problem = Problem(
        tuple(request.wanted.items()), grams, tuple(offers), rule.split_e4, rule.max_parcels,
        rule.min_units_per_parcel,
    )  # fmt: skip
    return problem, dropped


def price(request: Request, units: Units, *, routing: Routing) -> tuple[int, int, int]:
    """(what the carrier is paid, days late, parcels without a rate) of any plan, however it was chosen."""
    paid_e4 = late_days = unpriced = 0
    for location_id, taken in units.items():
        site = routing.site(location_id)
        rate = _rate(request, site, routing)
        if rate is None:
            unpriced += 1
            continue
        grams = sum(routing.weights.of(sku) * quantity for sku, quantity in taken.items())
        paid_e4 += price_e4(rate.bands, grams)
        late_days = max(late_days, _late_days(request, site, rate))
    return paid_e4, late_days, unpriced


def serves(request: Request, rule: Rule) -> bool:
    return not rule.countries or request.destination.country in rule.countries


def _why_not(request: Request, rule: Rule, site: Site, routing: Routing) -> str | None:
    """What the order and the map say; not what the location has."""
    country = request.destination.country
    if rule.locations and site.location_id not in rule.locations:
        return f"not among the rule's locations {', '.join(rule.locations)}"
    if site.serves and country not in site.serves:
        return f"does not ship to {country or 'an unknown country'}"
    if rule.max_distance_km is None:
        return None
    point = point_of(request.destination, routing.zones)
    if site.point is None or point is None:
        unknown = "its own place" if site.point is None else "the destination"
        return None if rule.distance_unknown == "keep" else f"distance unknown: nobody has told {unknown}"
    distance = kilometers(site.point, point)
    if distance > rule.max_distance_km:
        return f"{distance:.0f} km away, at most {rule.max_distance_km:g} are allowed"
    return None


def _offer(request: Request, rule: Rule, site: Site, routing: Routing, state: State) -> Offer | str:
    stock = {
        sku: min(units, found)
        for sku, units in request.wanted.items()
        if (found := state.available(sku, site.location_id)) > 0
    }
    if not stock:
        return "has none of it"
    stock = {sku: units for sku, units in stock.items() if _is_of_age(sku, site, rule, state)}
    if not stock:
        return "its stock is not of the age the rule asks for"
    hands = _hands(site, state)
    if isinstance(hands, str):
        return hands
    rate = _rate(request, site, routing)
    if rate is None:
        return f"no shipping rate from zone {site.zone or '(none)'} to where the order goes"
    late_days = _late_days(request, site, rate)
    return Offer(
        site.location_id, stock, _weighted(rate.bands, rule.shipping), rate.bands, late_days,
        late_days * rule.late_e4, {}, hands,
    )  # fmt: skip


def _is_of_age(sku: str, site: Site, rule: Rule, state: State) -> bool:
    """Stock nobody saw coming in has no age and passes."""
    if rule.min_stock_age_days is None and rule.max_stock_age_days is None:
        return True
    age = state.age_days(sku, site.location_id)
    if age is None:
        return True
    low, high = rule.min_stock_age_days, rule.max_stock_age_days
    return (low is None or age >= low) and (high is None or age <= high)


def _hands(site: Site, state: State) -> int | None | str:
    """Units it may still be given today, None for any number, or why it may be given none."""
    if site.orders_per_day is None and site.units_per_day is None:
        return None
    orders, units = state.load(site.location_id)
    if site.orders_per_day is not None and orders >= site.orders_per_day:
        return f"full for today: {orders} of {site.orders_per_day} orders"
    if site.units_per_day is None:
        return None
    if units >= site.units_per_day:
        return f"full for today: {units} of {site.units_per_day} units"
    return site.units_per_day - units


def _rate(request: Request, site: Site, routing: Routing) -> Rate | None:
    zone = zone_of(request.destination, routing.zones)
    method = request.destination.shipping_method
    return find_rate(routing.rates, site.zone, zone and zone.zone_id, shipping_method=method)


def _late_days(request: Request, site: Site, rate: Rate) -> int:
    if request.promised_deliver_by is None:
        return 0
    arrives = request.at + (site.handling_days + rate.lead_days) * DAY
    return max(0, -(-(arrives - request.promised_deliver_by) // DAY))


def _weighted(bands: Sequence[Step], factor: float) -> tuple[Step, ...]:
    return tuple(bands) if factor == 1 else tuple((up_to, round(price * factor)) for up_to, price in bands)


def _balanced(offers: Sequence[Offer], balance_e4: int, state: State) -> list[Offer]:
    """A unit costs nothing where there is most of its sku, `balance_e4` where there would be nothing left."""
    found: dict[str, dict[str, int]] = {}
    for offer in offers:
        for sku in offer.stock:
            found.setdefault(sku, {})[offer.location_id] = state.available(sku, offer.location_id)
    balanced = []
    for offer in offers:
        unit_e4 = {}
        for sku in offer.stock:
            most = max(found[sku].values())
            unit_e4[sku] = balance_e4 * (most - found[sku][offer.location_id]) // most
        balanced.append(
            Offer(offer.location_id, offer.stock, offer.bands, offer.table, offer.late_days, offer.late_e4,
                  unit_e4, offer.units_left)
        )  # fmt: skip
    return balanced
