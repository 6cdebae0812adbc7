"""Real local servers for alert deliveries: a webhook that answers as told, a mail server that keeps mail."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from aiosmtpd.controller import Controller


@dataclass
class Webhook:
    """`answers` are used up one a request, the last again and again; a float of seconds means: be slow."""

    answers: Sequence[int | float]
    url: str = ""
    requests: list[dict] = field(default_factory=list)

    @property
    def keys(self) -> list[str]:
        return [request["headers"]["Idempotency-Key"] for request in self.requests]

    def answer(self) -> int | float:
        return self.answers[min(len(self.requests), len(self.answers)) - 1]


@contextmanager
def webhook(*answers: int | float) -> Iterator[Webhook]:
    hook = Webhook(answers or (200,))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            hook.requests.append(
                {"path": self.path, "headers": dict(self.headers), "message": json.loads(body), "raw": body}
            )
            answer = hook.answer()
            if isinstance(answer, float):
                time.sleep(answer)
                return
            self.send_response(answer)
            if answer == 302:
                self.send_header("Location", "http://127.0.0.1:1/elsewhere")
            self.end_headers()
            self.wfile.write(b"ok" if answer == 200 else b"no such channel")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hook.url = f"http://127.0.0.1:{server.server_port}/services/T0/B0?team=shop"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield hook
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class Mailbox:
    """`answer` is what the server says to a message; anything but 250 refuses it."""

    url: str = ""
    answer: str = "250 OK"
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)

    @property
    def message_ids(self) -> list[str]:
        return [mail["Message-ID"] for mail in self.mails]

    async def handle_DATA(self, server, session, envelope) -> str:  # noqa: N802 - aiosmtpd's name
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        self.recipients.append(envelope.rcpt_tos)
        return self.answer


@contextmanager
def mailbox(answer: str = "250 OK") -> Iterator[Mailbox]:
    box = Mailbox(answer=answer)
    controller = Controller(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    box.url = f"smtp://127.0.0.1:{controller.port}"
    try:
        yield box
    finally:
        controller.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
