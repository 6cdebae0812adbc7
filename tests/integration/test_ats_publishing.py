"""ATS published, pushed and acknowledged: what changed, once each, and the same as computing everything."""

from __future__ import annotations

import json
import random
import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from oms_ops.availability import availability
from oms_ops.errors import InvalidCommand, OmsError
from oms_ops.invariants import repair, verify
from oms_ops.publishing import (
    FileSink,
    SinkUnavailable,
    acknowledge,
    history,
    policy_history,
    publish,
    push,
    set_policy,
    sync_lag,
)
from oms_ops.service import ReservationService
from oms_ops.store import publication
from oms_ops.store.book import MARK_LOCKS, WRITER_LOCK
from tests.support.kits import make_kit
from tests.support.order_book import NOON, open_shop

SHOPIFY, AMAZON = "shopify", "amazon"


def at(shop, minutes=0):
    return NOON + timedelta(minutes=shop.calls + minutes)


def publish_now(shop, **more):
    return publish(shop.book, shop.settings, now=at(shop), **more)


def push_now(shop, **more):
    return push(shop.book, shop.settings, now=at(shop), **more)


def decide(shop, place, term, value, sku=""):
    done = shop.next()
    return set_policy(
        shop.book, shop.settings, place=place, term=term, value=value, sku=sku,
        author="ana", reason="fair", **done,
    )  # fmt: skip


def shown(shop):
    """What the channels are told: (channel, sku) to value, as published."""
    with shop.book.read() as con:
        return {pair: value for pair, (_, value) in publication.in_force(con).items()}


def computed(shop):
    """The same from nothing but the book as it stands."""
    return {(row.channel_id, row.sku): row.ats.value for row in availability(shop.book, shop.settings)}


def lines(shop):
    path = shop.settings.home / "ats.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_the_first_time_everything_is_published_with_its_terms_then_nothing_until_something_changes(shop):
    shop.receive("CUP", "LEICESTER", 10)
    shop.receive("CUP", "GLASGOW", 3)
    report = publish_now(shop)
    assert (report.computed, report.changed) == (4, 4)
    assert report.because == "nothing was published from this state yet"
    assert shown(shop) == {
        ("shopify", "CUP"): 13, ("amazon", "CUP"): 9, ("woocommerce", "CUP"): 8, ("wholesale", "CUP"): 13,
    }  # fmt: skip
    (row,) = history(shop.book, "CUP", channel_id=AMAZON)
    assert row["terms"]["explanation"] == (
        "10 at LEICESTER + 0 at LONDON + 3 at GLASGOW - 0 unrouted - 2 threshold = 11; x 0.9, at most 500 = 9"
    )
    assert row["terms"]["free_by_location"] == {"LEICESTER": 10, "LONDON": 0, "GLASGOW": 3}
    assert row["movement_seq"] == shop.book.last_movement_seq() == report.movement_seq
    again = publish_now(shop)
    assert (again.computed, again.changed, again.because) == (0, 0, "")


def test_only_the_skus_something_happened_to_are_computed_and_only_new_values_published(shop):
    for sku in ("CUP", "POT", "LID"):
        shop.receive(sku, "LEICESTER", 10)
    publish_now(shop)
    shop.place("1", ("POT", 4))
    report = publish_now(shop)
    assert (report.computed, report.changed, report.because) == (4, 4, "")
    assert [row["value"] for row in history(shop.book, "POT", channel_id=SHOPIFY)] == [10, 6]
    shop.pay("shopify:1", 4)
    report = publish_now(shop)
    assert (report.computed, report.changed) == (4, 0)


def test_units_that_wait_for_stock_are_taken_off_even_while_their_order_is_held(shop):
    shop.receive("CUP", "GLASGOW", 9)
    shop.place("1", ("CUP", 4), channel="woocommerce", may_wait=True)
    publish_now(shop)
    assert shown(shop)[SHOPIFY, "CUP"] == 5
    shop.orders.hold("woocommerce:1", reason="other", **shop.next())
    publish_now(shop)
    assert shown(shop)[SHOPIFY, "CUP"] == 5
    shop.orders.cancel("woocommerce:1", reason="customer", **shop.next())
    publish_now(shop)
    assert shown(shop)[SHOPIFY, "CUP"] == 9


