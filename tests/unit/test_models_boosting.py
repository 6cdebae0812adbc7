"""What the global model makes of skewed demand: means that add up to what comes, not its middle."""

from __future__ import annotations

import numpy as np
import pytest

from models import panel
from models.boosting import LIFT_UNITS, Boosting, Lift
from tests.unit.test_models_features import CUT, MONDAY, WEEKS, timedelta, weekly_sales

SKUS = 150


@pytest.fixture(scope="module")
def skewed() -> np.ndarray:
    """Every other week or so sells, a few units mostly and sometimes many, none of them a bulk order."""
    rng = np.random.default_rng(5)
    size = np.round(rng.lognormal(1.6, 0.7, (SKUS, WEEKS)))
    found = np.where(rng.random((SKUS, WEEKS)) < 0.5, size, 0.0)
    found[:, 0] = 3.0
    return found


@pytest.fixture(scope="module")
def fitted(skewed) -> Boosting:
    past = panel.build(weekly_sales(skewed), cutoff=MONDAY + timedelta(days=7 * CUT - 1))
    return Boosting(steps=6, most_rows=12_000, rounds=40).fit(past, seed=1)


def test_means_of_skewed_demand_add_up_to_what_comes(fitted, skewed):
    said, usual = fitted.predict(6).mean(), 0.5 * np.exp(1.6 + 0.7**2 / 2)
    assert said == pytest.approx(usual, rel=0.08)
    assert said / fitted._lift.times.min() < 0.8 * usual  # unlifted it would lie near the median


def test_what_moved_a_forecast_adds_up_to_it_lift_and_all(fitted):
    moved = sum(fitted.contributions(6).values())
    np.testing.assert_allclose(moved, fitted.predict(6).sum(axis=1), rtol=1e-9)


def test_a_lift_is_what_came_over_what_was_said_by_size_shrunk_to_all():
    scale = np.array([2.0, 2.0, 50.0, 50.0])
    said, came = np.array([0.5, 0.5, 1.0, 1.0]), np.array([0.0, 3.0, 1.0, 1.2])
    found = Lift.learned(scale, said=said, came=came)
    whole = (6 + 110) / (2 + 100)
    small, large = (
        (6 + LIFT_UNITS * whole) / (2 + LIFT_UNITS),
        (110 + LIFT_UNITS * whole) / (100 + LIFT_UNITS),
    )
    np.testing.assert_allclose(found.at(np.array([0.1, 2.0, 50.0, 900.0])), [small, small, large, large])
    assert large < found.at(np.array([10.0]))[0] < small


def test_rows_that_sold_nothing_lift_nothing():
    found = Lift.learned(np.ones(3), said=np.zeros(3), came=np.zeros(3))
    assert found.at(np.array([0.5, 1.0, 7.0])).tolist() == [1.0, 1.0, 1.0]
