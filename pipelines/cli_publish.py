"""`oms publish`: what the channels are told they may sell, when they had it, and how far they lag behind.

The values come from oms_ops.publishing; `oms ats` shows the release's. No rule here.
"""

from __future__ import annotations

import argparse
import time
import uuid

from pipelines.cli_alerts import this_instant
from pipelines.cli_output import Column, print_json, print_table
from warehouse.settings import Settings

HISTORY_COLUMNS = (
    Column("publication_seq", "No."),
    Column("channel_id", "Channel"),
    Column("value", "Available to sell", "units"),
    Column("computed_at", "Computed (UTC)", "when"),
    Column("pushed_at", "Handed over", "when"),
    Column("acknowledged_at", "Acknowledged", "when"),
    Column("explanation", "How", width=80),
)
LAG_COLUMNS = (
    Column("channel_id", "Channel"),
    Column("count", "Acknowledged", "count"),
    Column("p50_seconds", "p50 s", "number"),
    Column("p95_seconds", "p95 s", "number"),
    Column("is_measured", "Enough to set buffers"),
)
SHOWN = 30


def publish(arguments: argparse.Namespace, settings: Settings) -> int | None:
    actions = {"now": _now, "ack": _acknowledge, "history": _history, "lag": _lag, "buffers": _buffers}
    return actions[arguments.action](arguments, settings)


def _now(arguments: argparse.Namespace, settings: Settings) -> int:
    """Once, or again and again until interrupted; then only what changed is said."""
    from oms_ops.store import open_book

    with open_book(settings.order_book_url) as book:
        failed = _once(book, settings, is_full=arguments.full, is_quiet=False)
        while arguments.every:
            time.sleep(arguments.every)
            failed = _once(book, settings, is_full=False, is_quiet=True)
    return int(failed)


def _once(book, settings: Settings, *, is_full: bool, is_quiet: bool) -> bool:
    from oms_ops.publishing import publish, push

    now = this_instant(settings)
    report = publish(book, settings, now=now, is_full=is_full)
    pushed = push(book, settings, now=now)
    if report.changed or pushed.pushed or pushed.waiting or not is_quiet:
        why = f" ({report.because})" if report.because else ""
        print(
            f"{report.changed:,} new values of {report.computed:,} computed{why}, "
            f"{pushed.pushed:,} handed over",
            flush=True,
        )
    if pushed.waiting:
        print(f"{pushed.waiting:,} wait: {pushed.reason}", flush=True)
    return bool(pushed.waiting)


def _acknowledge(arguments: argparse.Namespace, settings: Settings) -> None:
    from oms_ops.publishing import acknowledge
    from oms_ops.store import open_book

    with open_book(settings.order_book_url) as book:
        answer = acknowledge(
            book,
            settings,
            arguments.channel,
            through=arguments.through,
            at=arguments.at or this_instant(settings),
            key=f"cli:{uuid.uuid4()}",
        )
    print(f"{answer['acknowledged']:,} values of {answer['channel_id']} are acknowledged")


def _history(arguments: argparse.Namespace, settings: Settings) -> None:
    from oms_ops.publishing import history
    from oms_ops.store import open_book

    if arguments.channel:
        settings.channel(arguments.channel)
    with open_book(settings.order_book_url) as book:
        rows = history(book, arguments.sku, channel_id=arguments.channel)
    if arguments.json:
        print_json(rows)
        return
    if len(rows) > SHOWN:
        print(f"the last {SHOWN} of {len(rows):,} values; all with --json\n")
    shown = [row | {"explanation": row["terms"]["explanation"]} for row in rows[-SHOWN:]]
    print_table(shown, HISTORY_COLUMNS)
    if not rows:
        print(f"nothing was published of {arguments.sku} yet; `oms publish now` does so")


def _lag(arguments: argparse.Namespace, settings: Settings) -> None:
    from oms_ops.publishing import sync_lag
    from oms_ops.store import open_book

    with open_book(settings.order_book_url) as book:
        found = sync_lag(book, settings, now=this_instant(settings))
    rows = [
        {
            "channel_id": channel_id,
            "count": lag.count,
            "p50_seconds": lag.p50_seconds,
            "p95_seconds": lag.p95_seconds,
            "is_measured": lag.is_measured,
        }
        for channel_id, lag in sorted(found.items())
    ]
    if arguments.json:
        print_json(rows)
        return
    print_table([row | {"is_measured": "yes" if row["is_measured"] else "no"} for row in rows], LAG_COLUMNS)
    if not rows:
        print("no channel has acknowledged anything lately")


def _buffers(arguments: argparse.Namespace, settings: Settings) -> None:
    from oms_ops.publishing import refresh_buffers
    from oms_ops.store import open_book

    with open_book(settings.order_book_url) as book:
        answer = refresh_buffers(book, settings, now=this_instant(settings), key=f"cli:{uuid.uuid4()}")
    for channel_id, found in answer.items():
        print(
            f"{channel_id}: {found['changed']:,} thresholds changed; {found['note'] or 'no budget any more'}"
        )
    if not answer:
        print("no channel states an oversell_budget in the settings; their thresholds stay as they are")
