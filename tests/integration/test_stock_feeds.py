"""Feeds of stock on a real book: snapshots replace, deltas add, what others count is promised once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oms_ops import bulk
from oms_ops.errors import InvalidCommand
from oms_ops.invariants import verify
from tests.support.order_book import HOUR, NOON, T0, Shop, Stream, new_order
from warehouse.settings import ROOT, SettingsError, StockFeed, load


def with_feeds(shop: Shop, **london) -> Shop:
    places = tuple(
        replace(place, **london) if place.location_id == "LONDON" else place
        for place in shop.settings.locations
    )
    feeds = (
        StockFeed("wms", "snapshot", ("LONDON", "LEICESTER")),
        StockFeed("tills", "delta", ("LONDON",)),
    )
    return Shop(shop.book, replace(shop.settings, locations=places, stock_feeds=feeds))


@pytest.fixture(name="shop")
def shop_with_feeds(shop):
    return with_feeds(shop)


def at(minutes):
    return NOON + timedelta(minutes=minutes)


def snapshot(shop, name, counted, units, known=None, **more):
    return shop.stock.apply_snapshot(
        "wms",
        more.pop("place", "LONDON"),
        document_id=name,
        counted_at=at(counted),
        units=units,
        at=at(counted if known is None else known),
        **more,
    )


def london(shop, sku="CUP"):
    balance = shop.balance(sku, "LONDON")
    return balance.get("on_hand", 0), balance.get("committed", 0), balance.get("available", 0)


def order(shop, name, units, minute):
    """An order that only London can fill."""
    shop.orders.place(new_order(name, ("CUP", units)), at=at(minute), key=f"place {name}")
    return f"shopify:{name}"


def ship(shop, name, minute):
    shop.orders.ship(f"shopify:{name}", shipment_id=f"S{name}", at=at(minute), key=f"ship {name}")


def test_a_snapshot_replaces_and_the_same_document_again_changes_nothing(shop):
    assert snapshot(shop, "d1", 10, {"CUP": 7, "POT": 2})["changed"] == {"CUP": 7, "POT": 2}
    assert snapshot(shop, "d1", 10, {"CUP": 7, "POT": 2})["changed"] == {"CUP": 7, "POT": 2}
    assert london(shop) == (7, 0, 7)
    assert snapshot(shop, "d2", 20, {"CUP": 5})["changed"] == {"CUP": -2}
    assert london(shop) == (5, 0, 5)
    assert london(shop, "POT") == (2, 0, 2)
    with pytest.raises(InvalidCommand, match="was used for apply_snapshot"):
        snapshot(shop, "d2", 20, {"CUP": 6})


def test_a_complete_snapshot_says_nothing_is_left_of_what_it_does_not_name(shop):
    snapshot(shop, "d1", 10, {"CUP": 7, "POT": 2})
    assert snapshot(shop, "d2", 20, {"CUP": 7}, is_complete=True)["changed"] == {"POT": -2}
    assert london(shop, "POT") == (0, 0, 0)


def test_a_delta_adds(shop):
    more = {"document_id": "e1", "occurred_at": at(5), "at": at(6)}
    shop.stock.apply_delta("tills", "LONDON", units={"CUP": 9, "POT": 0}, **more)
    shop.stock.apply_delta("tills", "LONDON", units={"CUP": 9, "POT": 0}, **more)
    more = {"document_id": "e2", "occurred_at": at(7), "at": at(8)}
    assert shop.stock.apply_delta("tills", "LONDON", units={"CUP": -2}, **more) == {"changed": {"CUP": -2}}
    assert london(shop) == (7, 0, 7)


def test_a_feed_is_what_the_settings_say_and_about_the_locations_they_name(shop):
    with pytest.raises(InvalidCommand, match="feed wms is labelled snapshot: it replaces what is there"):
        shop.stock.apply_delta(
            "wms", "LONDON", document_id="x", occurred_at=at(1), units={"CUP": 1}, at=at(1)
        )
    with pytest.raises(InvalidCommand, match="feed tills is labelled delta: it adds to what is there"):
        shop.stock.apply_snapshot(
            "tills", "LONDON", document_id="x", counted_at=at(1), units={"CUP": 1}, at=at(1)
        )
    with pytest.raises(InvalidCommand, match="wms is about LONDON, LEICESTER, found GLASGOW"):
        snapshot(shop, "x", 1, {"CUP": 1}, place="GLASGOW")
    with pytest.raises(InvalidCommand, match="no stock feed 'erp' in the settings; known: wms, tills"):
        shop.stock.apply_snapshot(
            "erp", "LONDON", document_id="x", counted_at=at(1), units={"CUP": 1}, at=at(1)
        )
    with pytest.raises(InvalidCommand, match="nobody counts -1 units of CUP"):
        snapshot(shop, "x", 1, {"CUP": -1})
    with pytest.raises(InvalidCommand, match="was counted at .*, after"):
        snapshot(shop, "x", 10, {"CUP": 1}, known=5)


def test_a_snapshot_older_than_the_newest_is_passed_over_sku_by_sku(shop):
    snapshot(shop, "d2", 20, {"CUP": 5})
    answer = snapshot(shop, "d1", 10, {"CUP": 7, "POT": 3}, known=25)
    assert answer == {"changed": {"POT": 3}, "superseded": ["CUP"]}
    assert london(shop) == (5, 0, 5)


def test_a_snapshot_that_arrives_late_is_held_against_the_book_as_it_was(shop):
    shop.stock.receive("CUP", "LONDON", quantity=10, at=at(1), key="r1")
    order(shop, "1", 4, minute=2)
    ship(shop, "1", minute=12)
    shop.stock.receive("CUP", "LONDON", quantity=5, at=at(13), key="r2")
    # at minute 10 there were ten by the book, nine by the count: one less, whatever happened since
    assert snapshot(shop, "d1", 10, {"CUP": 9}, known=15)["changed"] == {"CUP": -1}
    assert london(shop) == (10, 0, 10)


def test_a_movement_told_late_that_a_snapshot_has_counted_is_not_counted_twice(shop):
    snapshot(shop, "d1", 10, {"CUP": 10})
    shop.stock.receive("CUP", "LONDON", quantity=4, at=at(5), key="late")
    assert london(shop) == (10, 0, 10)
    shop.stock.receive("CUP", "LONDON", quantity=4, at=at(11), key="new")
    assert london(shop) == (14, 0, 14)


def test_an_owner_who_counts_what_is_on_the_shelf_worked_by_hand(shop):
    """The example of docs/decisions/0014, first table."""
    shop = with_feeds(shop, stock_owner="external", snapshot_includes_committed=True)
    snapshot(shop, "1200", 0, {"CUP": 10})
    order(shop, "1", 3, minute=10)
    assert london(shop) == (10, 3, 7)
    snapshot(shop, "1230", 30, {"CUP": 7})  # shipped at 12:20, and we have not been told
    assert london(shop) == (7, 3, 4)
    ship(shop, "1", minute=20)  # told at 12:40
    assert london(shop) == (7, 0, 7)
    snapshot(shop, "1300", 60, {"CUP": 7})
    assert london(shop) == (7, 0, 7)


def test_an_owner_who_leaves_out_what_he_has_allocated_worked_by_hand(shop):
    """The example of docs/decisions/0014, second table."""
    shop = with_feeds(shop, stock_owner="external", snapshot_includes_committed=False, claim_lag_seconds=300)
    snapshot(shop, "1200", 0, {"CUP": 10})
    order(shop, "1", 3, minute=10)
    snapshot(shop, "1230", 30, {"CUP": 7})
    assert london(shop) == (10, 3, 7)
    order(shop, "2", 2, minute=28)
    snapshot(shop, "1231", 31, {"CUP": 7})  # he has not heard of the second order
    assert london(shop) == (10, 5, 5)
    snapshot(shop, "1240", 40, {"CUP": 5})  # he has
    assert london(shop) == (10, 5, 5)
    ship(shop, "1", minute=41)
    snapshot(shop, "1245", 45, {"CUP": 5})
    assert london(shop) == (7, 2, 5)


def test_an_owner_who_hears_sooner_than_he_may_costs_availability_for_one_snapshot_never_stock(shop):
    shop = with_feeds(shop, stock_owner="external", snapshot_includes_committed=False, claim_lag_seconds=300)
    snapshot(shop, "1200", 0, {"CUP": 10})
    order(shop, "1", 2, minute=28)
    snapshot(shop, "1231", 31, {"CUP": 8})
    assert london(shop) == (8, 2, 6)
    snapshot(shop, "1240", 40, {"CUP": 8})
    assert london(shop) == (10, 2, 8)


@pytest.mark.parametrize("beside_from", [1, 10_000], ids=["written beside", "written here"])
def test_counts_in_the_bulk_stream_follow_the_same_rule_at_a_location_another_system_counts(
    shop, monkeypatch, beside_from
):
    monkeypatch.setattr(bulk, "BESIDE_FROM", beside_from)
    shop = with_feeds(shop, stock_owner="external", snapshot_includes_committed=True)
    stream = Stream()
    stream.count("CUP", "LONDON", 10)
    stream.order("1", ("CUP", 3))
    stream.count("CUP", "LONDON", 7)
    shipped = stream.shipment("S1", "1")
    stream.facts[-1] = shipped._replace(shipped_at=T0 + 2 * HOUR + HOUR // 2)
    stream.count("CUP", "LONDON", 7)
    bulk.apply(shop.book, stream.chunks(1), settings=shop.settings)
    assert london(shop) == (7, 0, 7)


def test_settings_name_what_is_wrong_with_a_feed(tmp_path):
    source = (ROOT / "oms.toml").read_text(encoding="utf-8")
    path = tmp_path / "oms.toml"
    path.write_text(source + '\n[[stock_feed]]\nfeed_id = "x"\nkind = "guess"\nlocations = ["LONDON"]\n')
    with pytest.raises(SettingsError, match="stock feed x: kind is snapshot or delta, found 'guess'"):
        load(path, environ={})
    path.write_text(source + '\n[[stock_feed]]\nfeed_id = "x"\nkind = "delta"\nlocations = ["MOON"]\n')
    with pytest.raises(SettingsError, match="stock feed x names unknown locations"):
        load(path, environ={})


@dataclass
class Warehouse:
    """Another system that owns the shelf: it ships when it likes, and tells us later or in a snapshot."""

    units: int
    told: dict[str, int] = field(default_factory=dict)  # our allocations that it has not shipped
    unreported: list[tuple[str, int, int]] = field(default_factory=list)  # order, units, when
    found_since: int = 0  # since its last snapshot
    counted_at: int = 0

    @property
    def free(self) -> int:
        return self.units - sum(self.told.values())

    def expected(self, *, includes_committed: bool) -> int:
        """What the book can know to be free: no finds since the snapshot; and goods that a snapshot of the
        shelf lacks because they shipped are still promised until we are told."""
        gone = sum(units for _, units, at in self.unreported if at <= self.counted_at)
        return self.free - self.found_since - (gone if includes_committed else 0)


STEPS = st.lists(
    st.tuples(st.sampled_from(["order", "ship", "report", "find", "snapshot", "cancel"]), st.integers(1, 4)),
    min_size=15,
    max_size=30,
)


@pytest.mark.parametrize("includes_committed", [True, False])
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
def test_nothing_another_system_owns_is_promised_twice(new_shop, includes_committed, steps):
    with new_shop() as opened:
        shop = with_feeds(opened, stock_owner="external", snapshot_includes_committed=includes_committed)
        there = Warehouse(units=8)
        snapshot(shop, "first", 0, {"CUP": 8})
        for minute, (step, number) in enumerate(steps, start=1):
            name = list(there.told)[number % len(there.told)] if there.told else None
            if step == "order" and london(shop)[2] >= number:
                order(shop, str(minute), number, minute)
                there.told[str(minute)] = number
            elif step == "ship" and name:
                units = there.told.pop(name)
                there.units -= units
                there.unreported.append((name, units, minute))
            elif step == "report" and there.unreported:
                name, _, shipped_at = there.unreported.pop(0)
                ship(shop, name, shipped_at)
            elif step == "find":
                there.units += number - 2
                there.found_since += number - 2
            elif step == "cancel" and name:
                there.told.pop(name)
                shop.orders.cancel(f"shopify:{name}", reason="customer", at=at(minute), key=f"cancel {name}")
            elif step == "snapshot" and there.free >= 0:
                units = there.units if includes_committed else there.free
                snapshot(shop, f"s{minute}", minute, {"CUP": units})
                there.found_since, there.counted_at = 0, minute
            assert london(shop)[2] == there.expected(includes_committed=includes_committed)
            assert verify(shop.book) == []
