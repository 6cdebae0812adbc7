"""The small shop with a routing of its own: rules, zones, rates and what its locations can do."""

from __future__ import annotations

from dataclasses import replace

from tests.support.order_book import Shop

# 1 kg costs 3.00 at home and 9.00 across; LEICESTER and LONDON are in the south, GLASGOW in the north
ZONES = [
    {"zone_id": "SOUTH", "countries": ["United Kingdom"], "latitude": 51.5, "longitude": -0.1},
    {"zone_id": "NORTH", "countries": ["United Kingdom"], "postcodes": ["G", "EH"],
     "latitude": 55.9, "longitude": -4.3},
]  # fmt: skip
RATES = [
    {"from_zone": "SOUTH", "to_zone": "SOUTH", "bands": [[1, 3.0], [10, 5.0]], "lead_days": 1},
    {"from_zone": "NORTH", "to_zone": "NORTH", "bands": [[1, 3.0], [10, 5.0]], "lead_days": 1},
    {"bands": [[1, 9.0], [10, 15.0]], "lead_days": 3},
]
PLACES = {
    "LEICESTER": {"zone": "SOUTH", "latitude": 52.64, "longitude": -1.13},
    "LONDON": {"zone": "SOUTH", "latitude": 51.5, "longitude": -0.1},
    "GLASGOW": {"zone": "NORTH", "latitude": 55.86, "longitude": -4.25},
}


def ruled(shop: Shop, *rules: dict, places: dict | None = None, **more: object) -> Shop:
    """The shop with one rule set of these rules; `places`: further settings per location."""
    tree = {
        "routing": [{"name": "all", "rule": list(rules), **more}],
        "shipping_zone": ZONES, "shipping_rate": RATES, "sku_weight": {"default_kg": 0.5},
    }  # fmt: skip
    return routed(shop, tree, places=places)


def routed(shop: Shop, tree: dict, *, places: dict | None = None) -> Shop:
    settings = shop.settings
    locations = tuple(
        replace(place, **PLACES[place.location_id] | (places or {}).get(place.location_id, {}))
        for place in settings.locations
    )
    shop.settings = replace(settings, locations=locations, routing=tree)
    return shop


def by_location(shop: Shop, order_id: str) -> dict[str, int]:
    """Units claimed and neither shipped nor released."""
    found: dict[str, int] = {}
    for claim in shop.view(order_id)["allocations"]:
        units = claim["quantity"] - claim["shipped"] - claim["released"]
        if units:
            found[claim["location_id"]] = found.get(claim["location_id"], 0) + units
    return found
