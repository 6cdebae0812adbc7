"""However the facts are cut, whoever writes in between, wherever a run dies: the same book."""

import multiprocessing
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oms_ops import bulk
from oms_ops.errors import InvalidCommand
from oms_ops.invariants import verify
from oms_ops.store import open_book
from tests.support.order_book import Stream, whole_book

SKUS = ("CUP", "POT", "LID")
PLACES = ("LEICESTER", "LONDON", "GLASGOW")
CHANNELS = ("shopify", "woocommerce")


def scenario() -> Stream:
    """Every kind of fact, with orders that wait, split, come back and go wrong."""
    said = Stream()
    for sku, place, units in (("CUP", "LEICESTER", 10), ("POT", "LEICESTER", 3), ("POT", "GLASGOW", 4)):
        said.count(sku, place, units)
    said.purchase("P1/1", "LID", "LONDON", 8)
    said.order("1", ("CUP", 4), ("POT", 5))
    said.order("2", ("LID", 3), ("CUP", 2))
    said.order("3", ("POT", 4), ("LID", 2), channel="woocommerce")
    said.shipment("S1", "1")
    said.receipt("LID", "LONDON", 6, purchase="P1/1")
    said.refund("F1", "1", ("b", "POT", 2, "return"))
    said.shipment("S2", "2")
    said.adjustment("CUP", "LEICESTER", -6)
    said.order("4", ("CUP", 3))
    said.cancellation("3", channel="woocommerce")
    said.delivery("S1", "1")
    said.receipt("CUP", "LEICESTER", 9)
    said.refund("F2", "4", ("a", "CUP", 1, "cancel"))
    said.shipment("S4", "4")
    said.delivery("S2", "2")
    said.refund("F3", "4", ("a", "CUP", 2, "return"), ("a", "CUP", 1, "no_restock"))
    said.count("CUP", "LEICESTER", 5)
    return said


@st.composite
def streams(draw) -> Stream:
    """Up to forty facts about few skus, so that stock is short and everything meets everything."""
    said, names = Stream(), []
    units = st.integers(1, 6)
    for number in range(draw(st.integers(5, 40))):
        sku, place = draw(st.sampled_from(SKUS)), draw(st.sampled_from(PLACES))
        channel = draw(st.sampled_from(CHANNELS))
        kinds = ["count", "receipt", "adjust", "purchase", "order", "order"]
        kind = draw(st.sampled_from(kinds + ["ship", "cancel", "refund", "refund"] * bool(names)))
        name = draw(st.sampled_from(names)) if names else None
        if kind == "count":
            said.count(sku, place, draw(st.integers(0, 8)))
        elif kind == "receipt":
            said.receipt(sku, place, draw(units), purchase=draw(st.sampled_from([None, "P1", "P2"])))
        elif kind == "adjust":
            said.adjustment(sku, place, draw(st.integers(-5, 5)))
        elif kind == "purchase":
            said.purchase(draw(st.sampled_from(["P1", "P2", "P3"])), sku, place, draw(units))
        elif kind == "order":
            lines = [(draw(st.sampled_from(SKUS)), draw(units)) for _ in range(draw(st.integers(1, 3)))]
            said.order(f"{number}", *lines, channel=channel)
            names.append((f"{number}", channel, lines))
        elif kind == "ship":
            said.shipment(f"S{number}", name[0], channel=name[1])
            if draw(st.booleans()):
                said.delivery(f"S{number}", name[0], channel=name[1])
        elif kind == "cancel":
            said.cancellation(name[0], channel=name[1])
        else:
            restock = draw(st.sampled_from(["cancel", "return", "no_restock"]))
            line = draw(st.integers(0, len(name[2]) - 1))
            said.refund(
                f"F{number}", name[0], ("abc"[line], name[2][line][0], draw(units), restock), channel=name[1]
            )
    return said


def applied(new_shop, said: Stream, size: int | None) -> dict:
    with new_shop() as shop:
        bulk.apply(shop.book, said.chunks(size), settings=shop.settings)
        return whole_book(shop.book)


