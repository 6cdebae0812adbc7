"""Totals by category, channel, location and shop, read from rows small enough to add up by hand."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.support.release_builder import empty_marts, filled, load
from tests.support.small_shop import Rows
from warehouse import queries

MONDAY = date(2011, 12, 12)
WEEK = timedelta(weeks=1)


@pytest.fixture(scope="module")
def con():
    rows = Rows()
    for ahead in range(6):
        for name, of in (("Bags", 10.0), ("Toys", 20.0)):
            rows.tables["forecast_level"].append(
                filled("forecast_level", dimension="category", member=name, week_start=MONDAY + ahead * WEEK,
                       mean=of, expected=1.5 * of)
            )  # fmt: skip
    for back in range(2, 56):
        rows.tables["level_history"].append(
            filled("level_history", dimension="category", member="Bags", week_start=MONDAY - back * WEEK,
                   units=float(back), demand=back + 1.0)
        )  # fmt: skip
    for dimension, is_whole, member, units in (
        ("channel", False, "web", 1), ("category", False, "Toys", 9), ("category", False, "Bags", 11),
        ("category", True, "all", 20),
    ):  # fmt: skip
        rows.tables["level_accuracy"].append(
            filled(
                "level_accuracy", dimension=dimension, is_whole=is_whole, member=member, actual_units=units
            )
        )
    found = empty_marts()
    load(found, rows)
    yield found
    found.close()


def test_one_members_weeks_or_all_of_a_dimensions(con):
    assert queries.forecast_levels(con, dimension="category", member="Bags")["mean"].to_list() == [10.0] * 6
    assert queries.forecast_levels(con, dimension="category").height == 12
    assert queries.forecast_levels(con, dimension="channel").is_empty()
    with pytest.raises(queries.QueryError, match="shop, category, channel, location"):
        queries.forecast_levels(con, dimension="country")


def test_history_ends_with_the_last_full_week(con):
    found = queries.level_history(con, dimension="category", member="Bags", weeks=3)
    assert found.rows() == [(MONDAY - back * WEEK, float(back), back + 1.0) for back in (4, 3, 2)]


def test_totals_add_up_four_weeks_all_weeks_and_what_was_sold(con):
    toys, bags = queries.level_totals(con, dimension="category").rows(named=True)
    assert (toys["member"], bags["member"]) == ("Toys", "Bags")
    assert (bags["next_4_mean"], bags["next_4_expected"]) == (40, 60)
    assert (bags["all_mean"], bags["all_expected"]) == (60, 90)
    assert bags["last_13_units"] == sum(range(2, 15))
    assert bags["year_before_units"] == sum(52 - ahead for ahead in range(6))
    assert (toys["last_13_units"], toys["year_before_units"]) == (0, None)


def test_accuracy_names_all_together_first_then_the_largest(con):
    found = queries.level_accuracy(con, dimension="category")
    assert found.select("is_whole", "member").rows() == [(True, "all"), (False, "Bags"), (False, "Toys")]
    assert queries.level_accuracy(con)["dimension"].to_list() == ["category"] * 3 + ["channel"]
    assert queries.level_accuracy(con, dimension="location").is_empty()
    with pytest.raises(queries.QueryError, match="shop, category, channel, location"):
        queries.level_accuracy(con, dimension="country")


def test_accuracy_of_a_release_from_before_it_was_scored_is_unknown():
    with empty_marts() as con:
        con.execute("DROP TABLE marts.level_accuracy")
        assert queries.level_accuracy(con) is None
