"""One order paid and shipped, then any commands on its money, returns, exchanges and claims in any order."""

from contextlib import ExitStack
from datetime import timedelta
from decimal import Decimal

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
from oms_ops.errors import OmsError
from oms_ops.invariants import verify
from oms_ops.service import NewLine
from tests.support.order_book import NOON, whole_book

LINES = st.sampled_from("aaabd")
FEW = st.integers(1, 3)
WHERE = st.dictionaries(st.sampled_from(lifecycle.DISPOSITIONS), st.integers(1, 2), min_size=1, max_size=2)
AMOUNT = st.sampled_from(["0.01", "1", "3.33", "7", "30"])
STATUS = st.sampled_from(["success", "success", "pending", "failure"])


class MoneyWalk(RuleBasedStateMachine):
    def __init__(self, new_shop):
        super().__init__()
        self.new_shop = new_shop
        self.opened = ExitStack()

    @initialize(paid=st.sampled_from(["26.90", "21.90", "10", "0"]))
    def open(self, paid):
        """Three cups at 5.00, a pot at 8.00, a discount of 1.10, shipping 5.00: 26.90."""
        self.shop = self.opened.enter_context(self.new_shop())
        for sku, units in (("CUP", 5), ("POT", 2), ("BOWL", 3)):
            self.shop.receive(sku, "LEICESTER", units)
        lines = [
            ("CUP", 3, "5"),
            ("POT", 1, "8"),
            ("SALE", 1, "-1.10", "adjustment"),
            ("POST", 1, "5", "shipping"),
        ]
        self.order = self.shop.place("1", *lines)
        if paid != "0":
            self.shop.pay(self.order, paid)
        self.shop.ship(self.order, "P1", units={1: 2, 2: 1})
        self.named = {"return": [], "claim": [], "money": []}

    def teardown(self):
        self.opened.close()

    def do(self, command, *about, named=None, **terms):
        """A refusal must leave no trace; what was done under a name can be named later."""
        before = whole_book(self.shop.book)
        try:
            getattr(self.shop.orders, command)(*about, **terms, **self.shop.next())
        except OmsError as refusal:
            assert str(refusal)
            assert whole_book(self.shop.book) == before
        else:
            if named:
                self.named[named[0]].append(named[1])

    def new(self, kind):
        return kind, f"{kind} {self.shop.calls}"

    def pick(self, data, kind):
        return data.draw(st.sampled_from(self.named[kind]))

    @rule(amount=AMOUNT, status=STATUS, hours=st.integers(1, 3))
    def authorize(self, amount, status, hours):
        named, until = self.new("money"), NOON + timedelta(hours=hours)
        terms = {"amount": amount, "reference": named[1], "expires_at": until, "status": status}
        self.do("authorize", self.order, **terms, named=named)

    @rule(kind=st.sampled_from(["capture", "sale"]), amount=AMOUNT, status=STATUS)
    def pay(self, kind, amount, status):
        named = self.new("money")
        self.do(kind, self.order, amount=amount, reference=named[1], status=status, named=named)

    @rule(amount=st.none() | AMOUNT)
    def void(self, amount):
        self.do("void", self.order, amount=amount)

    @rule(amount=AMOUNT)
    def dispute(self, amount):
        named = self.new("money")
        self.do("open_chargeback", self.order, amount=amount, reference=named[1], named=named)

    @precondition(lambda self: self.named["money"])
    @rule(data=st.data(), status=STATUS)
    def settle(self, data, status):
        self.do("settle_payment", self.order, reference=self.pick(data, "money"), status=status)

    @rule(hours=st.integers(0, 3))
    def expire(self, hours):
        self.shop.orders.expire_authorizations(NOON + timedelta(hours=hours))

    @rule(units=st.dictionaries(LINES, FEW, min_size=1, max_size=2), status=STATUS)
    def refund_units(self, units, status):
        named = self.new("money")
        self.do("refund", self.order, refund_id=named[1], units=units, status=status, named=named)

    @rule(amount=AMOUNT, status=STATUS, over=st.sampled_from(["lines", "shipping", "order"]))
    def refund_amount(self, amount, status, over):
        named = self.new("money")
        terms = {"refund_id": named[1], "amount": amount, "status": status, "over": over}
        self.do("refund_amount", self.order, **terms, named=named)

    @rule(line=LINES, units=FEW, command=st.sampled_from(["request_return", "return_"]))
    def ask_return(self, line, units, command):
        named = self.new("return")
        self.do(command, self.order, return_id=named[1], units={line: units}, named=named)

    @rule(
        line=LINES, units=st.integers(1, 2), price=st.sampled_from(["0", "3", "12"]), comes=st.integers(0, 2)
    )
    def exchange_and_receive(self, line, units, price, comes):
        """With what was asked for coming in whole, in part or not yet."""
        self.exchange(line, units, price, ships_first=bool(comes % 2))
        if comes and self.named["return"]:
            self.do("receive_return", self.named["return"][-1], counts={line: {"restocked": comes}})

    @rule(line=LINES, where=WHERE, fee=st.sampled_from(["0", "0.01", "3.33"]), status=STATUS)
    def bring_back_and_refund(self, line, where, fee, status):
        named, units = self.new("return"), sum(where.values())
        self.do("return_", self.order, return_id=named[1], units={line: units}, named=named)
        if named[1] in self.named["return"]:
            self.do("receive_return", named[1], counts={line: where})
            money = self.new("money")
            terms = {"refund_id": money[1], "restocking_fee": fee, "status": status}
            self.do("refund_return", named[1], **terms, named=money)

    @rule(line=LINES, units=FEW, price=AMOUNT, ships_first=st.booleans())
    def exchange(self, line, units, price, ships_first):
        named = self.new("return")
        new = [NewLine(f"{named[1]} x", "BOWL", 1, price)]
        terms = {"return_id": named[1], "units": {line: units}, "lines": new, "ships_first": ships_first}
        self.do("exchange", self.order, **terms, named=named)

    @precondition(lambda self: self.named["return"])
    @rule(data=st.data(), line=LINES, where=WHERE)
    def receive_return(self, data, line, where):
        self.do("receive_return", self.pick(data, "return"), counts={line: where})

    @precondition(lambda self: self.named["return"])
    @rule(data=st.data(), move=st.sampled_from(["approve", "decline", "cancel", "close"]))
    def move_return(self, data, move):
        reason = {"reason": "x"} if move in ("decline", "cancel") else {}
        self.do(f"{move}_return", self.pick(data, "return"), **reason)

    @precondition(lambda self: self.named["return"])
    @rule(data=st.data(), fee=st.sampled_from(["0", "0.01", "3.33"]), status=STATUS)
    def refund_return(self, data, fee, status):
        named = self.new("money")
        terms = {"refund_id": named[1], "restocking_fee": fee, "status": status}
        self.do("refund_return", self.pick(data, "return"), **terms, named=named)

    @rule(line=LINES, units=FEW, kind=st.sampled_from(lifecycle.CLAIM_KINDS), whole=st.booleans())
    def open_claim(self, line, units, kind, whole):
        named = self.new("claim")
        what = {"shipment_id": "P1"} if whole else {"units": {line: units}}
        self.do("open_claim", self.order, claim_id=named[1], kind=kind, **what, named=named)

    @precondition(lambda self: self.named["claim"])
    @rule(data=st.data(), move=st.sampled_from(["reship", "refund", "deny", "withdraw"]))
    def move_claim(self, data, move):
        more = {"reship": {"may_wait": True}, "refund": {"refund_id": self.new("money")[1]}}
        self.do(f"{move}_claim", self.pick(data, "claim"), **more.get(move, {"reason": "x"}))

    @rule()
    def ship(self):
        self.do("ship", self.order, shipment_id=f"P{self.shop.calls}")

    @rule(line=LINES)
    def cancel(self, line):
        self.do("cancel", self.order, reason="customer", units={line: 1})

    @invariant()
    def adds_up(self):
        if not hasattr(self, "named"):
            return
        assert verify(self.shop.book) == []
        view = self.shop.view(self.order)
        cash = {"capture": 1, "sale": 1, "refund": -1, "chargeback": -1}
        paid = [row for row in view["payments"] if row["status"] == "success"]
        assert (
            sum(cash.get(row["kind"], 0) * row["amount"] for row in paid)
            == view["captured"] - view["refunded"]
        )
        assert view["captured"] - view["refunded"] >= view["refundable"] >= 0
        counted = [row for row in view["refunds"] if row["refund_status"] in ("success", "pending")]
        for line in view["lines"]:
            named = [part for row in counted for part in row["lines"] if part["line_id"] == line["line_id"]]
            assert (
                sum((part["amount"] for part in named), Decimal(0))
                == line["refunded"]
                <= max(0, line["amount"])
            )
            assert line["returned"] <= line["shipped"]
        if view["order_status"] == "closed":
            assert view["outstanding"] == 0
            assert all(line["backordered"] + line["allocated"] == 0 for line in view["lines"])
        asked = [row for row in view["returns"] if row["return_status"] in ("requested", "open")]
        if any(row["exchange_status"] == "open" for row in view["exchanges"]):
            assert asked


@pytest.mark.slow
def test_any_commands_on_money_and_returns_in_any_order_add_up(new_shop):
    run_state_machine_as_test(
        lambda: MoneyWalk(new_shop),
        settings=settings(
            max_examples=30,
            stateful_step_count=25,
            deadline=None,
            derandomize=False,  # in CI too
            suppress_health_check=list(HealthCheck),
        ),  # fmt: skip
    )