def test_a_value_replaced_before_it_was_handed_over_is_not_handed_over(shop):
    shop.receive("CUP", "LEICESTER", 10)
    publish_now(shop)
    shop.place("1", ("CUP", 1))
    publish_now(shop)
    shop.place("2", ("CUP", 2))
    publish_now(shop)
    assert push_now(shop).pushed == 4
    told = [line["available_to_sell"] for line in lines(shop) if line["channel_id"] == SHOPIFY]
    assert told == [7]
    never, also_never, last = history(shop.book, "CUP", channel_id=SHOPIFY)
    assert [row["in_force_from"] is None for row in (never, also_never, last)] == [True, True, False]
    assert push_now(shop).pushed == 0


class KilledAfterwards(FileSink):
    def push(self, batch):
        super().push(batch)
        raise KeyboardInterrupt


class KilledBefore(FileSink):
    def push(self, batch):
        raise KeyboardInterrupt


@pytest.mark.parametrize("killed", [KilledAfterwards, KilledBefore])
def test_a_push_killed_on_either_side_of_the_file_leaves_each_line_there_once(shop, killed):
    shop.receive("CUP", "LEICESTER", 10)
    publish_now(shop)
    with pytest.raises(KeyboardInterrupt):
        push_now(shop, sink=killed(shop.settings.home / "ats.jsonl"))
    push_now(shop)
    keys = [line["delivery_key"] for line in lines(shop)]
    assert len(keys) == len(set(keys)) == 4
    assert all(row["pushed_at"] for row in history(shop.book, "CUP"))


@pytest.mark.parametrize(("killed", "was_shown"), [(KilledAfterwards, True), (KilledBefore, False)])
def test_whether_a_killed_push_had_shown_a_value_is_found_out_even_after_a_newer_one(shop, killed, was_shown):
    shop.receive("CUP", "LEICESTER", 10)
    publish_now(shop)
    with pytest.raises(KeyboardInterrupt):
        push_now(shop, sink=killed(shop.settings.home / "ats.jsonl"))
    shop.place("1", ("CUP", 4))
    publish_now(shop)
    push_now(shop)
    first, second = history(shop.book, "CUP", channel_id=SHOPIFY)
    assert (first["pushed_at"] is not None) == was_shown
    assert second["pushed_at"] is not None
    told = [line["available_to_sell"] for line in lines(shop) if line["channel_id"] == SHOPIFY]
    assert told == ([10, 6] if was_shown else [6])


def test_a_sink_that_cannot_be_reached_leaves_the_values_waiting(shop):
    class Down(FileSink):
        def push(self, batch):
            raise SinkUnavailable("connection refused")

    shop.receive("CUP", "LEICESTER", 10)
    publish_now(shop)
    report = push_now(shop, sink=Down(shop.settings.home / "ats.jsonl"))
    assert (report.pushed, report.waiting, report.reason) == (0, 4, "connection refused")
    assert push_now(shop).pushed == 4


def test_sync_lag_is_measured_from_computing_a_value_to_its_acknowledgement(shop):
    shop.receive("CUP", "LEICESTER", 100)
    start = at(shop)
    for number, seconds in enumerate((10, 20, 30, 40, 50)):
        shop.place(str(number), ("CUP", 1))
        moment = start + timedelta(minutes=number)
        publish(shop.book, shop.settings, now=moment)
        push(shop.book, shop.settings, now=moment + timedelta(seconds=1))
        acknowledge(
            shop.book, shop.settings, SHOPIFY, at=moment + timedelta(seconds=seconds), key=f"ack {number}"
        )
    lag = sync_lag(shop.book, shop.settings, now=start + timedelta(hours=1))[SHOPIFY]
    assert (lag.count, lag.p50_seconds, lag.p95_seconds) == (5, 30, 48)
    assert not lag.is_measured
    assert sync_lag(shop.book, shop.settings, now=start + timedelta(days=29)) == {}


