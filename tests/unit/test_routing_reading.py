"""Rules, zones, rates and weights as they are written: what is meant, and what is refused and how."""

from __future__ import annotations

import tomllib

import pytest

from oms_ops.errors import InvalidRules
from oms_ops.routing.candidates import Request
from oms_ops.routing.decide import in_queue
from oms_ops.routing.geography import Destination, Zone, kilometers, zone_of
from oms_ops.routing.reading import read
from oms_ops.routing.rules import Routing, Rule, RuleSet, SortKey
from warehouse.settings import Location

PLACES = (Location("L1", "One", 1, zone="N"), Location("L2", "Two", 2))
GOOD = """
[[routing]]
name = "standard"
queue = [{by = "shipping_method", first = ["express"]}, {by = "value", direction = "descending"}]
channels = ["web"]
[[routing.rule]]
name = "near"
locations = ["L1"]
max_distance_km = 300
split_penalty = 2.5
unfilled = "next"
[[routing.rule]]
name = "any"
late_penalty_per_day = 1
unfilled = "hold"
hold_reason = "other"
[[shipping_zone]]
zone_id = "S"
countries = ["Spain"]
[[shipping_rate]]
from_zone = "N"
to_zone = "S"
bands = [[0.5, 3.95], [10, 7.5]]
lead_days = 2
[sku_weight]
default_kg = 0.25
[sku_weight.kg]
"20001" = 1.2
"""


def of(text: str):
    return read(tomllib.loads(text), locations=PLACES, channel_ids=["web"], source="oms.toml")


def test_a_routing_is_read_as_it_is_written():
    found = of(GOOD)
    near, last = found.sets[0].rules
    assert found.sets[0].queue == (SortKey("shipping_method", first=("express",)), SortKey("value", True))
    assert (near.split_e4, near.max_distance_km, near.unfilled) == (25_000, 300.0, "next")
    assert (last.late_e4, last.unfilled, last.hold_reason) == (10_000, "hold", "other")
    assert found.rates[0].bands == ((500, 39_500), (10_000, 75_000))
    assert (found.weights.of("20001"), found.weights.of("x")) == (1200, 250)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("[[routing]]", "[routing]", 1), "write [[routing]], with two brackets"),
        (('"standard"', "7"), "[[routing]] 7: name must be a text, found 7"),
        (('"web"', '"shop"'), "channels must be among web, found 'shop'"),
        (('locations = ["L1"]', 'locations = ["L9"]'), "rule 1: locations must be among L1, L2, found 'L9'"),
        (("max_distance_km", "max_distanc_km"), "rule 1 has no setting 'max_distanc_km'; did you mean"),
        (
            ("split_penalty = 2.5", "split_penalty = -1"),
            "split_penalty must be an amount of money of 0 or more",
        ),
        (("split_penalty = 2.5", "split_penalty = 0.00001"), "with at most four decimals, found 1e-05"),
        (
            ("split_penalty = 2.5", "max_parcels = 0"),
            "max_parcels must be a whole number of at least 1, found 0",
        ),
        (("split_penalty = 2.5", "partial = 1"), "partial must be true or false, found 1"),
        (
            ('unfilled = "hold"', 'unfilled = "drop"'),
            "rule 2: unfilled must be one of next, wait, hold, cancel",
        ),
        (('unfilled = "hold"\nhold_reason = "other"', 'unfilled = "next"'), "the last rule, 'any', says"),
        (('hold_reason = "other"', 'hold_reason = "rain"'), "hold_reason must be one of awaiting_payment"),
        (('unfilled = "hold"', 'unfilled = "wait"'), "hold_reason belongs to unfilled = 'hold', not 'wait'"),
        (('first = ["express"]', 'direction = "ascending"'), "queue 1: `first` lists the shipping methods"),
        (
            ('to_zone = "S"', 'to_zone = "X"'),
            "[[shipping_rate]] 1: to_zone must be one of *, S, N, found 'X'",
        ),
        (("[0.5, 3.95]", "[20, 3.95]"), "bands must be pairs whose kg rise"),
        (("7.5]", "1.5]"), "whose price never falls"),
        (('countries = ["Spain"]', ""), "[[shipping_zone]] 'S' needs countries"),
        (('zone_id = "S"', 'zone_id = "S"\nlatitude = 91'), "needs both latitude and longitude, or neither"),
        (('"20001" = 1.2', '"20001" = "1 kg"'), "20001 must be a number of at least 0, found '1 kg'"),
        (("max_distance_km = 300", "min_stock_age_days = 9\nmax_stock_age_days = 3"), "no stock fits"),
    ],
)
def test_what_cannot_be_used_is_refused_with_where_and_what_to_do(change, said):
    with pytest.raises(InvalidRules) as refusal:
        of(GOOD.replace(*change))
    assert str(refusal.value).startswith("oms.toml: ")
    assert said in str(refusal.value)


def test_a_rule_set_written_twice_is_refused():
    with pytest.raises(InvalidRules, match="'standard' stands there twice"):
        of(GOOD + GOOD.split("[[shipping_zone]]")[0])


def test_a_location_half_on_the_map_is_refused():
    half = (Location("L1", "One", 1, latitude=1.0),)
    with pytest.raises(InvalidRules, match=r"\[\[location\]\] L1 needs both"):
        read({}, locations=half, channel_ids=[])


def test_the_longest_postcode_counts_before_the_country():
    zones = (Zone("GB", ("UK",)), Zone("N", ("UK",), ("E", "EH 1")), Zone("FR", ("France",)))
    to = [Destination("UK", "eh1 2ab"), Destination("UK", "W1"), Destination("UK"), Destination("Peru")]
    found = [zone_of(destination, zones) for destination in to]
    assert [zone and zone.zone_id for zone in found] == ["N", "GB", "GB", None]


def test_london_to_paris_is_344_kilometers_and_half_the_globe_20015():
    assert round(kilometers((51.5074, -0.1278), (48.8566, 2.3522))) == 344
    assert round(kilometers((0, 0), (0, 180))) == 20015


def test_the_queue_follows_its_keys_and_what_is_not_known_comes_last():
    rules = RuleSet("all", (Rule("any"),), (SortKey("promised_ship_by"), SortKey("value", True)))
    requests = [
        Request(number, "web", (), {}, Destination("UK"), 0, promised_ship_by=by, value_e4=value)
        for number, by, value in ((1, None, 9), (2, 20, 5), (3, 20, 7), (4, 10, 1), (5, 20, 7))
    ]
    found = in_queue(Routing((rules,)), requests)
    assert [request.order_seq for _, request in found] == [4, 3, 5, 2, 1]
