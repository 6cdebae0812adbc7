"""Which location fills what: whole orders first, then a split by priority."""

from hypothesis import given
from hypothesis import strategies as st

from oms_ops.routing import demand, route

NETWORK = ("NEAR", "MID", "FAR")


def of(stock):
    return lambda sku, location: stock.get((sku, location), 0)


def test_the_first_location_that_has_all_of_it_takes_the_whole_order():
    stock = {("A", "NEAR"): 1, ("A", "MID"): 5, ("B", "MID"): 5, ("A", "FAR"): 9, ("B", "FAR"): 9}
    plan = route({"A": 2, "B": 3}, of(stock), network=NETWORK)
    assert (plan.by_location, plan.unrouted) == ({"MID": {"A": 2, "B": 3}}, {})


def test_only_when_none_has_all_of_it_the_order_is_split_by_priority():
    stock = {("A", "NEAR"): 2, ("A", "MID"): 2, ("B", "FAR"): 9}
    plan = route({"A": 3, "B": 4}, of(stock), network=NETWORK)
    assert plan.by_location == {"NEAR": {"A": 2}, "MID": {"A": 1}, "FAR": {"B": 4}}
    assert plan.unrouted == {}


def test_what_nobody_has_stays_unrouted():
    stock = {("A", "NEAR"): 2, ("B", "NEAR"): 1}
    plan = route({"A": 5, "C": 1}, of(stock), network=NETWORK)
    assert (plan.by_location, plan.unrouted) == ({"NEAR": {"A": 2}}, {"A": 3, "C": 1})


def test_a_location_outside_the_network_is_not_asked():
    assert route({"A": 1}, of({("A", "FAR"): 9}), network=("NEAR",)).unrouted == {"A": 1}
    assert route({"A": 1}, of({("A", "FAR"): 9}), network=()).unrouted == {"A": 1}


def test_stock_below_zero_adds_nothing_to_what_is_owed():
    plan = route({"A": 2}, of({("A", "NEAR"): -3, ("A", "MID"): 1}), network=NETWORK)
    assert (plan.by_location, plan.unrouted) == ({"MID": {"A": 1}}, {"A": 1})


def test_lines_of_one_sku_are_one_demand():
    assert demand([("A", 3), ("B", 1), ("A", 3)]) == {"A": 6, "B": 1}
    wanted = demand([("A", 3), ("A", 3)])
    assert route(wanted, of({("A", "NEAR"): 5}), network=("NEAR",)).unrouted == {"A": 1}


@given(
    st.dictionaries(st.sampled_from("ABC"), st.integers(1, 9), min_size=1),
    st.dictionaries(st.tuples(st.sampled_from("ABC"), st.sampled_from(NETWORK)), st.integers(-3, 9)),
)
def test_every_unit_is_routed_once_or_not_at_all_and_never_beyond_the_stock(wanted, stock):
    plan = route(wanted, of(stock), network=NETWORK)
    for sku, units in wanted.items():
        routed = sum(taken.get(sku, 0) for taken in plan.by_location.values())
        assert routed + plan.unrouted.get(sku, 0) == units
        if sku in plan.unrouted:
            assert routed == sum(max(0, stock.get((sku, place), 0)) for place in NETWORK)
    for place, taken in plan.by_location.items():
        assert all(0 < units <= stock.get((sku, place), 0) for sku, units in taken.items())
