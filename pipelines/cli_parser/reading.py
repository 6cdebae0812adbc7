"""Arguments of what asks how things stand: `oms kpis`, `order`, `quarantine` and `status`."""

from __future__ import annotations

import argparse

from pipelines.cli_parser.values import a_count, a_date, an_instant
from warehouse.kpis import PERIODS


def kpis(sub: argparse.ArgumentParser) -> None:
    sub.add_argument(
        "--from", dest="date_from", type=a_date, required=True, metavar="D", help="first business date"
    )
    sub.add_argument(
        "--to", dest="date_to", type=a_date, required=True, metavar="D", help="business date after the last"
    )
    sub.add_argument("--channel", metavar="C", help="one channel instead of all")
    sub.add_argument("--by", choices=PERIODS, help="one row per period; weeks start on Monday")
    sub.add_argument("--as-of", type=an_instant, metavar="INSTANT", help="count only what was known then")


def order(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("order", metavar="ID", help="order id, the channel's id, or the number the buyer knows")
    sub.add_argument("--now", action="store_true", help="from the order book this minute, with its parcels")


def quarantine(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--channel", metavar="C", help="one feed's")
    sub.add_argument("--reason", metavar="CODE", help="one reason's, e.g. invalid_json")
    sub.add_argument("--all", action="store_true", dest="everything", help="resolved ones too")
    sub.add_argument("--limit", type=a_count, metavar="N", help="at most N (default: 20; with --json all)")
    sub.add_argument("--retry", action="store_true", help="read the quarantined documents again")


def status(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--checks", action="store_true", help="every check, not only the failed ones")
