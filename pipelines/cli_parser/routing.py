"""Arguments of `oms routing`: rules, batches, a person's decisions, what-if."""

from __future__ import annotations

import argparse
from pathlib import Path

from pipelines.cli_parser.parts import actions_of, add
from pipelines.cli_parser.values import a_count, a_date


def routing(sub: argparse.ArgumentParser) -> None:
    actions = actions_of(sub)
    show = add(actions, "show", line="the rules as they are read, or why they cannot be", is_reading=True)
    explain = add(actions, "explain", line="where an order would be filled from, and why", is_reading=True)
    explain.add_argument("order", metavar="ORDER", help="its id, e.g. shopify:1001")
    run = add(actions, "run", line="broker what waits as one assignment", is_reading=True)
    run.add_argument("orders", nargs="*", metavar="ORDER", help="these orders (default: all that wait)")
    run.add_argument("--seconds", type=a_count, default=10, metavar="N", help="for the solver (default: 10)")
    run.add_argument("--dry-run", action="store_true", help="show it, change nothing")
    add(actions, "manual", line="orders that wait for a person's decision", is_reading=True)
    assign = add(actions, "assign", line="fill an order's waiting units from a location of your choice")
    assign.add_argument("order", metavar="ORDER")
    assign.add_argument("location", metavar="LOCATION")
    requeue = add(actions, "requeue", line="give an order on the manual queue back to the rules")
    requeue.add_argument("order", metavar="ORDER")
    compare = add(
        actions, "what-if", line="past orders under other rules: cost, splits, lateness", is_reading=True
    )
    compare.add_argument(
        "--from", dest="date_from", type=a_date, required=True, metavar="D", help="first day"
    )
    compare.add_argument(
        "--to", dest="date_to", type=a_date, required=True, metavar="D", help="day after the last"
    )
    for target in (show, explain, compare):
        target.add_argument(
            "--rules", type=Path, metavar="FILE", required=target is compare,
            help="the rules of another file instead of the settings'",
        )  # fmt: skip
    example = add(actions, "example", line="write a file of rules to start from")
    example.add_argument("--out", type=Path, metavar="FILE", help="where to (default: standard output)")
