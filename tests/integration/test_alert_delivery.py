"""Alerts reach a real file, a real webhook and a real mail server once each, whatever the servers do."""

from __future__ import annotations

import json
import os
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from oms_ops import alerting, decisions
from oms_ops.alerting.outcome import Patience
from oms_ops.store import OrderBook
from tests.support.alert_servers import free_port, mailbox, webhook
from warehouse import lock
from warehouse.errors import WarehouseBusy
from warehouse.settings import Settings, load

NOW = datetime(2011, 12, 10, tzinfo=UTC)
QUICK = Patience(attempts=3, first_wait_seconds=0.01, timeout_seconds=0.3)


def settings(home: Path, **alerts: str) -> Settings:
    return load(
        environ={"OMS_HOME": str(home)} | {f"OMS_ALERTS_{key.upper()}": v for key, v in alerts.items()}
    )


def candidate(sku: str, severity: str = "high", **fields) -> dict:
    return {
        "rule": "stockout_risk",
        "sku": sku,
        "location_id": "LEICESTER",
        "severity": severity,
        "stockout_probability": 0.84,
        "margin_at_risk": 1234.5,
        "available": 12,
        "days_of_cover": 3.5,
        "suggested_quantity": 240,
        "order_by": date(2011, 12, 12),
        "explanation": "Sells 30 a week & <12> are left.",
    } | fields


def raise_alerts(book: OrderBook, *candidates: dict, hours: float = 0) -> None:
    decisions.sync_alerts(book, candidates, now=NOW + timedelta(hours=hours), run_id="run-1")


def deliver(book: OrderBook, shop: Settings) -> alerting.DeliveryReport:
    return alerting.deliver(book, shop, now=NOW, patience=QUICK)


def lines(home: Path) -> list[dict]:
    return [json.loads(line) for line in (home / "alerts.jsonl").read_text(encoding="utf-8").splitlines()]


def test_each_notice_reaches_each_sink_once_however_often_delivery_runs(book, tmp_path):
    with webhook() as hook, mailbox() as box:
        shop = settings(tmp_path, webhook_url=hook.url, smtp_url=box.url, email_to="ana@shop.example")
        raise_alerts(book, candidate("A"), candidate("B"))
        assert deliver(book, shop).delivered == 6
        assert deliver(book, shop).delivered == 0
        raise_alerts(book, candidate("A", "critical"), hours=1)
        for _ in range(2):
            deliver(book, shop)
    told = [(row["sku"], row["notice"]) for row in lines(tmp_path)]
    assert told == [("A", "raised"), ("B", "raised"), ("A", "worsened"), ("B", "resolved")]
    assert len(set(hook.keys)) == len(hook.keys) == 4
    assert len(set(box.message_ids)) == len(box.mails) == 2


NIGHT = datetime(2011, 12, 9, 23, tzinfo=UTC)
MORNING = datetime(2011, 12, 10, 7, tzinfo=UTC)


def test_in_quiet_hours_only_what_is_critical_is_told_and_the_rest_in_the_morning_once(book, tmp_path):
    with webhook() as hook, mailbox() as box:
        alerts = {"webhook_url": hook.url, "smtp_url": box.url, "email_to": "ana@shop.example"}
        shop = settings(tmp_path, quiet_hours="20:00-07:00", **alerts)
        raise_alerts(book, candidate("A", "critical"), candidate("B"), candidate("C", "low"))
        night = alerting.deliver(book, shop, now=NIGHT, patience=QUICK)
        told_at_night = (len(hook.requests), len(box.mails), len(lines(tmp_path)))
        again = alerting.deliver(book, shop, now=NIGHT + timedelta(hours=1), patience=QUICK)
        morning = alerting.deliver(book, shop, now=MORNING, patience=QUICK)
        after = alerting.deliver(book, shop, now=MORNING + timedelta(hours=1), patience=QUICK)
    assert told_at_night == (1, 1, 3)
    assert (night.delivered, night.held, night.pending) == (5, 4, 0)
    assert {report.reason for report in night.sinks if report.held} == {"quiet until 2011-12-10 07:00"}
    assert (again.delivered, again.held) == (0, 4)
    assert (morning.delivered, morning.held, after.delivered) == (4, 0, 0)
    assert len(set(hook.keys)) == len(hook.keys) == 3
    assert len(box.mails) == 2


