"""Daily forecasts: nothing a shop can send breaks them, they add up, and they can be made again."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from models.hierarchy import boosting
from models.hierarchy.closures import closed_days
from models.hierarchy.forecast import QUANTILES, Forecast, make
from models.hierarchy.series import Flag, Series
from models.hierarchy.spread import NUDGE
from tests.support.daily_panel import demand_of, everything, panel

DAYS, HORIZON = 400, 28
PROFILES = ("fast", "full")


def sound(series: Series, *, profile: str) -> Forecast:
    """The forecast, once it was found finite, never below zero, its quantiles rising and its sums whole."""
    found = make(series, profile=profile, threads=1)
    assert found.mean.shape == (series.count, series.horizon)
    for values in everything(found):
        assert np.isfinite(values).all()
        assert (values >= 0).all()
    for quantiles in (found.quantiles, *(one.quantiles for one in found.levels)):
        assert (np.diff(quantiles, axis=-1) >= 0).all()
    for one in found.levels:
        for code in range(len(one.level.names)):
            members = found.mean[one.level.codes == code]
            assert np.allclose(one.mean[code], members.sum(axis=0), rtol=1e-12, atol=1e-12)
    return found


def with_first(row) -> np.ndarray:
    demand = demand_of(days=DAYS)
    demand[0] = row
    return demand


def one_point(day: int) -> np.ndarray:
    row = np.full(DAYS, np.nan)
    row[day] = 3.0
    return row


def sold_out(days: int) -> np.ndarray:
    demand = demand_of(days=DAYS)
    demand[:, -days:] = np.nan
    return demand


AHEAD = np.zeros(DAYS + HORIZON)
ODD = {
    "a constant": panel(with_first(5.0)),
    "all zero": panel(with_first(0.0)),
    "all unknown": panel(with_first(np.nan)),
    "one point, the last": panel(with_first(one_point(-1))),
    "one point, the first": panel(with_first(one_point(0))),
    "growing to a billion": panel(with_first(np.geomspace(1, 1e9, DAYS))),
    "a billion, once": panel(with_first(np.where(np.arange(DAYS) == DAYS - 1, 1e9, 0.0))),
    "as much as is allowed": panel(with_first(1e12)),
    "a category of one": panel(
        demand_of(),
        groups={"category": np.array(["alone"] + ["many"] * 29)},
        levels=((), ("category",)),
    ),
    "three days": panel(demand_of(days=3)),
    "one day": panel(demand_of(days=1)),
    "one day ahead": panel(demand_of(), horizon=1),
    "more days ahead than behind": panel(demand_of(days=60), horizon=90),
    "one series": panel(demand_of(1)),
    "one constant series": panel(np.full((1, DAYS), 5.0)),
    "one series of zeros": panel(np.zeros((1, DAYS))),
    "one series never known": panel(np.full((1, DAYS), np.nan)),
    "one series that is every level": panel(demand_of(1) + 5, levels=((), ("category",), ("item",))),
    "no series": panel(np.zeros((0, DAYS))),
    "nothing sold at all": panel(np.zeros((30, DAYS))),
    "nothing known at all": panel(np.full((30, DAYS), np.nan)),
    "all sold out for two months": panel(sold_out(60)),
    "all sold out for most of a year": panel(sold_out(300)),
    "no groups": panel(demand_of(), groups={}, levels=((),)),
    "no levels": panel(demand_of(), levels=()),
    "a price that is never known": panel(demand_of(), price=np.full((30, DAYS + HORIZON), np.nan)),
    "a price of nothing": panel(demand_of(), price=np.zeros((30, DAYS + HORIZON))),
    "an event that never came": panel(
        demand_of(), events={"new": np.eye(1, DAYS + HORIZON, DAYS + 3)[0], "none": AHEAD}
    ),
    "a flag that is always up": panel(demand_of(), flags={"on": Flag(None, {"any": AHEAD + 1})}),
    "a flag of labels nobody has": panel(demand_of(), flags={"off": Flag("category", {"other": AHEAD + 1})}),
    "shut from now on": panel(demand_of(), shut=np.arange(DAYS + HORIZON) >= DAYS),
}  # fmt: skip


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("name", ODD)
def test_no_history_breaks_a_forecast(name, profile):
    sound(ODD[name], profile=profile)


@pytest.mark.parametrize("profile", PROFILES)
def test_the_right_numbers_come_of_the_plainest_histories(profile):
    demand = demand_of()
    demand[:3] = np.array([5.0, 0.0, np.nan])[:, None]
    found = sound(panel(demand), profile=profile)
    assert found.mean[0].mean() == pytest.approx(5.0, rel=0.1)
    assert found.mean[1] == pytest.approx(np.zeros(HORIZON), abs=0.01)
    assert found.mean[2] == pytest.approx(np.zeros(HORIZON), abs=0.01)
    shop = found.mean.sum(axis=0)
    saturdays = (DAYS + np.arange(HORIZON)) % 7 == 5
    assert shop[saturdays].mean() / shop[~saturdays].mean() == pytest.approx(2.0, rel=0.15)


def test_a_single_sale_is_no_weekday_pattern():
    demand = demand_of()
    demand[0] = one_point(-1)
    alone = {"category": np.array(["alone"] + ["many"] * 29)}
    found = sound(panel(demand, groups=alone, levels=((), ("category",))), profile="fast")
    assert found.mean[0].max() <= 2 * 3.0


def test_a_long_gap_leaves_the_level_where_it_was():
    demand = demand_of(weekday=False)
    demand[0, :100], demand[0, 100:] = 4.0, np.nan
    later = demand_of(days=1500, weekday=False)
    later[0, :100], later[0, 100:] = 4.0, np.nan
    for history in (demand, later):
        found = sound(panel(history), profile="fast")
        assert found.base[0].mean() == pytest.approx(4.0, rel=0.05)


@pytest.mark.parametrize("profile", PROFILES)
def test_the_same_inputs_give_the_same_bytes(profile):
    first, second = (
        [part.tobytes() for part in everything(make(panel(demand_of()), profile=profile, seed=3, threads=1))]
        for _ in range(2)
    )
    assert first == second


@pytest.mark.parametrize("profile", PROFILES)
def test_the_number_of_threads_changes_no_byte(profile, monkeypatch):
    monkeypatch.setattr(boosting, "WORTH_THREADS_ROWS", 0)
    series = panel(demand_of(60))
    one, two = (everything(make(series, profile=profile, threads=threads)) for threads in (1, 2))
    assert [part.tobytes() for part in one] == [part.tobytes() for part in two]


def test_another_process_gives_the_same_bytes():
    script = (
        "import hashlib; from models.hierarchy.forecast import make\n"
        "from tests.support.daily_panel import demand_of, everything, panel\n"
        "found = everything(make(panel(demand_of()), seed=3, threads=1))\n"
        "print(hashlib.sha256(b''.join(part.tobytes() for part in found)).hexdigest())\n"
    )
    root = Path(__file__).parents[2]
    hashes = {
        subprocess.run(
            [sys.executable, "-c", script], cwd=root, check=True, capture_output=True, text=True,
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(root), "OMP_NUM_THREADS": threads},
        ).stdout
        for seed, threads in (("1", "1"), ("2", "2"))
    }  # fmt: skip
    assert len(hashes) == 1
    assert len(hashes.pop().strip()) == 64


def test_another_seed_gives_another_forecast():
    series = panel(demand_of())
    assert not np.array_equal(make(series, seed=1).mean, make(series, seed=2).mean)


def test_boosting_is_left_out_where_it_cannot_learn_or_is_not_wanted():
    assert make(panel(demand_of())).model == "boosted"
    assert make(panel(demand_of()), profile="fast").model == "level"
    assert make(panel(demand_of(days=60))).model == "level"


def test_a_small_panel_takes_no_time():
    series = panel(demand_of())
    make(series, profile="fast")
    started = time.process_time()
    make(series, profile="fast")
    assert time.process_time() - started < 2.0


@pytest.mark.parametrize("profile", PROFILES)
def test_a_holiday_that_always_shut_the_shop_is_forecast_as_zero(profile):
    demand = demand_of(days=760)
    holiday = np.zeros(760 + HORIZON)
    holiday[[40, 405, 770]] = 1.0
    demand[:, [40, 405]] = 0.0
    found = sound(panel(demand, events={"holiday": holiday}), profile=profile)
    assert found.mean[:, 10].sum() == 0
    assert found.quantiles[:, 10].sum() == 0
    assert all(one.quantiles[:, 10].sum() == 0 for one in found.levels)
    assert found.mean[:, 11].sum() > 10


@pytest.mark.parametrize("profile", PROFILES)
def test_a_weekday_that_is_always_closed_is_forecast_as_zero(profile):
    demand = demand_of()
    demand[:, np.arange(DAYS) % 7 == 6] = 0.0
    found = sound(panel(demand), profile=profile)
    sundays = (DAYS + np.arange(HORIZON)) % 7 == 6
    assert found.mean[:, sundays].sum() == 0
    assert found.quantiles[:, sundays].sum() == 0
    assert (found.mean[:, ~sundays].sum(axis=0) > 10).all()


def test_one_busy_series_that_never_sells_on_sundays_is_forecast_so():
    demand = np.random.default_rng(0).poisson(20.0, (1, DAYS)).astype(float)
    demand[:, np.arange(DAYS) % 7 == 6] = 0.0
    found = sound(panel(demand), profile="fast")
    sundays = (DAYS + np.arange(HORIZON)) % 7 == 6
    assert found.mean[0, sundays].sum() == 0
    assert found.mean[0, ~sundays] == pytest.approx(np.full((~sundays).sum(), 20.0), rel=0.15)


def test_zeros_of_a_slow_series_alone_in_its_shop_are_demand_not_closures():
    demands = [np.random.default_rng(seed).poisson(1.0, (1, DAYS)) for seed in range(12)]
    found = [sound(panel(demand), profile="fast").mean.mean() for demand in demands]
    assert np.mean(found) == pytest.approx(1.0, abs=0.12)


def test_the_shops_own_calendar_shuts_days_the_past_says_nothing_of():
    shut = np.zeros(DAYS + HORIZON, dtype=bool)
    shut[DAYS + 4] = True
    found = sound(panel(demand_of(), shut=shut), profile="fast")
    assert found.mean[:, 4].sum() == 0
    assert found.mean[:, 3].sum() > 10


def test_the_end_of_the_best_seller_is_no_closed_shop():
    demand = demand_of(40) + 1
    demand[0, :340], demand[0, 340:] = 5000.0, 0.0
    assert not closed_days(panel(demand)).any()
    demand[:, 370] = 0.0
    assert np.flatnonzero(closed_days(panel(demand))).tolist() == [370]


@pytest.mark.parametrize(("closure", "is_shut_again"), [(range(364, 371), False), (range(367, 368), True)])
def test_an_event_that_fell_once_into_a_long_closure_does_not_shut_the_shop_again(closure, is_shut_again):
    demand = demand_of(40) + 1
    demand[:, list(closure)] = 0.0
    fair = np.zeros(DAYS + HORIZON)
    fair[[367, DAYS + 3]] = 1.0
    assert closed_days(panel(demand, events={"fair": fair}))[DAYS + 3] == is_shut_again


def test_days_without_stock_take_nothing_off_the_forecast_of_days_with_it():
    rng = np.random.default_rng(1)
    pace = rng.gamma(2.0, 1.0, 100)[:, None]
    demand = rng.poisson(pace, (100, DAYS)).astype(np.float32)
    spells = np.repeat(rng.random((100, DAYS // 10)) < 0.3, 10, axis=1)
    found = make(panel(np.where(spells, np.nan, demand)), profile="fast", threads=1)
    assert found.mean.sum() / (pace.sum() * HORIZON) == pytest.approx(1.0, abs=0.04)


def weekdays(count: int, *, sells: range, seed: int) -> np.ndarray:
    shape = np.isin(np.arange(DAYS) % 7, list(sells)) * 7 / len(sells)
    return np.random.default_rng(seed).poisson(3.0 * shape, (count, DAYS))


def test_series_that_sell_every_day_and_those_that_do_not_share_a_category_unharmed():
    both = np.concatenate([weekdays(40, sells=range(5), seed=1), weekdays(8, sells=range(7), seed=2)])
    one = {"category": np.array(["all"] * 48)}
    found = make(panel(both, groups=one, levels=((), ("category",))), profile="fast", threads=1)
    for rows in (slice(0, 40), slice(40, 48)):
        assert found.mean[rows].mean() == pytest.approx(3.0, rel=0.08)


def test_a_shop_that_sells_at_weekends_alone_is_shut_on_other_days():
    series = panel(weekdays(40, sells=range(5, 7), seed=1))
    shut = closed_days(series)
    weekend = series.dates.weekday >= 5
    assert shut[28:].tolist() == (~weekend[28:]).tolist()
    found = sound(series, profile="fast")
    assert found.mean.mean() == pytest.approx(3.0, rel=0.05)
    few = panel(weekdays(1, sells=range(5, 7), seed=1))  # one series: it may as well be chance
    assert not closed_days(few).any()


def test_large_orders_at_rare_times_are_within_what_is_said_of_them():
    rng = np.random.default_rng(1)
    days = 728 + HORIZON
    demand = rng.binomial(1, 0.05, (200, days)) * (
        1 + rng.poisson(rng.gamma(1, 200, 200)[:, None], (200, days))
    )
    found = make(panel(demand[:, :728]), profile="fast", threads=1)
    low, high = (found.quantiles[..., QUANTILES.index(level)] for level in (0.025, 0.975))
    came = demand[:, 728:]
    assert ((came >= low) & (came <= high)).mean() > 0.9


def test_a_sum_that_sells_on_two_days_of_three_may_well_sell_nothing():
    rng = np.random.default_rng(1)
    days = 728 + HORIZON
    demand = rng.binomial(1, 0.05, (100, days)) * rng.poisson(6, (100, days))
    five = {"category": np.array([f"C{number % 5}" for number in range(100)])}
    made = make(panel(demand[:, :728], groups=five, levels=((), ("category",))), profile="fast", threads=1)
    sums = made.levels[1]
    came = sums.level.sum(demand[:, 728:])
    low, high = (sums.quantiles[..., QUANTILES.index(level)] for level in (0.025, 0.975))
    assert ((came >= low) & (came <= high)).mean() > 0.85


@pytest.mark.parametrize("profile", PROFILES)
def test_one_huge_order_moves_no_other_series(profile):
    demand = demand_of(40)
    plain = make(panel(demand), profile=profile, threads=1).mean[1:].sum()
    demand[0, -2] = 1e9
    series = panel(demand)
    assert np.argwhere(series.bulk).tolist() == [[0, DAYS - 2]]
    found = sound(series, profile=profile)
    assert found.mean[1:].sum() == pytest.approx(plain, rel=0.1)
    assert found.mean[0].max() < 100


def test_what_comes_a_third_time_is_no_bulk_order():
    demand = demand_of(40)
    demand[0, -30:] = 10_000.0
    series = panel(demand)
    assert np.argwhere(series.bulk).tolist() == [[0, DAYS - 30], [0, DAYS - 29]]
    assert sound(series, profile="fast").mean[0].mean() > 5000


def test_a_bulk_order_is_told_from_the_days_before_it_alone():
    demand = demand_of(40)
    demand[0, 300] = 1e9
    later = demand.copy()
    later[:, 301:] = 1e9
    units = [panel(values).units[:, :301].tobytes() for values in (demand, later)]
    assert units[0] == units[1] == panel(demand).before(301).units.tobytes()


def test_a_sum_that_seldom_sells_has_whole_numbers_for_quantiles():
    rng = np.random.default_rng(7)
    groups = {"category": np.array(["alone"] + ["many"] * 29)}
    series = panel(rng.poisson(0.1, (30, DAYS)), groups=groups, levels=((), ("category",)))
    alone = sound(series, profile="fast").levels[1].quantiles[0]
    assert np.abs(alone - np.round(alone)).max() <= NUDGE + 1e-9
    assert alone[:, QUANTILES.index(0.5)].max() <= NUDGE
    assert 1 <= alone[:, QUANTILES.index(0.995)].mean() <= 2


@pytest.mark.parametrize(("days", "widest"), [(3, 10.0), (30, 2.0), (70, 2.0)])
def test_the_range_of_a_short_history_is_of_its_own_size(days, widest):
    whole = sound(panel(demand_of(100, days, weekday=False) + 1), profile="fast").levels[0].quantiles[0]
    low, high = (whole[:, QUANTILES.index(q)] for q in (0.025, 0.975))
    assert (high / low).mean() < widest
