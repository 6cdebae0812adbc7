"""Proposed transfers on a real book, either engine: drafted once, never more than is there, or declined."""

from __future__ import annotations

from dataclasses import replace

import pytest

from oms_ops.commands.transfer_proposals import TransferProposal
from oms_ops.decisions import history
from oms_ops.errors import InvalidCommand, OutOfStock, UnknownLocation
from oms_ops.store import open_book
from tests.support.order_book import Shop


def proposal(sku: str, units: int, *, origin: str = "LONDON", channel: str = "shopify") -> TransferProposal:
    name = f"move {sku} {origin} LEICESTER {channel}@2011-03-01"
    return TransferProposal(name, sku, origin, "LEICESTER", units)


CUP, POT = proposal("CUP", 6), proposal("POT", 4)
JAR = proposal("JAR", 3, origin="GLASGOW")
DAY = "TR-20110301-LONDON-LEICESTER"


@pytest.fixture
def stocked(shop) -> Shop:
    for sku, place in (("CUP", "LONDON"), ("POT", "LONDON"), ("JAR", "GLASGOW")):
        shop.receive(sku, place, 10)
    return shop


def accept(shop: Shop, *proposals: TransferProposal) -> dict:
    return shop.stock.accept_transfers(proposals, by="ana", **shop.next())


def standing(shop: Shop) -> dict[str, tuple]:
    """By transfer its state and the units of each sku."""
    return {
        row["transfer_id"]: (row["state"], {line["sku"]: line["quantity"] for line in row["lines"]})
        for row in shop.stock.standing_transfers()
    }


def test_accepted_ones_are_one_draft_for_each_pair_of_locations_and_no_stock_moves_yet(stocked):
    answer = accept(stocked, CUP, POT, JAR)
    assert standing(stocked) == {
        "TR-20110301-GLASGOW-LEICESTER": ("draft", {"JAR": 3}),
        DAY: ("draft", {"CUP": 6, "POT": 4}),
    }
    assert answer["moved"][CUP.proposal_id] == answer["moved"][POT.proposal_id] == DAY
    assert answer["units"] == 13
    assert stocked.balance("CUP", "LONDON") == {"on_hand": 10, "available": 10}
    assert stocked.balance("CUP", "LEICESTER") == {}


def test_a_warehouse_picks_and_ships_the_draft(stocked):
    accept(stocked, CUP)
    stocked.stock.ready_transfer(DAY, **stocked.next())
    stocked.stock.ship_transfer(DAY, **stocked.next())
    assert stocked.balance("CUP", "LONDON") == {"on_hand": 4, "available": 4}
    assert stocked.balance("CUP", "LEICESTER") == {"incoming": 6}
    stocked.stock.receive_transfer(DAY, **stocked.next())
    assert stocked.stock.standing_transfers() == []
    assert stocked.stock.standing_transfers(states=("received",))[0]["origin_id"] == "LONDON"


def test_the_decision_says_who_how_many_and_on_which_transfer(stocked):
    accept(stocked, CUP)
    (row,) = stocked.stock.decided_proposals()
    assert (row["decision"], row["author"], row["proposed_units"], row["units"]) == ("accepted", "ana", 6, 6)
    assert (row["transfer_id"], row["purchase_order_id"], row["location_id"]) == (DAY, None, "LEICESTER")
    assert [event["event_kind"] for event in history(stocked.book, CUP.proposal_id)] == ["accepted"]


def test_the_same_key_answers_the_same_and_moves_once(stocked):
    given = stocked.next()
    first = stocked.stock.accept_transfers([CUP], by="ana", **given)
    assert stocked.stock.accept_transfers([CUP], by="ana", **given) == first
    assert standing(stocked) == {DAY: ("draft", {"CUP": 6})}


def test_a_second_acceptance_moves_only_what_is_new_whoever_presses(stocked):
    accept(stocked, CUP)
    again = stocked.stock.accept_transfers([CUP, POT], by="ben", **stocked.next())
    assert (again["moved"], again["known"]) == ({POT.proposal_id: DAY}, [CUP.proposal_id])
    third = stocked.stock.accept_transfers([CUP, POT], by="ben", **stocked.next())
    assert (third["moved"], third["units"]) == ({}, 0)
    assert standing(stocked) == {DAY: ("draft", {"CUP": 6, "POT": 4})}


def test_two_channels_wanting_the_same_sku_share_its_line(stocked):
    accept(stocked, CUP)
    accept(stocked, proposal("CUP", 4, channel="amazon"))
    assert standing(stocked) == {DAY: ("draft", {"CUP": 10})}


@pytest.mark.parametrize("step", ["ready_transfer", "cancel_transfer"])
def test_a_transfer_that_can_take_no_more_lines_is_followed_by_a_second(stocked, step):
    accept(stocked, CUP)
    getattr(stocked.stock, step)(DAY, **stocked.next())
    assert accept(stocked, POT)["moved"] == {POT.proposal_id: f"{DAY}-2"}
    assert standing(stocked)[f"{DAY}-2"] == ("draft", {"POT": 4})


