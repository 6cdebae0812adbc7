"""Any commands in any order in a shop with rules: the book keeps its invariants, a batch is never worse."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule, run_state_machine_as_test

from oms_ops.commands.routing import RoutingService
from tests.integration.test_order_book_walks import FEW, PLACES, SKUS, Walk
from tests.support.routed_shop import ruled

RULES = st.lists(
    st.fixed_dictionaries(
        {"name": st.just("rule"), "unfilled": st.sampled_from(["wait", "hold", "cancel", "manual"])},
        optional={
            "max_parcels": st.integers(1, 2),
            "min_units_per_parcel": st.integers(1, 3),
            "partial": st.booleans(),
            "balance_per_unit": st.sampled_from([0, 0.5]),
            "max_distance_km": st.sampled_from([100, 700]),
            "max_stock_age_days": st.sampled_from([0.001, 5]),
        },
    ),
    min_size=1,
    max_size=3,
)
HANDS = st.fixed_dictionaries(
    {}, optional={"orders_per_day": st.integers(0, 4), "units_per_day": st.integers(0, 9)}
)


class RoutedWalk(Walk):
    @initialize(rules=RULES, hands=HANDS)
    def open(self, rules, hands):
        super().open()
        given = [found | {"unfilled": "next"} for found in rules[:-1]] + rules[-1:]
        ruled(self.shop, *given, places={"LONDON": hands})
        self.hands = hands

    @property
    def routing(self) -> RoutingService:
        return RoutingService(self.shop.book, self.shop.settings)

    @rule()
    def route_batch(self):
        done = self.attempt(lambda: self.routing.route_batch(**self.shop.next()))
        if done:
            worse = (done["units_left"], done["cost"])
            assert worse <= (done["order_by_order_units_left"], done["order_by_order_cost"])
            assert done["routed_anew"] == []

    @precondition(lambda self: self.names)
    @rule(data=st.data(), place=PLACES, units=st.none() | st.dictionaries(SKUS, FEW, min_size=1))
    def assign(self, data, place, units):
        order = data.draw(st.sampled_from(self.names))
        self.attempt(lambda: self.routing.assign(order, place, units=units, **self.shop.next()))

    @precondition(lambda self: self.names)
    @rule(data=st.data(), postcode=st.sampled_from(["G1", "W1"]))
    def send_to(self, data, postcode):
        order = data.draw(st.sampled_from(self.names))
        self.attempt(lambda: self.routing.send_to(order, postcode=postcode, **self.shop.next()))

    @precondition(lambda self: self.names)
    @rule(data=st.data())
    def requeue(self, data):
        order = data.draw(st.sampled_from(self.names))
        self.attempt(lambda: self.routing.requeue(order, **self.shop.next()))

    def teardown(self):
        if hasattr(self, "shop") and "orders_per_day" in self.hands:
            assert self.given_by_rules("LONDON") <= self.hands["orders_per_day"]
        super().teardown()

    def given_by_rules(self, place: str) -> int:
        """Orders that a rule gave work there; a person's own decision may go beyond a location's hands."""
        orders = set()
        for name in self.names:
            for event in self.shop.view(name)["events"]:
                if event["event_kind"] == "routed" and place in event["detail"]["locations"]:
                    orders.add(name)
        return len(orders)


@pytest.mark.slow
def test_any_commands_in_any_order_under_any_rules_keep_the_invariants(new_shop):
    run_state_machine_as_test(
        lambda: RoutedWalk(new_shop),
        settings=settings(
            max_examples=15, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
