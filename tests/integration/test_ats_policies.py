"""Decisions on ATS: which one holds, what it changes, and what cannot be decided."""

from __future__ import annotations

import pytest

from oms_ops.errors import InvalidCommand, OmsError
from oms_ops.publishing import (
    history,
    policy_history,
    set_policy,
)
from tests.support.order_book import NOON
from tests.support.published_ats import SHOPIFY, decide, publish_now, shown


def test_a_decision_holds_for_its_sku_before_the_one_for_every_sku_before_the_settings(shop):
    for sku in ("CUP", "POT"):
        shop.receive(sku, "LEICESTER", 20)
    publish_now(shop)
    decide(shop, SHOPIFY, "threshold", 5)
    assert publish_now(shop).because == "a decision on every sku"
    decide(shop, SHOPIFY, "threshold", 1, sku="CUP")
    report = publish_now(shop)
    assert (report.because, report.computed, report.changed) == ("", 4, 1)
    assert (shown(shop)[SHOPIFY, "CUP"], shown(shop)[SHOPIFY, "POT"]) == (19, 15)
    decide(shop, SHOPIFY, "threshold", None, sku="CUP")
    decide(shop, SHOPIFY, "share", 0.5, sku="CUP")
    decide(shop, SHOPIFY, "max_quantity", 6, sku="CUP")
    publish_now(shop)
    assert shown(shop)[SHOPIFY, "CUP"] == 6
    decide(shop, SHOPIFY, "is_listed", 0, sku="CUP")
    publish_now(shop)
    assert history(shop.book, "CUP", channel_id=SHOPIFY)[-1]["terms"]["explanation"].endswith(
        "20 at LEICESTER + 0 at LONDON + 0 at GLASGOW - 0 unrouted - 5 threshold (fair) = 15; "
        "x 0.5, at most 6, not listed = 0"
    )
    made = policy_history(shop.book, place=SHOPIFY, sku="CUP")
    assert [(row["term"], row["value"], row["author"]) for row in made] == [
        ("threshold", 1, "ana"), ("threshold", None, "ana"), ("share", 0.5, "ana"),
        ("max_quantity", 6, "ana"), ("is_listed", 0, "ana"),
    ]  # fmt: skip


def test_a_buffer_is_kept_back_at_its_location_and_never_goes_below_nothing_there(shop):
    shop.receive("CUP", "LEICESTER", 10)
    shop.receive("CUP", "LONDON", 3)
    decide(shop, "LONDON", "facility_buffer", 5, sku="CUP")
    publish_now(shop)
    assert shown(shop)[SHOPIFY, "CUP"] == 10
    decide(shop, "LEICESTER", "facility_buffer", 4)
    publish_now(shop)
    assert shown(shop)[SHOPIFY, "CUP"] == 6


@pytest.mark.parametrize(
    ("place", "term", "value", "message"),
    [
        (SHOPIFY, "treshold", 1, "no term 'treshold'; known: threshold, share"),
        (SHOPIFY, "share", 1.5, "share is 0 to 1, found 1.5"),
        (SHOPIFY, "threshold", -1, "threshold is 0 or more, found -1"),
        (SHOPIFY, "is_listed", 2, "is_listed is 0 or 1, found 2"),
        (SHOPIFY, "facility_buffer", 2, "a facility_buffer is a location's; no location 'shopify'"),
    ],
)
def test_a_decision_that_cannot_be_is_refused_and_leaves_nothing(shop, place, term, value, message):
    with pytest.raises(OmsError, match=message):
        decide(shop, place, term, value)
    assert policy_history(shop.book) == []


def test_a_decision_repeated_under_its_key_is_made_once(shop):
    said = {"place": SHOPIFY, "term": "threshold", "value": 3, "author": "ana", "reason": "fair"}
    for _ in range(2):
        set_policy(shop.book, shop.settings, **said, at=NOON, key="k")
    assert len(policy_history(shop.book)) == 1
    with pytest.raises(InvalidCommand, match="needs a key of its own"):
        set_policy(shop.book, shop.settings, **(said | {"value": 4}), at=NOON, key="k")
