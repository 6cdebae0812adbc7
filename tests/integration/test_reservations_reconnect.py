"""A checkout's quick way when the server goes away: it is found again, and what was done is done once."""

import threading
from datetime import timedelta

import pytest

from oms_ops.service import ReservationService
from tests.support.cutting_proxy import cutting_proxy
from tests.support.order_book import NOON, open_shop

LATER = NOON + timedelta(hours=8)


def reserve(service, name, units):
    items, key = {"CUP": units}, f"key of {name}"
    return service.reserve(name, channel_id="shopify", items=items, expires_at=LATER, at=NOON, key=key)


def test_a_kept_connection_outlives_its_server_without_a_failed_checkout(tmp_path, own_postgres):
    with own_postgres.book() as url, open_shop(tmp_path, order_book_url=url) as shop:
        shop.receive("CUP", "LEICESTER", 5)
        service = ReservationService(shop.book, shop.settings)
        first = reserve(service, "R1", 1)
        own_postgres.server.kill()
        own_postgres.server.start()
        assert reserve(service, "R2", 2)["locations"] == {"LEICESTER": {"CUP": 2}}
        assert reserve(service, "R1", 1) == first
        assert shop.balance("CUP", "LEICESTER") == {"on_hand": 5, "available": 2, "reserved": 3}


@pytest.mark.parametrize("location", ["LEICESTER", "LONDON"])
@pytest.mark.parametrize("units", [2, 5])
def test_a_reservation_whose_answer_was_cut_off_is_made_once_and_answered(
    tmp_path, own_postgres, location, units
):
    server = own_postgres.server.folder
    with own_postgres.book() as url, cutting_proxy(tmp_path, server) as proxy:
        url = url.replace(str(server), str(tmp_path))
        with open_shop(tmp_path / "home", order_book_url=url) as shop:
            shop.receive("CUP", location, 5)
            service = ReservationService(shop.book, shop.settings)
            proxy.cut(f'"{location}": {{"CUP": {units}}}')
            said = reserve(service, "R1", units)
            assert proxy.has_cut
            assert said["locations"] == {location: {"CUP": units}}
            assert reserve(service, "R1", units) == said
            assert shop.balance("CUP", location)["reserved"] == units


def test_more_threads_than_a_pool_would_hold_reserve_and_leave_no_connection_behind(shop):
    shop.receive("CUP", "LEICESTER", 40)
    service, gate, failures = ReservationService(shop.book, shop.settings), threading.Barrier(20), []

    def check_out(number: int) -> None:
        try:
            reserve(service, f"R{number}", 1)
            gate.wait(30)  # all twenty hold their connection
            reserve(service, f"S{number}", 1)
        except Exception as failure:  # noqa: BLE001 said by the test's own thread
            failures.append(failure)

    threads = [threading.Thread(target=check_out, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 40, "reserved": 40}
    assert shop.book.borrowed_connections == 0
