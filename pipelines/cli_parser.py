"""Arguments and help of the `oms` command: one entry per command, grouped as a person looks for them.

Imports nothing that takes time; each command's handler is named, not imported.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines import cli_parser_forecast, cli_parser_stock
from pipelines.cli_errors import did_you_mean
from pipelines.cli_values import a_count, a_date, a_port, a_sku, a_term, an_instant

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


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, and names the closest command where one was misspelled."""

    def error(self, message: str) -> None:
        self.exit(2, f"{self.prog}: {' '.join(message.split())} (see `{self.prog} --help`)\n")

    def _check_value(self, action: argparse.Action, value: object) -> None:
        if action.choices is not None and value not in action.choices:
            known = [str(choice) for choice in action.choices]
            hint = did_you_mean(str(value), known, limit=1) or f"; known: {', '.join(known)}"
            raise argparse.ArgumentError(action, f"{value!r} is unknown{hint}")


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
        sub = _sub(subparsers, command.name, line=command.line, **about)
        sub.set_defaults(handler=command.handler)
        command.arguments(sub)
    return parser


def _sub(
    subparsers, name: str, *, line: str, is_reading: bool = False, aliases: tuple[str, ...] = ()
) -> argparse.ArgumentParser:
    about = f"{line[0].upper()}{line[1:]}."
    sub = subparsers.add_parser(name, help=line, description=about, allow_abbrev=False, aliases=aliases)
    if is_reading:
        sub.add_argument("--json", action="store_true", help="print JSON, keys as in docs/cli.md")
    return sub


def _run(sub: argparse.ArgumentParser) -> None:
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


def _kpis(sub: argparse.ArgumentParser) -> None:
    sub.add_argument(
        "--from", dest="date_from", type=a_date, required=True, metavar="D", help="first business date"
    )
    sub.add_argument(
        "--to", dest="date_to", type=a_date, required=True, metavar="D", help="business date after the last"
    )
    sub.add_argument("--channel", metavar="C", help="one channel instead of all")
    sub.add_argument(
        "--by", choices=("day", "week", "month"), help="one row per period; weeks start on Monday"
    )
    sub.add_argument("--as-of", type=an_instant, metavar="INSTANT", help="count only what was known then")


