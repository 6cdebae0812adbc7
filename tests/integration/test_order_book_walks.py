"""Any commands in any order: refused or done, the book keeps its invariants after each."""

from contextlib import ExitStack
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from oms_ops import lifecycle
from oms_ops.changes import AddLine, RemoveLine, SetCountry, SetQuantity
from oms_ops.errors import OmsError
from oms_ops.invariants import verify
from oms_ops.store.tables import return_
from tests.support.order_book import NOON, new_order, whole_book

SKUS = st.sampled_from(["CUP", "POT"])
PLACES = st.sampled_from(["LEICESTER", "LONDON", "GLASGOW"])
FEW = st.integers(1, 5)


class Walk(RuleBasedStateMachine):
    def __init__(self, new_shop):
        super().__init__()
        self.new_shop = new_shop
        self.opened = ExitStack()

    @initialize()
    def open(self):
        self.shop = self.opened.enter_context(self.new_shop())
        self.names: list[str] = []
        self.returns: list[str] = []
        self.did = 0

    def teardown(self):
        self.opened.close()

    def attempt(self, command):
        """A refusal must leave no trace."""
        before = whole_book(self.shop.book)
        try:
            answer = command()
        except OmsError as refusal:
            assert str(refusal)
            assert whole_book(self.shop.book) == before
            return None
        self.did += 1
        return answer

    @rule(sku=SKUS, place=PLACES, units=FEW)
    def receive(self, sku, place, units):
        self.attempt(lambda: self.shop.receive(sku, place, units))

    @rule(sku=SKUS, place=PLACES, units=st.integers(-6, 6))
    def adjust(self, sku, place, units):
        self.attempt(
            lambda: self.shop.stock.adjust(sku, place, quantity=units, reason="x", **self.shop.next())
        )

    @rule(sku=SKUS, place=PLACES, units=st.integers(0, 6))
    def count(self, sku, place, units):
        self.attempt(
            lambda: self.shop.stock.count(sku, place, quantity=units, reason="x", **self.shop.next())
        )

    @rule(sku=SKUS, place=PLACES, units=FEW, data=st.data())
    def move_state(self, sku, place, units, data):
        states = st.sampled_from(["available", "damaged", "quality_control", "safety_stock"])
        source, target = data.draw(states), data.draw(states)
        self.attempt(
            lambda: self.shop.stock.move_state(
                sku, place, source=source, target=target, quantity=units, reason="x", **self.shop.next()
            )
        )

    @rule(lines=st.lists(st.tuples(SKUS, FEW), min_size=1, max_size=3), may_wait=st.booleans())
    def place(self, lines, may_wait):
        name = str(len(self.names))
        if self.attempt(lambda: self.shop.place(name, *lines, may_wait=may_wait)):
            self.names.append(f"shopify:{name}")

    @precondition(lambda self: self.names)
    @rule(data=st.data(), kind=st.sampled_from(["authorization", "capture", "sale", "void"]), amount=FEW)
    def pay(self, data, kind, amount):
        order = data.draw(st.sampled_from(self.names))
        self.attempt(lambda: self.shop.pay(order, amount, kind=kind))

    @precondition(lambda self: self.names)
    @rule(data=st.data(), held=st.booleans(), reason=st.sampled_from(lifecycle.HOLD_REASONS[:2]))
    def hold_or_release(self, data, held, reason):
        order = data.draw(st.sampled_from(self.names))
        command = self.shop.orders.hold if held else self.shop.orders.release
        self.attempt(lambda: command(order, reason=reason, **self.shop.next()))

    @precondition(lambda self: self.names)
    @rule(data=st.data(), step=st.sampled_from(["pick", "pack"]), number=st.integers(1, 2))
    def work(self, data, step, number):
        order = data.draw(st.sampled_from(self.names))
        self.attempt(lambda: getattr(self.shop.orders, step)(order, number, **self.shop.next()))

    @precondition(lambda self: self.names)
    @rule(data=st.data(), units=st.none() | st.dictionaries(st.integers(1, 3), FEW, min_size=1))
    def ship(self, data, units):
        order = data.draw(st.sampled_from(self.names))
        self.attempt(lambda: self.shop.ship(order, f"S{self.shop.calls}", units=units))

    @precondition(lambda self: self.names)
    @rule(data=st.data(), units=st.none() | st.dictionaries(st.sampled_from("abc"), FEW, min_size=1))
    def cancel(self, data, units):
        order = data.draw(st.sampled_from(self.names))
        self.attempt(
            lambda: self.shop.orders.cancel(order, reason="customer", units=units, **self.shop.next())
        )

    @rule(lines=st.lists(st.tuples(SKUS, FEW), min_size=1, max_size=3))
    def draft(self, lines):
        order = new_order(str(len(self.names)), *lines)
        if self.attempt(lambda: self.shop.orders.draft(order, **self.shop.next())):
            self.names.append(f"shopify:{len(self.names)}")

    @precondition(lambda self: self.names)
    @rule(data=st.data(), command=st.sampled_from(["open_draft", "reopen", "close"]), may_wait=st.booleans())
    def move_order(self, data, command, may_wait):
        order = data.draw(st.sampled_from(self.names))
        more = {"open_draft": {"may_wait": may_wait}, "reopen": {"reason": "claim"}, "close": {}}[command]
        self.attempt(lambda: getattr(self.shop.orders, command)(order, **more, **self.shop.next()))

    @precondition(lambda self: self.names)
    @rule(data=st.data(), units=st.integers(0, 8), sku=SKUS, may_wait=st.booleans(), preview=st.booleans())
    def edit(self, data, units, sku, may_wait, preview):
        order, name = data.draw(st.sampled_from(self.names)), st.sampled_from("abc")
        every = [
            SetQuantity(data.draw(name), units),
            RemoveLine(data.draw(name)),
            AddLine(f"x{self.shop.calls}", sku, max(1, units), "2"),
            SetCountry("France", reroute=True),
        ]
        changes = data.draw(st.lists(st.sampled_from(every), min_size=1, max_size=3, unique=True))
        more = {"changes": changes, "may_wait": may_wait, "preview": preview}
        self.attempt(lambda: self.shop.orders.edit(order, **more, **self.shop.next()))

    @precondition(lambda self: self.names)
    @rule(data=st.data(), units=st.integers(0, 3), number=st.integers(1, 3), place=PLACES)
    def rearrange(self, data, units, number, place):
        order, work = data.draw(st.sampled_from(self.names)), data.draw(st.integers(1, 2))
        then = data.draw(st.sampled_from(["wait", "reroute", "cancel"]))
        command, more = data.draw(
            st.sampled_from(
                [
                    ("reject", {}),
                    ("short_pick", {"found": {number: units}, "reason": "x", "then": then}),
                    ("schedule_fulfillment", {"fulfill_at": NOON + timedelta(days=units)}),
                    ("open_fulfillment", {}),
                    ("hold_fulfillment", {"reason": "other"}),
                    ("release_fulfillment", {"reason": "other"}),
                    ("split_fulfillment", {"units": {number: max(1, units)}}),
                    ("move_fulfillment", {"location_id": place}),
                    ("cancel_fulfillment", {"then": then}),
                ]
            )
        )
        self.attempt(lambda: getattr(self.shop.orders, command)(order, work, **more, **self.shop.next()))

    @precondition(lambda self: self.names)
    @rule(data=st.data())
    def merge(self, data):
        order = data.draw(st.sampled_from(self.names))
        works = self.shop.view(order)["fulfillment_orders"]
        numbers = tuple(work["fulfillment_no"] for work in works if work["state"] in ("open", "on_hold"))
        self.attempt(lambda: self.shop.orders.merge_fulfillments(order, numbers, **self.shop.next()))

    @precondition(lambda self: self.names)
    @rule(data=st.data(), status=st.sampled_from([*lifecycle.MOVES["shipment"]]), hour=st.integers(0, 3))
    def track(self, data, status, hour):
        order = data.draw(st.sampled_from(self.names))
        parcels = [parcel["shipment_id"] for parcel in self.shop.view(order)["shipments"]]
        shipment, when = data.draw(st.sampled_from([*parcels, "S?"])), NOON + timedelta(hours=hour)
        self.attempt(lambda: self.shop.orders.track(shipment, status, occurred_at=when, **self.shop.next()))

    @rule(sku=SKUS, cap=st.none() | st.integers(0, 5), days=st.none() | st.integers(1, 3))
    def policy(self, sku, cap, days):
        ships_at = None if days is None else NOON + timedelta(days=days)
        terms = {"backorder_cap": cap, "preorder_ships_at": ships_at}
        self.attempt(lambda: self.shop.orders.set_sku_policy(sku, **terms, **self.shop.next()))

    @rule(days=st.integers(0, 4))
    def time_passes(self, days):
        """What is due is done; asked again at that moment, nothing is."""
        at = NOON + timedelta(days=days, seconds=self.shop.calls)
        for job in (self.shop.orders.release_due, self.shop.orders.expire_due):
            assert job(at=at).refused == {}
            assert job(at=at).orders == 0

    @precondition(lambda self: self.names)
    @rule(data=st.data(), units=st.dictionaries(st.sampled_from("abc"), FEW, min_size=1))
    def ask_return(self, data, units):
        order, name = data.draw(st.sampled_from(self.names)), f"R{self.shop.calls}"
        if self.attempt(
            lambda: self.shop.orders.return_(order, return_id=name, units=units, **self.shop.next())
        ):
            self.returns.append(name)

    @precondition(lambda self: self.returns)
    @rule(data=st.data(), disposition=st.sampled_from(lifecycle.DISPOSITIONS), place=PLACES)
    def receive_return(self, data, disposition, place):
        name = data.draw(st.sampled_from(self.returns))
        self.attempt(
            lambda: self.shop.orders.receive_return(
                name, disposition=disposition, location_id=place, **self.shop.next()
            )
        )

    @precondition(lambda self: self.returns)
    @rule(data=st.data(), end=st.sampled_from(["close", "cancel", "refund"]))
    def end_return(self, data, end):
        name, orders = data.draw(st.sampled_from(self.returns)), self.shop.orders
        more = {"close": {}, "cancel": {"reason": "x"}, "refund": {"refund_id": f"F{self.shop.calls}"}}[end]
        self.attempt(lambda: getattr(orders, f"{end}_return")(name, **more, **self.shop.next()))

    @precondition(lambda self: self.names)
    @rule(data=st.data(), amounts=st.dictionaries(st.sampled_from("abc"), FEW, min_size=1))
    def refund(self, data, amounts):
        order = data.draw(st.sampled_from(self.names))
        name = f"F{self.shop.calls}"
        self.attempt(
            lambda: self.shop.orders.refund(order, refund_id=name, amounts=amounts, **self.shop.next())
        )

    @invariant()
    def holds(self):
        if not hasattr(self, "shop"):
            return
        assert verify(self.shop.book) == []
        for order in self.names:
            view = self.shop.view(order)
            assert view["captured"] >= view["refunded"]
            assert all(line["returned"] <= line["shipped"] for line in view["lines"])
            if view["order_status"] == "closed":
                assert all(line["backordered"] + line["allocated"] == 0 for line in view["lines"])
        assert len(whole_book(self.shop.book)[return_.name]) == len(self.returns)


@pytest.mark.slow
def test_any_commands_in_any_order_keep_the_invariants_and_a_refusal_leaves_no_trace(new_shop):
    run_state_machine_as_test(
        lambda: Walk(new_shop),
        settings=settings(
            max_examples=12, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