def test_any_cut_leaves_the_same_book_row_for_row(new_shop):
    said = scenario()
    whole = applied(new_shop, said, None)
    assert whole["order"] and whole["return"] and whole["shipment_line"]
    for size in (1, 2, 5, 11):
        assert applied(new_shop, said, size) == whole


@given(said=streams(), size=st.integers(1, 9))
@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
def test_any_facts_in_any_cut_keep_the_invariants_and_leave_the_same_book(said, size, new_shop):
    whole = applied(new_shop, said, None)
    assert applied(new_shop, said, size) == whole


def test_nothing_at_hand_between_chunks_leaves_the_same_book(new_shop, monkeypatch):
    whole = applied(new_shop, scenario(), None)
    monkeypatch.setattr(bulk, "KEEP_LINES", 0)
    assert applied(new_shop, scenario(), 3) == whole


def test_facts_told_again_from_the_beginning_are_passed_over(shop):
    said = scenario()
    bulk.apply(shop.book, said.chunks(4), settings=shop.settings)
    before = whole_book(shop.book)
    report = bulk.apply(shop.book, said.chunks(6), settings=shop.settings)
    assert (report.facts, report.last_apply_seq) == (0, len(said.facts))
    assert whole_book(shop.book) == before


def test_a_command_between_two_chunks_is_seen_by_the_next(shop):
    said = Stream()
    said.count("CUP", "LEICESTER", 5)
    said.order("1", ("CUP", 2))
    said.order("2", ("CUP", 2))
    said.shipment("S1", "1")

    def meddle(report):
        if report.last_apply_seq == 2:
            shop.place("9", ("CUP", 2))
            shop.orders.cancel("shopify:1", reason="staff", units={"a": 1}, **shop.next())

    bulk.apply(shop.book, said.chunks(1), settings=shop.settings, progress=meddle)
    assert shop.view("shopify:1")["lines"][0]["shipped"] == 1
    assert shop.view("shopify:2")["lines"][0]["allocated"] == 2
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 4, "committed": 4}


class Deadly(list):
    """A chunk that ends its process while it is being applied."""

    def __init__(self, facts, *, after: int) -> None:
        super().__init__(facts)
        self.after = after

    def __iter__(self):
        for number, fact in enumerate(super().__iter__()):
            if number == self.after:
                os._exit(9)
            yield fact


def _die_in_chunk(shop_settings, fatal: int, after: int) -> None:
    with open_book(shop_settings.order_book_url) as book:
        chunks = scenario().chunks(4)
        chunks[fatal] = Deadly(chunks[fatal], after=after)
        bulk.apply(book, chunks, settings=shop_settings)


@pytest.mark.parametrize(("fatal", "after"), [(0, 0), (2, 3), (5, 0)])
def test_a_process_that_dies_in_a_chunk_leaves_whole_chunks_and_the_next_one_goes_on(
    shop, new_shop, fatal, after
):
    whole = applied(new_shop, scenario(), None)
    child = multiprocessing.get_context("spawn").Process(
        target=_die_in_chunk, args=(shop.settings, fatal, after)
    )
    child.start()
    child.join(60)
    assert child.exitcode == 9
    assert shop.book.applied_through() == 4 * fatal
    assert verify(shop.book) == []
    bulk.apply(shop.book, scenario().chunks(3), settings=shop.settings)
    assert whole_book(shop.book) == whole


def test_a_chunk_that_fails_leaves_nothing_of_itself(shop):
    said = scenario()
    bulk.apply(shop.book, [said.facts[:8]], settings=shop.settings)
    before = whole_book(shop.book)
    receipt = said.facts[8]
    broken = [said.facts[11], receipt._replace(apply_seq=13, quantity=-1)]
    with pytest.raises(InvalidCommand, match="positive quantity of LID is needed, found -1"):
        bulk.apply(shop.book, [broken], settings=shop.settings)
    assert whole_book(shop.book) == before


def test_a_book_opened_twice_is_one_book(shop):
    with open_book(shop.settings.order_book_url) as other:
        shop.receive("CUP", "LEICESTER", 5)
        assert other.last_movement_seq() == 1