def _order(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("order", metavar="ID", help="order id, the channel's id, or the number the buyer knows")
    sub.add_argument("--now", action="store_true", help="from the order book this minute, with its parcels")


def _ats(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("sku", type=a_sku, metavar="SKU")
    sub.add_argument("--channel", metavar="C", help="one channel instead of all")
    sub.add_argument("--explain", action="store_true", help="show how each number comes about")


def _promise(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("sku", type=a_sku, metavar="SKU")
    sub.add_argument("--channel", required=True, metavar="C", help="the channel that promises")
    sub.add_argument("--on", type=an_instant, metavar="INSTANT", help="how many can be promised for then")
    sub.add_argument("--quantity", type=a_count, metavar="N", help="when N units can be promised for first")


def _due(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--as-of", type=an_instant, metavar="INSTANT", help="what is due by then (default: now)")
    sub.add_argument("--every", type=a_count, metavar="SECONDS", help="again and again, until interrupted")


def _publish(sub: argparse.ArgumentParser) -> None:
    actions = sub.add_subparsers(dest="action", metavar="ACTION", required=True, parser_class=Parser)
    now = _sub(actions, "now", line="compute what changed, write new values down and hand them over")
    now.add_argument("--full", action="store_true", help="compute everything, whatever changed")
    now.add_argument("--every", type=a_count, metavar="SECONDS", help="again and again, until interrupted")
    ack = _sub(actions, "ack", line="the channel has the values handed over to it")
    ack.add_argument("channel", metavar="C")
    ack.add_argument("--through", type=a_count, metavar="NO", help="up to this publication (default: all)")
    ack.add_argument("--at", type=an_instant, metavar="INSTANT", help="since when (default: now)")
    told = _sub(actions, "history", line="what was published of a sku, newest last", is_reading=True)
    told.add_argument("sku", type=a_sku, metavar="SKU")
    told.add_argument("--channel", metavar="C", help="one channel instead of all")
    _sub(actions, "lag", line="how far each channel lags behind (p50, p95)", is_reading=True)
    _sub(actions, "buffers", line="set thresholds from oversell budgets and the measured lag")


def _policy(sub: argparse.ArgumentParser) -> None:
    actions = sub.add_subparsers(dest="action", metavar="ACTION", required=True, parser_class=Parser)
    put = _sub(actions, "set", line="decide a term of a channel, or a location's facility_buffer")
    put.add_argument("place", metavar="PLACE", help="a channel; for facility_buffer a location")
    put.add_argument(
        "term", metavar="TERM", help="threshold, share, max_quantity, is_listed, facility_buffer"
    )
    put.add_argument("value", type=a_term, metavar="VALUE", help="a number; `default` takes a decision back")
    put.add_argument("--sku", type=a_sku, metavar="SKU", help="of one sku (default: of every one)")
    put.add_argument("--reason", required=True, metavar="WORDS", help="why, for whoever reviews it")
    _who(put)
    listing = _sub(actions, "list", line="every decision, newest last", is_reading=True)
    listing.add_argument("--place", metavar="PLACE", help="one channel's or location's")
    listing.add_argument("--sku", type=a_sku, metavar="SKU", help="one sku's")


def _demand(sub: argparse.ArgumentParser) -> None:
    cli_parser_forecast.demand(sub)


def _forecast(sub: argparse.ArgumentParser) -> None:
    cli_parser_forecast.forecast(sub)


def _proposals(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--supplier", metavar="S", help="one supplier's")
    sub.add_argument("--limit", type=a_count, metavar="N", help="at most N (default: 20; with --json all)")
    sub.add_argument("--explain", action="store_true", help="the sentence behind each")


def _curve(sub: argparse.ArgumentParser) -> None:
    sub.add_argument(
        "--weeks", type=a_count, metavar="N", help="replay N weeks anew (default: what the run kept)"
    )
    sub.add_argument(
        "--until", type=an_instant, metavar="INSTANT", help="the weeks before then (default: before now)"
    )


def _quarantine(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--channel", metavar="C", help="one feed's")
    sub.add_argument("--reason", metavar="CODE", help="one reason's, e.g. invalid_json")
    sub.add_argument("--all", action="store_true", dest="everything", help="resolved ones too")
    sub.add_argument("--limit", type=a_count, metavar="N", help="at most N (default: 20; with --json all)")
    sub.add_argument("--retry", action="store_true", help="read the quarantined documents again")


def _status(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--checks", action="store_true", help="every check, not only the failed ones")


def _alerts(sub: argparse.ArgumentParser) -> None:
    actions = sub.add_subparsers(dest="action", metavar="ACTION", parser_class=Parser)
    for target in (sub, _sub(actions, "list", line="the open alerts, most urgent first (the default)")):
        _listing(target, hidden=target is not sub)
    ack = _sub(actions, "ack", line="somebody takes care of it; it stays open until it resolves or worsens")
    snooze = _sub(actions, "snooze", line="keep quiet until an instant, unless it worsens")
    for target in (ack, snooze):
        target.add_argument("episode", metavar="EPISODE", help="as `oms alerts` shows it, e.g. A-17")
    snooze.add_argument("--until", type=an_instant, required=True, metavar="INSTANT")
    for target in (ack, snooze):
        _who(target)
    score = _sub(actions, "score", line="walk past weeks again: which stock-outs were warned of, how soon",
                 is_reading=True)  # fmt: skip
    score.add_argument("--weeks", type=a_count, default=26, help="Monday mornings to score (26)")
    stocks = ("both", "played", "recorded")
    score.add_argument(
        "--stock", choices=stocks, default="both", help="as a plain buyer keeps it, as recorded"
    )
    score.add_argument("--dry-run", action="store_true", help="print only; nothing is learnt from it")
    deliver = _sub(actions, "deliver", line="send what still waits to file, webhook and e-mail")
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


def _override(sub: argparse.ArgumentParser) -> None:
    cli_parser_forecast.override(sub, add=_sub, parser=Parser, who=_who)


def _stock(sub: argparse.ArgumentParser) -> None:
    cli_parser_stock.stock(sub, add=_sub, parser=Parser)


def _routing(sub: argparse.ArgumentParser) -> None:
    actions = sub.add_subparsers(dest="action", metavar="ACTION", required=True, parser_class=Parser)
    show = _sub(actions, "show", line="the rules as they are read, or why they cannot be", is_reading=True)
    explain = _sub(actions, "explain", line="where an order would be filled from, and why", is_reading=True)
    explain.add_argument("order", metavar="ORDER", help="its id, e.g. shopify:1001")
    run = _sub(actions, "run", line="broker what waits as one assignment", is_reading=True)
    run.add_argument("orders", nargs="*", metavar="ORDER", help="these orders (default: all that wait)")
    run.add_argument("--seconds", type=a_count, default=10, metavar="N", help="for the solver (default: 10)")
    run.add_argument("--dry-run", action="store_true", help="show it, change nothing")
    _sub(actions, "manual", line="orders that wait for a person's decision", is_reading=True)
    assign = _sub(actions, "assign", line="fill an order's waiting units from a location of your choice")
    assign.add_argument("order", metavar="ORDER")
    assign.add_argument("location", metavar="LOCATION")
    requeue = _sub(actions, "requeue", line="give an order on the manual queue back to the rules")
    requeue.add_argument("order", metavar="ORDER")
    compare = _sub(
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
    example = _sub(actions, "example", line="write a file of rules to start from")
    example.add_argument("--out", type=Path, metavar="FILE", help="where to (default: standard output)")


def _docs(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--out", type=Path, metavar="FILE", help="where to (default: docs/data-dictionary.md)")
    sub.add_argument("--check", action="store_true", help="write nothing; fail where the file is out of date")


def _who(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--by", required=True, metavar="WHO", help="whose decision it is")


def _port(default: int) -> Callable[[argparse.ArgumentParser], None]:
    def add(sub: argparse.ArgumentParser) -> None:
        sub.add_argument("--port", type=a_port, default=default, metavar="N", help=f"(default: {default})")

    return add


def _command(name: str, group: str, line: str, handler: str, arguments: Callable, **options: bool) -> Command:
    return Command(name, group, line, f"pipelines.{handler}", arguments, **options)


RUN, ASK, DECIDE, LOOK = "Run", "Ask", "Decide", "Look after"
COMMANDS: Sequence[Command] = (
    _command(
        "run", RUN, "land, interpret, apply, forecast, propose, alert, publish: the main job",
        "cli_run:run", _run, is_reading=False,
    ),
    _command(
        "dashboard", RUN, "open the dashboards in a browser",
        "cli_run:dashboard", _port(8501), is_reading=False,
    ),
    _command(
        "dagster", RUN, "open Dagster's UI on the same stages",
        "cli_run:dagster", _port(3000), is_reading=False,
    ),
    _command(
        "kpis", ASK, "sales, orders, units and customers of a period",
        "cli_release:kpis", _kpis,
    ),
    _command(
        "order", ASK, "where an order is, its lines and its whole history",
        "cli_orders:order", _order,
    ),
    _command(
        "ats", ASK, "what each channel may still sell of a sku",
        "cli_stock:ats", _ats,
    ),
    _command(
        "promise", ASK, "how many units can be promised for a day, and when N can",
        "cli_ats:promise", _promise,
    ),
    _command(
        "demand", ASK, "what was asked for of a sku, by channel or location, by day or week",
        "cli_demand:demand", _demand,
    ),
    _command(
        "forecast", ASK, "a sku's demand to come, with its interval and past accuracy",
        "cli_plans:forecast", _forecast,
    ),
    _command(
        "proposals", ASK, "what to buy now, from whom and by when",
        "cli_plans:proposals", _proposals,
    ),
    _command(
        "curve", ASK, "what service more stock would have bought, by order rule, and where the shop stands",
        "cli_plans:curve", _curve,
    ),
    _command(
        "alerts", DECIDE, "restock alerts: list, acknowledge, snooze, deliver",
        "cli_alerts:alerts", _alerts,
    ),
    _command(
        "override", DECIDE, "a planner's changes of the forecast, and what they were worth",
        "cli_overrides:override", _override, is_reading=False, aliases=("overrides",),
    ),
    _command(
        "policy", DECIDE, "thresholds, shares, caps, listing and buffers of ATS",
        "cli_ats:policy", _policy, is_reading=False,
    ),
    _command(
        "publish", DECIDE, "tell the channels what they may sell; history, sync lag",
        "cli_publish:publish", _publish, is_reading=False,
    ),
    _command(
        "due", RUN, "expire holds, orders, authorizations and lots past their time; release what is due",
        "cli_due:due", _due,
    ),
    _command(
        "status", LOOK, "the release, its tables and its checks",
        "cli_release:status", _status,
    ),
    _command(
        "quarantine", LOOK, "documents that could not be read, and why",
        "cli_quarantine:quarantine", _quarantine,
    ),
    _command(
        "stock", LOOK, "prove, repair, explain and move stock",
        "cli_stock:stock", _stock, is_reading=False,
    ),
    _command(
        "routing", DECIDE, "which location fills which order: rules, batches, what-if",
        "cli_routing:routing", _routing, is_reading=False,
    ),
    _command(
        "docs", LOOK, "write the data dictionary from the table contracts",
        "cli_run:docs", _docs, is_reading=False,
    ),
)  # fmt: skip
