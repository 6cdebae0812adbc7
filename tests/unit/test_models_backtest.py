"""Rolling origins: what counts, who wins a class, and that no origin borrows from its future."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from models import backtest, forecast, scores
from models.backtest import Origin
from models.candidates import AVERAGE, BOOSTING, CANDIDATES, COMBINATION, NAIVE, SMOOTHING

LAST = date(2024, 12, 1)
WEEK = timedelta(weeks=1)


def origin(
    weeks_before: int, *, wrong_by: dict[str, float], classes=("smooth", "lumpy"), is_scored: bool = True
) -> Origin:
    """Two skus that sell 10 a week; each candidate is wrong by a constant."""
    shape, known = (2, 4), min(4, weeks_before)
    actual = np.full(shape, np.nan)
    actual[:, :known] = 10.0
    return Origin(
        cutoff=LAST - weeks_before * WEEK,
        is_scored=is_scored,
        skus=("A", "B"),
        classes=np.array(classes, dtype=object),
        means={name: np.full(shape, 10.0 + wrong_by.get(name, 9.0)) for name in CANDIDATES},
        actual=actual,
        exposure=np.ones(shape),
        rmse_scale=np.ones(2),
        mae_scale=np.ones(2),
    )


def test_origins_stand_every_four_weeks_and_one_stands_a_horizon_earlier():
    found = backtest.cutoffs(date(2023, 1, 2), LAST, origins=4, horizon=13)
    assert found == [LAST - weeks * WEEK for weeks in (29, 16, 12, 8, 4)]


def test_an_origin_needs_eight_weeks_behind_it():
    found = backtest.cutoffs(LAST - 19 * WEEK, LAST, origins=4, horizon=13)
    assert found == [LAST - 8 * WEEK, LAST - 4 * WEEK]
    assert backtest.cutoffs(date(2023, 1, 2), LAST, origins=0, horizon=13) == []


def test_only_ended_weeks_without_a_stockout_count():
    found = origin(3, wrong_by={})
    found = replace(found, exposure=np.array([[1.0, 0.4, 1, 1], [1, 1, 1, 1]]))
    assert found.seen(by=LAST).tolist() == [[True, False, True, False], [True, True, True, False]]
    assert found.seen(by=LAST - 2 * WEEK).tolist() == [[True, False, False, False]] * 2


def named(origins: list[Origin], **more) -> dict[str, str]:
    found = backtest.champions(origins, by=LAST, **more)
    return {name: verdict.champion for name, verdict in found.items()}


def test_the_combination_keeps_its_class_unless_another_is_over_one_percent_better():
    close = [origin(weeks, wrong_by={COMBINATION: 2.0, SMOOTHING: 1.99}) for weeks in (12, 8, 4)]
    clear = [origin(weeks, wrong_by={COMBINATION: 2.0, SMOOTHING: 1.97}) for weeks in (12, 8, 4)]
    assert named(close)["smooth"] == COMBINATION
    assert named(clear)["smooth"] == SMOOTHING


def test_what_a_class_misses_in_sum_counts_beside_what_its_skus_miss():
    low = [
        origin(weeks, wrong_by={COMBINATION: 2.0, SMOOTHING: 2.2}, classes=("smooth", "smooth"))
        for weeks in (12, 8, 4)
    ]
    assert named(low)["smooth"] == COMBINATION
    for each in low:
        each.means[SMOOTHING][1] = 10.0 - 2.2  # one too high, one too low: right in sum
    assert named(low)["smooth"] == SMOOTHING


def test_two_origins_or_one_lucky_origin_of_three_dethrone_nobody():
    lucky = origin(12, wrong_by={COMBINATION: 9.0, SMOOTHING: 1.0})
    usual = [origin(weeks, wrong_by={COMBINATION: 1.0, SMOOTHING: 2.0}) for weeks in (8, 4)]
    assert named([lucky, replace(lucky, cutoff=LAST - 8 * WEEK)])["smooth"] == COMBINATION
    assert named([lucky, *usual])["smooth"] == COMBINATION


def test_who_holds_a_class_keeps_it_until_beaten_in_turn():
    close = [origin(weeks, wrong_by={COMBINATION: 2.0, SMOOTHING: 1.99}) for weeks in (12, 8, 4)]
    assert named(close, before={"smooth": SMOOTHING})["smooth"] == SMOOTHING
    assert named(close, before={"smooth": AVERAGE})["smooth"] == SMOOTHING
    assert named(close, before={"smooth": "a model of old"})["smooth"] == COMBINATION


def test_each_class_has_its_own_champion_and_one_without_evidence_takes_the_average():
    split = [origin(weeks, wrong_by={COMBINATION: 3.0, BOOSTING: 1.0}) for weeks in (12, 8, 4)]
    for each in split:
        each.means[BOOSTING][1] = 30.0
    found = named(split)
    assert (found["smooth"], found["lumpy"], found["erratic"]) == (BOOSTING, COMBINATION, AVERAGE)


def test_the_champion_row_of_an_origin_is_chosen_without_that_origin():
    first = origin(13, wrong_by={COMBINATION: 1.0, SMOOTHING: 5.0}, is_scored=False)
    second = origin(4, wrong_by={COMBINATION: 5.0, SMOOTHING: 1.0})
    (scored,) = scores.with_champion([first, second])
    assert scored.means[scores.CHAMPION].tolist() == second.means[COMBINATION].tolist()
    later = replace(second, actual=np.full((2, 4), 1e6))
    (again,) = scores.with_champion([first, later])
    assert again.means[scores.CHAMPION].tolist() == scored.means[scores.CHAMPION].tolist()


def test_quantiles_of_an_origin_come_from_misses_known_by_then():
    first = origin(6, wrong_by={COMBINATION: 0.0}, is_scored=False)
    unknown = first.seen(by=LAST - 4 * WEEK)
    assert unknown.sum() == 4
    wide = replace(first, actual=np.where(unknown, 10.0, 1e6))
    cutoff = LAST - 4 * WEEK
    found = [
        backtest.calibration([each], model_name=COMBINATION, by=cutoff).quantiles(
            first.classes, first.means[COMBINATION]
        )
        for each in (first, wide)
    ]
    assert np.array_equal(*found)


def test_the_tables_say_who_was_how_wrong():
    past = [
        origin(8, wrong_by={COMBINATION: 1.0, NAIVE: 4.0, AVERAGE: 2.0}),
        origin(4, wrong_by={COMBINATION: 3.0}),
    ]
    scored = scores.with_champion(past)
    table = scores.backtest_table(past, scored, by=LAST)
    row = table.row(by_predicate=_is("all", COMBINATION, past[0].cutoff), named=True)
    assert (row["wape"], row["bias"], row["series"], row["actual_units"]) == (0.1, 0.1, 2, 80)
    champions = scores.champion_table(
        scored,
        verdicts=backtest.champions(past, by=LAST),
        classes={"A": "smooth", "B": "lumpy"},
        by=LAST,
        since={"smooth": date(2024, 6, 3)},
    )
    smooth = champions.row(by_predicate=pl.col("demand_class") == "smooth", named=True)
    assert (smooth["since"], smooth["before"], smooth["origins"]) == (date(2024, 6, 3), COMBINATION, 2)
    assert smooth["wape"] == pytest.approx((4 * 1 + 4 * 3) / 80)
    assert smooth["naive_wape"] == pytest.approx((4 * 4 + 4 * 9) / 80)
    assert smooth["moving_average_wape"] == pytest.approx((4 * 2 + 4 * 9) / 80)


def _is(demand_class: str, model_name: str, cutoff: date) -> pl.Expr:
    return (
        (pl.col("demand_class") == demand_class)
        & (pl.col("model_name") == model_name)
        & (pl.col("cutoff_date") == cutoff)
    )


def test_a_stopgap_named_before_anything_was_measured_holds_no_class():
    first = origin(13, wrong_by={AVERAGE: 2.0, COMBINATION: 2.0}, is_scored=True)
    second = origin(4, wrong_by={AVERAGE: 2.0, COMBINATION: 2.0})
    early, late = scores.with_champion([first, second])
    assert early.champions["smooth"] == AVERAGE
    assert late.champions["smooth"] == COMBINATION


def test_a_champion_named_at_one_cutoff_holds_its_class_at_the_next():
    better = [origin(weeks, wrong_by={COMBINATION: 3.0, SMOOTHING: 1.0}) for weeks in (20, 16, 12)]
    as_good = [origin(weeks, wrong_by={COMBINATION: 1.0, SMOOTHING: 1.005}) for weeks in (8, 4)]
    succession = backtest.Succession()
    named_then = succession.named(better, by=LAST - 8 * WEEK)
    assert named_then["smooth"] == SMOOTHING
    assert succession.named(as_good, by=LAST)["smooth"] == SMOOTHING
    assert backtest.Succession().named(as_good, by=LAST)["smooth"] == COMBINATION


def test_of_the_last_forecasts_champions_those_that_were_measured_hold_their_class():
    rows = [("smooth", SMOOTHING, 3), ("lumpy", AVERAGE, 0), (scores.ALL, scores.CHAMPION, 0)]
    before = pl.DataFrame(
        [(name, model, LAST, told) for name, model, told in rows],
        schema=["demand_class", "model_name", "since", "origins"],
        orient="row",
    )
    assert forecast._reigning(before) == {"smooth": (SMOOTHING, LAST)}


def test_what_was_measured_over_thirty_weeks_ago_no_longer_counts():
    now = [origin(weeks, wrong_by={COMBINATION: 1.0, SMOOTHING: 2.0}) for weeks in (12, 8, 4)]
    old = [origin(weeks, wrong_by={COMBINATION: 9.0, SMOOTHING: 1.0}) for weeks in (43, 39, 35, 31)]
    assert named(old + now, before={"smooth": SMOOTHING})["smooth"] == COMBINATION
    recent = [replace(each, cutoff=each.cutoff + WEEK) for each in old[-1:]]
    assert named(old + recent + now, before={"smooth": SMOOTHING})["smooth"] == SMOOTHING