def test_a_critical_alert_that_resolves_at_night_can_wait(book, tmp_path):
    with webhook() as hook:
        shop = settings(tmp_path, quiet_hours="20:00-07:00", webhook_url=hook.url, file="")
        raise_alerts(book, candidate("A", "critical"))
        alerting.deliver(book, shop, now=NIGHT, patience=QUICK)
        raise_alerts(book, hours=1)
        assert alerting.deliver(book, shop, now=NIGHT, patience=QUICK).held == 1
    assert len(hook.requests) == 1


def test_many_new_notices_go_to_the_webhook_as_one_message_gravest_first(book, tmp_path):
    with webhook() as hook:
        shop = settings(tmp_path, webhook_url=hook.url, file="", digest_above="3")
        raise_alerts(book, *(candidate(sku) for sku in "ABC"), candidate("D", "critical"))
        report = deliver(book, shop)
        raise_alerts(
            book, *(candidate(sku) for sku in "ABC"), candidate("D", "critical"), candidate("E"), hours=1
        )
        deliver(book, shop)
    digest, single = (request["message"] for request in hook.requests)
    assert report.delivered == 4
    assert digest["text"] == "4 restock alerts; most urgent: D"
    assert digest["blocks"][1]["text"]["text"].splitlines()[0].startswith("• CRITICAL: D may run out")
    assert digest["blocks"][2]["elements"][0]["text"] == "GBP 4,938.00 margin at risk in all"
    assert single["text"].startswith("HIGH: E may run out")


def test_a_digest_that_stays_unanswered_goes_again_as_it_was_and_what_is_new_apart(book, tmp_path):
    with webhook(500, 500, 500, 200) as hook:
        shop = settings(tmp_path, webhook_url=hook.url, file="", digest_above="1")
        raise_alerts(book, candidate("A"), candidate("B"))
        assert deliver(book, shop).pending == 2
        raise_alerts(book, candidate("A"), candidate("B"), candidate("C"), hours=1)
        assert deliver(book, shop).delivered == 3
    first, *tries, last = (
        (request["raw"], key) for request, key in zip(hook.requests, hook.keys, strict=True)
    )
    assert set(tries) == {first}
    assert last != first


def test_a_line_of_the_file_carries_the_whole_alert(book, tmp_path):
    raise_alerts(book, candidate("Ä 1/2"))
    deliver(book, settings(tmp_path))
    (line,) = lines(tmp_path)
    assert line["delivery_key"] == (
        "stockout_risk/%C3%84%201%2F2/LEICESTER/2011-12-10T00:00:00+00:00/1-raised/file"
    )
    assert (line["sku"], line["severity"], line["suggested_quantity"]) == ("Ä 1/2", "high", 240)
    assert (line["order_by"], line["margin_at_risk"], line["episode_id"]) == ("2011-12-12", 1234.5, "A-1")
    assert line["text"].splitlines() == [
        "HIGH: Ä 1/2 may run out at LEICESTER",
        "84% chance of running out before an order placed now arrives; 12 available, 3.5 days of cover "
        "with what is due; GBP 1,234.50 margin at risk.",
        "Why: Sells 30 a week & <12> are left.",
        "What to do: Order 240 by 2011-12-12.",
        "Alert A-1, 2011-12-10 00:00 UTC",
    ]


def test_one_raised_again_as_of_the_same_instant_is_told_again_under_a_key_of_its_own(book, tmp_path):
    """A clock that stands still, as the sample's: resolved by a change of plan, raised when it is undone."""
    shop = settings(tmp_path)
    for found in ([candidate("A")], [], [candidate("A")], [], [candidate("A")]):
        raise_alerts(book, *found)
        deliver(book, shop)
    told = [(row["notice"], row["delivery_key"].split("/")[-3]) for row in lines(tmp_path)]
    first = "2011-12-10T00:00:00+00:00"
    assert told == [
        ("raised", first), ("resolved", first), ("raised", f"{first}~2"), ("resolved", f"{first}~2"),
        ("raised", f"{first}~3"),
    ]  # fmt: skip


def test_the_webhook_gets_a_slack_message_with_a_key_and_escaped_words(book, tmp_path):
    with webhook() as hook:
        raise_alerts(book, candidate("22423"))
        deliver(book, settings(tmp_path, webhook_url=hook.url, file=""))
    (request,) = hook.requests
    message = request["message"]
    assert request["path"] == "/services/T0/B0?team=shop"
    assert request["headers"]["Content-Type"] == "application/json; charset=utf-8"
    assert message["text"] == "HIGH: 22423 may run out at LEICESTER. Order 240 by 2011-12-12."
    assert [block["type"] for block in message["blocks"]] == ["header"] + ["section"] * 3 + ["context"]
    assert message["blocks"][2]["text"]["text"] == "*Why*\nSells 30 a week &amp; &lt;12&gt; are left."
    assert not (tmp_path / "alerts.jsonl").exists()


