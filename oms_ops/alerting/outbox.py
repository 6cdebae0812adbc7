"""The outbox as one sink sees it during one run: what waits, and the marks it leaves while it works.

Each mark is its own transaction, so that a killed run leaves behind how far it had come.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from urllib.parse import quote

from oms_ops.alerting.notices import Notice
from oms_ops.alerting.outcome import PENDING, Outcome
from oms_ops.alerting.quiet import is_loud
from oms_ops.store import OrderBook
from oms_ops.store import alert_outbox as store
from oms_ops.units import instant, micros


@dataclass(frozen=True)
class Delivery:
    """One notice for one sink; `batch` names the digest it belongs to, once it belongs to one."""

    key: str
    notice_seq: int
    state: str
    batch: str | None
    notice: Notice


class Outbox:
    """`waiting` is fixed when the run begins; `settled` counts what became of it.

    In quiet hours it is what was being sent already, belongs to a digest, or `is_loud`; the rest is `held`.
    """

    def __init__(
        self, book: OrderBook, sink: str, *, now: datetime, quiet_until: datetime | None = None
    ) -> None:
        self._book, self._sink, self._now, self.quiet_until = book, sink, now, quiet_until
        with book.read() as con:
            found = [_delivery(row) for row in store.waiting(con, sink)]
        self.waiting = [item for item in found if quiet_until is None or _goes_at_night(item)]
        self.held = len(found) - len(self.waiting)
        self.settled: Counter[str] = Counter()
        self.reason = ""

    def sending(self, keys: Sequence[str]) -> None:
        with self._book.write() as con:
            store.mark(con, keys, state="sending", now=self._now)

    def keep_waiting(self, reason: str) -> None:
        """Nothing was settled; the next run looks again."""
        self.reason = reason

    def settle(self, keys: Sequence[str], outcome: Outcome) -> None:
        with self._book.write() as con:
            store.mark(con, keys, state=outcome.state, now=self._now, reason=outcome.reason)
        self.settled[outcome.state] += len(keys)
        self.reason = outcome.reason or self.reason

    def batches(self) -> list[list[Delivery]]:
        """The messages to send, oldest first: digests, and alone what belongs to none."""
        named: dict[str, list[Delivery]] = {}
        for item in self.waiting:
            named.setdefault(item.batch or item.key, []).append(item)
        return list(named.values())

    def form_batch(self, *, above: int = 0) -> None:
        """Bind what belongs to no digest yet into one, for good, where it is more than `above`.

        A digest's key follows from what is in it. What a sink was asked to take alone before stays alone.
        """
        loose = [item for item in self.waiting if item.batch is None and (not above or item.state == PENDING)]
        if len(loose) <= above:
            return
        batch, mine = loose[0].key, {item.key for item in loose}
        with self._book.write() as con:
            store.mark(con, [item.key for item in loose], state=PENDING, now=self._now, batch=batch)
        self.waiting = [replace(item, batch=batch) if item.key in mine else item for item in self.waiting]


def _goes_at_night(item: Delivery) -> bool:
    return item.state != PENDING or item.batch is not None or is_loud(item.notice)


def route(book: OrderBook, *, sinks: Sequence[str], now: datetime) -> None:
    """Give every new notice to every configured sink."""
    with book.write() as con:
        notices = store.unrouted(con)
        deliveries = [_row(row, sink, now=now) for row in notices for sink in sinks]
        store.route(con, deliveries, notices=[row["notice_seq"] for row in notices])


def _row(row: Mapping[str, object], sink: str, *, now: datetime) -> dict[str, object]:
    return {
        "notice_seq": row["notice_seq"],
        "sink": sink,
        "delivery_key": delivery_key(row, sink=sink),
        "state": PENDING,
        "batch": None,
        "attempts": 0,
        "reason": "",
        "changed_at": micros(now),
    }


def delivery_key(row: Mapping[str, object], *, sink: str) -> str:
    """What is told to whom, without the book's own numbers: a rebuilt book uses the same key."""
    body = json.loads(row["body"])
    parts = (body["rule"], body["sku"], body["location_id"], body["raised_at"])
    stem = "/".join(quote(part, safe=":+-") for part in parts)
    if row["raised_before"]:
        stem += f"~{int(row['raised_before']) + 1}"
    return f"{stem}/{row['notice_no']}-{row['notice_kind']}/{sink}"


def _delivery(row: Mapping[str, object]) -> Delivery:
    return Delivery(
        key=row["delivery_key"],
        notice_seq=row["notice_seq"],
        state=row["state"],
        batch=row["batch"],
        notice=_notice(row),
    )


def _notice(row: Mapping[str, object]) -> Notice:
    body = json.loads(row["body"])
    return Notice(
        key=row["delivery_key"],
        notice_kind=row["notice_kind"],
        notice_no=row["notice_no"],
        occurred_at=instant(row["occurred_at"]),
        episode_id=body["episode_id"],
        rule=body["rule"],
        sku=body["sku"],
        location_id=body["location_id"],
        severity=body["severity"],
        previous_severity=body["previous_severity"],
        stockout_probability=body["stockout_probability"],
        margin_at_risk=body["margin_at_risk"],
        available=body["available"],
        days_of_cover=body["days_of_cover"],
        suggested_quantity=body["suggested_quantity"],
        order_by=date.fromisoformat(body["order_by"]) if body["order_by"] else None,
        explanation=body["explanation"],
    )
