"""Arguments of what may be sold: `oms ats`, `promise`, `publish` and `policy`."""

from __future__ import annotations

import argparse

from pipelines.cli_parser.parts import actions_of, add, who
from pipelines.cli_parser.values import a_count, a_sku, a_term, an_instant


def ats(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("sku", type=a_sku, metavar="SKU")
    sub.add_argument("--channel", metavar="C", help="one channel instead of all")
    sub.add_argument("--explain", action="store_true", help="show how each number comes about")


def promise(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("sku", type=a_sku, metavar="SKU")
    sub.add_argument("--channel", required=True, metavar="C", help="the channel that promises")
    sub.add_argument("--on", type=an_instant, metavar="INSTANT", help="how many can be promised for then")
    sub.add_argument("--quantity", type=a_count, metavar="N", help="when N units can be promised for first")


def publish(sub: argparse.ArgumentParser) -> None:
    actions = actions_of(sub)
    now = add(actions, "now", line="compute what changed, write new values down and hand them over")
    now.add_argument("--full", action="store_true", help="compute everything, whatever changed")
    now.add_argument("--every", type=a_count, metavar="SECONDS", help="again and again, until interrupted")
    ack = add(actions, "ack", line="the channel has the values handed over to it")
    ack.add_argument("channel", metavar="C")
    ack.add_argument("--through", type=a_count, metavar="NO", help="up to this publication (default: all)")
    ack.add_argument("--at", type=an_instant, metavar="INSTANT", help="since when (default: now)")
    told = add(actions, "history", line="what was published of a sku, newest last", is_reading=True)
    told.add_argument("sku", type=a_sku, metavar="SKU")
    told.add_argument("--channel", metavar="C", help="one channel instead of all")
    add(actions, "lag", line="how far each channel lags behind (p50, p95)", is_reading=True)
    add(actions, "buffers", line="set thresholds from oversell budgets and the measured lag")


def policy(sub: argparse.ArgumentParser) -> None:
    actions = actions_of(sub)
    put = add(actions, "set", line="decide a term of a channel, or a location's facility_buffer")
    put.add_argument("place", metavar="PLACE", help="a channel; for facility_buffer a location")
    put.add_argument(
        "term", metavar="TERM", help="threshold, share, max_quantity, is_listed, facility_buffer"
    )
    put.add_argument("value", type=a_term, metavar="VALUE", help="a number; `default` takes a decision back")
    put.add_argument("--sku", type=a_sku, metavar="SKU", help="of one sku (default: of every one)")
    put.add_argument("--reason", required=True, metavar="WORDS", help="why, for whoever reviews it")
    who(put)
    listing = add(actions, "list", line="every decision, newest last", is_reading=True)
    listing.add_argument("--place", metavar="PLACE", help="one channel's or location's")
    listing.add_argument("--sku", type=a_sku, metavar="SKU", help="one sku's")
