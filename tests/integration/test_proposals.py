"""Purchase proposals on a real book, either engine: accepted, changed, declined; ordered once, incoming,
in ATS.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

import pytest

from oms_ops.commands.proposals import Proposal
from oms_ops.decisions import history
from oms_ops.errors import InvalidCommand, UnknownLocation
from oms_ops.store import export, open_book
from tests.support.home import settings_for
from tests.support.order_book import NOON, Shop
from warehouse.settings import ROOT

CUP = Proposal("CUP@2011-03-01", "CUP", "SUP", "LEICESTER", proposed_units=24, units=24, lead_time_days=9.0)
POT = Proposal("POT@2011-03-01", "POT", "SUP", "LEICESTER", proposed_units=6, units=6, lead_time_days=12.5)
JAR = Proposal("JAR@2011-03-01", "JAR", "OTHER", "LEICESTER", proposed_units=10, units=10, lead_time_days=3.0)


def accept(shop, *proposals):
    return shop.stock.accept_proposals(proposals, by="ana", **shop.next())


def supply(shop):
    """(purchase order line, sku, units to come) as the warehouse reads them."""
    with shop.book.read() as con:
        return [(row[0], row[2], row[4]) for row in export.incoming_supply(con)]


def test_accepted_ones_are_one_ordered_purchase_order_per_supplier_and_incoming(shop):
    answers = accept(shop, CUP, POT, JAR)
    assert [(answer["purchase_order_id"], answer["units"]) for answer in answers] == [
        ("PO-20110301-SUP-LEICESTER", 30),
        ("PO-20110301-OTHER-LEICESTER", 10),
    ]
    assert [shop.balance(sku, "LEICESTER") for sku in ("CUP", "POT", "JAR")] == [
        {"incoming": 24}, {"incoming": 6}, {"incoming": 10},
    ]  # fmt: skip
    assert supply(shop) == [
        ("PO-20110301-OTHER-LEICESTER/001", "JAR", 10),
        ("PO-20110301-SUP-LEICESTER/001", "CUP", 24),
        ("PO-20110301-SUP-LEICESTER/002", "POT", 6),
    ]


def test_each_line_is_expected_after_its_own_lead_time(shop):
    accept(shop, CUP, POT)
    moved = shop.stock.receive_purchase("PO-20110301-SUP-LEICESTER", units={"CUP": 1}, **shop.next())
    placed = NOON + timedelta(minutes=1)
    assert [line["expected_at"] for line in moved["lines"]] == [
        str(placed + timedelta(days=9)), str(placed + timedelta(days=12.5)),
    ]  # fmt: skip


def test_a_second_acceptance_changes_nothing_whatever_its_key(shop):
    accept(shop, CUP)
    again = accept(shop, CUP, POT)
    assert (again[0]["ordered"], again[0]["known"]) == ([POT.proposal_id], [CUP.proposal_id])
    assert shop.balance("CUP", "LEICESTER") == {"incoming": 24}
    third = accept(shop, CUP, POT)
    assert (third[0]["ordered"], third[0]["purchase_order_id"]) == ([], None)
    assert len(shop.stock.decided_proposals()) == 2
    assert [row["event_kind"] for row in history(shop.book, CUP.proposal_id)] == ["accepted"]


def test_a_page_left_open_since_yesterday_does_not_order_again_what_today_decided(shop):
    old, today = replace(CUP, proposal_id="CUP@LEICESTER@2011-02-28"), "CUP@LEICESTER@2011-03-01"
    elsewhere = replace(old, proposal_id="CUP@LONDON@2011-02-28", location_id="LONDON")
    accept(shop, replace(CUP, proposal_id=today))
    again = accept(shop, old, elsewhere, POT)
    assert sorted(sum((answer["known"] for answer in again), [])) == [old.proposal_id]
    assert shop.balance("CUP", "LEICESTER") == {"incoming": 24}
    assert shop.balance("CUP", "LONDON") == {"incoming": 24}
    # The day after it may be proposed and ordered anew.
    later = accept(shop, replace(CUP, proposal_id="CUP@LEICESTER@2011-03-02"))
    assert later[0]["ordered"] == ["CUP@LEICESTER@2011-03-02"]


def test_the_same_days_second_proposal_is_another_and_a_page_from_before_it_orders_nothing(shop):
    first, *later = (
        replace(CUP, proposal_id=f"CUP@LEICESTER@2011-03-01{number}") for number in ("", "#2", "#10")
    )
    accept(shop, first)
    assert accept(shop, later[0])[0]["ordered"] == [later[0].proposal_id]
    assert shop.balance("CUP", "LEICESTER") == {"incoming": 48}
    accept(shop, later[1])
    stale = replace(CUP, proposal_id="CUP@LEICESTER@2011-03-01#9")
    assert accept(shop, first, stale)[0]["known"] == [first.proposal_id, stale.proposal_id]
    assert shop.balance("CUP", "LEICESTER") == {"incoming": 72}
    day = shop.stock.decided_of_day(NOON.date())
    assert [name for name, *_rest in day] == [each.proposal_id for each in (first, later[1], later[0])]
    assert shop.stock.decided_of_day(NOON.date() + timedelta(days=1)) == []


def test_the_same_key_answers_the_same(shop):
    given = shop.next()
    first = shop.stock.accept_proposals([CUP], by="ana", **given)
    assert shop.stock.accept_proposals([CUP], by="ana", **given) == first
    assert shop.balance("CUP", "LEICESTER") == {"incoming": 24}


def test_a_suppliers_next_one_of_the_day_joins_its_purchase_order_until_something_came(shop):
    accept(shop, CUP)
    assert accept(shop, POT)[0]["purchase_order_id"] == "PO-20110301-SUP-LEICESTER"
    shop.stock.receive_purchase("PO-20110301-SUP-LEICESTER", units={"CUP": 24}, **shop.next())
    late = accept(shop, replace(JAR, supplier_id="SUP"))
    assert late[0]["purchase_order_id"] == "PO-20110301-SUP-LEICESTER-2"
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 24, "available": 24}


def test_what_came_of_a_proposal_can_be_sold(shop):
    accept(shop, CUP)
    shop.stock.receive_purchase("PO-20110301-SUP-LEICESTER", units={"CUP": 24}, **shop.next())
    assert shop.view(shop.place("1001", ("CUP", 24)))["lines"][0]["quantity"] == 24
    assert shop.balance("CUP", "LEICESTER")["committed"] == 24


def test_a_changed_one_orders_the_planners_quantity_and_keeps_the_reason(shop):
    accept(shop, replace(CUP, units=12, reason="half, the season ends"))
    (row,) = shop.stock.decided_proposals()
    assert (row["decision"], row["proposed_units"], row["units"]) == ("changed", 24, 12)
    assert (row["reason"], row["author"]) == ("half, the season ends", "ana")
    assert shop.balance("CUP", "LEICESTER") == {"incoming": 12}


def test_a_declined_one_orders_nothing_and_cannot_be_accepted_later(shop):
    shop.stock.decline_proposal(CUP, reason="to be delisted", by="ben", **shop.next())
    shop.stock.decline_proposal(CUP, reason="to be delisted", by="ben", **shop.next())
    (row,) = shop.stock.decided_proposals()
    assert (row["decision"], row["units"], row["reason"]) == ("declined", 0, "to be delisted")
    assert accept(shop, CUP)[0]["ordered"] == []
    assert shop.balance("CUP", "LEICESTER") == {}


def test_an_ordered_one_cannot_be_declined_any_more(shop):
    accept(shop, CUP)
    with pytest.raises(
        InvalidCommand, match="accepted by ana: it is on purchase order PO-20110301-SUP-LEICESTER"
    ):
        shop.stock.decline_proposal(CUP, reason="no", by="ben", **shop.next())


def test_an_order_of_that_name_with_another_supplier_is_left_alone(shop):
    name = "PO-20110301-SUP-LEICESTER"
    shop.stock.draft_purchase(
        name, supplier_id="ELSE", location_id="LEICESTER", units={"POT": 1}, **shop.next()
    )
    shop.stock.order_purchase(name, **shop.next())
    assert accept(shop, CUP)[0]["purchase_order_id"] == f"{name}-2"


def test_where_one_supplier_cannot_be_ordered_from_none_is(shop):
    with pytest.raises(UnknownLocation, match="no location 'MARS'"):
        accept(shop, CUP, replace(JAR, location_id="MARS"))
    assert (supply(shop), shop.stock.decided_proposals()) == ([], [])


DIES_AT_THE_SECOND_ORDER = """
import os, sys
from oms_ops.rules import purchasing
from oms_ops.store import open_book
from tests.integration.test_proposals import CUP, JAR, NOON
from oms_ops.service import StockService
from tests.support.home import settings_for
from pathlib import Path
first = purchasing.order
def second(*given, **named):
    purchasing.order = lambda *given, **named: os._exit(9)
    return first(*given, **named)
