"""Arguments of what runs or writes by itself: `oms run`, `dashboard`, `dagster`, `due` and `docs`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from pipelines.cli_parser.values import a_count, a_port, an_instant


def run(sub: argparse.ArgumentParser) -> None:
    sub.add_argument(
        "--as-of",
        type=an_instant,
        metavar="INSTANT",
        help="nothing sent later is landed or known (default: the loaded sample's clock, else now)",
    )
    sub.add_argument("--sample", action="store_true", help="load the sample's documents into the inbox first")
    sub.add_argument(
        "--scale", type=a_count, metavar="N", help="with --sample: N times the orders (default: 1)"
    )


def port(default: int) -> Callable[[argparse.ArgumentParser], None]:
    def add(sub: argparse.ArgumentParser) -> None:
        sub.add_argument("--port", type=a_port, default=default, metavar="N", help=f"(default: {default})")

    return add


def due(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--as-of", type=an_instant, metavar="INSTANT", help="what is due by then (default: now)")
    sub.add_argument("--every", type=a_count, metavar="SECONDS", help="again and again, until interrupted")


def docs(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--out", type=Path, metavar="FILE", help="where to (default: docs/data-dictionary.md)")
    sub.add_argument("--check", action="store_true", help="write nothing; fail where the file is out of date")
