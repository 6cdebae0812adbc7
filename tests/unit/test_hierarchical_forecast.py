"""Daily forecasts at every level: they add up, know no future, and nothing a shop's data can be "
"breaks them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from scipy.stats import nbinom

from models.errors import HistoryError
from models.hierarchy import boosting
from models.hierarchy.closures import closed_days
from models.hierarchy.features import Cells, columns
from models.hierarchy.forecast import QUANTILES, Forecaster, make
from models.hierarchy.reconcile import reconciled
from models.hierarchy.series import Flag, Series, level
from models.hierarchy.smoothing import level_path
from models.hierarchy.spread import NUDGE, tabulated

HORIZON = 28
DAYS = 420


def panel(*, count: int = 24, days: int = DAYS, seed: int = 1) -> Series:
    """Poisson counts with a weekday shape, two categories, two places, a promotion and a yearly shut day."""
    rng = np.random.default_rng(seed)
    shape = np.array([0.8, 0.8, 0.9, 1.0, 1.2, 1.5, 0.8])
    weekday = (date(2021, 3, 1).weekday() + np.arange(days + HORIZON)) % 7
    shut = np.zeros(days + HORIZON)
    shut[40 :: 365 - 40] = 1
    rates = rng.gamma(2.0, 2.0, size=count)[:, None] * shape[weekday[:days]][None, :]
    demand = rng.poisson(rates).astype(np.float32)
    demand[:, np.flatnonzero(shut[:days])] = 0
    promotion = (np.arange(days + HORIZON) % 30 < 3).astype(float)
    return Series(
        ids=tuple(f"S{number:03}" for number in range(count)),
        first_day=date(2021, 3, 1),
        demand=demand,
        horizon=HORIZON,
        groups={
            "category": np.where(np.arange(count) % 2 == 0, "even", "odd").astype(object),
            "place": np.where(np.arange(count) < count // 2, "north", "south").astype(object),
        },
        levels=((), ("category",), ("place",), ("place", "category")),
        price=np.full((count, days + HORIZON), 9.5, dtype=np.float32),
        events={"holiday": shut},
        flags={"promotion": Flag("place", {"north": promotion})},
    )


@pytest.fixture(scope="module")
def forecast():
    return make(panel(), threads=1)


def whole(found) -> list[np.ndarray]:
    return [
        found.mean,
        found.quantiles,
        *(part for one in found.levels for part in (one.mean, one.quantiles)),
    ]


def sound(found) -> bool:
    rising = all(
        (np.diff(one, axis=-1) >= 0).all() for one in (found.quantiles, *(x.quantiles for x in found.levels))
    )
    return rising and all(np.isfinite(part).all() and (part >= 0).all() for part in whole(found))


def test_every_level_is_the_sum_of_its_series(forecast):
    series = panel()
    assert forecast.model == "boosted"
    for one in forecast.levels:
        for code, name in enumerate(one.level.names):
            members = one.level.codes == code
            assert one.mean[code] == pytest.approx(forecast.mean[members].sum(axis=0)), name
    assert [len(one.level.names) for one in forecast.levels] == [1, 2, 2, 4]
    assert level(series, ("place", "category")).names == (
        "north|even",
        "north|odd",
        "south|even",
        "south|odd",
    )


def test_a_forecast_is_near_what_the_counts_were_drawn_from(forecast):
    series = panel()
    rate = series.demand[:, -364:].mean(axis=1)
    assert np.abs(forecast.mean.mean(axis=1) / rate - 1).mean() < 0.1
    assert sound(forecast)


def test_the_same_panel_gives_the_same_bytes_and_another_seed_others(forecast):
    again = make(panel(), threads=1)
    assert [part.tobytes() for part in whole(again)] == [part.tobytes() for part in whole(forecast)]
    assert make(panel(), seed=1, threads=1).mean.tobytes() != forecast.mean.tobytes()


def test_nothing_after_the_cutoff_moves_a_feature_a_regression_or_a_training_row():
    """The canary: all demand and stock-outs after day 300 are made anew, nothing as of day 300 changes."""
    series, cutoff = panel(), 300
    rng = np.random.default_rng(9)
    other = series.demand.copy()
    other[:, cutoff:] = rng.poisson(50, size=other[:, cutoff:].shape)
    first, second = Forecaster(series), Forecaster(replace(series, demand=other))
    assert first.upper(cutoff)[0].tobytes() == second.upper(cutoff)[0].tobytes()
    assert first.trusted(cutoff) == second.trusted(cutoff)
    assert first.fast(cutoff).tobytes() == second.fast(cutoff).tobytes()
    cells = Cells(np.repeat(np.arange(series.count), HORIZON), np.tile(np.arange(HORIZON), series.count))
    seen = [columns(one.sight, cutoff, cells, upper=one.season(cutoff)) for one in (first, second)]
    assert seen[0].design.tobytes() == seen[1].design.tobytes()
    assert seen[0].base.tobytes() == seen[1].base.tobytes()
    learnt = [
        boosting._samples(one.sight, boosting._cutoffs(cutoff, HORIZON), upper=one.season, seed=3)
        for one in (first, second)
    ]
    assert learnt[0] and all(
        a.seen.design.tobytes() == b.seen.design.tobytes() and (a.sold == b.sold).all()
        for a, b in zip(*learnt, strict=True)
    )


def test_the_canary_fires_when_the_guard_is_removed(monkeypatch):
    """A sight that answers for a day from the days after it hands the future over, and the test "
    "above would see."""
    series, cutoff = panel(), 300
    other = series.demand.copy()
    other[:, cutoff:] += 40
    honest = [Forecaster(one).sight.mean(cutoff, 28) for one in (series, replace(series, demand=other))]
    assert (honest[0] == honest[1]).all()
    from models.hierarchy.sight import Sight

    kept = Sight.mean
    monkeypatch.setattr(Sight, "mean", lambda self, day, days: kept(self, day + HORIZON, days))
    leaking = [Forecaster(one).sight.mean(cutoff, 28) for one in (series, replace(series, demand=other))]
    assert (leaking[1] > leaking[0] + 30).all()


