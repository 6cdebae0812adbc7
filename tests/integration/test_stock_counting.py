"""Cycle counts, damage and quality control on a real book."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from oms_ops.errors import IllegalMove, InvalidCommand, OutOfStock, UnknownDocument
from oms_ops.service import StockService


def opened(shop, *skus, **more):
    more = {"location_id": "LEICESTER", "skus": skus or ("CUP",)} | more
    return shop.stock.open_count("C1", **more, **shop.next())


def variances(answer):
    return [(line["sku"], line["expected"], line["counted"], line["variance"]) for line in answer["lines"]]


def test_a_count_that_agrees_is_recorded_and_moves_nothing(shop):
    shop.receive("CUP", "LEICESTER", 10)
    opened(shop)
    shop.stock.enter_count("C1", counted={"CUP": 10}, **shop.next())
    posted = shop.stock.finish_count("C1", **shop.next())
    assert (posted["state"], variances(posted)) == ("posted", [("CUP", 10, 10, 0)])
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 10, "available": 10}
    accuracy = shop.stock.count_accuracy()
    assert (accuracy.lines, accuracy.exact, accuracy.units_off, accuracy.share) == (1, 1, 0, 1.0)


def test_a_variance_is_against_the_book_when_it_was_counted_not_when_it_was_posted(shop):
    shop.receive("CUP", "LEICESTER", 10)
    opened(shop)
    shop.receive("CUP", "LEICESTER", 5)  # before the count: the counter sees 15, less one that is gone
    entered = shop.stock.enter_count("C1", counted={"CUP": 14}, reasons={"CUP": "shrinkage"}, **shop.next())
    assert variances(entered) == [("CUP", 10, 14, -1)]
    order = shop.place("1", ("CUP", 3))
    shop.ship(order, "S1")  # after the count
    posted = shop.stock.finish_count("C1", **shop.next())
    assert variances(posted) == [("CUP", 10, 14, -1)]
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 11, "available": 11}


def test_a_fact_learned_late_that_happened_before_the_count_is_no_variance(shop):
    shop.receive("CUP", "LEICESTER", 10)
    opened(shop)
    counted_at = shop.next()
    shop.stock.enter_count("C1", counted={"CUP": 8}, reasons={"CUP": "unknown"}, **counted_at)
    late = {"at": counted_at["at"] - timedelta(seconds=30), "key": "written off late"}
    shop.stock.adjust("CUP", "LEICESTER", quantity=-2, reason="broken", **late)
    posted = shop.stock.finish_count("C1", **shop.next())
    assert variances(posted) == [("CUP", 10, 8, 0)]
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 8, "available": 8}


def test_a_large_variance_waits_for_approval_and_may_be_counted_again(shop):
    shop.receive("CUP", "LEICESTER", 50)
    shop.receive("POT", "LEICESTER", 5)
    opened(shop, "CUP", "POT", approval_units=10)
    shop.stock.enter_count(
        "C1", counted={"CUP": 30, "POT": 4}, reasons={"CUP": "miscount", "POT": "damage"}, **shop.next()
    )
    assert shop.stock.finish_count("C1", **shop.next())["state"] == "awaiting_approval"
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 50, "available": 50}
    again = shop.stock.recount("C1", **shop.next())
    assert (again["state"], variances(again)) == (
        "open",
        [("CUP", 50, None, None), ("POT", 5, 4, -1)],
    )
    shop.stock.enter_count("C1", counted={"CUP": 38}, reasons={"CUP": "shrinkage"}, **shop.next())
    shop.stock.finish_count("C1", **shop.next())
    posted = shop.stock.approve_count("C1", by="ana", **shop.next())
    assert (posted["state"], posted["approved_by"]) == ("posted", "ana")
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 38, "available": 38}
    assert shop.balance("POT", "LEICESTER") == {"on_hand": 4, "available": 4}
    accuracy = shop.stock.count_accuracy(location_id="LEICESTER")
    assert (accuracy.lines, accuracy.exact, accuracy.units_off, accuracy.units_net) == (2, 0, 13, -13)


def test_what_a_count_finds_goes_to_who_waits(shop):
    order = shop.place("1", ("CUP", 2), may_wait=True)
    opened(shop)
    shop.stock.enter_count("C1", counted={"CUP": 3}, reasons={"CUP": "found"}, **shop.next())
    shop.stock.finish_count("C1", **shop.next())
    assert shop.view(order)["lines"][0]["allocated"] == 2
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 3, "available": 1, "committed": 2}


def test_count_refusals_name_the_count_where_it_stands_and_what_it_may_do(shop):
    shop.receive("CUP", "LEICESTER", 10)
    with pytest.raises(UnknownDocument, match="no cycle count 'C1'"):
        shop.stock.finish_count("C1", **shop.next())
    opened(shop)
    with pytest.raises(InvalidCommand, match="CUP by C1"):
        shop.stock.open_count("C2", location_id="LEICESTER", skus=["CUP"], **shop.next())
    with pytest.raises(InvalidCommand, match="C1 still lacks CUP"):
        shop.stock.finish_count("C1", **shop.next())
    with pytest.raises(InvalidCommand, match="C1 does not count 'POT'; it counts CUP"):
        shop.stock.enter_count("C1", counted={"POT": 1}, **shop.next())
    with pytest.raises(InvalidCommand, match="9 counted, the book had 10: give a reason, one of shrinkage"):
        shop.stock.enter_count("C1", counted={"CUP": 9}, **shop.next())
    with pytest.raises(InvalidCommand, match="no variance reason 'gremlins'"):
        shop.stock.enter_count("C1", counted={"CUP": 9}, reasons={"CUP": "gremlins"}, **shop.next())
    with pytest.raises(IllegalMove, match="C1 is open and cannot become approved: it may become awaiting"):
        shop.stock.approve_count("C1", by="ana", **shop.next())
    shop.stock.cancel_count("C1", **shop.next())
    with pytest.raises(IllegalMove, match="C1 is canceled and cannot become counted: that is final"):
        shop.stock.enter_count("C1", counted={"CUP": 10}, **shop.next())
    assert shop.stock.count_accuracy().share is None


def test_where_another_system_counts_nobody_counts_here(shop):
    places = tuple(
        replace(place, stock_owner="external") if place.location_id == "LONDON" else place
        for place in shop.settings.locations
    )
    stock = StockService(shop.book, replace(shop.settings, locations=places))
    for command in (
        lambda: stock.count("CUP", "LONDON", quantity=1, reason="x", **shop.next()),
        lambda: stock.adjust("CUP", "LONDON", quantity=1, reason="x", **shop.next()),
        lambda: stock.open_count("C1", location_id="LONDON", skus=["CUP"], **shop.next()),
    ):
        with pytest.raises(InvalidCommand, match="LONDON is counted by an external system"):
            command()


def inspected(shop, **outcome):
    return shop.stock.inspect("CUP", "LEICESTER", outcome=outcome, reason="looked at", **shop.next())


def test_goods_in_quality_control_become_available_damaged_or_are_thrown_away(shop):
    shop.receive("CUP", "LEICESTER", 10)
    more = {"reason": "wet box", **shop.next()}
    shop.stock.move_state(
        "CUP", "LEICESTER", source="available", target="quality_control", quantity=6, **more
    )
    answer = inspected(shop, available=3, damaged=2, disposed=1)
    assert answer["quality_control"] == 0
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 9, "available": 7, "damaged": 2}
    shop.stock.dispose("CUP", "LEICESTER", quantity=2, reason="beyond repair", **shop.next())
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 7, "available": 7}


def test_damaged_goods_go_back_to_be_inspected(shop):
    shop.receive("CUP", "LEICESTER", 4)
    for source, target in (("available", "damaged"), ("damaged", "quality_control")):
        shop.stock.move_state(
            "CUP", "LEICESTER", source=source, target=target, quantity=3, reason="x", **shop.next()
        )
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 4, "available": 1, "quality_control": 3}


def test_no_more_is_inspected_or_thrown_away_than_there_is(shop):
    shop.receive("CUP", "LEICESTER", 4)
    with pytest.raises(OutOfStock, match=r"CUP \(quality_control at LEICESTER\): 2 wanted, 0 available"):
        inspected(shop, available=1, damaged=1)
    with pytest.raises(OutOfStock, match=r"CUP \(damaged at LEICESTER\): 1 wanted, 0 available"):
        shop.stock.dispose("CUP", "LEICESTER", quantity=1, reason="x", **shop.next())
    with pytest.raises(InvalidCommand, match="ends in available, damaged, disposed, found eaten"):
        inspected(shop, eaten=1)
    with pytest.raises(InvalidCommand, match="from damaged or quality_control, found available"):
        shop.stock.dispose("CUP", "LEICESTER", source="available", quantity=1, reason="x", **shop.next())
