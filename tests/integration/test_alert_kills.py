"""A killed delivery is finished by the next one: each notice once in the file, one key for servers."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from oms_ops import alerting, decisions
from oms_ops.store import open_book
from tests.support.alert_servers import mailbox, webhook
from warehouse.settings import load

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2011, 12, 10, tzinfo=UTC)


def raise_alerts(environ: dict[str, str], count: int) -> None:
    candidates = [
        {
            "rule": "stockout_risk",
            "sku": f"S{number}",
            "location_id": "LEICESTER",
            "severity": "high",
            "stockout_probability": 0.9,
            "margin_at_risk": 10.0,
            "available": 1,
            "days_of_cover": None,
            "suggested_quantity": 12,
            "order_by": date(2011, 12, 12),
            "explanation": "One is left.",
        }
        for number in range(count)
    ]
    with open_book(environ["OMS_STORE_ORDER_BOOK_URL"]) as book:
        decisions.sync_alerts(book, candidates, now=NOW, run_id="run-1")


@pytest.fixture
def environ(tmp_path, order_book_url) -> dict[str, str]:
    return {"OMS_HOME": str(tmp_path), "OMS_STORE_ORDER_BOOK_URL": order_book_url}


def with_alerts(environ: dict[str, str], alerts: dict[str, str]) -> dict[str, str]:
    return environ | {f"OMS_ALERTS_{name.upper()}": value for name, value in alerts.items()}


def deliver(environ: dict[str, str], point: str = "none", **alerts: str) -> subprocess.Popen:
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | with_alerts(environ, alerts)
    command = [sys.executable, "-m", "tests.support.deliver_and_die", point]
    return subprocess.Popen(command, cwd=ROOT, env=environment)


def finish(environ: dict[str, str], **alerts: str) -> None:
    shop = load(environ=with_alerts(environ, alerts))
    with open_book(shop.order_book_url) as book:
        assert alerting.deliver(book, shop, now=NOW).pending == 0


def keys(home: Path) -> Counter[str]:
    text = (home / "alerts.jsonl").read_text(encoding="utf-8")
    return Counter(json.loads(line)["delivery_key"] for line in text.splitlines())


@pytest.mark.parametrize("point", ["before_asking", "half_a_line", "after_accepting"])
def test_the_file_has_each_notice_once_after_a_kill(environ, point):
    raise_alerts(environ, 3)
    assert deliver(environ, point).wait() == 9
    finish(environ)
    assert sorted(keys(Path(environ["OMS_HOME"])).values()) == [1, 1, 1]


def test_the_file_has_each_notice_once_after_kills_at_random_instants(environ):
    rng = random.Random(7)
    raise_alerts(environ, 1500)
    for _ in range(4):
        process = deliver(environ)
        time.sleep(rng.uniform(0.3, 1.2))
        process.kill()
        process.wait()
    finish(environ)
    counted = keys(Path(environ["OMS_HOME"]))
    assert len(counted) == 1500
    assert set(counted.values()) == {1}


@pytest.mark.parametrize(("point", "posts"), [("before_asking", 1), ("after_accepting", 2)])
def test_a_webhook_asked_twice_because_of_a_kill_sees_the_same_key_and_body(environ, point, posts):
    raise_alerts(environ, 1)
    with webhook() as hook:
        assert deliver(environ, point, webhook_url=hook.url, file="").wait() == 9
        finish(environ, webhook_url=hook.url, file="")
    assert len(hook.requests) == posts
    assert len({(key, request["raw"]) for key, request in zip(hook.keys, hook.requests, strict=True)}) == 1


@pytest.mark.parametrize(("point", "posts"), [("before_asking", 1), ("after_accepting", 2)])
def test_a_digest_posted_twice_because_of_a_kill_has_the_same_key_and_words(environ, point, posts):
    raise_alerts(environ, 12)
    with webhook() as hook:
        assert deliver(environ, point, webhook_url=hook.url, file="").wait() == 9
        finish(environ, webhook_url=hook.url, file="")
    assert len(hook.requests) == posts
    assert len({(key, request["raw"]) for key, request in zip(hook.keys, hook.requests, strict=True)}) == 1


@pytest.mark.parametrize(("point", "mails"), [("before_asking", 1), ("after_accepting", 2)])
def test_a_mail_sent_twice_because_of_a_kill_has_the_same_message_id_and_words(environ, point, mails):
    raise_alerts(environ, 2)
    with mailbox() as box:
        mail = {"smtp_url": box.url, "email_to": "ana@shop.example", "file": ""}
        assert deliver(environ, point, **mail).wait() == 9
        finish(environ, **mail)
    assert len(box.mails) == mails
    assert len({mail.as_bytes() for mail in box.mails}) == 1
