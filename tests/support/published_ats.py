"""ATS published, pushed and decided at the shop's next minute, and what the channels are told then."""

from __future__ import annotations

from datetime import timedelta

from oms_ops.availability import availability
from oms_ops.publishing import publish, push, set_policy
from oms_ops.store import publication
from tests.support.order_book import NOON

SHOPIFY, AMAZON = "shopify", "amazon"


def at(shop, minutes=0):
    return NOON + timedelta(minutes=shop.calls + minutes)


def publish_now(shop, **more):
    return publish(shop.book, shop.settings, now=at(shop), **more)


def push_now(shop, **more):
    return push(shop.book, shop.settings, now=at(shop), **more)


def decide(shop, place, term, value, sku=""):
    done = shop.next()
    return set_policy(
        shop.book, shop.settings, place=place, term=term, value=value, sku=sku,
        author="ana", reason="fair", **done,
    )  # fmt: skip


def shown(shop):
    """What the channels are told: (channel, sku) to value, as published."""
    with shop.book.read() as con:
        return {pair: value for pair, (_, value) in publication.in_force(con).items()}


def computed(shop):
    """The same from nothing but the book as it stands."""
    return {(row.channel_id, row.sku): row.ats.value for row in availability(shop.book, shop.settings)}
