"""Arguments of what to buy and what is missing: `oms proposals`, `curve` and `alerts`."""

from __future__ import annotations

import argparse

from pipelines.cli_parser.parts import actions_of, add, who
from pipelines.cli_parser.values import a_count, an_instant


def proposals(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--supplier", metavar="S", help="one supplier's")
    sub.add_argument("--limit", type=a_count, metavar="N", help="at most N (default: 20; with --json all)")
    sub.add_argument("--explain", action="store_true", help="the sentence behind each")


def curve(sub: argparse.ArgumentParser) -> None:
    sub.add_argument(
        "--weeks", type=a_count, metavar="N", help="replay N weeks anew (default: what the run kept)"
    )
    sub.add_argument(
        "--until", type=an_instant, metavar="INSTANT", help="the weeks before then (default: before now)"
    )


def alerts(sub: argparse.ArgumentParser) -> None:
    actions = actions_of(sub, is_required=False)
    for target in (sub, add(actions, "list", line="the open alerts, most urgent first (the default)")):
        _listing(target, hidden=target is not sub)
    ack = add(actions, "ack", line="somebody takes care of it; it stays open until it resolves or worsens")
    snooze = add(actions, "snooze", line="keep quiet until an instant, unless it worsens")
    for target in (ack, snooze):
        target.add_argument("episode", metavar="EPISODE", help="as `oms alerts` shows it, e.g. A-17")
    snooze.add_argument("--until", type=an_instant, required=True, metavar="INSTANT")
    for target in (ack, snooze):
        who(target)
    line = "walk past weeks again: which stock-outs were warned of, how soon"
    score = add(actions, "score", line=line, is_reading=True)
    score.add_argument("--weeks", type=a_count, default=26, help="Monday mornings to score (26)")
    stocks = ("both", "played", "recorded")
    score.add_argument(
        "--stock", choices=stocks, default="both", help="as a plain buyer keeps it, as recorded"
    )
    score.add_argument("--dry-run", action="store_true", help="print only; nothing is learnt from it")
    deliver = add(actions, "deliver", line="send what still waits to file, webhook and e-mail")
    deliver.add_argument("--retry-failed", action="store_true", help="also what was refused for good before")


def _listing(target: argparse.ArgumentParser, *, hidden: bool) -> None:
    """The list's options stand on the command and on its `list`; an absent one must not undo the other."""
    missing = argparse.SUPPRESS if hidden else None
    if hidden:
        target.add_argument("--json", action="store_true", default=missing, help="print JSON")
    target.add_argument(
        "--all", action="store_true", dest="everything", default=missing, help="resolved ones too"
    )
    target.add_argument(
        "--limit", type=a_count, metavar="N", default=missing, help="at most N (default: 20; with --json all)"
    )