def test_a_draft_of_that_name_between_other_locations_is_left_alone(stocked):
    ways = {"origin_id": "GLASGOW", "destination_id": "LONDON", "units": {"JAR": 1}}
    stocked.stock.draft_transfer(DAY, **ways, **stocked.next())
    accept(stocked, CUP)
    assert standing(stocked) == {DAY: ("draft", {"JAR": 1}), f"{DAY}-2": ("draft", {"CUP": 6})}


def test_units_the_origin_no_longer_has_are_refused_with_every_shortage_and_nothing_moves(stocked):
    wanted = [replace(CUP, units=11), replace(POT, units=12), JAR]
    told = r"CUP \(at LONDON\): 11 wanted, 10 available; POT \(at LONDON\): 12 wanted, 10 available$"
    with pytest.raises(OutOfStock, match=told):
        accept(stocked, *wanted)
    assert stocked.stock.standing_transfers() == []
    assert stocked.stock.decided_proposals() == []


def test_a_refused_press_can_be_repeated_once_the_units_are_there(stocked):
    more, given = replace(CUP, units=11), stocked.next()
    with pytest.raises(OutOfStock):
        stocked.stock.accept_transfers([more], by="ana", **given)
    stocked.receive("CUP", "LONDON", 1)
    assert stocked.stock.accept_transfers([more], by="ana", **given)["units"] == 11


def test_what_orders_hold_and_other_transfers_are_to_take_is_not_moved_again(stocked):
    stocked.place("1001", ("JAR", 6))
    assert stocked.balance("JAR", "GLASGOW")["available"] == 4
    with pytest.raises(OutOfStock, match=r"JAR \(at GLASGOW\): 5 wanted, 4 available"):
        accept(stocked, replace(JAR, units=5))
    accept(stocked, CUP)
    tomorrow = replace(CUP, proposal_id="move CUP LONDON LEICESTER shopify@2011-03-02")
    beside = r"CUP \(at LONDON beside 6 on transfers that have not left\): 6 wanted, 4 available"
    with pytest.raises(OutOfStock, match=beside):
        accept(stocked, tomorrow)
    stocked.stock.cancel_transfer(DAY, **stocked.next())
    assert accept(stocked, tomorrow)["moved"] == {tomorrow.proposal_id: f"{DAY}-2"}


def test_declined_ones_stay_where_they_are_and_cannot_be_accepted_later(stocked):
    for _ in range(2):
        stocked.stock.decline_transfers([CUP, POT], reason=" a sale is on ", by="ben", **stocked.next())
    rows = stocked.stock.decided_proposals()
    assert {(row["decision"], row["units"], row["reason"]) for row in rows} == {
        ("declined", 0, "a sale is on")
    }
    assert accept(stocked, CUP)["known"] == [CUP.proposal_id]
    assert stocked.stock.standing_transfers() == []


def test_one_moved_already_cannot_be_declined_nor_those_named_with_it(stocked):
    accept(stocked, CUP)
    with pytest.raises(InvalidCommand, match=f"accepted by ana: it is on transfer {DAY}; cancel it there"):
        stocked.stock.decline_transfers([CUP, POT], reason="no", by="ben", **stocked.next())
    assert [row["sku"] for row in stocked.stock.decided_proposals()] == ["CUP"]


@pytest.mark.parametrize(
    ("proposals", "by", "refusal", "complaint"),
    [
        ([CUP], " ", InvalidCommand, "needs to say who"),
        ([], "ana", InvalidCommand, "found none"),
        ([CUP, CUP], "ana", InvalidCommand, "named once each"),
        ([replace(CUP, units=0)], "ana", InvalidCommand, "at least 1 unit"),
        ([replace(CUP, destination_id="MARS")], "ana", UnknownLocation, "no location 'MARS'"),
        ([replace(CUP, destination_id="LONDON")], "ana", InvalidCommand, "from LONDON to itself"),
    ],
)
def test_what_cannot_be_moved_is_refused(stocked, proposals, by, refusal, complaint):
    with pytest.raises(refusal, match=complaint):
        stocked.stock.accept_transfers(proposals, by=by, **stocked.next())
    assert stocked.stock.standing_transfers() == []


def test_declining_needs_a_reason(stocked):
    with pytest.raises(InvalidCommand, match="needs a reason"):
        stocked.stock.decline_transfers([CUP], reason=" ", by="ben", **stocked.next())


def test_an_older_book_learns_on_which_transfer(stocked):
    with stocked.book.write() as con:
        con.exec_driver_sql("ALTER TABLE proposal_decision DROP COLUMN transfer_id")
        con.exec_driver_sql("DELETE FROM schema_migration WHERE migration_no = 20")
    with open_book(stocked.settings.order_book_url) as book:
        newer = Shop(book, stocked.settings, calls=stocked.calls)
        accept(newer, CUP)
        assert newer.stock.decided_proposals()[0]["transfer_id"] == DAY


def test_a_page_left_open_since_yesterday_does_not_move_again_what_today_decided(stocked):
    four = replace(CUP, units=4)
    accept(stocked, four)
    old = replace(four, proposal_id=CUP.proposal_id.replace("2011-03-01", "2011-02-28"))
    again = accept(stocked, old)
    assert (again["moved"], again["known"]) == ({}, [old.proposal_id])
    assert standing(stocked) == {DAY: ("draft", {"CUP": 4})}
