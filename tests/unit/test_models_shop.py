"""The shop's weekday profile and its yearly shutdown, from the days of the whole shop."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest

from models import history, shop

FIRST = date(2010, 1, 4)
LAST = date(2011, 11, 30)


def shop_days(
    *, closed: set[date] = frozenset(), bulk: dict[date, float] | None = None, last: date = LAST
) -> pl.DataFrame:
    """20 units on Mondays, 10 on Tuesdays to Fridays, none at the weekend."""
    rows = []
    for number in range((last - FIRST).days + 1):
        today = FIRST + timedelta(days=number)
        usual = {0: 20.0, 5: 0.0, 6: 0.0}.get(today.weekday(), 10.0)
        units = (bulk or {}).get(today, usual)
        if units and today not in closed:
            rows.append(("A", today, units, 1, units, 1.0))
    return pl.DataFrame(rows, schema=history.DEMAND, orient="row")


def christmas(year: int) -> set[date]:
    return {date(year, 12, 24) + timedelta(days=number) for number in range(11)}


def test_the_profile_is_each_weekdays_share_of_a_usual_week():
    found = shop.learn(shop_days(), cutoff=LAST)
    assert found.profile == pytest.approx((20 / 60, 10 / 60, 10 / 60, 10 / 60, 10 / 60, 0, 0))


def test_one_bulk_order_does_not_bend_the_profile():
    found = shop.learn(shop_days(bulk={date(2011, 10, 5): 90_000.0}), cutoff=LAST)
    assert found.profile[2] == pytest.approx(10 / 60, abs=0.01)


def test_a_shutdown_of_past_years_is_expected_again():
    found = shop.learn(shop_days(closed=christmas(2010)), cutoff=LAST)
    assert found.week_share(date(2011, 12, 26)) == 0
    assert found.week_share(date(2011, 12, 19)) == 1  # the 24th and 25th fall on a weekend
    assert found.week_share(date(2011, 11, 28)) == 1
    assert not found.is_open(date(2011, 12, 27)) and found.is_open(date(2012, 1, 4))


def test_a_bank_holiday_is_no_shutdown():
    holiday = {date(2011, 5, 2), date(2011, 4, 22), date(2011, 4, 25)}
    assert shop.learn(shop_days(closed=holiday), cutoff=LAST).shutdown == frozenset()


def test_silence_up_to_the_cutoff_is_no_shutdown_it_may_be_missing_data():
    assert shop.learn(shop_days(), cutoff=LAST + timedelta(days=20)).shutdown == frozenset()


def september(*years: int) -> set[date]:
    return {date(year, 9, 6) + timedelta(days=number) for year in years for number in range(14)}


def test_a_closure_seen_once_is_not_expected_again_and_teaches_no_lack_of_demand():
    found = shop.learn(shop_days(closed=september(2010)), cutoff=date(2011, 8, 31))
    assert found.week_share(date(2011, 9, 12)) == 1
    assert found.week_share(date(2010, 9, 6)) == found.week_share(date(2010, 9, 13)) == 0
    assert found.week_share(date(2009, 9, 7)) == 1


def test_a_closure_of_two_years_running_is_expected_until_the_shop_sells_on_its_days():
    closed = september(2010) | {day - timedelta(days=2) for day in september(2011)}
    twice = shop.learn(shop_days(closed=closed), cutoff=LAST)
    assert twice.week_share(date(2012, 9, 10)) == 0
    sold_since = shop.learn(shop_days(closed=closed, last=date(2012, 11, 30)), cutoff=date(2012, 11, 30))
    assert sold_since.week_share(date(2013, 9, 9)) == 1
    assert sold_since.week_share(date(2011, 9, 5)) == 0


def test_a_year_in_which_the_shop_sold_where_it_shuts_now_is_taken_as_it_was():
    found = shop.learn(shop_days(closed=christmas(2011), last=date(2012, 6, 30)), cutoff=date(2012, 6, 30))
    assert found.week_share(date(2010, 12, 27)) == 1
    assert found.week_share(date(2011, 12, 26)) == found.week_share(date(2012, 12, 24)) == 0


def test_silence_up_to_the_cutoff_is_shut_until_it_has_lasted_eight_weeks():
    quiet = shop.learn(shop_days(), cutoff=LAST + timedelta(days=20))
    assert quiet.week_share(date(2011, 12, 5)) == 0
    assert quiet.week_share(date(2011, 11, 21)) == quiet.week_share(date(2011, 12, 26)) == 1
    assert not shop.learn(shop_days(), cutoff=LAST + timedelta(days=57)).shut
    assert not shop.learn(shop_days(), cutoff=LAST + timedelta(days=5)).shut  # three selling days


def test_a_shop_without_sales_treats_all_days_alike():
    found = shop.learn(shop_days().clear(), cutoff=LAST)
    assert found.week_share(FIRST) == pytest.approx(1)
    assert found.day_share(FIRST) == pytest.approx(1 / 7)
