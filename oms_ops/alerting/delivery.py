"""Takes notices out of the outbox and hands them to the configured sinks, so that each gets each notice once.

`sending` is recorded before a sink is asked and `delivered` after it accepted. Killed between the two, the
file is looked into; webhook and e-mail are asked again under the same key (docs/decisions/0004).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random

from oms_ops.alerting import email_sink, file_sink, quiet, webhook_sink
from oms_ops.alerting.notices import file_line, slack_digest, slack_message
from oms_ops.alerting.outbox import Outbox, route
from oms_ops.alerting.outcome import DELIVERED, FAILED, PENDING, Outcome, Patience
from oms_ops.store import OrderBook, alert_outbox
from warehouse import lock
from warehouse.settings import Settings

Send = Callable[[Outbox], None]


@dataclass(frozen=True)
class SinkReport:
    """Notices a sink accepted, has yet to accept, and refused for good; `reason` is its last complaint.

    `held`: kept back until the quiet hours end, which `reason` names.
    """

    sink: str
    delivered: int
    pending: int
    failed: int
    reason: str
    held: int = 0


@dataclass(frozen=True)
class DeliveryReport:
    sinks: tuple[SinkReport, ...]

    @property
    def delivered(self) -> int:
        return sum(report.delivered for report in self.sinks)

    @property
    def pending(self) -> int:
        return sum(report.pending for report in self.sinks)

    @property
    def failed(self) -> int:
        return sum(report.failed for report in self.sinks)

    @property
    def held(self) -> int:
        return sum(report.held for report in self.sinks)


def deliver(
    book: OrderBook,
    settings: Settings,
    *,
    now: datetime,
    rng: Random | None = None,
    patience: Patience | None = None,
    wait_seconds: float = lock.WAIT_SECONDS,
) -> DeliveryReport:
    """Deliver what waits, one process at a time. What a sink cannot take now is left for the next run.

    In the shop's quiet hours webhook and e-mail get only what is critical; the file, a log, gets everything.
    """
    hours = quiet.parse(settings.alerts.quiet_hours, zone=settings.shop.zone)
    until = hours.until(now) if hours else None
    senders = _senders(settings, rng=rng or Random(settings.forecast.seed), patience=patience or Patience())
    settings.home.mkdir(parents=True, exist_ok=True)
    with lock.exclusive(settings.home / "alerts.lock", wait_seconds=wait_seconds):
        route(book, sinks=tuple(senders), now=now)
        return DeliveryReport(
            tuple(
                _run(book, sink, send, now=now, quiet_until=None if sink == "file" else until)
                for sink, send in senders.items()
            )
        )


def retry_failed(book: OrderBook) -> int:
    """Let what was refused for good wait again, e.g. once a wrong address is corrected; returns how many."""
    with book.write() as con:
        return alert_outbox.requeue(con)


def _run(
    book: OrderBook, sink: str, send: Send, *, now: datetime, quiet_until: datetime | None
) -> SinkReport:
    outbox = Outbox(book, sink, now=now, quiet_until=quiet_until)
    send(outbox)
    quiet_words = f"quiet until {quiet_until:%Y-%m-%d %H:%M}" if outbox.held else ""
    return SinkReport(
        sink=sink,
        delivered=outbox.settled[DELIVERED],
        pending=len(outbox.waiting) - outbox.settled[DELIVERED] - outbox.settled[FAILED],
        failed=outbox.settled[FAILED],
        reason=outbox.reason or quiet_words,
        held=outbox.held,
    )


def _senders(settings: Settings, *, rng: Random, patience: Patience) -> dict[str, Send]:
    alerts, currency = settings.alerts, settings.shop.currency
    senders: dict[str, Send] = {}
    if alerts.file:
        path = settings.home / alerts.file
        senders["file"] = lambda outbox: _to_file(outbox, path, currency=currency)
    if alerts.webhook_url:
        senders["webhook"] = lambda outbox: _to_webhook(outbox, settings, rng=rng, patience=patience)
    if alerts.smtp_url or alerts.email_to:
        senders["email"] = lambda outbox: _to_email(outbox, settings, patience=patience)
    return senders


def _to_file(outbox: Outbox, path: Path, *, currency: str) -> None:
    """All lines in one append; those a killed writer had finished are not written again."""
    unsure = {item.key for item in outbox.waiting if item.state == "sending"}
    outbox.sending([item.key for item in outbox.waiting])
    try:
        file_sink.cut_torn_end(path)
        written = file_sink.keys_in(path, unsure)
        missing = [item for item in outbox.waiting if item.key not in written]
        if missing:
            file_sink.append(path, [file_line(item.notice, currency=currency) for item in missing])
    except OSError as error:
        outbox.keep_waiting(f"{path}: {error.strerror or error}")
        return
    outbox.settle([item.key for item in outbox.waiting], Outcome(DELIVERED))


def _to_webhook(outbox: Outbox, settings: Settings, *, rng: Random, patience: Patience) -> None:
    """One post a notice, in order, or one digest of many new ones; the first unanswered one ends the run."""
    give_up_at = time.monotonic() + patience.run_seconds
    outbox.form_batch(above=max(settings.alerts.digest_above, 1))
    url, currency = settings.alerts.webhook_url, settings.shop.currency
    for items in outbox.batches():
        keys = [item.key for item in items]
        outbox.sending(keys)
        if len(items) == 1:
            message, key = slack_message(items[0].notice, currency=currency), keys[0]
        else:
            message = slack_digest([item.notice for item in items], currency=currency)
            key = f"digest/{items[0].batch}"
        outcome = webhook_sink.post(url, message, key=key, patience=patience, rng=rng)
        outbox.settle(keys, outcome)
        if outcome.state == PENDING or time.monotonic() > give_up_at:
            return


def _to_email(outbox: Outbox, settings: Settings, *, patience: Patience) -> None:
    """One digest of all that is new; a digest that may have been sent before goes again as it was."""
    recipients = email_sink.recipients(settings.alerts.email_to)
    if not recipients or not settings.alerts.smtp_url:
        outbox.keep_waiting("e-mail needs both email_to and smtp_url under [alerts]")
        return
    outbox.form_batch()
    for items in outbox.batches():
        mail = email_sink.digest(
            [item.notice for item in items],
            sender=settings.alerts.email_from,
            recipients=recipients,
            currency=settings.shop.currency,
        )
        keys = [item.key for item in items]
        outbox.sending(keys)
        outcome = email_sink.send(
            mail, smtp_url=settings.alerts.smtp_url, timeout_seconds=patience.timeout_seconds
        )
        outbox.settle(keys, outcome)
        if outcome.state == PENDING:
            return
