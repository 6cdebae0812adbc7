"""Arguments of `oms demand`, `oms forecast` and `oms override`."""

from __future__ import annotations

import argparse

from pipelines.cli_parser.parts import actions_of, add, who
from pipelines.cli_parser.values import a_count, a_date, a_sku
from warehouse.queries import DIMENSIONS, SCORED_BY

REASON_CODES = (
    "promotion", "event", "launch", "price", "competitor", "customer", "supply", "phase_out", "model_error",
    "other",
)  # fmt: skip


def forecast(sub: argparse.ArgumentParser) -> None:
    what = "a sku; `why SKU` says where its number comes from, why that model, and what changed"
    sub.add_argument("words", type=a_sku, nargs="*", metavar="[why] SKU", help=what)
    sub.add_argument("--daily", action="store_true", help="28 days instead of 13 weeks")
    sub.add_argument("--by", choices=DIMENSIONS, help="instead of a sku: totals of every one of these")
    sub.add_argument("--member", metavar="NAME", help="with --by: the weeks of one, e.g. a category's")


def demand(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("sku", type=a_sku, metavar="SKU")
    sub.add_argument("--by", choices=("channel", "location"), help="each one's (default: the whole)")
    sub.add_argument(
        "--grain", choices=("day", "week"), default="week", help="a row for each (default: week)"
    )
    what = "the last N weeks or days (default: 13 weeks, 28 days; with --json all)"
    sub.add_argument("--limit", type=a_count, metavar="N", help=what)


def override(sub: argparse.ArgumentParser) -> None:
    actions = actions_of(sub)
    _add(actions)
    listing = add(actions, "list", line="the active overrides", is_reading=True)
    listing.add_argument("--all", action="store_true", dest="everything", help="revoked and expired ones too")
    listing.add_argument("--sku", type=a_sku, metavar="SKU", help="one sku's")
    line = "what past overrides were worth: the error without them less the error with them"
    score = add(actions, "score", line=line, is_reading=True)
    score.add_argument("--by", choices=SCORED_BY, default="planner", help="a row for each (default: planner)")
    score.add_argument("--planner", metavar="WHO", help="one planner's")
    score.add_argument("--sku", type=a_sku, metavar="SKU", help="one sku's")
    revoke = add(actions, "revoke", line="end an override; the next run forecasts without it")
    revoke.add_argument("override", metavar="OVERRIDE", help="as `oms override list` shows it, e.g. O-3")
    who(revoke)


def _add(actions) -> None:
    line = "change the forecast of a sku, a category or the shop for whole weeks; the next run uses it"
    made = add(actions, "add", line=line)
    target = made.add_mutually_exclusive_group(required=True)
    target.add_argument("sku", nargs="?", type=a_sku, metavar="SKU")
    target.add_argument("--category", metavar="C", help="its sum, spread over its skus by their shares")
    target.add_argument("--shop", action="store_true", help="the whole shop's sum, spread likewise")
    made.add_argument("--first-week", type=a_date, required=True, metavar="D", help="a Monday")
    made.add_argument("--last-week", type=a_date, metavar="D", help="a Monday, included (default: the first)")
    value = made.add_mutually_exclusive_group(required=True)
    value.add_argument("--set", type=float, metavar="UNITS", help="the weekly mean becomes UNITS")
    value.add_argument("--factor", type=float, metavar="X", help="the weekly mean is multiplied by X")
    value.add_argument("--add", type=float, metavar="UNITS", help="UNITS more a week, or less where negative")
    made.add_argument("--reason", required=True, metavar="WORDS", help="why, for whoever reviews it")
    made.add_argument(
        "--code",
        choices=REASON_CODES,
        default="other",
        help="the kind of reason, for scoring (default: other)",
    )
    made.add_argument(
        "--expires", type=a_date, metavar="D", help="forecasts after that day are made without it"
    )
    who(made)
