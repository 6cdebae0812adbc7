"""A category's course a year ago bounds what its skus are forecast to; where it tells nothing, nothing
moves.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from models import panel
from models.baselines import ExponentialSmoothing
from models.category_year import MOST_KEPT, PRIOR_RATE, RISE_SHARE, STEEPEST, bounded, bounds
from models.reconciled import Reconciled
from tests.unit.test_models_features import MONDAY, weekly_sales

WEEKS, FALL = 92, 40  # the fall, or rise, lies just before a year before the panel's end
YOUNG = "S002"  # launched after last year's fall


def shop(after: float, *, weeks: int = WEEKS) -> panel.Panel:
    """Two skus and a young one in a category whose week goes from 200 to twice `after` in its 41st week and
    is back to 200 from the 53rd on; three in one that never moves.
    """
    course = np.r_[np.full(FALL, 100.0), np.full(12, after), np.full(WEEKS - FALL - 12, 100.0)]
    young = np.r_[np.zeros(FALL + 30), np.full(WEEKS - FALL - 30, 10.0)]
    flat = np.full(WEEKS, 50.0)
    rows = np.array([course, course, young, flat, flat, flat])[:, :weeks]
    category = {f"S{n:03d}": "Christmas" if n < 3 else "Garden" for n in range(6)}
    return panel.build(weekly_sales(rows), cutoff=MONDAY + timedelta(days=7 * weeks - 1), category=category)


def test_what_a_category_kept_a_year_ago_caps_its_skus_the_young_ones_too():
    found = shop(2.0)
    means = bounded(found, np.full((6, 3), 60.0), level=np.array([100.0, 100, 10, 50, 50, 50]))
    share = MOST_KEPT * (4 + PRIOR_RATE) / (200 + PRIOR_RATE)
    assert means[:, 1].tolist() == pytest.approx([100 * share] * 2 + [10 * share] + [60] * 3)


def test_what_a_category_rose_by_lifts_its_skus_by_a_part_of_it():
    found = shop(900.0)
    low, high = bounds(found, 4)
    rise = min((1800 + PRIOR_RATE) / (200 + PRIOR_RATE), STEEPEST)
    assert low[:3, 1] == pytest.approx(rise * RISE_SHARE)
    assert np.isinf(high[:3, 1]).all()
    means = bounded(found, np.full((6, 4), 60.0), level=np.full(6, 100.0))
    assert means[:, 1].tolist() == pytest.approx([100 * rise * RISE_SHARE] * 3 + [60] * 3)


def test_a_steady_category_a_short_past_and_no_sku_at_all_move_nothing():
    for found in (shop(100.0), shop(2.0, weeks=54)):
        said = np.full((len(found.skus), 4), 7.0)
        assert bounded(found, said, level=np.full(len(said), 50.0)).tolist() == said.tolist()
    unknown = bounded(shop(2.0), np.full((6, 4), 7.0), level=np.full(6, np.nan))
    assert unknown.tolist() == np.full((6, 4), 7.0).tolist()
    nothing = panel.build(weekly_sales(np.zeros((1, 3))), cutoff=MONDAY + timedelta(days=20))
    assert bounded(nothing, np.zeros((0, 4)), level=np.zeros(0)).shape == (0, 4)


def test_a_category_that_could_not_be_bought_then_is_not_taken_for_one_that_fell():
    found = shop(100.0)
    out = found.demand.copy()
    out[:2, FALL : FALL + 12] = np.nan  # both skus of the category that were there
    low, high = bounds(replace(found, demand=out), 10)
    assert np.isinf(high).all()
    out[1] = found.demand[1]  # one of the two could be bought all along: half of the category
    low, high = bounds(replace(found, demand=out), 10)
    assert (low == 0).all()
    assert np.isinf(high).all()


def test_a_few_units_tell_nothing():
    low, high = bounds(replace(shop(2.0), demand=shop(2.0).demand / 100), 3)
    assert (low == 0).all()
    assert np.isinf(high).all()


def test_smoothing_and_the_reconciled_stay_within_it():
    fallen, steady = shop(2.0), shop(100.0)
    for model in (ExponentialSmoothing(), Reconciled()):
        capped, free = (replace(model).fit(each, seed=0).predict(4)[0, 1:] for each in (fallen, steady))
        assert (capped < 0.5 * free).all(), model.name
