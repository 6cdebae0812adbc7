"""Landing: verbatim, once, up to the run's instant, whatever lies in the inbox."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from oms_ops.intake.errors import IntakeError
from tests.support.home import settings_for
from tests.support.intake import SALES_HEADER, Intake, amazon_items, lines, sales_row, shopify_order


@pytest.fixture
def intake(tmp_path):
    return Intake(settings_for(tmp_path))


def test_a_document_lands_exactly_as_it_was_sent(intake):
    body = '{"id":1,  "updated_at":"2011-12-01T10:00:00Z", "price": 1.50, "note": "caf\\u00e9 ☕"}'
    intake.put("shopify/orders/2011-12-01.jsonl", f"\n{body}\r\n\n")
    report = intake.land()
    assert (report.files, report.documents, report.duplicates, report.quarantined) == (1, 1, 0, 0)
    assert intake.rows("SELECT body, external_id, line_no, sent_at FROM raw.document") == [
        (body, "1", 2, datetime(2011, 12, 1, 10, tzinfo=UTC))
    ]


def test_rows_of_one_order_land_as_one_document_below_their_header(intake):
    rows = [sales_row("W1", 1, of=2), sales_row("W1", 2, of=2), sales_row("W2", 1, of=1)]
    intake.put("wholesale/sales_orders/2011-12-01.csv", "\n".join([SALES_HEADER, *rows]))
    intake.land()
    assert intake.rows("SELECT external_id, body, line_no FROM raw.document ORDER BY external_id") == [
        ("W1", "\n".join([SALES_HEADER, rows[0], rows[1]]), 2),
        ("W2", "\n".join([SALES_HEADER, rows[2]]), 4),
    ]


def test_landing_again_finds_nothing_new(intake):
    intake.put("shopify/orders/2011-12-01.jsonl", [shopify_order(1), shopify_order(2)])
    intake.land()
    again = intake.land()
    assert (again.files, again.documents, again.duplicates) == (0, 0, 0)


def test_the_same_document_twice_in_a_file_and_in_a_second_file_is_one(intake):
    intake.put("shopify/orders/2011-12-01.jsonl", [shopify_order(1), shopify_order(1)])
    intake.put("shopify/orders/2011-12-02.jsonl", [shopify_order(1)])
    report = intake.land()
    assert (report.documents, report.duplicates) == (1, 2)
    intake.put("shopify/orders/2011-12-03.jsonl", [shopify_order(1), shopify_order(2)])
    report = intake.land()
    assert (report.documents, report.duplicates) == (1, 1)
    assert intake.rows(
        "SELECT path, document_count, duplicate_count FROM raw.delivery_file ORDER BY path"
    ) == [
        ("shopify/orders/2011-12-01.jsonl", 2, 1),
        ("shopify/orders/2011-12-02.jsonl", 1, 1),
        ("shopify/orders/2011-12-03.jsonl", 2, 1),
    ]


def test_a_file_that_grew_lands_what_is_new_in_it(intake):
    path = intake.put("shopify/orders/2011-12-01.jsonl", [shopify_order(1)])
    intake.land()
    path.write_text(lines([shopify_order(1), shopify_order(2)]), encoding="utf-8")
    report = intake.land()
    assert (report.documents, report.duplicates) == (1, 1)


def test_nothing_sent_after_the_instant_lands_and_the_file_is_read_on_later(intake):
    early = shopify_order(1, sent_at="2011-12-01T08:00:00Z")
    late = shopify_order(2, sent_at="2011-12-01T20:00:00Z")
    intake.put("shopify/orders/2011-12-01.jsonl", [early, late])
    noon = datetime(2011, 12, 1, 12, tzinfo=UTC)
    assert intake.land(noon).documents == 1
    assert intake.rows("SELECT landed_through, next_sent_at, document_count FROM raw.delivery_file") == [
        (noon, datetime(2011, 12, 1, 20, tzinfo=UTC), 1)
    ]
    assert intake.land(noon + timedelta(hours=1)).files == 0
    report = intake.land(noon + timedelta(hours=8))
    assert (report.documents, report.duplicates) == (1, 0)
    assert intake.rows("SELECT landed_through, next_sent_at, document_count FROM raw.delivery_file") == [
        (None, None, 2)
    ]


def test_a_document_without_a_time_of_its_own_was_sent_on_its_files_day(intake):
    intake.put("amazon/order_items/2011-12-03.jsonl", [amazon_items("A-1")])
    assert intake.land(datetime(2011, 12, 2, 23, tzinfo=UTC)).documents == 0
    intake.land()
    assert intake.one("SELECT sent_at FROM raw.document") == datetime(2011, 12, 3, tzinfo=UTC)


def test_numbers_follow_the_order_of_sending_over_all_feeds(intake):
    intake.put("shopify/orders/2011-12-01.jsonl", [shopify_order(9), shopify_order(8)])
    intake.put("amazon/order_items/2011-12-02.jsonl", [amazon_items("A-1")])
    early = shopify_order(1, sent_at="2011-11-01T00:00:00Z")
    intake.put("shopify/orders/2011-12-02.jsonl", [early])
    intake.land()
    numbered = "SELECT document_seq, external_id FROM raw.document ORDER BY 1"
    assert intake.rows(numbered) == [(1, "1"), (2, "8"), (3, "9"), (4, "A-1")]


def test_landing_in_many_small_passes_is_landing_at_once(tmp_path):
    once, often = Intake(settings_for(tmp_path / "once")), Intake(settings_for(tmp_path / "often"))
    for intake in (once, often):
        for day in range(1, 6):
            orders = [
                shopify_order(day * 10 + number, sent_at=f"2011-12-0{day}T1{number}:00:00Z")
                for number in (3, 1, 2)
            ]
            intake.put(f"shopify/orders/2011-12-0{day}.jsonl", orders)
        late = shopify_order(99, sent_at="2011-12-01T12:00:00Z")
        intake.put("shopify/orders/2011-12-05b.jsonl", [late])
    assert once.land().documents == often.land(bytes_at_once=1).documents == 16
    assert len(often.rows("FROM staging.landing")) == 5
    same = "SELECT document_seq, external_id, content_hash, sent_at, body FROM raw.document ORDER BY 1"
    assert once.rows(same) == often.rows(same)
    files = "SELECT path, document_count, duplicate_count, landed_through FROM raw.delivery_file ORDER BY 1"
    assert once.rows(files) == often.rows(files)


def test_an_api_page_in_a_json_file_is_taken_apart(intake):
    page = {"orders": [shopify_order(1), shopify_order(2)]}
    intake.put("shopify/orders/2011-12-01.json", json.dumps(page, indent=2))
    intake.put("shopify/orders/2011-12-02.json", json.dumps({"order": shopify_order(3)}))
    assert intake.land().documents == 3
    assert intake.rows("SELECT external_id FROM raw.document ORDER BY 1") == [("1",), ("2",), ("3",)]


def test_no_inbox_is_an_error_that_says_what_to_do(intake):
    with pytest.raises(IntakeError, match=r"no inbox at .*inbox: create it and put"):
        intake.land()


def test_an_empty_inbox_and_empty_folders_land_nothing(intake):
    (intake.settings.inbox / "shopify" / "orders").mkdir(parents=True)
    assert intake.land().documents == 0
    assert intake.interpret().documents_in == 0


def test_files_of_channels_and_kinds_nobody_knows_are_told_once_and_no_longer_when_gone(intake):
    intake.put("etsy/orders/2011-12-01.jsonl", "{}\n")
    path = intake.put("shopify/orders/2011-12-01.xlsx", b"PK")
    intake.put("shopify/orders/.2011-12-01.jsonl.part", "{}\n")
    intake.put("shopify/orders/2011-12-01.jsonl.tmp", "{}\n")
    assert intake.land().quarantined == 2
    assert intake.land().quarantined == 0
    told = intake.rows("SELECT path, reason_code, reason FROM raw.quarantine ORDER BY path")
    assert [row[:2] for row in told] == [
        ("etsy/orders/2011-12-01.jsonl", "unreadable_file"),
        ("shopify/orders/2011-12-01.xlsx", "unreadable_file"),
    ]
    assert "no channel 'etsy' in the settings; known: amazon, erp, shopify" in told[0][2]
    path.unlink()
    intake.land()
    assert intake.rows("SELECT path, status FROM raw.quarantine ORDER BY path")[1][1] == "resolved"


@pytest.mark.skipif(not os.path.exists("/proc/self/mem"), reason="needs a file that refuses to be read")  # noqa: PTH110
def test_a_file_that_cannot_be_read_is_told_once_and_read_once_it_can(intake):
    good = intake.put("shopify/orders/2011-12-02.jsonl", [shopify_order(2)])
    bad = good.with_name("2011-12-01.jsonl")
    bad.symlink_to("/proc/self/mem")
    report = intake.land()
    assert (report.documents, report.quarantined) == (1, 1)
    assert intake.land().quarantined == 0
    assert (
        intake.one("SELECT reason FROM raw.quarantine")
        == "2011-12-01.jsonl cannot be read: Input/output error"
    )
    bad.unlink()
    bad.write_text(lines([shopify_order(1)]), encoding="utf-8")
    assert intake.land().documents == 1
    assert intake.quarantine() == []


CHILD = """
import os, resource, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from oms_ops.intake import canonical, landing
from tests.support.home import settings_for
from warehouse.connection import writer