def test_a_server_error_is_tried_again_under_the_same_key(book, tmp_path):
    with webhook(500, 429, 200) as hook:
        raise_alerts(book, candidate("A"))
        report = deliver(book, settings(tmp_path, webhook_url=hook.url, file=""))
    assert report.delivered == 1
    assert len(hook.keys) == 3
    assert len(set(hook.keys)) == 1


def test_a_webhook_that_stays_down_is_asked_a_bounded_number_of_times_and_again_on_the_next_run(
    book, tmp_path
):
    with webhook(500) as hook:
        shop = settings(tmp_path, webhook_url=hook.url)
        raise_alerts(book, candidate("A"), candidate("B"))
        down = deliver(book, shop)
        assert len(hook.requests) == 3
        hook.answers = (200,)
        up = deliver(book, shop)
    assert (down.sinks[1].pending, down.sinks[1].reason) == (2, "HTTP 500: no such channel")
    assert down.sinks[0].delivered == 2
    assert (up.delivered, up.pending) == (2, 0)
    assert hook.keys[3:] == [hook.keys[0], hook.keys[-1]]


def test_a_refused_connection_leaves_the_notice_waiting(book, tmp_path):
    raise_alerts(book, candidate("A"))
    report = deliver(book, settings(tmp_path, webhook_url=f"http://127.0.0.1:{free_port()}/", file=""))
    assert (report.pending, report.failed) == (1, 0)
    assert "refused" in report.sinks[0].reason


def test_a_slow_webhook_is_given_up_after_the_time_limit(book, tmp_path):
    with webhook(2.0) as hook:
        raise_alerts(book, candidate("A"), candidate("B"))
        started = time.monotonic()
        report = deliver(book, settings(tmp_path, webhook_url=hook.url, file=""))
        took = time.monotonic() - started
    assert report.pending == 2
    assert "timed out" in report.sinks[0].reason
    assert took < 1.8


@pytest.mark.parametrize("status", [302, 400, 404, 410])
def test_a_refusal_for_good_is_kept_with_its_reason_and_not_tried_again(book, tmp_path, status):
    with webhook(status) as hook:
        shop = settings(tmp_path, webhook_url=hook.url, file="")
        raise_alerts(book, candidate("A"))
        report = deliver(book, shop)
        deliver(book, shop)
    assert (report.failed, len(hook.requests)) == (1, 1)
    assert report.sinks[0].reason.startswith(f"HTTP {status}")


def test_what_was_refused_for_good_can_be_sent_again_once_the_address_is_right(book, tmp_path):
    raise_alerts(book, candidate("A"))
    with webhook(404) as wrong:
        deliver(book, settings(tmp_path, webhook_url=wrong.url, file=""))
    with webhook(200) as right:
        assert alerting.retry_failed(book) == 1
        assert deliver(book, settings(tmp_path, webhook_url=right.url, file="")).delivered == 1
    assert right.keys == wrong.keys


@pytest.mark.parametrize(
    "url", ["not an address", "ftp://shop.example/", "http://shop.example:99999/", "http://"]
)
def test_an_address_that_cannot_be_used_is_said_without_repeating_its_secret(book, tmp_path, url):
    raise_alerts(book, candidate("A"))
    report = deliver(book, settings(tmp_path, webhook_url=url + "?token=secret", file=""))
    assert report.pending == 1
    assert "webhook_url cannot be used" in report.sinks[0].reason
    assert "secret" not in report.sinks[0].reason


def test_one_mail_a_run_tells_every_notice_the_gravest_first(book, tmp_path):
    many = [candidate(f"S{number:02}", margin_at_risk=float(number)) for number in range(23)]
    with mailbox() as box:
        shop = settings(tmp_path, smtp_url=box.url, email_to="ana@shop.example, ben@shop.example", file="")
        raise_alerts(book, *many, candidate("WORST", "critical"))
        report = deliver(book, shop)
    (mail,) = box.mails
    body = mail.get_content().replace("\r\n", "\n")
    assert report.delivered == 24
    assert mail["Subject"] == "24 restock alerts; most urgent: WORST"
    assert box.recipients == [["ana@shop.example", "ben@shop.example"]]
    assert body.startswith("CRITICAL: WORST may run out at LEICESTER\n")
    assert "And 4 more:\nHIGH: S03 may run out at LEICESTER. Order 240 by 2011-12-12. (alert A-" in body
    assert all(body.count(f"{row['sku']} may run out") == 1 for row in many)


