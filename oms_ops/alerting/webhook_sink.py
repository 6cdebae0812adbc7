"""Alerts posted to a Slack-compatible webhook, one message a notice.

The notice's key travels as `Idempotency-Key`: a receiver that saw it before can drop the repeat.
"""

from __future__ import annotations

import http.client
import json
import ssl
import time
from collections.abc import Mapping
from random import Random
from urllib.parse import SplitResult, urlsplit

from oms_ops.alerting.outcome import DELIVERED, FAILED, PENDING, Outcome, Patience

_TRANSIENT = {408, 425, 429}


def post(url: str, message: Mapping[str, object], *, key: str, patience: Patience, rng: Random) -> Outcome:
    """Send one message; try a few times again where the refusal may pass (network, 408, 425, 429, 5xx)."""
    outcome = Outcome(PENDING, "not tried")
    body = json.dumps(message).encode("utf-8")
    for attempt in range(1, patience.attempts + 1):
        outcome = _post_once(url, body, key=key, timeout_seconds=patience.timeout_seconds)
        if outcome.state != PENDING:
            return outcome
        if attempt < patience.attempts:
            time.sleep(patience.wait(attempt, jitter=rng.random()))
    return outcome


def _post_once(url: str, body: bytes, *, key: str, timeout_seconds: float) -> Outcome:
    try:
        address = urlsplit(url)
        connection = _connect(address, timeout_seconds=timeout_seconds)
    except ValueError as error:
        return Outcome(PENDING, f"webhook_url cannot be used: {error}")
    try:
        headers = {"Content-Type": "application/json; charset=utf-8", "Idempotency-Key": key}
        connection.request("POST", _target(address), body=body, headers=headers)
        response = connection.getresponse()
        return _judge(response.status, response.read(500), location=response.getheader("Location"))
    except (OSError, http.client.HTTPException) as error:
        return Outcome(PENDING, f"{address.hostname}: {error or type(error).__name__}")
    finally:
        connection.close()


def _connect(address: SplitResult, *, timeout_seconds: float) -> http.client.HTTPConnection:
    if address.scheme not in ("http", "https") or not address.hostname:
        raise ValueError("an http:// or https:// address is needed")
    if address.scheme == "http":
        return http.client.HTTPConnection(address.hostname, address.port, timeout=timeout_seconds)
    return http.client.HTTPSConnection(
        address.hostname, address.port, timeout=timeout_seconds, context=ssl.create_default_context()
    )


def _target(address: SplitResult) -> str:
    return (address.path or "/") + (f"?{address.query}" if address.query else "")


def _judge(status: int, body: bytes, *, location: str | None) -> Outcome:
    said = " ".join(body.decode("utf-8", errors="replace").split())[:200]
    reason = f"HTTP {status}" + (f", moved to {location}" if location else "") + (f": {said}" if said else "")
    if 200 <= status < 300:
        return Outcome(DELIVERED)
    if status >= 500 or status in _TRANSIENT:
        return Outcome(PENDING, reason)
    return Outcome(FAILED, reason)
