"""Rules, zones, rates and weights out of a settings tree: checked, so that a routing never fails half way.

Every error says which table, which key, what was found and what is allowed (InvalidRules).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from oms_ops import lifecycle
from oms_ops.errors import InvalidRules
from oms_ops.routing.fields import Fields
from oms_ops.routing.geography import Point, Zone
from oms_ops.routing.rates import ANYWHERE, Rate, Weights
from oms_ops.routing.rules import HOLD, NEXT, QUEUE, UNFILLED, Routing, Rule, RuleSet, Site, SortKey


def routing_of(settings, tree: Mapping[str, object] | None = None, *, source: str = "") -> Routing:
    """The routing of the settings, or of another `tree` in the same shop."""
    channel_ids = [channel.channel_id for channel in settings.channels]
    found = settings.routing if tree is None else tree
    return read(found, locations=settings.locations, channel_ids=channel_ids, source=source)


def read(
    tree: Mapping[str, object], *, locations: Sequence, channel_ids: Sequence[str], source: str = ""
) -> Routing:  # fmt: skip
    """`locations` as the settings have them; `source` names the file in errors."""
    try:
        zones = _named(tree, "shipping_zone", _zone, key="zone_id")
        sites = {site.location_id: site for site in map(_site, locations)}
        own = {site.zone for site in sites.values() if site.zone}
        known = tuple(dict.fromkeys([ANYWHERE, *(zone.zone_id for zone in zones), *sorted(own)]))
        rates = tuple(
            _rate(Fields(table, f"[[shipping_rate]] {number}"), known)
            for number, table in enumerate(_list(tree, "shipping_rate"), start=1)
        )
        sets = _named(tree, "routing", lambda fields: _rule_set(fields, tuple(sites), channel_ids))
        return Routing(sets, sites, zones, rates, _weights(tree.get("sku_weight", {})))
    except InvalidRules as error:
        raise InvalidRules(f"{source}: {error}" if source else str(error)) from error


def _named(tree: Mapping, section: str, make: Callable, *, key: str = "name") -> tuple:
    found, names = [], set()
    for number, table in enumerate(_list(tree, section), start=1):
        name = table.get(key) if isinstance(table, Mapping) else None
        where = f"[[{section}]] {name!r}" if name else f"[[{section}]] {number}"
        if name in names:
            raise InvalidRules(f"{where} stands there twice; give each its own {key}")
        names.add(name)
        found.append(make(Fields(table, where)))
    return tuple(found)


def _list(tree: Mapping, section: str) -> Sequence:
    value = tree.get(section, [])
    if not isinstance(value, list | tuple):
        raise InvalidRules(f"write [[{section}]], with two brackets: there may be several")
    return value


def _rule_set(fields: Fields, locations: Sequence[str], channel_ids: Sequence[str]) -> RuleSet:
    name = fields.text("name")
    queue = tuple(
        _sort_key(Fields(table, f"{fields.where}, queue {number}"))
        for number, table in enumerate(fields.tables("queue"), start=1)
    )
    rules = tuple(
        _rule(Fields(table, f"{fields.where}, rule {number}"), locations)
        for number, table in enumerate(fields.tables("rule"), start=1)
    )
    if not rules:
        raise InvalidRules(f"{fields.where} needs at least one [[routing.rule]]")
    if rules[-1].unfilled == NEXT:
        allowed = ", ".join(UNFILLED[1:])
        raise InvalidRules(
            f"{fields.where}: the last rule, {rules[-1].name!r}, says unfilled = 'next' and there is none; "
            f"say what becomes of what cannot be filled: {allowed}"
        )
    found = RuleSet(
        name, rules, queue, fields.texts("channels", among=channel_ids), fields.texts("countries"),
        fields.texts("shipping_methods"),
    )  # fmt: skip
    fields.done()
    return found


def _sort_key(fields: Fields) -> SortKey:
    by = fields.text("by", among=QUEUE)
    direction = fields.text("direction", "ascending", among=("ascending", "descending"))
    first = fields.texts("first")
    if bool(first) != (by == "shipping_method"):
        raise InvalidRules(
            f"{fields.where}: `first` lists the shipping methods that go first; "
            f"it belongs to by = 'shipping_method' and to no other"
        )
    fields.done()
    return SortKey(by, direction == "descending", first)


def _rule(fields: Fields, locations: Sequence[str]) -> Rule:
    rule = Rule(
        name=fields.text("name"),
        locations=fields.texts("locations", among=locations),
        countries=fields.texts("countries"),
        max_distance_km=fields.number("max_distance_km"),
        distance_unknown=fields.text("distance_unknown", "keep", among=("keep", "drop")),
        min_stock_age_days=fields.number("min_stock_age_days"),
        max_stock_age_days=fields.number("max_stock_age_days"),
        max_parcels=fields.whole("max_parcels", 99, least=1),
        min_units_per_parcel=fields.whole("min_units_per_parcel", 1, least=1),
        is_partial=fields.flag("partial", True),
        shipping=fields.number("shipping", 1.0),
        split_e4=fields.money("split_penalty"),
        late_e4=fields.money("late_penalty_per_day"),
        balance_e4=fields.money("balance_per_unit"),
        unfilled=fields.text("unfilled", among=UNFILLED),
        hold_reason=fields.text("hold_reason", "inventory_out_of_stock", among=lifecycle.HOLD_REASONS),
    )
    if "hold_reason" in fields.table and rule.unfilled != HOLD:
        raise InvalidRules(f"{fields.where}: hold_reason belongs to unfilled = 'hold', not {rule.unfilled!r}")
    low, high = rule.min_stock_age_days, rule.max_stock_age_days
    if low is not None and high is not None and low > high:
        raise InvalidRules(
            f"{fields.where}: min_stock_age_days {low:g} is above max_stock_age_days {high:g}; no stock fits"
        )
    fields.done()
    return rule


def _zone(fields: Fields) -> Zone:
    zone_id = fields.text("zone_id")
    point = _point(fields.number("latitude", least=-90), fields.number("longitude", least=-180), fields.where)
    found = Zone(zone_id, fields.texts("countries"), fields.texts("postcodes"), point)
    if not found.countries:
        raise InvalidRules(f"{fields.where} needs countries, a list of the names orders carry")
    fields.done()
    return found


def _rate(fields: Fields, zones: Sequence[str]) -> Rate:
    """`bands`: [up to kg, price] pairs."""
    bands = []
    for band in fields.tables("bands"):
        if not isinstance(band, list | tuple) or len(band) != 2 or type(band[0]) not in (int, float):
            raise fields.wrong("bands", "a list of [up to kg, price] pairs", band)
        bands.append((round(band[0] * 1000), fields.e4("bands", band[1])))
    rises = all(low[0] < high[0] and low[1] <= high[1] for low, high in zip(bands, bands[1:], strict=False))
    if not bands or not rises or bands[0][0] <= 0:
        raise fields.wrong("bands", "pairs whose kg rise from above 0 and whose price never falls", bands)
    found = Rate(
        fields.text("from_zone", ANYWHERE, among=zones), fields.text("to_zone", ANYWHERE, among=zones),
        tuple(bands), fields.whole("lead_days", 0), fields.text("shipping_method", ""),
    )  # fmt: skip
    fields.done()
    return found


def _weights(table: object) -> Weights:
    fields = Fields(table, "[sku_weight]")
    default = fields.number("default_kg", 0.0)
    skus = Fields(fields.table_of("kg"), "[sku_weight.kg]")
    grams = {sku: round(skus.number(sku) * 1000) for sku in skus.table}
    fields.done()
    return Weights(round(default * 1000), grams)


def _site(place) -> Site:
    where = f"[[location]] {place.location_id}"
    for name in ("orders_per_day", "units_per_day", "handling_days"):
        value = getattr(place, name)
        if value is not None and value < 0:
            raise InvalidRules(f"{where}: {name} must be 0 or more, found {value}")
    return Site(
        place.location_id, place.zone, _point(place.latitude, place.longitude, where), place.serves,
        place.orders_per_day, place.units_per_day, place.handling_days,
    )  # fmt: skip


def _point(latitude: float | None, longitude: float | None, where: str) -> Point | None:
    if (latitude is None) != (longitude is None):
        raise InvalidRules(f"{where} needs both latitude and longitude, or neither")
    if latitude is None:
        return None
    if not -90 <= latitude <= 90 or not -180 <= longitude <= 180:
        raise InvalidRules(
            f"{where}: latitude lies in -90..90 and longitude in -180..180, found {latitude}, {longitude}"
        )
    return latitude, longitude
