"""The conformance kit in random histories: our order book passes, each known mistake in it is caught."""

from types import SimpleNamespace

import pytest

from oms_ops.conformance import laws
from oms_ops.conformance.adapter import (
    SETUP,
    Balance,
    Channel,
    Claim,
    Hold,
    Line,
    Order,
    Setup,
    Snapshot,
    unchecked,
)
from oms_ops.conformance.clients import Opening
from oms_ops.conformance.machine import run_histories
from oms_ops.conformance.ours import BOOK
from tests.conformance.mutants import HISTORIES, SEEDS

HOW = {"examples": 40, "steps": 40, "shrink": False}
QUICK = HOW | {"examples": 10}
LONGER = HOW | {"examples": 400}  # ends with the first history that catches the mistake
CUP_NORTH = ("CUP", "NORTH")


@pytest.mark.slow
def test_our_order_book_conforms_in_random_histories():
    assert run_histories(BOOK, **HOW) == []


def test_our_order_book_conforms_when_clients_are_killed_in_the_middle_of_a_command(new_book, engine):
    maker = SimpleNamespace(fresh=new_book, open=BOOK.open)
    opening = Opening("oms_ops.conformance.ours:BOOK")
    assert run_histories(maker, examples=4, steps=25, shrink=False, opening=opening) == []


@pytest.mark.parametrize("mutant", HISTORIES, ids=lambda mutant: mutant.__name__)
def test_a_known_mistake_is_caught(mutant, monkeypatch):
    mutant(monkeypatch.setattr)
    found = run_histories(BOOK, **QUICK, seed=SEEDS[mutant]) or run_histories(BOOK, **LONGER)
    assert found, "it survived"
    assert any(law in found[0] for law in HISTORIES[mutant]), found[0]


def test_at_least_twelve_mistakes_are_known():
    assert len(HISTORIES) >= 20


SOUND = Snapshot(
    stock={CUP_NORTH: Balance(on_hand=5, available=2, committed=2, reserved=1)},
    claims={("web:1", 1): Claim("a", *CUP_NORTH, units=3, shipped=1, released=0)},
    holds={("H1", *CUP_NORTH): Hold(1, "active", 0)},
    orders={"web:1": Order("web", "open", {"a": Line("CUP", 4, 1, 0, 1, 0)})},
)


def test_a_sound_state_breaks_no_law_and_what_a_system_does_not_offer_is_said():
    assert laws.broken(SOUND, SETUP) == []
    assert [sentence.split(":")[1] for sentence in unchecked(SOUND)] == [
        " I2, balances against the ledger",
        " I5, incoming against open purchase orders",
        " I6, units below zero against their marks",
        " ATS recomputed from its terms",
        " every change leaves an event",
    ]


@pytest.mark.parametrize(
    "part, value, law",
    [
        ("stock", {CUP_NORTH: Balance(on_hand=5, available=3, committed=2, reserved=1)}, "I1:"),
        ("claims", {}, "I3:"),
        ("holds", {}, "I4:"),
        ("owed", {"P1": (*CUP_NORTH, 1)}, "I5:"),
        ("oversold", {CUP_NORTH: 1}, "I6:"),
        ("ledger", {}, "I2:"),
        ("orders", {"web:1": Order("web", "closed", {"a": Line("CUP", 4, 1, 0, 1, 0)})}, "lifecycle:"),
        ("orders", {"web:1": Order("web", "open", {"a": Line("CUP", 4, 1, 0, 1, 2)})}, "units:"),
        ("ats", {("web", "CUP"): 3, ("market", "CUP"): 0}, "ATS:"),
    ],
)
def test_one_wrong_number_breaks_its_law(part, value, law):
    wrong = Snapshot(**{**vars(SOUND), part: value})
    assert any(sentence.startswith(law) for sentence in laws.broken(wrong, SETUP))


@pytest.mark.parametrize(
    "buffer, threshold, unrouted, expected", [(5, 10, 50, 20), (2, 5, 0, 87)]
)  # published for the same rule by HotWax: 100 units over four stores
def test_the_kits_own_ats_meets_the_published_examples(buffer, threshold, unrouted, expected):
    stores = ("A", "B", "C", "D")
    web = Channel("web", stores, threshold=threshold)
    setup = Setup(
        locations=tuple(SimpleNamespace(name=name, buffer=buffer, is_active=True) for name in stores),
        channels=(web,),
    )
    now = Snapshot(
        stock={("CUP", name): Balance(25, 25) for name in stores},
        claims={},
        holds={},
        orders={"web:1": Order("web", "open", {"a": Line("CUP", unrouted, 0, unrouted, 0, 0)})},
    )
    assert laws.ats(now, setup, web, "CUP") == expected
