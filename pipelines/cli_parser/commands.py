"""Every command of `oms`: its name, what it says of itself, who carries it out; and the help of all of them.

Imports nothing that takes time; each command's handler is named, not imported.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipelines.cli_parser import ats, buying, forecast, reading, routing, running, stock
from pipelines.cli_parser.parts import Parser, add

PROG = "oms"
ABOUT = "Orders, stock, KPIs, demand forecasts and restock alerts of a multi-channel shop."
EXAMPLES = """\
Examples
  oms run                                          take in what the channels sent, up to a new release
  oms kpis --from 2011-11-01 --to 2011-12-01       November: from the 1st, up to but without December the 1st
  oms kpis --from 2011-01-01 --to 2012-01-01 --by month --channel amazon --json
  oms order 581587                                 an order's whole history, by any of its numbers
  oms ats 22423 --explain                          what each channel may still sell of a sku, and why
  oms alerts ack A-17 --by ana                     somebody takes care of it
  oms override add 22423 --first-week 2011-12-12 --last-week 2011-12-19 --factor 1.5 \\
      --reason "on the cover of the catalog" --by ana

Reading commands answer from the current release (alerts and overrides: as they stand this minute), in JSON
with --json. Exit codes: 0 done, 1 refused or failed (stderr says why in one line), 2 misused, 130 stopped.
Settings: oms.toml; each can be overridden by an environment variable, e.g. OMS_HOME."""


@dataclass(frozen=True)
class Command:
    name: str
    group: str
    line: str
    handler: str
    arguments: Callable[[argparse.ArgumentParser], None]
    is_reading: bool = True
    aliases: tuple[str, ...] = ()


class TopParser(Parser):
    """The top level, whose help reads as a page."""

    def format_help(self) -> str:
        parts = [f"{ABOUT}\n\nUsage: {PROG} COMMAND [options]      {PROG} COMMAND --help says more\n"]
        for group in dict.fromkeys(command.group for command in COMMANDS):
            lines = [f"  {item.name:11} {item.line}" for item in COMMANDS if item.group == group]
            parts.append("\n".join([group, *lines]) + "\n")
        return "\n".join([*parts, EXAMPLES, ""])


def build_parser() -> argparse.ArgumentParser:
    parser = TopParser(prog=PROG, allow_abbrev=False)
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)
    for command in COMMANDS:
        about = {"is_reading": command.is_reading, "aliases": command.aliases}
        sub = add(subparsers, command.name, line=command.line, **about)
        sub.set_defaults(handler=command.handler)
        command.arguments(sub)
    return parser


def _command(name: str, group: str, line: str, handler: str, arguments: Callable, **options: bool) -> Command:
    return Command(name, group, line, f"pipelines.{handler}", arguments, **options)


RUN, ASK, DECIDE, LOOK = "Run", "Ask", "Decide", "Look after"
COMMANDS: Sequence[Command] = (
    _command(
        "run", RUN, "land, interpret, apply, forecast, propose, alert, publish: the main job",
        "cli_run:run", running.run, is_reading=False,
    ),
    _command(
        "dashboard", RUN, "open the dashboards in a browser",
        "cli_run:dashboard", running.port(8501), is_reading=False,
    ),
    _command(
        "dagster", RUN, "open Dagster's UI on the same stages",
        "cli_run:dagster", running.port(3000), is_reading=False,
    ),
    _command(
        "kpis", ASK, "sales, orders, units and customers of a period",
        "cli_release:kpis", reading.kpis,
    ),
    _command(
        "order", ASK, "where an order is, its lines and its whole history",
        "cli_orders:order", reading.order,
    ),
    _command(
        "ats", ASK, "what each channel may still sell of a sku",
        "cli_stock:ats", ats.ats,
    ),
    _command(
        "promise", ASK, "how many units can be promised for a day, and when N can",
        "cli_ats:promise", ats.promise,
    ),
    _command(
        "demand", ASK, "what was asked for of a sku, by channel or location, by day or week",
        "cli_demand:demand", forecast.demand,
    ),
    _command(
        "forecast", ASK, "a sku's demand to come, with its interval and past accuracy",
        "cli_plans:forecast", forecast.forecast,
    ),
    _command(
        "proposals", ASK, "what to buy now, from whom and by when",
        "cli_plans:proposals", buying.proposals,
    ),
    _command(
        "curve", ASK, "what service more stock would have bought, by order rule, and where the shop stands",
        "cli_plans:curve", buying.curve,
    ),
    _command(
        "alerts", DECIDE, "restock alerts: list, acknowledge, snooze, deliver",
        "cli_alerts:alerts", buying.alerts,
    ),
    _command(
        "override", DECIDE, "a planner's changes of the forecast, and what they were worth",
        "cli_overrides:override", forecast.override, is_reading=False, aliases=("overrides",),
    ),
    _command(
        "policy", DECIDE, "thresholds, shares, caps, listing and buffers of ATS",
        "cli_ats:policy", ats.policy, is_reading=False,
    ),
    _command(
        "publish", DECIDE, "tell the channels what they may sell; history, sync lag",
        "cli_publish:publish", ats.publish, is_reading=False,
    ),
    _command(
        "due", RUN, "expire holds, orders, authorizations and lots past their time; release what is due",
        "cli_due:due", running.due,
    ),
    _command(
        "status", LOOK, "the release, its tables and its checks",
        "cli_release:status", reading.status,
    ),
    _command(
        "quarantine", LOOK, "documents that could not be read, and why",
        "cli_quarantine:quarantine", reading.quarantine,
    ),
    _command(
        "stock", LOOK, "prove, repair, explain and move stock",
        "cli_stock:stock", stock.stock, is_reading=False,
    ),
    _command(
        "routing", DECIDE, "which location fills which order: rules, batches, what-if",
        "cli_routing:routing", routing.routing, is_reading=False,
    ),
    _command(
        "docs", LOOK, "write the data dictionary from the table contracts",
        "cli_run:docs", running.docs, is_reading=False,
    ),
)  # fmt: skip
