"""How well totals did at past origins, by hand; no origin is corrected by its own outcome."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from models import total_scores, totals
from models.total_scores import Origins
from models.year_before import Sold
from warehouse import contracts

MONDAY = date(2024, 1, 1)
WEEK = timedelta(weeks=1)
FIRST, SECOND = MONDAY - timedelta(days=1), MONDAY + 4 * WEEK - timedelta(days=1)
SHOP, MUGS, CLOCKS = ("shop", "all"), ("category", "Mugs"), ("category", "Clocks")
NO_HISTORY = pl.DataFrame(schema=totals.HISTORY)


def past(*rows: tuple[tuple[str, str], date, list[tuple[float, float]]]) -> pl.DataFrame:
    """(member, cutoff, [(said, came) of each week from the cutoff on])."""
    full = [
        (*member, cutoff, cutoff + timedelta(days=1 + 7 * step), step, said, came)
        for member, cutoff, weeks in rows
        for step, (said, came) in enumerate(weeks)
    ]
    return pl.DataFrame(full, schema=totals.PAST, orient="row")


def demand(units: dict[tuple[str, str], float], *, weeks: int) -> pl.DataFrame:
    """So many of each member in every one of so many weeks up to eight after MONDAY."""
    rows = [
        (*member, MONDAY + (8 - back) * WEEK, of, of)
        for member, of in units.items()
        for back in range(1, weeks + 1)
    ]
    return pl.DataFrame(rows, schema=totals.HISTORY, orient="row")


def scores(found: pl.DataFrame, member: tuple[str, str], *, is_whole: bool = False) -> dict:
    of = (pl.col("dimension") == member[0]) & (pl.col("is_whole") == is_whole)
    return found.row(by_predicate=of & (is_whole | (pl.col("member") == member[1])), named=True)


TWO_ORIGINS = (
    (SHOP, FIRST, [(98.0, 398.0)]),
    (SHOP, SECOND, [(98.0, 98.0)]),
    (MUGS, FIRST, [(19.0, 79.0)]),
    (MUGS, SECOND, [(19.0, 19.0)]),
    (CLOCKS, FIRST, [(79.0, 319.0)]),
    (CLOCKS, SECOND, [(79.0, 79.0)]),
)


def test_two_origins_and_two_members_by_hand():
    """Four times what was said came at the first origin, exactly that at the second.

    The second teaches the first nothing to correct; the first, one of one and so half believed in the
    logarithm, about doubles the second.
    """
    found = total_scores.accuracy(past(*TWO_ORIGINS), NO_HISTORY)
    assert found.columns == list(contracts.table("marts.level_accuracy").column_names)
    moved = (399 / 99) ** 0.5
    for member, said, came in ((SHOP, 98, 398), (MUGS, 19, 79), (CLOCKS, 79, 319)):
        row = scores(found, member)
        first, second = came - said, said * moved - said
        assert (row["origins"], row["weeks"], row["actual_units"]) == (2, 2, came + said)
        assert (row["first_week"], row["last_week"]) == (MONDAY, MONDAY + 4 * WEEK)
        assert row["sum_wape"] == pytest.approx(first / (came + said), abs=1e-6)
        assert row["sum_bias"] == pytest.approx(-first / (came + said), abs=1e-6)
        assert row["expected_wape"] == pytest.approx((first + second) / (came + said), abs=1e-6)
        assert row["expected_bias"] == pytest.approx((second - first) / (came + said), abs=1e-6)
        assert row["naive_wape"] is None, "nothing is known of the year before"
    both = scores(found, MUGS, is_whole=True)
    assert (both["member"], both["origins"], both["weeks"], both["actual_units"]) == ("all", 2, 4, 496)
    assert both["expected_wape"] == pytest.approx((300 + 98 * (moved - 1)) / 496, abs=1e-6)
    assert scores(found, SHOP, is_whole=True)["expected_wape"] == scores(found, SHOP)["expected_wape"]


def test_ranges_hold_the_share_of_weeks_that_lay_inside():
    """999 said of every week: three tenths less of one lie outside the narrow range, nothing outside both."""
    said = 999.0
    weeks = {FIRST: [said] * 4, SECOND: [said, said, 0.7 * said, 0.0]}
    rows = [(SHOP, cutoff, [(said, came) for came in of]) for cutoff, of in weeks.items()]
    row = scores(total_scores.accuracy(past(*rows), NO_HISTORY), SHOP)
    assert (row["coverage_50"], row["coverage_90"]) == (6 / 8, 7 / 8)


def many(*, of_second: float = 1.0) -> pl.DataFrame:
    """Three origins, members and weeks that missed unlike; the second's outcome times `of_second`."""
    rng = np.random.default_rng(3)
    rows = []
    for number, cutoff in enumerate((FIRST, SECOND, SECOND + 4 * WEEK)):
        for member, size in ((SHOP, 300.0), (MUGS, 100.0), (CLOCKS, 200.0)):
            came = size * rng.uniform(0.8, 2.5, 4) * (of_second if number == 1 else 1.0)
            rows.append((member, cutoff, [(size, float(units)) for units in came]))
    return past(*rows)


def test_an_origins_own_outcome_never_corrects_it():
    history = demand({SHOP: 300.0, MUGS: 100.0, CLOCKS: 200.0}, weeks=70)
    plain, planted = (Origins.of(many(of_second=of), history).left_out() for of in (1.0, 50.0))
    assert (planted[1].came == 50 * plain[1].came).all(), "it is scored by it"
    assert (planted[1].expected == plain[1].expected).all()
    assert (planted[1].quantiles == plain[1].quantiles).all()
    for other in (0, 2):
        assert (planted[other].expected > plain[other].expected).all(), "the others are corrected by it"


