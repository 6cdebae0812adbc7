"""Several processes at one book: check and claim cannot be parted, numbers are given out once."""

import multiprocessing
from collections import Counter

from oms_ops.errors import OutOfStock
from oms_ops.invariants import verify
from tests.support.order_book import NOON, new_order, open_shop

CONTEXT = multiprocessing.get_context("spawn")


def _buy(home, buyer: int, tries: int, gate, results, changes) -> None:
    with open_shop(home, **changes) as shop:
        gate.wait()
        for number in range(tries):
            name = f"{buyer}-{number}"
            try:
                shop.orders.place(new_order(name, ("CUP", 1)), at=NOON, key=name)
                results.put("sold")
            except OutOfStock:
                results.put("refused")


def race(home, *, buyers: int, tries: int, **changes: object) -> Counter:
    gate, results = CONTEXT.Barrier(buyers), CONTEXT.Queue()
    racers = [
        CONTEXT.Process(target=_buy, args=(home, buyer, tries, gate, results, changes))
        for buyer in range(buyers)
    ]
    for racer in racers:
        racer.start()
    said = Counter(results.get(timeout=120) for _ in range(buyers * tries))
    for racer in racers:
        racer.join(60)
        assert racer.exitcode == 0
    return said


def test_two_processes_racing_for_the_last_unit_sell_it_once(tmp_path):
    with open_shop(tmp_path) as shop:
        shop.receive("CUP", "LEICESTER", 1)
        assert race(tmp_path, buyers=2, tries=1) == {"sold": 1, "refused": 1}
        assert shop.balance("CUP", "LEICESTER") == {"on_hand": 1, "committed": 1}
        assert verify(shop.book) == []


def test_three_processes_sell_exactly_what_there_is(tmp_path):
    with open_shop(tmp_path) as shop:
        shop.receive("CUP", "LEICESTER", 7)
        shop.receive("CUP", "LONDON", 4)
        assert race(tmp_path, buyers=3, tries=6) == {"sold": 11, "refused": 7}
        assert shop.balance("CUP", "LONDON") == {"on_hand": 4, "committed": 4}
        assert verify(shop.book) == []


def test_the_same_command_from_two_processes_is_carried_out_once(tmp_path):
    with open_shop(tmp_path) as shop, open_shop(tmp_path) as other:
        shop.receive("CUP", "LEICESTER", 5)
        order = new_order("1", ("CUP", 2))
        answers = [seller.orders.place(order, at=NOON, key="once") for seller in (shop, other)]
        assert answers[0] == answers[1]
        assert shop.balance("CUP", "LEICESTER") == {"on_hand": 5, "available": 3, "committed": 2}
