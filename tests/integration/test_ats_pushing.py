"""Published ATS handed over and acknowledged: the newest value, once, whatever is killed or down."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from oms_ops.errors import InvalidCommand
from oms_ops.publishing import (
    FileSink,
    SinkUnavailable,
    acknowledge,
    history,
    publish,
    push,
    sync_lag,
)
from tests.support.published_ats import AMAZON, SHOPIFY, at, publish_now, push_now


def lines(shop):
    path = shop.settings.home / "ats.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


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