def test_an_acknowledgement_is_of_the_channels_own_pushed_values_and_counts_once(shop):
    shop.receive("CUP", "LEICESTER", 10)
    publish_now(shop)
    rows = {row["channel_id"]: row["publication_seq"] for row in history(shop.book, "CUP")}
    with pytest.raises(InvalidCommand, match="CUP = 10.* is not pushed by then; push it"):
        acknowledge(shop.book, shop.settings, SHOPIFY, through=rows[SHOPIFY], **shop.next())
    push_now(shop)
    with pytest.raises(InvalidCommand, match="is not one of channel shopify"):
        acknowledge(shop.book, shop.settings, SHOPIFY, only=[rows[AMAZON]], **shop.next())
    said = shop.next()
    for _ in range(2):
        assert acknowledge(shop.book, shop.settings, SHOPIFY, **said)["acknowledged"] == 1
    assert acknowledge(shop.book, shop.settings, SHOPIFY, **shop.next())["acknowledged"] == 0
    (row,) = history(shop.book, "CUP", channel_id=SHOPIFY)
    assert row["acknowledged_at"] == row["in_force_from"] == said["at"]


def test_a_decision_holds_for_its_sku_before_the_one_for_every_sku_before_the_settings(shop):
    for sku in ("CUP", "POT"):
        shop.receive(sku, "LEICESTER", 20)
    publish_now(shop)
    decide(shop, SHOPIFY, "threshold", 5)
    assert publish_now(shop).because == "a decision on every sku"
    decide(shop, SHOPIFY, "threshold", 1, sku="CUP")
    report = publish_now(shop)
    assert (report.because, report.computed, report.changed) == ("", 4, 1)
    assert (shown(shop)[SHOPIFY, "CUP"], shown(shop)[SHOPIFY, "POT"]) == (19, 15)
    decide(shop, SHOPIFY, "threshold", None, sku="CUP")
    decide(shop, SHOPIFY, "share", 0.5, sku="CUP")
    decide(shop, SHOPIFY, "max_quantity", 6, sku="CUP")
    publish_now(shop)
    assert shown(shop)[SHOPIFY, "CUP"] == 6
    decide(shop, SHOPIFY, "is_listed", 0, sku="CUP")
    publish_now(shop)
    assert history(shop.book, "CUP", channel_id=SHOPIFY)[-1]["terms"]["explanation"].endswith(
        "20 at LEICESTER + 0 at LONDON + 0 at GLASGOW - 0 unrouted - 5 threshold (fair) = 15; "
        "x 0.5, at most 6, not listed = 0"
    )
    made = policy_history(shop.book, place=SHOPIFY, sku="CUP")
    assert [(row["term"], row["value"], row["author"]) for row in made] == [
        ("threshold", 1, "ana"), ("threshold", None, "ana"), ("share", 0.5, "ana"),
        ("max_quantity", 6, "ana"), ("is_listed", 0, "ana"),
    ]  # fmt: skip


def test_a_buffer_is_kept_back_at_its_location_and_never_goes_below_nothing_there(shop):
    shop.receive("CUP", "LEICESTER", 10)
    shop.receive("CUP", "LONDON", 3)
    decide(shop, "LONDON", "facility_buffer", 5, sku="CUP")
    publish_now(shop)
    assert shown(shop)[SHOPIFY, "CUP"] == 10
    decide(shop, "LEICESTER", "facility_buffer", 4)
    publish_now(shop)
    assert shown(shop)[SHOPIFY, "CUP"] == 6


@pytest.mark.parametrize(
    ("place", "term", "value", "message"),
    [
        (SHOPIFY, "treshold", 1, "no term 'treshold'; known: threshold, share"),
        (SHOPIFY, "share", 1.5, "share is 0 to 1, found 1.5"),
        (SHOPIFY, "threshold", -1, "threshold is 0 or more, found -1"),
        (SHOPIFY, "is_listed", 2, "is_listed is 0 or 1, found 2"),
        (SHOPIFY, "facility_buffer", 2, "a facility_buffer is a location's; no location 'shopify'"),
    ],
)
def test_a_decision_that_cannot_be_is_refused_and_leaves_nothing(shop, place, term, value, message):
    with pytest.raises(OmsError, match=message):
        decide(shop, place, term, value)
    assert policy_history(shop.book) == []


