"""Planner overrides: what is refused, which are active when, and that their history is only added to."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from oms_ops import decisions
from oms_ops.decisions import InvalidDecision, UnknownDecision
from oms_ops.store import open_book

NOW = datetime(2011, 12, 10, tzinfo=UTC)
GOOD = {
    "sku": "22423",
    "first_week": date(2011, 12, 12),
    "last_week": date(2011, 12, 19),
    "action": "factor",
    "value": 1.5,
    "reason": "on the cover of the catalog",
    "author": "ana",
    "now": NOW,
}


def test_an_override_is_active_from_when_it_was_made_until_its_last_week_is_over(book):
    override_id = decisions.add_override(book, **GOOD)
    states = {}
    for instant in (NOW, datetime(2011, 12, 25, 23, tzinfo=UTC), datetime(2011, 12, 26, tzinfo=UTC)):
        states[instant.date()] = [row["state"] for row in decisions.overrides(book, as_of=instant)]
    assert override_id == "O-1"
    assert states == {
        date(2011, 12, 10): ["active"],
        date(2011, 12, 25): ["active"],
        date(2011, 12, 26): ["expired"],
    }


def test_a_run_as_of_an_earlier_instant_does_not_know_a_later_override(book):
    decisions.add_override(book, **GOOD)
    assert decisions.active_overrides(book, as_of=NOW - timedelta(microseconds=1)) == []


def test_a_run_as_of_before_the_revocation_still_uses_the_override(book):
    decisions.add_override(book, **GOOD)
    decisions.revoke_override(book, "O-1", by="ben", now=NOW + timedelta(hours=2))
    assert len(decisions.active_overrides(book, as_of=NOW + timedelta(hours=1))) == 1
    assert decisions.active_overrides(book, as_of=NOW + timedelta(hours=2)) == []
    revoked = decisions.overrides(book, as_of=NOW + timedelta(hours=2))[0]
    assert (revoked["state"], revoked["revoked_by"]) == ("revoked", "ben")


def test_active_overrides_carry_what_a_forecast_needs_oldest_first(book):
    decisions.add_override(book, **GOOD)
    decisions.add_override(book, **GOOD | {"action": "set", "value": 12, "last_week": date(2011, 12, 12)})
    active = decisions.active_overrides(book, as_of=NOW)
    assert [(row["override_id"], row["action"], row["value"]) for row in active] == [
        ("O-1", "factor", 1.5),
        ("O-2", "set", 12.0),
    ]
    assert (active[0]["sku"], active[0]["first_week"]) == ("22423", date(2011, 12, 12))


def test_history_says_who_did_what_and_when(book):
    decisions.add_override(book, **GOOD)
    decisions.revoke_override(book, "O-1", by="ben", now=NOW + timedelta(hours=2))
    told = [(row["event_kind"], row["author"], row["occurred_at"]) for row in decisions.history(book, "O-1")]
    assert told == [("added", "ana", NOW), ("revoked", "ben", NOW + timedelta(hours=2))]
    assert decisions.history(book, "O-1")[0]["detail"]["reason"] == "on the cover of the catalog"


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"first_week": date(2011, 12, 13)}, "first_week must be a Monday, found Tuesday 2011-12-13"),
        ({"last_week": date(2011, 12, 18)}, "its Monday is 2011-12-12"),
        ({"last_week": date(2011, 12, 5)}, "last_week 2011-12-05 lies before first_week 2011-12-12"),
        ({"action": "double"}, "action must be one of set, factor, add, found 'double'"),
        ({"value": -0.1}, "factor needs a number of at least 0, found -0.1"),
        ({"action": "set", "value": -1}, "set needs a number of at least 0"),
        ({"action": "add", "value": float("nan")}, "add needs a number, found nan"),
        ({"value": float("inf")}, "found inf"),
        ({"action": "set", "value": 1e300}, "set takes at most 1,000,000,000, found 1e+300"),
        (
            {"first_week": date(2011, 11, 28), "last_week": date(2011, 11, 28)},
            "the week of 2011-11-28 is over; it is 2011-12-10",
        ),
        ({"reason": "  "}, "reason must not be empty"),
        ({"author": ""}, "author must not be empty"),
        ({"sku": ""}, "sku must not be empty"),
    ],
)
def test_an_override_that_contradicts_itself_is_refused_and_not_stored(book, wrong, complaint):
    with pytest.raises(InvalidDecision) as refusal:
        decisions.add_override(book, **GOOD | wrong)
    assert complaint in str(refusal.value)
    assert decisions.overrides(book, as_of=NOW) == []


def test_a_week_under_way_may_still_be_overruled(book):
    monday = date(2011, 12, 5)
    decisions.add_override(book, **GOOD | {"first_week": monday, "last_week": monday})
    assert len(decisions.active_overrides(book, as_of=NOW)) == 1


def test_units_may_be_taken_away(book):
    decisions.add_override(book, **GOOD | {"action": "add", "value": -40})
    assert decisions.active_overrides(book, as_of=NOW)[0]["value"] == -40


def test_revoking_what_is_not_there_or_no_longer_stands_says_so(book):
    decisions.add_override(book, **GOOD)
    decisions.revoke_override(book, "o-1", by="ben", now=NOW)
    with pytest.raises(InvalidDecision, match="O-1 was revoked by ben on 2011-12-10 00:00 UTC"):
        decisions.revoke_override(book, "O-1", by="cy", now=NOW)
    for wrong in ("O-2", "A-1", "", "O-", "O-٣", "O-99999999999999999999"):
        with pytest.raises(UnknownDecision):
            decisions.revoke_override(book, wrong, by="cy", now=NOW)


def test_decisions_survive_closing_the_book(order_book_url):
    with open_book(order_book_url) as book:
        decisions.add_override(book, **GOOD)
    with open_book(order_book_url) as book:
        assert len(decisions.active_overrides(book, as_of=NOW)) == 1


def test_a_category_and_the_whole_shop_can_be_overruled(book):
    wide = GOOD | {"sku": None}
    decisions.add_override(book, **wide | {"scope": "category", "category": " Bags "})
    decisions.add_override(book, **wide | {"scope": "shop", "reason_code": "promotion"})
    found = decisions.active_overrides(book, as_of=NOW)
    assert [(row["scope"], row["sku"], row["category"], row["reason_code"]) for row in found] == [
        ("category", None, "Bags", "other"),
        ("shop", None, None, "promotion"),
    ]


def test_an_override_expires_after_its_day(book):
    decisions.add_override(book, **GOOD | {"expires_on": NOW.date() + timedelta(days=3)})
    states = [decisions.overrides(book, as_of=NOW + timedelta(days=days))[0]["state"] for days in (0, 3, 4)]
    assert states == ["active", "active", "expired"]


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"scope": "brand"}, "scope must be one of sku, category, shop"),
        ({"scope": "shop"}, "an override of scope 'shop' names no sku"),
        ({"scope": "category", "sku": None}, "category must not be empty"),
        ({"category": "Bags"}, "an override of scope 'sku' names no category"),
        ({"reason_code": "luck"}, "reason_code must be one of promotion, event"),
        ({"expires_on": date(2011, 1, 1)}, "expires_on 2011-01-01 has gone by"),
    ],
)
def test_a_target_reason_code_or_expiry_that_makes_no_sense_is_refused(book, wrong, complaint):
    with pytest.raises(decisions.InvalidDecision, match=complaint):
        decisions.add_override(book, **GOOD | wrong)
    assert decisions.overrides(book, as_of=NOW) == []
