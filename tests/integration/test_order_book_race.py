"""Several processes at one book: check and claim cannot be parted, numbers are given out once."""

import multiprocessing
from collections import Counter

import pytest

from oms_ops.errors import OutOfStock
from oms_ops.store import open_book
from tests.support.order_book import NOON, Shop, new_order
from warehouse.settings import Settings

CONTEXT = multiprocessing.get_context("spawn")


def _buy(settings: Settings, buyer: int, tries: int, gate, results) -> None:
    with open_book(settings.order_book_url) as book:
        shop = Shop(book, settings)
        gate.wait()
        for number in range(tries):
            name = f"{buyer}-{number}"
            try:
                shop.orders.place(new_order(name, ("CUP", 1)), at=NOON, key=name)
                results.put("sold")
            except OutOfStock:
                results.put("refused")


def race(settings: Settings, *, buyers: int, tries: int) -> Counter:
    gate, results = CONTEXT.Barrier(buyers), CONTEXT.Queue()
    racers = [
        CONTEXT.Process(target=_buy, args=(settings, buyer, tries, gate, results)) for buyer in range(buyers)
    ]
    for racer in racers:
        racer.start()
    said = Counter(results.get(timeout=120) for _ in range(buyers * tries))
    for racer in racers:
        racer.join(60)
        assert racer.exitcode == 0
    return said


def test_two_processes_racing_for_the_last_unit_sell_it_once(shop):
    shop.receive("CUP", "LEICESTER", 1)
    assert race(shop.settings, buyers=2, tries=1) == {"sold": 1, "refused": 1}
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 1, "committed": 1}


def test_three_processes_sell_exactly_what_there_is(shop):
    shop.receive("CUP", "LEICESTER", 7)
    shop.receive("CUP", "LONDON", 4)
    assert race(shop.settings, buyers=3, tries=6) == {"sold": 11, "refused": 7}
    assert shop.balance("CUP", "LONDON") == {"on_hand": 4, "committed": 4}
    with pytest.raises(OutOfStock):
        shop.place("9", ("CUP", 1))


def test_the_same_command_from_two_processes_is_carried_out_once(shop):
    shop.receive("CUP", "LEICESTER", 5)
    order = new_order("1", ("CUP", 2))
    with open_book(shop.settings.order_book_url) as book:
        other = Shop(book, shop.settings)
        answers = [seller.orders.place(order, at=NOON, key="once") for seller in (shop, other)]
    assert answers[0] == answers[1]
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 5, "available": 3, "committed": 2}
