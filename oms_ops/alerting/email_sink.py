"""Alerts by e-mail: one digest for all notices of a run, most urgent first.

Its Message-ID follows from the notices' keys: sent twice after a crash, it is one mail to a reader's server.
"""

from __future__ import annotations

import contextlib
import hashlib
import smtplib
import ssl
from collections.abc import Sequence
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import SplitResult, unquote, urlsplit

from oms_ops.alerting.notices import Notice, digest_title, headline, text, urgency, what_to_do
from oms_ops.alerting.outcome import DELIVERED, FAILED, PENDING, Outcome

_IN_FULL = 20


def message_id(keys: Sequence[str], *, sender: str) -> str:
    digest = hashlib.sha256("\n".join(keys).encode("utf-8")).hexdigest()[:32]
    return f"<alerts-{digest}@{sender.rpartition('@')[2] or 'localhost'}>"


def digest(
    notices: Sequence[Notice], *, sender: str, recipients: Sequence[str], currency: str
) -> EmailMessage:
    """One mail that names every notice: the twenty most urgent in full, the rest one line each."""
    notices = sorted(notices, key=urgency)
    mail = EmailMessage()
    mail["Subject"] = " ".join(_subject(notices).split())
    mail["From"] = sender
    mail["To"] = ", ".join(recipients)
    mail["Date"] = format_datetime(max(notice.occurred_at for notice in notices))
    mail["Message-ID"] = message_id([notice.key for notice in notices], sender=sender)
    parts = [text(notice, currency=currency) for notice in notices[:_IN_FULL]]
    rest = [
        f"{headline(notice)}. {what_to_do(notice)} (alert {notice.episode_id})"
        for notice in notices[_IN_FULL:]
    ]
    if rest:
        parts.append("\n".join([f"And {len(rest):,} more:", *rest]))
    mail.set_content("\n\n".join(parts) + "\n")
    return mail


def send(mail: EmailMessage, *, smtp_url: str, timeout_seconds: float) -> Outcome:
    """Hand the mail to the server: a 5xx refusal is final, everything else may pass."""
    try:
        server = _connect(urlsplit(smtp_url), timeout_seconds=timeout_seconds)
    except ValueError as error:
        return Outcome(PENDING, f"smtp_url cannot be used: {error}")
    except (OSError, smtplib.SMTPException) as error:
        return Outcome(PENDING, f"{urlsplit(smtp_url).hostname}: {error}")
    try:
        refused = server.send_message(mail)
    except smtplib.SMTPRecipientsRefused as error:
        return _judge(max(code for code, _ in error.recipients.values()), f"recipients refused: {error}")
    except smtplib.SMTPResponseException as error:
        return _judge(error.smtp_code, str(error))
    except (OSError, smtplib.SMTPException) as error:
        return Outcome(PENDING, f"{type(error).__name__}: {error}")
    finally:
        with contextlib.suppress(OSError, smtplib.SMTPException):
            server.quit()
    return Outcome(DELIVERED, f"refused for {', '.join(sorted(refused))}" if refused else "")


def _subject(notices: Sequence[Notice]) -> str:
    return headline(notices[0]) if len(notices) == 1 else digest_title(notices)


def _connect(address: SplitResult, *, timeout_seconds: float) -> smtplib.SMTP:
    if address.scheme not in ("smtp", "smtps", "smtp+starttls") or not address.hostname:
        raise ValueError("smtp://, smtps:// or smtp+starttls://[user:password@]host[:port] is needed")
    kind = smtplib.SMTP_SSL if address.scheme == "smtps" else smtplib.SMTP
    tls = {"context": ssl.create_default_context()} if address.scheme == "smtps" else {}
    server = kind(address.hostname, address.port or 0, timeout=timeout_seconds, **tls)
    try:
        if address.scheme == "smtp+starttls":
            server.starttls(context=ssl.create_default_context())
        if address.username:
            server.login(unquote(address.username), unquote(address.password or ""))
    except (OSError, smtplib.SMTPException):
        server.close()
        raise
    return server


def _judge(code: int, reason: str) -> Outcome:
    return Outcome(FAILED if code >= 500 else PENDING, reason)


def recipients(email_to: str) -> list[str]:
    return [address.strip() for address in email_to.split(",") if address.strip()]
