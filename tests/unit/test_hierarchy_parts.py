"""The parts of daily forecasts against textbook formulas and slow loops, and what they refuse."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from scipy import stats
from scipy.sparse import csr_array

from models.errors import HistoryError
from models.hierarchy import spread
from models.hierarchy.lines import dense
from models.hierarchy.reconcile import LEAST_MEAN, reconciled
from models.hierarchy.series import MOST_UNITS, Flag, level
from models.hierarchy.smoothing import SHAPE_PRIOR_DAYS, SHAPE_PRIOR_UNITS, level_path, weekday_shapes
from models.hierarchy.spread import DISPERSIONS, MEANS, QUANTILES, Errors
from tests.support.daily_panel import MONDAY, demand_of, panel

# ------------------------------------------------------------------ reconciliation


def textbook(base, upper, *, matrix, trust, spread):
    """Generalised least squares on all levels at once: y = S b + e, b = (S' W^-1 S)^-1 S' W^-1 y, clipped."""
    summing = np.vstack([matrix, np.eye(len(base))])
    own = spread * np.maximum(base.mean(axis=1), LEAST_MEAN)
    weights = np.diag(1 / np.concatenate([trust, own]))
    stacked = np.vstack([upper, base])
    found = np.linalg.inv(summing.T @ weights @ summing) @ summing.T @ weights @ stacked
    return np.maximum(found, 0.0)


def case(seed: int):
    rng = np.random.default_rng(seed)
    base = rng.gamma(2.0, 1.0, (8, 5))
    matrix = np.array([np.ones(8), np.arange(8) < 3, np.arange(8) >= 3, np.arange(8) % 2 == 0], dtype=float)
    upper = matrix @ base * rng.uniform(0.5, 1.6, (4, 1))
    return base, upper, matrix, rng.uniform(0.1, 5.0, 4)


@pytest.mark.parametrize("seed", range(5))
def test_reconciliation_is_generalised_least_squares(seed):
    base, upper, matrix, trust = case(seed)
    found = reconciled(base, upper, matrix=csr_array(matrix), trust=trust, spread=1.5)
    assert found == pytest.approx(textbook(base, upper, matrix=matrix, trust=trust, spread=1.5), rel=1e-9)


def test_an_upper_forecast_that_is_missing_is_left_out():
    base, upper, matrix, trust = case(7)
    upper[1] = np.nan
    kept = [0, 2, 3]
    found = reconciled(base, upper, matrix=csr_array(matrix), trust=trust, spread=1.5)
    wanted = textbook(base, upper[kept], matrix=matrix[kept], trust=trust[kept], spread=1.5)
    assert found == pytest.approx(wanted, rel=1e-9)
    nothing = np.full_like(upper, np.nan)
    assert np.array_equal(reconciled(base, nothing, matrix=csr_array(matrix), trust=trust, spread=1), base)


def test_an_upper_forecast_far_below_takes_nothing_below_zero():
    base, _, matrix, trust = case(3)
    found = reconciled(base, np.zeros((4, 5)), matrix=csr_array(matrix), trust=trust * 1e-6, spread=1.0)
    assert (found >= 0).all()
    assert (found == 0).any()
    assert found.sum() < 0.5 * base.sum()


def test_the_same_sum_twice_and_certain_of_itself_is_no_trouble():
    base, _, matrix, _ = case(4)
    twice = np.vstack([matrix[:1], matrix[:1]])
    found = reconciled(base, np.full((2, 5), 30.0), matrix=csr_array(twice), trust=np.zeros(2), spread=1.0)
    assert found.sum(axis=0) == pytest.approx(np.full(5, 30.0), rel=1e-4)


def test_sums_of_a_level_are_the_sums_of_its_members():
    series = panel(
        demand_of(12, 20),
        groups={"place": np.array(["b", "a", "c"] * 4), "kind": np.arange(12) // 6},
        levels=(),
    )
    both = level(series, ("place", "kind"))
    assert both.names == ("a|0", "a|1", "b|0", "b|1", "c|0", "c|1")
    wanted = [series.units[[r for r in range(12) if both.codes[r] == code]].sum(axis=0) for code in range(6)]
    assert np.array_equal(both.sum(series.units), np.array(wanted))
    assert both.refines(level(series, ("place",)))
    assert not level(series, ("place",)).refines(both)


# ------------------------------------------------------------------ levels and shapes


@pytest.mark.parametrize("alpha", [0.015, 0.3])
def test_a_level_is_the_weighted_mean_of_the_known_days_before(alpha):
    rng = np.random.default_rng(0)
    values = rng.poisson(3.0, (4, 60)).astype(float)
    known = rng.random((4, 60)) < 0.7
    known[3] = False
    found = level_path(values, known, alpha)
    for row in range(4):
        for day in range(60):
            days = [d for d in range(day + 1) if known[row, d]]
            weights = [(1 - alpha) ** (day - d) for d in days]
            wanted = np.dot(weights, values[row, days]) / sum(weights) if days else 0.0
            assert found[row, day] == pytest.approx(wanted, rel=1e-5)


def test_a_gap_of_years_changes_no_level():
    known = np.arange(1500)[None, :] < 50
    found = level_path(np.full((1, 1500), 7.0), known, 0.3)
    assert found[0] == pytest.approx(np.full(1500, 7.0), rel=1e-5)


def test_a_weekday_shape_knows_two_years_before_the_day_and_no_more():
    rng = np.random.default_rng(1)
    days = 1000
    weekday = (3 + np.arange(days + 5)) % 7
    totals = rng.poisson(4.0, (2, days)) * (1.0 + (weekday[:days] == 5))
    open_days = rng.random(days + 5) < 0.95
    found = weekday_shapes(totals, weekday, open_days)
    assert found.shape == (2, days + 1, 7)
    for at in (0, 1, 6, 30, 728, 729, 1000):
        seen = [d for d in range(max(at - 728, 0), at) if open_days[d]]
        for row in range(2):
            mean = totals[row, seen].sum() / max(len(seen), 1)
            for number in range(7):
                same = [d for d in seen if weekday[d] == number]
                prior = max(SHAPE_PRIOR_DAYS, SHAPE_PRIOR_UNITS / mean) if mean else 1.0
                usual = (totals[row, same].sum() + prior * mean) / (len(same) + prior)
                wanted = max(usual / mean, 0.05) if mean else 1.0
                assert found[row, at, number] == pytest.approx(wanted, rel=1e-5)


# ------------------------------------------------------------------ quantiles


def test_count_quantiles_in_the_table_are_those_of_poisson_and_negative_binomial():
    rows, columns = [10, 100, 180, 259], [0, 1, 20, 48]
    for row in rows:
        for column in columns:
            mean, ratio = MEANS[row], DISPERSIONS[column]
            if ratio == 1.0:
                wanted = stats.poisson.ppf(QUANTILES, mean)
            else:
                wanted = stats.nbinom.ppf(QUANTILES, mean / (ratio - 1), 1 / ratio)
            found, _ = spread.tabulated(np.array([[mean]]), np.array([[ratio]]))
            assert np.array_equal(found[0, 0], wanted)


def test_means_beyond_the_table_follow_a_gamma_and_none_is_zero():
    found, _ = spread.tabulated(np.array([[0.0, 1e6]]), np.array([[5.0, 5.0]]))
    assert np.array_equal(found[0, 0], np.zeros(len(QUANTILES)))
    assert found[0, 1] == pytest.approx(stats.gamma.ppf(QUANTILES, 1e6 / 5, scale=5))


@pytest.mark.parametrize("mean", [0.05, 0.7, 4.0, 30.0])
def test_count_quantiles_hold_the_share_of_days_they_say(mean):
    """Of days drawn from the very distribution, both ends in, to within two points."""
    rng = np.random.default_rng(0)
    ratio = 1.8
    came = rng.negative_binomial(mean / (ratio - 1), 1 / ratio, (400, 50))
    said = spread.drawn_ends(*spread.tabulated(np.full((400, 50), mean), np.full((400, 50), ratio)))
    for low, high, share in ((3, 5, 0.5), (1, 7, 0.95), (0, 8, 0.99)):
        inside = (came >= said[..., low]) & (came <= said[..., high])
        assert inside.mean() == pytest.approx(share, abs=0.02)


def test_dispersion_is_squared_error_over_mean_shrunk_to_series_alike():
    rng = np.random.default_rng(0)
    said = np.full((6, 400, 28), 2.0)
    plain = rng.poisson(2.0, said.shape).astype(float)
    wild = rng.negative_binomial(2.0 / 3, 1 / 4, said.shape).astype(float)
    assert spread.dispersion(Errors(said, plain)).mean() == pytest.approx(1.0, abs=0.1)
    assert spread.dispersion(Errors(said, wild)).mean() == pytest.approx(4.0, abs=0.3)
    lonely = Errors(said, np.full(said.shape, np.nan))
    assert np.array_equal(spread.dispersion(lonely), np.ones(400))


def log_errors(*, wild: int, origins: int = 13) -> np.ndarray:
    """(origins, 60, 28), ten times as large at one origin as at the others."""
    rng = np.random.default_rng(0)
    size = np.where(np.arange(origins) == wild, 0.5, 0.05)
    return rng.normal(0.0, 1.0, (origins, 60, 28)) * size[:, None, None]


def test_errors_weigh_less_with_every_horizon_further_back():
    said = np.full((13, 60, 28), 40.0)
    width = {}
    for wild in (0, 6, 12):
        came = said * np.exp(log_errors(wild=wild))
        of_sums = spread.relative_quantiles([said[0]], [Errors(said, came)])[0]
        of_counts = spread.count_quantiles(said[0], Errors(said, came))
        width[wild] = [(q[..., -2] - q[..., 1]).mean() for q in (of_sums, of_counts)]
    for newest, middle, oldest in zip(*width.values(), strict=True):
        assert newest > middle > oldest


def test_the_weighted_mean_square_is_what_a_dispersion_is():
    """Of so many sales that what series alike show has no say."""
    said = np.full((3, 1, 28), 1e6)
    came = said + np.array([300.0, 200.0, 100.0])[:, None, None] * np.sqrt(said)
    kept = spread.KEPT_A_HORIZON ** np.arange(3)
    wanted = (kept * [300.0**2, 200.0**2, 100.0**2]).sum() / kept.sum()
    assert spread.dispersion(Errors(said, came)) == pytest.approx([wanted])
    unknown = came.copy()
    unknown[1:] = np.nan
    assert spread.dispersion(Errors(said, unknown)) == pytest.approx([300.0**2])


# ------------------------------------------------------------------ from order lines


def lines(*rows: tuple[str, str, int, float]) -> pl.DataFrame:
    """item, place, day, units"""
    return pl.DataFrame(
        {
            "item": [row[0] for row in rows], "place": [row[1] for row in rows],
            "day": [MONDAY + timedelta(days=row[2]) for row in rows], "units": [row[3] for row in rows],
        },
        schema={"item": pl.String, "place": pl.String, "day": pl.Date, "units": pl.Float64},
    )  # fmt: skip


KEYS = ("item", "place")


def test_order_lines_add_up_by_day_and_gaps_are_zero_but_not_before_the_first():
    found = lines(
        ("b", "x", 2, 5.0), ("a", "x", 1, 2.0), ("a", "x", 1, 1.0), ("a", "x", 3, 4.0), ("a", "x", 9, 8.0)
    )
    keys, demand = dense(found, KEYS, first_day=MONDAY, days=5)
    assert keys.rows() == [("a", "x"), ("b", "x")]
    assert np.array_equal(demand, np.array([[np.nan, 3, 0, 4, 0], [np.nan, np.nan, 5, 0, 0]]), equal_nan=True)


def test_a_listing_says_when_a_series_lives_and_a_day_without_stock_is_unknown():
    listed = pl.DataFrame(
        {
            "item": ["a", "c", "d"], "place": ["x", "x", "x"],
            "first_day": [MONDAY - timedelta(days=9), MONDAY, MONDAY + timedelta(days=2)],
            "last_day": [None, MONDAY + timedelta(days=1), None],
        }
    )  # fmt: skip
    gone = pl.DataFrame(
        {"item": ["a", "z"], "place": ["x", "x"], "day": [MONDAY + timedelta(days=1), MONDAY]}
    )
    found = lines(("a", "x", 0, 2.0), ("a", "x", 1, 2.0), ("b", "x", 1, 2.0))
    keys, demand = dense(found, KEYS, first_day=MONDAY, days=4, listed=listed, out_of_stock=gone)
    assert keys["item"].to_list() == ["a", "c", "d"]
    wanted = [[2, np.nan, 0, 0], [0, 0, np.nan, np.nan], [np.nan, np.nan, 0, 0]]
    assert np.array_equal(demand, np.array(wanted), equal_nan=True)


def test_the_order_of_lines_does_not_matter():
    rng = np.random.default_rng(0)
    rows = [
        ("i", "x", int(day), float(units))
        for day, units in zip(rng.integers(0, 5, 200), rng.random(200), strict=True)
    ]
    found = [dense(lines(*order), KEYS, first_day=MONDAY, days=5)[1] for order in (rows, rows[::-1])]
    assert found[0].tobytes() == found[1].tobytes()


def test_no_lines_are_no_series():
    keys, demand = dense(lines(), KEYS, first_day=MONDAY, days=4)
    assert keys.height == 0
    assert demand.shape == (0, 4)


# ------------------------------------------------------------------ what is refused, and by which name


def test_negative_demand_is_refused_by_the_series_name():
    demand = demand_of(5, 20)
    demand[3, 4] = -1.0
    with pytest.raises(HistoryError, match=r"S3 is -1.0 on day 4; it must not be negative"):
        panel(demand)


@pytest.mark.parametrize("units", [2e12, float("inf")])
def test_demand_beyond_reason_counts_as_the_most_there_is(units):
    demand = demand_of(5, 20)
    demand[3, 4], demand[2, 1] = units, np.nan
    held = panel(demand).demand
    assert held[3, 4] == MOST_UNITS
    assert np.isnan(held[2, 1])


@pytest.mark.parametrize(
    ("others", "words"),
    [
        ({"groups": {"category": np.array(["a"])}}, "group category has 1 labels for 5 series"),
        ({"levels": (("brand",),)}, r"level \('brand',\) names groups that are not there: \['brand'\]"),
        ({"events": {"easter": np.zeros(20)}}, r"easter has 20 days, 20 of history \+ 7 ahead needed"),
        ({"flags": {"promo": Flag(None, {"all": np.zeros(3)})}}, "all has 3 days"),
        ({"shut": np.zeros(4)}, "shut has 4 days"),
        ({"price": np.ones((5, 20))}, r"price is \(5, 20\), not \(5, 27\)"),
        ({"price": np.full((5, 27), -1.0)}, "price of S0 is -1.0 on day 0"),
        ({"price": np.full((5, 27), np.inf)}, "price of S0 is inf on day 0"),
        ({"horizon": 0}, "horizon of 0; both must be at least 1"),
    ],
)
def test_what_does_not_fit_the_panel_is_named(others, words):
    with pytest.raises(HistoryError, match=words):
        panel(demand_of(5, 20), **{"horizon": 7} | others)


def test_lines_and_listings_that_cannot_be_meant_are_named():
    with pytest.raises(HistoryError, match=r"a x has -2.0 units on 2024-01-03; at least 0 needed"):
        dense(lines(("a", "x", 2, -2.0)), KEYS, first_day=MONDAY, days=5)
    for name, kind in (("item", pl.String), ("day", pl.Date)):
        blank = lines(("a", "x", 2, 2.0)).with_columns(pl.lit(None, kind).alias(name))
        with pytest.raises(HistoryError, match=f"1 of 1 order lines have no {name}"):
            dense(blank, KEYS, first_day=MONDAY, days=5)
    with pytest.raises(HistoryError, match=r"order lines lack \['channel'\]"):
        dense(lines(("a", "x", 2, 2.0)), ("item", "channel"), first_day=MONDAY, days=5)
    twice = pl.DataFrame(
        {
            "item": ["a", "a"],
            "place": ["x", "x"],
            "first_day": [MONDAY] * 2,
            "last_day": [date(2025, 1, 1)] * 2,
        }
    )
    with pytest.raises(HistoryError, match="a x is listed more than once"):
        dense(lines(("a", "x", 2, 2.0)), KEYS, first_day=MONDAY, days=5, listed=twice)
