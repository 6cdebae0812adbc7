"""What an alert says: what, how bad, why, what to do."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, date, datetime

import pytest

from oms_ops.alerting.email_sink import digest, message_id
from oms_ops.alerting.file_sink import append, cut_torn_end, keys_in
from oms_ops.alerting.notices import (
    Notice,
    file_line,
    headline,
    how_bad,
    slack_message,
    text,
    what_to_do,
)
from oms_ops.alerting.outcome import Patience

NOTICE = Notice(
    key="stockout_risk/22423/LEICESTER/2011-12-10T00:00:00+00:00/1-raised/webhook",
    notice_kind="raised",
    notice_no=1,
    occurred_at=datetime(2011, 12, 10, tzinfo=UTC),
    episode_id="A-1",
    rule="stockout_risk",
    sku="22423",
    location_id="LEICESTER",
    severity="high",
    previous_severity=None,
    stockout_probability=0.835,
    margin_at_risk=1234.5,
    available=1200,
    days_of_cover=3.5,
    suggested_quantity=2400,
    order_by=date(2011, 12, 12),
    explanation="Sells 30 a week.",
)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "HIGH: 22423 may run out at LEICESTER"),
        ({"rule": "out_of_stock"}, "HIGH: 22423 is out of stock at LEICESTER"),
        (
            {"notice_kind": "worsened", "severity": "critical", "previous_severity": "low"},
            "Now CRITICAL (was low): 22423 may run out at LEICESTER",
        ),
        ({"notice_kind": "reminded"}, "Reminder, HIGH: 22423 may run out at LEICESTER"),
        ({"notice_kind": "resolved"}, "Resolved: 22423 is no longer at risk at LEICESTER"),
        (
            {"notice_kind": "resolved", "rule": "out_of_stock"},
            "Resolved: 22423 is back in stock at LEICESTER",
        ),
        ({"rule": "overstock"}, "HIGH: 22423 raises overstock at LEICESTER"),
    ],
)
def test_the_headline_says_what(changes, words):
    assert headline(dataclasses.replace(NOTICE, **changes)) == words


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "Order 2,400 by 2011-12-12."),
        ({"order_by": date(2011, 12, 10)}, "Order 2,400 today."),
        ({"order_by": date(2011, 12, 8)}, "Order 2,400 now (the order-by date was 2011-12-08)."),
        ({"order_by": None}, "Order 2,400."),
        (
            {"suggested_quantity": 0},
            "No purchase is proposed: see what is already on order before buying more.",
        ),
        ({"notice_kind": "resolved"}, "Nothing to do."),
    ],
)
def test_it_says_what_to_do(changes, words):
    assert what_to_do(dataclasses.replace(NOTICE, **changes)) == words


def test_it_says_how_bad_it_is_and_leaves_out_a_cover_that_is_not_defined():
    assert how_bad(NOTICE, currency="GBP") == (
        "84% chance of running out before an order placed now arrives; "
        "1,200 available, 3.5 days of cover with what is due; GBP 1,234.50 margin at risk."
    )
    longest = dataclasses.replace(NOTICE, days_of_cover=365.0)
    assert "a year or more of cover with what is due" in how_bad(longest, currency="GBP")
    assert "of cover" not in how_bad(dataclasses.replace(NOTICE, days_of_cover=None), currency="GBP")


def test_what_has_resolved_is_not_said_to_be_at_risk_still():
    gone = dataclasses.replace(NOTICE, notice_kind="resolved")
    assert how_bad(gone, currency="GBP").startswith("Before: 84% chance")
    assert "Why: Before: Sells 30 a week." in text(gone, currency="GBP")
    message = str(slack_message(gone, currency="GBP")["blocks"])
    assert "Before: 84% chance" in message and "Before: Sells 30" in message
    assert file_line(gone, currency="GBP")["text"] == text(gone, currency="GBP")
    # Of a product that ended the run itself says so.
    ended = dataclasses.replace(gone, stockout_probability=0.0, explanation="Discontinued on 2011-12-10.")
    assert "Before" not in text(ended, currency="GBP")
    assert "Before" not in text(NOTICE, currency="GBP")


def test_a_slack_message_stays_within_slacks_limits():
    long = dataclasses.replace(NOTICE, sku="S" * 400, explanation="why & how " * 800)
    message = slack_message(long, currency="GBP")
    assert len(message["blocks"][0]["text"]["text"]) == 150
    assert max(len(block["text"]["text"]) for block in message["blocks"][1:4]) == 3000


def test_a_message_id_follows_from_the_notices_and_names_the_senders_domain():
    assert message_id(["a", "b"], sender="oms@shop.example") == message_id(
        ["a", "b"], sender="oms@shop.example"
    )
    assert message_id(["a", "b"], sender="oms@shop.example") != message_id(["a"], sender="oms@shop.example")
    assert message_id(["a"], sender="oms@shop.example").endswith("@shop.example>")


def test_a_subject_cannot_smuggle_in_another_header():
    sly = dataclasses.replace(NOTICE, sku="X\nBcc: all@shop.example")
    mail = digest([sly], sender="oms@shop.example", recipients=["ana@shop.example"], currency="GBP")
    assert mail["Bcc"] is None
    assert "\nBcc:" not in mail.as_string().split("\n\n")[0]


def test_waits_double_and_jitter_shortens_them_by_up_to_half():
    patience = Patience(first_wait_seconds=0.5)
    assert [patience.wait(attempt, jitter=1) for attempt in (1, 2, 3)] == [0.5, 1.0, 2.0]
    assert patience.wait(2, jitter=0) == 0.5


def test_an_unfinished_last_line_is_cut_off_whatever_its_length(tmp_path):
    path = tmp_path / "alerts.jsonl"
    append(path, [{"delivery_key": "a"}, {"delivery_key": "b"}])
    whole = path.read_bytes()
    for torn in (b"{", b'{"delivery_key": "c", "text": "' + b"x" * 200_000):
        path.write_bytes(whole + torn)
        cut_torn_end(path)
        assert path.read_bytes() == whole
    path.write_bytes(b"no line was ever finished")
    cut_torn_end(path)
    assert path.read_bytes() == b""


def test_keys_are_found_among_lines_that_are_something_else(tmp_path):
    path = tmp_path / "alerts.jsonl"
    path.write_text('not json\n["delivery_key"]\n{"delivery_key": "a"}\n\n', encoding="utf-8")
    append(path, [{"delivery_key": "b", "text": "two\nlines"}])
    assert keys_in(path, {"a", "b", "c"}) == {"a", "b"}
    assert json.loads(path.read_text(encoding="utf-8").splitlines()[-1])["text"] == "two\nlines"
    assert keys_in(tmp_path / "nothing", {"a"}) == set()


@pytest.mark.parametrize(("chance", "told"), [(0.996, "over 99%"), (0.004, "under 1%"), (1.0, "100%")])
def test_what_is_not_certain_is_not_said_to_be(chance, told):
    notice = dataclasses.replace(NOTICE, stockout_probability=chance)
    assert how_bad(notice, currency="GBP").startswith(f"{told} chance of running out")