home, what = sys.argv[1:]
settings = settings_for(Path(home))
if what.startswith("bytes="):
    limit = int(what.removeprefix("bytes="))
    with writer(settings):
        pass
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

def die_at(word):
    return lambda line: os.kill(os.getpid(), signal.SIGKILL) if line.startswith(word) else None

with writer(settings) as con:
    landing.land(con, settings, as_of=datetime(2011, 12, 10, tzinfo=UTC), run_id="child",
                 progress=die_at(what), bytes_at_once=1)
    canonical.interpret(con, settings, run_id="child", progress=die_at(what), bytes_at_once=1)
"""


def child(intake: Intake, what: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", CHILD, str(intake.settings.home), what],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize(("word", "landed"), [("landed", 1), ("interpreted", 3)])
def test_a_run_killed_between_two_passes_or_steps_is_finished_by_the_next(intake, word, landed):
    for day in (1, 2, 3):
        order = shopify_order(day, sent_at=f"2011-12-0{day}T11:00:00Z")
        intake.put(f"shopify/orders/2011-12-0{day}.jsonl", [order])
    assert child(intake, word).returncode == -signal.SIGKILL
    assert intake.one("SELECT count(*) FROM raw.document") == landed
    intake.run()
    assert intake.one("SELECT count(*) FROM raw.document") == 3
    assert [code for _, _, code in intake.quarantine()] == ["unknown_sku"] * 3


def test_a_full_disk_is_one_clear_error_and_loses_nothing(intake):
    intake.put(
        "shopify/orders/2011-12-01.jsonl",
        [shopify_order(number, note=os.urandom(3000).hex()) for number in range(2000)],
    )
    with_little_space = child(intake, f"bytes={8 * 2**20}")
    assert with_little_space.returncode == 1
    last = with_little_space.stderr.strip().splitlines()[-1]
    assert "is full" in last
    assert "free some space and run again" in last
    assert intake.land().documents == 2000