def test_a_decision_repeated_under_its_key_is_made_once(shop):
    said = {"place": SHOPIFY, "term": "threshold", "value": 3, "author": "ana", "reason": "fair"}
    for _ in range(2):
        set_policy(shop.book, shop.settings, **said, at=NOON, key="k")
    assert len(policy_history(shop.book)) == 1
    with pytest.raises(InvalidCommand, match="needs a key of its own"):
        set_policy(shop.book, shop.settings, **(said | {"value": 4}), at=NOON, key="k")


def test_a_repaired_balance_is_published_though_nothing_moved(shop):
    shop.receive("CUP", "LEICESTER", 10)
    with shop.book.write() as con:
        con.exec_driver_sql("UPDATE stock_balance SET available = 90")
    publish_now(shop)
    assert shown(shop)[SHOPIFY, "CUP"] == 90
    repair(shop.book)
    publish_now(shop)
    assert shown(shop)[SHOPIFY, "CUP"] == 10


def test_changed_settings_are_published_and_a_channel_that_is_gone_is_told_nothing_is_left(shop):
    shop.receive("CUP", "LEICESTER", 10)
    publish_now(shop)
    channels = tuple(replace(row, threshold=4) for row in shop.settings.channels if row.channel_id != AMAZON)
    shop.settings = replace(shop.settings, channels=channels)
    assert publish_now(shop).because == "settings or kits changed"
    assert (shown(shop)[SHOPIFY, "CUP"], shown(shop)[AMAZON, "CUP"]) == (6, 0)


def test_kits_are_published_with_their_components_and_what_waits_in_kits_is_taken_off_them(shop):
    shop.receive("CUP", "LEICESTER", 12)
    shop.receive("POT", "LEICESTER", 5)
    make_kit(shop, "SET", {"CUP": 4, "POT": 1})
    publish_now(shop)
    assert shown(shop)[SHOPIFY, "SET"] == 3
    shop.place("1", ("CUP", 1))
    report = publish_now(shop)
    assert (report.because, report.computed) == ("", 8)
    assert shown(shop)[SHOPIFY, "SET"] == 2
    decide(shop, SHOPIFY, "is_listed", 0, sku="CUP")
    publish_now(shop)
    assert (shown(shop)[SHOPIFY, "CUP"], shown(shop)[SHOPIFY, "SET"]) == (0, 2)
    shop.place("2", ("SET", 1), may_wait=True)
    publish_now(shop)
    assert {sku: shown(shop)["wholesale", sku] for sku in ("CUP", "POT", "SET")} == {
        "CUP": 7, "POT": 4, "SET": 1,
    }  # fmt: skip


def test_a_kit_that_is_built_ahead_sells_its_own_stock(shop):
    shop.receive("CUP", "LEICESTER", 12)
    shop.receive("SET", "LEICESTER", 2)
    make_kit(shop, "SET", {"CUP": 4}, is_stocked=True)
    publish_now(shop)
    assert (shown(shop)[SHOPIFY, "SET"], shown(shop)[SHOPIFY, "CUP"]) == (2, 12)


@pytest.mark.parametrize("seed", range(6))
def test_after_any_history_what_was_published_step_by_step_is_what_all_of_it_comes_to(shop, seed):
    """And never more than the network has, each location taken as at least nothing."""
    rng = random.Random(seed)
    skus, places = ("CUP", "POT", "LID", "TEA"), ("LEICESTER", "LONDON", "GLASGOW")
    if seed % 2:
        make_kit(shop, "SET", {"CUP": 2, "POT": 1})
        make_kit(shop, "HAMPER", {"SET": 1, "CUP": 1, "TEA": 3})
    sold = (*skus, "SET") if seed % 2 else skus
    names = []

    def receive():
        shop.receive(rng.choice(skus), rng.choice(places), rng.randint(1, 9))

    def adjust():
        units = rng.choice((-6, -2, 3))
        shop.stock.adjust(rng.choice(skus), rng.choice(places), quantity=units, reason="x", **shop.next())

    def place():
        channel, name = rng.choice((SHOPIFY, AMAZON, "woocommerce")), str(len(names))
        names.append(shop.place(name, (rng.choice(sold), rng.randint(1, 7)), channel=channel, may_wait=True))

    def cancel():
        shop.orders.cancel(rng.choice(names), reason="customer", **shop.next())

    def ship():
        shop.ship(rng.choice(names), f"S{shop.calls}")

    def policy():
        term, value = rng.choice((("threshold", 2), ("share", 0.6), ("max_quantity", 4), ("is_listed", 0)))
        decide(shop, rng.choice((SHOPIFY, AMAZON)), term, rng.choice((value, None)), sku=rng.choice(sold))

    def buffer():
        decide(shop, rng.choice(places), "facility_buffer", rng.choice((3, None)), sku=rng.choice(skus))

    partial = 0
    for _ in range(60):
        action = rng.choice((receive, receive, adjust, place, place, cancel, ship, policy, buffer))
        try:
            action()
        except (OmsError, IndexError):
            continue
        if rng.random() < 0.5:
            report = publish_now(shop)
            partial += bool(report.computed and not report.because)
            told = shown(shop)
            whole = computed(shop)
            assert {pair: value for pair, value in told.items() if value or pair in whole} == whole
            assert publish_now(shop, is_full=True).changed == 0
    assert partial > 10
    available = shop.available()
    for offer in availability(shop.book, shop.settings):
        if offer.sku in skus:
            network = shop.settings.channel(offer.channel_id).network
            assert offer.ats.value <= sum(max(0, available[offer.sku].get(place, 0)) for place in network)


