"""Large chunks are written by a process beside the run: the same book, whoever writes in between or dies."""

import os
import signal

import pytest

from oms_ops import bulk
from oms_ops.errors import OmsError
from oms_ops.invariants import verify
from oms_ops.store import beside
from tests.integration.test_bulk_chunks import scenario
from tests.support.order_book import Stream, whole_book


@pytest.fixture(autouse=True)
def every_chunk_is_large(monkeypatch):
    monkeypatch.setattr(bulk, "BESIDE_FROM", 1)


@pytest.mark.parametrize("size", [1, 2, 5, 50])
def test_written_beside_or_here_the_book_is_the_same_row_for_row(new_shop, monkeypatch, size):
    books = []
    for is_beside in (True, False):
        monkeypatch.setattr(bulk, "BESIDE_FROM", 1 if is_beside else 1_000)
        with new_shop() as shop:
            report = bulk.apply(shop.book, scenario().chunks(size), settings=shop.settings)
            books.append((report, whole_book(shop.book)))
    assert books[0] == books[1]


def stream() -> Stream:
    said = Stream()
    said.count("CUP", "LEICESTER", 5)
    said.order("1", ("CUP", 2))
    said.order("2", ("CUP", 2))
    said.shipment("S1", "1")
    said.order("3", ("CUP", 2))
    return said


def test_what_somebody_else_wrote_while_a_chunk_was_worked_out_counts(shop):
    """A buyer takes units behind the run's back: whoever comes first, eight wanted units are five sold."""

    def meddle(report):
        if report.last_apply_seq == 2:
            shop.place("9", ("CUP", 2), may_wait=True)

    bulk.apply(shop.book, stream().chunks(1), settings=shop.settings, progress=meddle)
    lines = [shop.view(f"shopify:{name}")["lines"][0] for name in "1239"]
    placed = sum(line["shipped"] + line["allocated"] for line in lines)
    assert (placed, sum(line["backordered"] for line in lines)) == (5, 3)
    assert lines[0]["shipped"] == 2


def test_a_reservation_while_a_chunk_was_worked_out_counts(shop):
    from tests.integration.test_reservations import reserve

    def meddle(report):
        if report.last_apply_seq == 2:
            reserve(shop, "R1", CUP=1)

    bulk.apply(shop.book, stream().chunks(1), settings=shop.settings, progress=meddle)
    assert shop.balance("CUP", "LEICESTER")["reserved"] == 1
    assert sum(shop.view(f"shopify:{name}")["lines"][0]["backordered"] for name in "123") == 2


def test_a_writer_that_is_killed_ends_the_run_with_whole_chunks_and_the_next_run_goes_on(
    shop, new_shop, monkeypatch
):
    with new_shop() as undisturbed:
        bulk.apply(undisturbed.book, scenario().chunks(3), settings=shop.settings)
        whole = whole_book(undisturbed.book)
    send = beside.Writer.send

    def send_and_kill(writer, parcel):
        send(writer, parcel)
        if parcel.mark == 6:
            os.kill(writer._process.pid, signal.SIGKILL)

    monkeypatch.setattr(beside.Writer, "send", send_and_kill)
    with pytest.raises(OmsError, match="ended with -9"):
        bulk.apply(shop.book, scenario().chunks(3), settings=shop.settings)
    assert shop.book.applied_through() in (6, 9)
    assert verify(shop.book) == []
    monkeypatch.undo()
    bulk.apply(shop.book, scenario().chunks(3), settings=shop.settings)
    assert whole_book(shop.book) == whole


def test_a_writer_that_cannot_open_the_book_ends_the_run_with_an_error(shop, monkeypatch):
    monkeypatch.setattr(type(shop.book), "url", "postgresql+psycopg://nobody@127.0.0.1:1/none")
    with pytest.raises(OmsError, match="the process that writes the order book ended"):
        bulk.apply(shop.book, scenario().chunks(3), settings=shop.settings)
