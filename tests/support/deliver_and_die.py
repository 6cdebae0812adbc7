"""Delivers alerts and ends itself, without any clean-up, at a point named on the command line.

Points: before_asking, half_a_line, after_accepting, none.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from oms_ops import alerting
from oms_ops.alerting import email_sink, file_sink, webhook_sink
from oms_ops.store import open_book
from warehouse.settings import load

NOW = datetime(2011, 12, 10, 1, tzinfo=UTC)
SINKS = ((file_sink, "append"), (webhook_sink, "post"), (email_sink, "send"))


def _die(*_: object, **__: object) -> None:
    os._exit(9)


def _after(ask):
    def asked(*given: object, **named: object) -> None:
        ask(*given, **named)
        _die()

    return asked


def _half_a_line(path: Path, lines: list) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write('{"delivery_key": "never fini')
    _die()


def main(point: str) -> None:
    for module, name in SINKS:
        if point == "before_asking":
            setattr(module, name, _die)
        elif point == "after_accepting":
            setattr(module, name, _after(getattr(module, name)))
        elif point == "half_a_line" and name == "append":
            setattr(module, name, _half_a_line)
    settings = load()
    with open_book(settings.order_book_url) as book:
        alerting.deliver(book, settings, now=NOW)


if __name__ == "__main__":
    main(sys.argv[1])