def test_several_publishers_beside_a_seller_leave_one_value_each_and_the_right_one(shop):
    for sku in ("CUP", "POT"):
        shop.receive(sku, "LEICESTER", 60)
    publish_now(shop)
    errors = []

    def publisher():
        try:
            for _ in range(8):
                publish(shop.book, shop.settings, now=at(shop))
        except OmsError as error:
            if "by somebody else all the time" not in str(error):
                errors.append(error)

    threads = [threading.Thread(target=publisher) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(30):
        shop.place(str(number), (("CUP", "POT")[number % 2], 1))
    for thread in threads:
        thread.join()
    publish_now(shop)
    assert errors == []
    assert shown(shop) == computed(shop)
    assert shown(shop)[SHOPIFY, "CUP"] == 45
    values = [row["value"] for row in history(shop.book, "CUP", channel_id=SHOPIFY)]
    assert values == sorted(values, reverse=True)


RECEIVED_AND_HELD_OPEN = f"""
BEGIN;
SELECT
    pg_advisory_xact_lock_shared({WRITER_LOCK}),
    pg_advisory_xact_lock_shared({MARK_LOCKS} + (SELECT last_value FROM order_book_movement));
INSERT INTO posting (posting_seq, occurred_at, recorded_at) VALUES (nextval('order_book_posting'), 1, 1);
INSERT INTO inventory_movement (movement_seq, posting_seq, stock_no, kind_no, quantity)
SELECT nextval('order_book_movement'), currval('order_book_posting'), 1, kind_no, 1
FROM movement_kind WHERE kind = 'received_unordered';
UPDATE stock_balance SET on_hand = on_hand + 1, available = available + 1 WHERE stock_no = 1
"""


def test_a_movement_that_commits_late_under_a_lower_number_is_published_all_the_same(
    tmp_path, shared_postgres
):
    """On PostgreSQL reservations run side by side: the state is computed while one of them is still open."""
    with (
        shared_postgres.book() as url,
        open_shop(tmp_path, order_book_url=url) as shop,
        shop.book.driver_connection() as late,
    ):
        for sku in ("CUP", "POT"):
            shop.receive(sku, "LEICESTER", 50)
        publish_now(shop)
        late.execute(RECEIVED_AND_HELD_OPEN)
        holds = ReservationService(shop.book, shop.settings)
        holds.reserve(
            "R1", channel_id=SHOPIFY, items={"POT": 1}, expires_at=NOON + timedelta(days=1), at=NOON, key="R1"
        )
        publisher = threading.Thread(target=publish_now, args=(shop,))
        publisher.start()
        publisher.join(timeout=1)
        assert publisher.is_alive(), "it waits to write until the open transaction has ended"
        late.commit()
        publisher.join()
        assert (shown(shop)[SHOPIFY, "CUP"], shown(shop)[SHOPIFY, "POT"]) == (50, 49)
        publish_now(shop)
        assert (shown(shop)[SHOPIFY, "CUP"], shown(shop)[SHOPIFY, "POT"]) == (51, 49)
        assert verify(shop.book) == []
