"""Orders and the whole warehouse at once: purchases, transfers, counts, kits, lots, feeds in any order."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule, run_state_machine_as_test

from oms_ops.rules.counting import VARIANCE_REASONS
from oms_ops.stock_papers import LotUnits
from oms_ops.units import micros
from tests.integration.test_order_book_walks import FEW, PLACES, Walk
from tests.support.order_book import NOON
from warehouse.settings import StockFeed

ANY_SKU = st.sampled_from(["CUP", "POT", "TEA", "SET", "TIN"])
UNITS = st.dictionaries(st.sampled_from(["CUP", "POT", "TEA"]), FEW, min_size=1, max_size=2)
LOTS = st.sampled_from(["A", "B", "C"])
EXPIRES = {"A": micros(NOON + timedelta(minutes=20)), "B": micros(NOON + timedelta(days=9)), "C": None}


class StockWalk(Walk):
    """POT is tracked by lot, TEA perhaps later; SET is a kit of CUP and POT, TIN is built ahead."""

    @initialize()
    def open(self):
        super().open()
        feeds = (
            StockFeed("wms", "snapshot", ("LONDON", "GLASGOW")),
            StockFeed("tills", "delta", ("LONDON", "LEICESTER")),
        )
        places = tuple(
            replace(place, stock_owner="external", snapshot_includes_committed=False)
            if place.location_id == "GLASGOW"
            else place
            for place in self.shop.settings.locations
        )
        self.shop.settings = replace(self.shop.settings, stock_feeds=feeds, locations=places)
        self.papers: dict[str, list[str]] = {"D": [], "T": [], "C": []}
        self.do("track_lots", "POT")
        self.do("define_kit", "SET", components={"CUP": 2, "POT": 1})
        self.do("define_kit", "TIN", components={"TEA": 2, "SET": 1}, is_stocked=True)
        for sku in ("CUP", "POT", "TEA"):
            self.do("receive", sku, "LEICESTER", quantity=9)

    def do(self, name, *subject, **terms):
        command = getattr(self.shop.stock, name)
        return self.attempt(lambda: command(*subject, **terms, **self.shop.next()))

    def name(self, kind):
        self.papers[kind].append(f"{kind}{len(self.papers[kind])}")
        return self.papers[kind][-1]

    def some(self, data, kind):
        return data.draw(st.sampled_from(self.papers[kind]))

    @rule(units=UNITS, place=PLACES, percent=st.sampled_from([0, 50]))
    def purchase(self, units, place, percent):
        name = self.name("D")
        terms = {"supplier_id": "S", "location_id": place, "units": units, "tolerance_percent": percent}
        self.do("draft_purchase", name, **terms)
        self.do("order_purchase", name)

    @precondition(lambda self: self.papers["D"])
    @rule(
        data=st.data(), units=UNITS, step=st.sampled_from(["receive", "receive", "cancel", "close", "expect"])
    )
    def go_on_with_purchase(self, data, units, step):
        name = self.some(data, "D")
        if step == "receive":
            self.do("receive_purchase", name, units=units)
        elif step == "cancel":
            self.do("cancel_purchase", name, units=data.draw(st.none() | st.just(units)), reason="x")
        elif step == "close":
            self.do("close_purchase", name, reason="x")
        else:
            self.do("expect_purchase", name, expected_at=NOON + timedelta(days=3))

    @rule(units=UNITS, origin=PLACES, destination=PLACES)
    def transfer(self, units, origin, destination):
        name = self.name("T")
        self.do("draft_transfer", name, origin_id=origin, destination_id=destination, units=units)
        self.do("ready_transfer", name)
        self.do("ship_transfer", name)

    @precondition(lambda self: self.papers["T"])
    @rule(data=st.data(), units=UNITS, step=st.sampled_from(["ship", "receive", "lose", "cancel"]))
    def go_on_with_transfer(self, data, units, step):
        name = self.some(data, "T")
        if step == "lose":
            self.do("lose_transfer", name, units=units, reason="stolen")
        elif step == "cancel":
            self.do("cancel_transfer", name)
        else:
            self.do(f"{step}_transfer", name, units=data.draw(st.none() | st.just(units)))

    @rule(place=PLACES, counted=UNITS, most=st.sampled_from([0, 3]))
    def cycle_count(self, place, counted, most):
        name = self.name("C")
        self.do("open_count", name, location_id=place, skus=list(counted), approval_units=most)
        self.do("enter_count", name, counted=counted, reasons=dict.fromkeys(counted, VARIANCE_REASONS[0]))

    @precondition(lambda self: self.papers["C"])
    @rule(data=st.data(), step=st.sampled_from(["finish", "finish", "approve", "recount", "cancel"]))
    def go_on_with_count(self, data, step):
        name = self.some(data, "C")
        if step == "approve":
            self.do("approve_count", name, by="ana")
        else:
            self.do("recount" if step == "recount" else f"{step}_count", name)

    @rule(place=PLACES, lot=LOTS, units=FEW)
    def receive_lot(self, place, lot, units):
        lots = [LotUnits(lot, units, EXPIRES[lot])]
        self.do("receive", "POT", place, quantity=units + 1, lots=lots)

    @rule(data=st.data(), step=st.sampled_from(["expire", "block", "clear", "track", "name"]), lot=LOTS)
    def look_after_lots(self, data, step, lot):
        if step == "expire":
            self.do("expire_lots")
        elif step == "track":
            self.do("track_lots", "TEA")
        elif step == "block":
            self.do("block_lot", "POT", lot, reason="x")
        elif step == "clear":
            self.do("clear_lot", "POT", lot)
        else:
            named = [LotUnits(lot, 1, EXPIRES[lot])]
            self.do("name_lots", "POT", data.draw(PLACES), named=named)

    @rule(
        sku=ANY_SKU,
        place=PLACES,
        outcome=st.dictionaries(st.sampled_from(["available", "damaged", "disposed"]), FEW, min_size=1),
    )
    def inspect(self, sku, place, outcome):
        waits = {"quantity": sum(outcome.values()), "reason": "x"}
        self.do("move_state", sku, place, source="available", target="quality_control", **waits)
        self.do("inspect", sku, place, outcome=outcome, reason="x")

    @rule(place=PLACES, units=FEW, step=st.sampled_from(["build_kit", "take_kit_apart"]))
    def build(self, place, units, step):
        self.do(step, "TIN", place, quantity=units)

    @rule(lines=st.lists(st.tuples(ANY_SKU, FEW), min_size=1, max_size=3), may_wait=st.booleans())
    def place_kits(self, lines, may_wait):
        name = str(len(self.names))
        if self.attempt(lambda: self.shop.place(name, *lines, may_wait=may_wait)):
            self.names.append(f"shopify:{name}")

    @rule(place=PLACES, units=UNITS, ago=st.integers(0, 9), is_complete=st.booleans())
    def snapshot(self, place, units, ago, is_complete):
        at = self.shop.next()["at"]
        terms = {"counted_at": at - timedelta(minutes=ago), "is_complete": is_complete, "at": at}
        self.attempt(
            lambda: self.shop.stock.apply_snapshot(
                "wms", place, document_id=f"d{self.shop.calls}", units=units, **terms
            )
        )

    @rule(place=PLACES, sku=ANY_SKU, change=st.integers(-4, 4), ago=st.integers(0, 9))
    def delta(self, place, sku, change, ago):
        at = self.shop.next()["at"]
        terms = {"occurred_at": at - timedelta(minutes=ago), "at": at}
        self.attempt(
            lambda: self.shop.stock.apply_delta(
                "tills", place, document_id=f"e{self.shop.calls}", units={sku: change}, **terms
            )
        )


@pytest.mark.slow
def test_whatever_the_warehouse_does_the_book_keeps_its_invariants_and_a_refusal_leaves_no_trace(new_shop):
    run_state_machine_as_test(
        lambda: StockWalk(new_shop),
        settings=settings(
            max_examples=8, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