def test_what_was_sold_after_an_origin_never_corrects_it():
    history = demand({SHOP: 300.0, MUGS: 100.0, CLOCKS: 200.0}, weeks=70)
    later = pl.when(pl.col("week_start") > SECOND).then(1e6).otherwise("demand")
    plain, planted = (
        Origins.of(many(), rows).left_out()[1] for rows in (history, history.with_columns(demand=later))
    )
    assert (planted.expected == plain.expected).all()
    assert (planted.naive == plain.naive).all()


def test_the_floor_is_the_same_weeks_a_year_before_as_they_were():
    """100 a week of the shop a year ago, 40 of Mugs, none yet of Clocks; each came to 80."""
    since = demand({SHOP: 100.0, MUGS: 40.0}, weeks=60)
    weeks = [(80.0, 80.0)] * 2
    rows = [(member, cutoff, weeks) for member in (SHOP, MUGS, CLOCKS) for cutoff in (FIRST, SECOND)]
    found = total_scores.accuracy(past(*rows), since)
    floors = {member: scores(found, member) for member in (SHOP, MUGS, CLOCKS)}
    assert [floors[member]["naive_wape"] for member in floors] == [0.25, 0.5, 1.0]
    assert [floors[member]["naive_bias"] for member in floors] == [0.25, -0.5, -1.0]
    assert scores(found, MUGS, is_whole=True)["naive_wape"] == 0.75


def test_there_is_no_floor_where_a_week_of_the_year_before_is_not_known():
    rows = [(SHOP, cutoff, [(80.0, 80.0)] * 2) for cutoff in (FIRST, SECOND)]
    short = total_scores.accuracy(past(*rows), demand({SHOP: 100.0}, weeks=59))
    assert scores(short, SHOP)["naive_wape"] is None
    assert scores(short, SHOP)["weeks"] == 4


def test_the_floor_of_a_forecast_of_more_than_a_year_lies_further_back():
    """Units of week n since the first are n: a week 52 ahead is not over by the origin, so 104 before it."""
    first = MONDAY - 120 * WEEK
    rows = [(*SHOP, first + n * WEEK, float(n), float(n)) for n in range(125)]
    sold = Sold.of(pl.DataFrame(rows, schema=totals.HISTORY, orient="row"), [SHOP])
    found = sold.a_year_before(54, first_week=MONDAY)[0]
    assert found.tolist() == [*(68.0 + n for n in range(52)), 68.0, 69.0]


SHUT = [(0.0, 0.0)] * 3


@pytest.mark.parametrize(
    "rows",
    [
        (),
        ((SHOP, FIRST, [(9.0, 10.0)]),),
        ((SHOP, FIRST, [(9.0, 10.0)]), (SHOP, SECOND, SHUT)),
        ((SHOP, FIRST, SHUT), (SHOP, SECOND, SHUT)),
    ],
    ids=["no origin", "one", "one and a shut one", "shut all along"],
)
@pytest.mark.parametrize("history", [NO_HISTORY, demand({SHOP: 5.0}, weeks=90)], ids=["new", "old"])
def test_where_nothing_can_be_left_out_nothing_is_scored(rows, history):
    found = total_scores.accuracy(past(*rows), history)
    assert found.is_empty()
    assert dict(found.schema) == total_scores.ACCURACY


def test_a_member_that_sold_nothing_has_no_ratio_and_one_that_was_silent_no_row():
    rows = [(SHOP, cutoff, [(10.0, 10.0)]) for cutoff in (FIRST, SECOND)]
    rows += [(MUGS, cutoff, [(10.0, 0.0)]) for cutoff in (FIRST, SECOND)]
    rows += [(CLOCKS, cutoff, [(0.0, 0.0)]) for cutoff in (FIRST, SECOND)]
    found = total_scores.accuracy(past(*rows), NO_HISTORY)
    mugs = scores(found, MUGS)
    assert [mugs[name] for name in ("sum_wape", "sum_bias", "expected_wape", "expected_bias")] == [None] * 4
    assert (mugs["weeks"], mugs["actual_units"]) == (2, 0)
    assert "Clocks" not in found["member"]
    assert not found.select(pl.selectors.float().is_nan().any()).row(0).count(True)


def test_sales_where_none_were_forecast_are_a_miss_and_a_shut_week_is_no_week():
    """Hidden by stock-outs while the shop was shut are five more, which are an estimate and no test."""
    weeks = [(10.0, 10.0), (0.0, 5.0), (0.0, 0.0), (0.0, 5.0)]
    rows = past((SHOP, FIRST, weeks), (SHOP, SECOND, weeks))
    shut = [cutoff + timedelta(days=1 + 7 * 3) for cutoff in (FIRST, SECOND)]
    sold = pl.when(pl.col("week_start").is_in(shut)).then(0.0).otherwise("units")
    row = scores(total_scores.accuracy(rows, demand({SHOP: 5.0}, weeks=8).with_columns(units=sold)), SHOP)
    assert (row["weeks"], row["actual_units"], row["sum_wape"]) == (4, 30, pytest.approx(10 / 30))
    assert row["coverage_90"] == 0.5
    assert row["last_week"] == MONDAY + 5 * WEEK


def test_a_member_known_at_one_origin_only_is_scored_there_by_the_others_misses():
    """Clocks are new at the second origin, where the shop's and the Mugs' first says four times as much."""
    rows = [row for row in TWO_ORIGINS if row[:2] != (CLOCKS, FIRST)]
    row = scores(total_scores.accuracy(past(*rows), NO_HISTORY), CLOCKS)
    assert (row["origins"], row["weeks"]) == (1, 1)
    assert row["sum_wape"] == 0
    assert row["expected_wape"] == pytest.approx((399 / 99) ** 0.5 - 1, abs=1e-6)