def test_a_single_notice_is_the_subject_itself(book, tmp_path):
    with mailbox() as box:
        shop = settings(tmp_path, smtp_url=box.url, email_to="ana@shop.example", file="")
        raise_alerts(book, candidate("A"))
        deliver(book, shop)
        raise_alerts(book, hours=1)
        deliver(book, shop)
    subjects = [mail["Subject"] for mail in box.mails]
    assert subjects == ["HIGH: A may run out at LEICESTER", "Resolved: A is no longer at risk at LEICESTER"]


def test_mail_waits_while_the_server_is_away_and_a_new_alert_does_not_change_its_message_id(book, tmp_path):
    raise_alerts(book, candidate("A"))
    gone = settings(tmp_path, smtp_url=f"smtp://127.0.0.1:{free_port()}", email_to="a@x.example", file="")
    assert deliver(book, gone).pending == 1
    raise_alerts(book, candidate("A"), candidate("B"), hours=1)
    with mailbox() as box:
        back = settings(tmp_path, smtp_url=box.url, email_to="a@x.example", file="")
        assert deliver(book, back).delivered == 2
        assert deliver(book, back).delivered == 0
    assert [mail["Subject"] for mail in box.mails] == [
        "HIGH: A may run out at LEICESTER",
        "HIGH: B may run out at LEICESTER",
    ]


@pytest.mark.parametrize(("answer", "state"), [("451 later", "pending"), ("554 no", "failed")])
def test_a_mail_servers_refusal_is_for_now_or_for_good_by_its_code(book, tmp_path, answer, state):
    with mailbox(answer) as box:
        shop = settings(tmp_path, smtp_url=box.url, email_to="ana@shop.example", file="")
        raise_alerts(book, candidate("A"))
        report = deliver(book, shop)
    assert getattr(report, state) == 1
    assert answer.split()[0] in report.sinks[0].reason


@pytest.mark.parametrize("half", [{"email_to": "ana@shop.example"}, {"smtp_url": "smtp://127.0.0.1:25"}])
def test_half_a_mail_setting_is_said_and_loses_nothing(book, tmp_path, half):
    raise_alerts(book, candidate("A"))
    report = deliver(book, settings(tmp_path, file="", **half))
    assert (report.pending, report.sinks[0].reason) == (
        1,
        "e-mail needs both email_to and smtp_url under [alerts]",
    )


def test_a_sink_configured_later_is_not_flooded_with_the_past(book, tmp_path):
    raise_alerts(book, candidate("OLD"))
    deliver(book, settings(tmp_path))
    with webhook() as hook:
        raise_alerts(book, candidate("OLD"), candidate("NEW"), hours=1)
        deliver(book, settings(tmp_path, webhook_url=hook.url))
    assert [request["message"]["text"].split()[1] for request in hook.requests] == ["NEW"]


def test_without_any_sink_nothing_is_sent_and_nothing_waits(book, tmp_path):
    raise_alerts(book, candidate("A"))
    assert deliver(book, settings(tmp_path, file="")).sinks == ()


@pytest.mark.skipif(os.geteuid() == 0 and not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_leaves_the_notices_waiting_and_says_so(book, tmp_path):
    raise_alerts(book, candidate("A"))
    report = deliver(book, settings(tmp_path, file="/dev/full"))
    assert (report.pending, report.sinks[0].reason) == (1, "/dev/full: No space left on device")
    assert deliver(book, settings(tmp_path)).delivered == 1
    assert len(lines(tmp_path)) == 1


def test_two_deliveries_at_once_take_turns(book, tmp_path, monkeypatch):
    monkeypatch.setattr(lock, "_POLL_SECONDS", 0.01)
    raise_alerts(book, candidate("A"))
    with lock.exclusive(tmp_path / "alerts.lock"), pytest.raises(WarehouseBusy):
        alerting.deliver(book, settings(tmp_path), now=NOW, patience=QUICK, wait_seconds=0.05)
    assert not (tmp_path / "alerts.jsonl").exists()