purchasing.order = second
with open_book(sys.argv[1]) as book:
    StockService(book, settings_for(Path(sys.argv[2]))).accept_proposals(
        [CUP, JAR], by="ana", at=NOON, key="all"
    )
"""


def test_killed_between_two_suppliers_nothing_is_ordered_and_the_same_press_orders_all(
    tmp_path, order_book_url
):
    with open_book(order_book_url):
        pass
    died = subprocess.run(
        [sys.executable, "-c", DIES_AT_THE_SECOND_ORDER, order_book_url, str(tmp_path)],
        env=os.environ | {"PYTHONPATH": str(ROOT)}, cwd=ROOT, check=False,
    )  # fmt: skip
    assert died.returncode == 9
    with open_book(order_book_url) as book:
        shop = Shop(book, settings_for(tmp_path))
        assert (supply(shop), shop.stock.decided_proposals()) == ([], [])
        for _press in range(2):
            answers = shop.stock.accept_proposals([CUP, JAR], by="ana", at=NOON, key="all")
            assert [answer["units"] for answer in answers] == [24, 10]
        assert [units for _line, _sku, units in supply(shop)] == [10, 24]


@pytest.mark.parametrize(
    ("proposals", "complaint"),
    [
        ([replace(CUP, units=0)], "at least 1 unit"),
        ([replace(CUP, units=12)], "12 instead of 24 units needs a reason"),
        ([replace(CUP, supplier_id="")], "names no supplier"),
        ([CUP, CUP], "named once each"),
        ([], "found none"),
    ],
)
def test_what_cannot_be_ordered_is_refused_whole(shop, proposals, complaint):
    with pytest.raises(InvalidCommand, match=complaint):
        accept(shop, *proposals)
    assert shop.stock.decided_proposals() == []