def hard(kind: str) -> np.ndarray:
    demand = panel().demand.copy()
    values = {"constant": 3.0, "zero": 0.0, "missing": np.nan}
    if kind in values:
        demand[0] = values[kind]
    elif kind == "one point":
        demand[0] = np.nan
        demand[0, -1] = 4
    elif kind == "exploding":
        demand[0] = np.minimum(np.exp(np.arange(DAYS) / 15.0), 1e9)
    elif kind == "sold out at the end":
        demand[:, -60:] = np.nan
    return demand


@pytest.mark.parametrize(
    "kind", ["constant", "zero", "missing", "one point", "exploding", "sold out at the end"]
)
@pytest.mark.parametrize("profile", ["full", "fast"])
def test_no_series_breaks_a_run(kind, profile):
    assert sound(make(replace(panel(), demand=hard(kind)), profile=profile, threads=1))


@pytest.mark.parametrize("days", [1, 3, 10, 60])
def test_a_history_of_days_or_one_series_alone_is_forecast(days):
    short = panel(days=days)
    assert sound(make(short, threads=1))
    alone = replace(short, ids=("S",), demand=short.demand[:1], groups={}, levels=((),), price=None, flags={})
    found = make(alone, threads=1)
    assert sound(found)
    assert found.mean.shape == (1, HORIZON)


def test_all_unknown_is_forecast_as_nothing():
    found = make(replace(panel(), demand=np.full((24, DAYS), np.nan, dtype=np.float32)), threads=1)
    assert found.mean.sum() == 0
    assert sound(found)


def test_a_day_that_always_shuts_the_shop_is_forecast_shut():
    series = panel()
    days = np.zeros(DAYS + HORIZON)
    days[[30, 130, 230, 330, DAYS + 4]] = 1
    demand = series.demand.copy()
    demand[:, [30, 130, 230, 330]] = 0
    found = make(replace(series, demand=demand, events={"stocktaking": days}), threads=1)
    assert found.mean[:, 4].sum() == 0 < found.mean[:, 3].sum()
    assert found.quantiles[:, 4].max() == 0


