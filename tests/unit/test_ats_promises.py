"""Dated ATP: what a day can be promised, what later days already count on, and when a quantity can be had."""

import random

from oms_ops.atp import Flow, promise

DAY = 86_400_000_000
NOW = 100 * DAY


def test_what_comes_in_three_months_covers_nothing_this_week():
    found = promise(NOW, 3, supply=[Flow(NOW + 90 * DAY, 50)], demand=[])
    assert (found.on(NOW), found.on(NOW + 7 * DAY), found.on(NOW + 90 * DAY)) == (3, 3, 53)
    assert found.first_at(3) == NOW
    assert found.first_at(4) == NOW + 90 * DAY
    assert found.first_at(54) is None


def test_units_owed_later_are_not_promised_sooner():
    """10 now, 8 owed on day 5, 4 come on day 10: 2 may go before day 10, 6 from then on."""
    found = promise(NOW, 10, supply=[Flow(NOW + 10 * DAY, 4)], demand=[Flow(NOW + 5 * DAY, 8)])
    assert [found.on(NOW + day * DAY) for day in (0, 4, 5, 9, 10, 99)] == [2, 2, 2, 2, 6, 6]
    assert found.first_at(6) == NOW + 10 * DAY


def test_a_backlog_is_served_from_what_comes_before_anybody_new():
    found = promise(NOW, 0, supply=[Flow(NOW + DAY, 30)], demand=[Flow(None, 12), Flow(NOW - DAY, 3)])
    assert (found.on(NOW), found.on(NOW + DAY)) == (0, 15)


def test_supply_that_is_overdue_or_undated_is_named_and_not_promised():
    late, undated = Flow(NOW - DAY, 5, "P1/1"), Flow(None, 7, "P2/1")
    found = promise(NOW, 1, supply=[late, undated], demand=[])
    assert (found.on(NOW + 365 * DAY), found.ignored) == (1, (late, undated))


def test_an_oversold_start_promises_nothing_until_it_is_made_good():
    found = promise(NOW, -4, supply=[Flow(NOW + DAY, 4), Flow(NOW + 2 * DAY, 1)], demand=[])
    assert [found.on(NOW + day * DAY) for day in (0, 1, 2)] == [0, 0, 1]
    assert found.first_at(1) == NOW + 2 * DAY


def test_promising_what_is_offered_for_a_day_never_leaves_a_later_day_short():
    rng = random.Random(7)
    for _ in range(300):
        supply = [Flow(NOW + rng.randrange(9) * DAY, rng.randrange(9)) for _ in range(rng.randrange(5))]
        demand = [Flow(NOW + rng.randrange(9) * DAY, rng.randrange(6)) for _ in range(rng.randrange(5))]
        start, day = rng.randrange(9), rng.randrange(10)
        units = promise(NOW, start, supply=supply, demand=demand).on(NOW + day * DAY)
        for later in range(day, 12):
            covered = start + sum(f.units for f in supply if f.at <= NOW + later * DAY)
            covered -= sum(f.units for f in demand if f.at <= NOW + later * DAY)
            assert units == 0 or covered >= units
        if units:
            more = promise(NOW, start, supply=supply, demand=[*demand, Flow(NOW + day * DAY, units)])
            assert more.on(NOW + day * DAY) == 0