def test_a_weekday_that_never_sells_is_forecast_shut():
    series = panel()
    demand = series.demand.copy()
    saturdays = series.dates.weekday == 5
    demand[:, np.flatnonzero(saturdays[:DAYS])] = 0
    closed = closed_days(replace(series, demand=demand))
    assert (closed[DAYS:] == saturdays[DAYS:]).all()


def test_agreement_is_the_weighted_least_squares_answer():
    """Against the textbook's dense form: minimise sum (b - x)^2 / w + sum (a - Ax)^2 / v."""
    rng = np.random.default_rng(2)
    base, matrix = (
        rng.gamma(2, 5, size=(6, 3)),
        np.array([[1, 1, 1, 1, 1, 1], [1, 1, 1, 0, 0, 0]], dtype=bool),
    )
    upper, trust = matrix @ base * 1.3, np.array([4.0, 9.0])
    found = reconciled(base, upper, matrix=matrix, trust=trust, spread=2.0)
    own = 1 / (2.0 * base.mean(axis=1))
    rows = matrix.astype(float)
    left = np.diag(own) + rows.T @ np.diag(1 / trust) @ rows
    dense = np.linalg.solve(left, own[:, None] * base + rows.T @ (upper / trust[:, None]))
    assert found == pytest.approx(dense)
    assert (matrix @ found > matrix @ base).all()


def test_a_level_is_the_renormalised_weighted_mean_of_known_days():
    values = np.array([[4.0, 8.0, 0.0, 2.0]])
    known = np.array([[True, False, True, True]])
    found = level_path(values, known, 0.5)[0]
    # weights 1/2, 1/4, 1/8 by age, gaps keeping theirs: day 3 = (2/2 + 0/4 + 4/16) / (1/2 + 1/4 + 1/16)
    assert found == pytest.approx(
        [4.0, 4.0, (0 / 2 + 4 / 8) / (1 / 2 + 1 / 8), (2 / 2 + 4 / 16) / (1 / 2 + 1 / 4 + 1 / 16)]
    )


def test_quantiles_of_counts_are_those_of_the_negative_binomial():
    mean, ratio = np.array([[0.4, 5.0]]), np.array([[2.0]])
    found, kept = tabulated(mean, ratio)
    for place, value in enumerate(mean[0]):
        exact = nbinom.ppf(QUANTILES, value / 1.0, 1 / 2.0)
        assert np.abs(found[0, place] - exact).max() <= 1
    assert ((kept >= 0) & (kept <= 1)).all()


def test_intervals_of_counts_hold_the_share_they_say(forecast):
    series = panel(seed=1)
    rng = np.random.default_rng(5)
    drawn = rng.poisson(np.maximum(forecast.mean, 1e-9), size=(200, *forecast.mean.shape))
    low, high = (
        forecast.quantiles[:, :, QUANTILES.index(0.25)],
        forecast.quantiles[:, :, QUANTILES.index(0.75)],
    )
    inside = ((drawn >= low) & (drawn <= high)).mean()
    assert inside == pytest.approx(0.5, abs=0.05)
    median = forecast.quantiles[:, :, QUANTILES.index(0.5)]
    assert np.abs(median - np.round(median)).max() <= NUDGE + 1e-9
    assert series.count == len(low)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"demand": np.full((24, DAYS), -1.0)}, "S000 is -1.0"),
        ({"ids": ("A",)}, "24 rows for 1 series"),
        ({"levels": (("colour",),)}, "colour"),
        ({"events": {"holiday": np.zeros(3)}}, "holiday has 3 days"),
        ({"price": np.zeros((24, 3))}, "price is"),
        ({"horizon": 0}, "at least 1"),
    ],
)
def test_a_panel_that_breaks_its_contract_names_the_offender(change, words):
    with pytest.raises(HistoryError, match=words):
        replace(panel(), **change)
