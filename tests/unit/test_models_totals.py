"""Forecasts of sums: they add up, are corrected by what past ones came to, and sensible without a past."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from models import total_spread, totals
from models.quantiles import RANGE_50
from models.total_spread import NORMAL, NORMAL_SIZE, Record
from models.year_before import MOST_LOG, Sold
from warehouse import contracts

MONDAY = date(2024, 1, 1)
WEEK = timedelta(weeks=1)
CATEGORY = pl.DataFrame({"sku": ["A", "B", "C"], "category": ["Mugs", "Clocks", None]})
NAMES = list(totals.QUANTILE_NAMES)


UNKNOWN = np.full((1, 1), np.nan)


def weekly(means: dict[str, list[float]], *, first: date = MONDAY) -> pl.DataFrame:
    rows = [(sku, first + n * WEEK, mean) for sku, of in means.items() for n, mean in enumerate(of)]
    kinds = {"sku": pl.String, "week_start": pl.Date, "mean": pl.Float64}
    return pl.DataFrame(rows, schema=kinds, orient="row")


def split(*rows: tuple) -> pl.DataFrame:
    kinds = (pl.String, pl.Date, pl.String, pl.String, pl.Float64)
    names = ("sku", "week_start", "dimension", "member", "mean")
    return pl.DataFrame(rows, schema=dict(zip(names, kinds, strict=True)), orient="row")


def past(*rows: tuple[str, str, date, int, float, float]) -> pl.DataFrame:
    """(dimension, member, cutoff, step, said, came)."""
    full = [(d, m, c, c + timedelta(days=1 + 7 * k), k, said, came) for d, m, c, k, said, came in rows]
    return pl.DataFrame(full, schema=totals.PAST, orient="row")


def missed(ratio: float, *, origins: int, dimension: str = "shop", member: str = "all", said: float = 999.0):
    """`origins` cutoffs of four weeks each that all came to `ratio` of what was said, one unit aside."""
    came = (said + 1) * ratio - 1
    starts = [MONDAY - timedelta(weeks=4 * n + 4, days=1) for n in range(origins)]
    return [(dimension, member, start, step, said, came) for start in starts for step in range(4)]


def record(said: np.ndarray, came: np.ndarray) -> Record:
    """Without a year before."""
    return Record(said, came, np.full_like(said, np.nan))


def forecast(
    means: dict[str, list[float]], *past_rows: tuple, parts=None, history=None, overridden: str = ""
) -> pl.DataFrame:
    """`overridden` is a sku whose weeks a planner has doubled."""
    is_set = pl.col("sku") == overridden
    told = weekly(means).with_columns(
        model_mean=pl.when(is_set).then(pl.col("mean") / 2).otherwise("mean"),
        override_id=pl.when(is_set).then(pl.lit("O-1")),
    )
    parts = split() if parts is None else parts
    history = pl.DataFrame(schema=totals.HISTORY) if history is None else history
    return totals.forecast(told, parts, CATEGORY, past(*past_rows), history)


def is_sound(found: pl.DataFrame) -> bool:
    numbers = found.select("mean", "expected", *NAMES).to_numpy()
    spread = found.select(NAMES).to_numpy()
    return bool(
        np.isfinite(numbers).all()
        and (numbers >= 0).all()
        and (np.diff(spread, axis=1) >= 0).all()
        and (found["q05"] <= found["mean"]).all()
        and (found["mean"] <= found["q95"]).all()
    )


def test_sums_add_up_over_every_dimension_in_every_week():
    parts = split(
        ("A", MONDAY, "channel", "web", 4.0), ("A", MONDAY, "channel", "ebay", 2.0),
        ("B", MONDAY, "channel", "web", 1.0), ("C", MONDAY, "channel", "ebay", 3.0),
        ("A", MONDAY + WEEK, "channel", "web", 5.0),
    )  # fmt: skip
    found = totals.sums(weekly({"A": [6, 5], "B": [1, 0], "C": [3, 0]}), parts, CATEGORY)
    said = {(row[0], row[1], row[2]): row[3] for row in found.rows()}
    assert said["shop", "all", MONDAY] == 10
    assert said["category", "Mugs", MONDAY] == 6
    assert said["category", "Other", MONDAY] == 3, "a sku without a category"
    assert said["channel", "ebay", MONDAY] == 5
    assert said["channel", "ebay", MONDAY + WEEK] == 0, "a member is there in every week"
    whole = found.group_by("dimension", "week_start").agg(pl.col("mean").sum())
    assert sorted(whole["mean"]) == [5, 5, 5, 10, 10, 10]


def test_the_forecast_has_the_contracts_columns_and_what_is_expected_adds_up_too():
    rows = missed(1.5, origins=4) + missed(2.0, origins=4, dimension="category", member="Mugs", said=99)
    rows += missed(0.8, origins=4, dimension="category", member="Clocks", said=99)
    found = forecast({"A": [600, 10], "B": [300, 0]}, *rows)
    for name in ("forecast_level", "level_history"):
        columns = list(contracts.table(f"marts.{name}").column_names)
        assert columns == list({"forecast_level": totals.LEVEL, "level_history": totals.HISTORY}[name])
    assert found.columns == list(totals.LEVEL)
    sums = found.group_by("dimension", "week_start").agg(pl.col("mean", "expected").sum())
    for week in (MONDAY, MONDAY + WEEK):
        rows = sums.filter(pl.col("week_start") == week)
        assert rows.height == 2
        for name in ("mean", "expected"):
            assert rows[name][0] == pytest.approx(rows[name][1], abs=1e-5)
    mugs, clocks = (found.filter(pl.col("member") == name).row(0, named=True) for name in ("Mugs", "Clocks"))
    assert mugs["expected"] / mugs["mean"] > clocks["expected"] / clocks["mean"]
    assert is_sound(found)


@pytest.mark.parametrize(("origins", "kept"), [(1, 1 / 2), (3, 3 / 4), (4, 4 / 5)])
def test_more_origins_keep_more_of_what_they_were_off_by(origins, kept):
    found = forecast({"A": [1000]}, *missed(2.0, origins=origins))
    shop = found.filter(pl.col("dimension") == "shop").row(0, named=True)
    assert shop["mean"] == 1000
    assert shop["expected"] == pytest.approx(1000 * 2**kept, rel=1e-3)


def test_a_members_own_miss_is_pooled_with_its_dimensions():
    names = np.array(["category", "category", "shop"], dtype=object)
    said = np.full((2, 3, 1), np.e - 1)
    came = said.copy()
    came[:, 0, 0] = np.exp(2) - 1
    found = total_spread.correction(record(said, came), names)
    assert found == pytest.approx(np.array([(2 * 1 + 2 * 0.5) / 4, (2 * 0 + 2 * 0.5) / 4, 0]) * 2 / 3)


def test_ranges_by_hand():
    """One origin, one week, nothing corrected by others: |log 2| shrunk to the prior of 0.4 over 13 weeks."""
    names = np.array(["shop"], dtype=object)
    one = record(np.array([[[999.0]]]), np.array([[[1999.0]]]))
    pooled = (np.log(2) + 13 * 0.4) / 14
    size = (np.log(2) + 13 * pooled) / 14
    assert total_spread.sizes(one, names) == pytest.approx([size])
    _, quantiles = total_spread.ranges(np.array([[999.0]]), UNKNOWN, one, names)
    own = 999 * np.sqrt(2)
    scatter = np.sqrt((size * NORMAL_SIZE * own / (own + 1)) ** 2 + own / (own + 1) ** 2)
    by_hand = (own + 1) * np.exp(scatter * NORMAL) - 1
    assert quantiles[0, 0] == pytest.approx(by_hand)


def test_each_origin_is_corrected_by_the_others_alone():
    """Origins that always missed by the same factor leave only the part that is not kept."""
    names = np.array(["shop"], dtype=object)
    alike = record(np.full((4, 1, 1), 999.0), np.full((4, 1, 1), 1999.0))
    left = np.log(2000) - np.log1p(999 * 2**0.75)
    pooled = (4 * left + 13 * 0.4) / 17
    assert total_spread.sizes(alike, names) == pytest.approx([(4 * left + 13 * pooled) / 17])
    unlike = record(alike.said, np.array([1999, 499, 1999, 499.0]).reshape(4, 1, 1))
    assert total_spread.sizes(unlike, names) > total_spread.sizes(alike, names)


def test_ranges_widen_with_weeks_ahead():
    found = forecast({"A": [999.0] * 5}, *missed(1.2, origins=4))
    shop = found.filter(pl.col("dimension") == "shop")
    assert (shop["q95"] - shop["q25"]).diff().drop_nulls().min() > 0


def test_small_members_scatter_as_counts_do():
    names = np.array(["shop", "channel"], dtype=object)
    said = np.full((4, 2, 4), [[[1000.0], [1000.0]]])
    mean = np.array([[1000.0], [0.5]])
    _, quantiles = total_spread.ranges(mean, np.full((2, 1), np.nan), record(said, said.copy()), names)
    relative = np.log1p(quantiles[:, 0, RANGE_50[1]]) - np.log1p(quantiles[:, 0, RANGE_50[0]])
    assert relative[1] > 2 * relative[0]


@pytest.mark.parametrize(
    "rows",
    [
        (),
        missed(1.4, origins=1),
        missed(1.4, origins=4),
        missed(0.001, origins=4),
        missed(1000.0, origins=4, dimension="category", member="Gone"),
        missed(2.0, origins=2, said=0.0),
    ],
    ids=["no past", "one origin", "four", "next to nothing came", "only of a member gone", "nothing said"],
)
@pytest.mark.parametrize("means", [{"A": [0.0, 0.0]}, {"A": [0.001, 5.0]}, {"A": [9.0, 0], "B": [1e9, 2]}])
def test_whatever_the_past_nothing_is_degenerate(rows, means):
    parts = split(*(("A", MONDAY + n * WEEK, "channel", "web", of) for n, of in enumerate(means["A"])))
    if len(means) > 1:
        parts = split()
    found = forecast(means, *rows, parts=parts)
    assert is_sound(found)
    assert "Gone" not in found["member"]
    told = found.filter(pl.col("mean") > 0)
    assert (told["q75"] > told["q25"]).all(), "a range has a width"
    silent = found.filter(pl.col("mean") == 0)
    assert silent.select("expected", *NAMES).sum().row(0) == (0,) * 12
    if not rows:
        assert told["expected"].to_list() == pytest.approx(told["mean"].to_list())


def test_a_member_without_a_past_borrows_its_dimensions_and_that_the_shops():
    names = np.array(["shop", "channel", "channel", "location"], dtype=object)
    said = np.full((4, 4, 1), 999.0)
    came = np.full((4, 4, 1), np.nan)
    came[:, 0], came[:, 1] = 1999.0, 3999.0
    found = total_spread.correction(record(said, came), names)
    assert found == pytest.approx(np.log([2, 4, 4, 2]) * 4 / 5)
    sizes = total_spread.sizes(record(said, came), names)
    left = np.log(2000) - np.log1p(999 * 2**0.75)
    assert sizes[3] == pytest.approx((4 * left + 13 * 0.4) / 17), "the shop's pooled size"


def test_no_forecast_gives_an_empty_table():
    nothing = (
        weekly({"A": [1.0]})
        .clear()
        .with_columns(model_mean=pl.col("mean"), override_id=pl.lit(None, pl.String))
    )
    empty = pl.DataFrame(schema=totals.HISTORY)
    assert totals.forecast(nothing, split(), CATEGORY, past(), empty).is_empty()


HISTORY = pl.DataFrame(
    {
        "sku": ["A", "B", "A", "C"],
        "week_start": [MONDAY, MONDAY, MONDAY + 2 * WEEK, MONDAY + 2 * WEEK],
        "units": [6.0, 2.0, 5.0, 1.0],
        "lost_units": [2.0, None, None, None],
    }
)
SOLD = pl.DataFrame(
    [
        ("channel", "web", MONDAY, 8.0),
        ("channel", "ebay", MONDAY + WEEK, 1.0),
        ("channel", "web", MONDAY + 3 * WEEK, 9.0),
    ],
    schema=["dimension", "member", "week_start", "units"],
    orient="row",
)


def test_history_has_every_week_and_what_stock_outs_hid():
    found = totals.history(HISTORY, SOLD, CATEGORY)
    assert found.columns == list(totals.HISTORY)
    by = {row[:3]: row[3:] for row in found.rows()}
    assert by["shop", "all", MONDAY] == (8, 10)
    assert by["shop", "all", MONDAY + WEEK] == (0, 0)
    assert by["category", "Mugs", MONDAY] == (6, 8)
    assert by["category", "Other", MONDAY + 2 * WEEK] == (1, 1)
    assert by["channel", "web", MONDAY] == (8, 10), "the shop's 8 were 10"
    assert by["channel", "ebay", MONDAY + WEEK] == (1, 1)
    assert found["week_start"].max() == MONDAY + 2 * WEEK, "the last full week"
    assert found.filter(pl.col("member") == "ebay").height == 2, "from its first week on"


def test_the_past_counts_what_came_of_products_not_yet_known_and_sees_only_units_before_it():
    cutoff = MONDAY - timedelta(days=1)
    backtest = weekly({"A": [4.0, 4, 4]}).with_columns(cutoff_date=pl.lit(cutoff))
    kinds = {"sku": pl.String, "dimension": pl.String, "member": pl.String, "units": pl.Float64}
    units = pl.DataFrame([("A", "channel", "web", 100.0)], schema=kinds, orient="row")
    weeks = totals.history(HISTORY, SOLD, CATEGORY)
    found = totals.past(backtest, {cutoff: units}, CATEGORY, weeks)
    shop = found.filter(pl.col("dimension") == "shop")
    assert shop["step"].to_list() == [0, 1, 2]
    assert shop["said"].to_list() == [4, 4, 4]
    assert shop["came"].to_list() == [10, 0, 6]
    web = found.filter(pl.col("member") == "web")
    assert web["said"].to_list() == [4, 4, 4]
    assert web["came"].to_list() == [10, 0, 0]
    assert "ebay" not in found["member"], "it had sold nothing by then"
    assert totals.past(backtest, {}, CATEGORY, weeks).is_empty()


def years(
    *members: tuple[str, str], units=lambda week: 100.0, weeks: int = 104, gap: int = 0
) -> pl.DataFrame:
    """History of `weeks` weeks up to the one before MONDAY, less a gap; `units` of week -1, -2 …"""
    rows = [
        (*member, MONDAY + week * WEEK, units(week), units(week))
        for member in members
        for week in range(-weeks, -gap)
    ]
    return pl.DataFrame(rows, schema=totals.HISTORY, orient="row")


SHOP = ("shop", "all")


def test_the_year_before_is_nine_weeks_together_and_grown_as_the_shop_has():
    """A year of 100 a week, then one of 150: what came after week -52 grows by half."""
    history = years(SHOP, ("category", "Mugs"), units=lambda week: 150.0 if week >= -52 else 100.0)
    sold = Sold.of(history, [SHOP, ("category", "Mugs"), ("category", "New")])
    mean = np.full((3, 13), 120.0)
    found = sold.year_before(mean, first_week=MONDAY)
    assert found[:2] == pytest.approx(np.log(150 * 1.5 / 120), abs=0.02)
    assert np.isnan(found[2]).all(), "it did not sell a year ago"
    closed = mean.copy()
    closed[:, 2] = 0.0
    assert sold.year_before(closed, first_week=MONDAY)[:2] == pytest.approx(found[:2], abs=0.005)


def test_the_year_before_sees_nothing_after_the_origin():
    history = years(SHOP, weeks=130)
    planted = history.with_columns(
        demand=pl.when(pl.col("week_start") >= MONDAY - 26 * WEEK).then(1e6).otherwise("demand")
    )
    mean, first = np.full((1, 13), 50.0), MONDAY - 26 * WEEK
    seen = [Sold.of(rows, [SHOP]).year_before(mean, first_week=first) for rows in (history, planted)]
    assert seen[0] == pytest.approx(seen[1])
    later = [Sold.of(rows, [SHOP]).year_before(mean, first_week=MONDAY) for rows in (history, planted)]
    assert (later[1] > later[0]).all(), "the growth would show it"


@pytest.mark.parametrize("weeks", [0, 3, 48, 49, 60])
def test_a_young_or_cut_history_is_no_year_before(weeks):
    history = years(SHOP, weeks=weeks, gap=1)
    found = Sold.of(history, [SHOP]).year_before(np.full((1, 4), 10.0), first_week=MONDAY)
    assert np.isnan(found).all() == (weeks < 49)
    assert (np.abs(np.nan_to_num(found)) <= MOST_LOG).all()


def test_what_is_expected_lies_halfway_between_correction_and_the_year_before():
    """Misses of factor 4 keep four fifths; the year before said 999 as well: half of it, a fifth power."""
    history = years(SHOP, units=lambda week: 999.0)
    found = forecast({"A": [999.0] * 3}, *missed(4.0, origins=4), history=history)
    shop = found.filter(pl.col("dimension") == "shop")
    kept = np.log(shop["expected"].to_numpy() / 999)
    assert kept == pytest.approx([0.5 * 0.8 * np.log(4)] * 3, rel=1e-3)
    assert is_sound(found)


def test_a_year_before_narrows_ranges_only_where_it_was_right():
    names = np.array(["shop"], dtype=object)
    said, came = np.full((4, 1, 4), 999.0), np.full((4, 1, 4), 999.0) * np.array([2, 0.5, 2, 0.5])
    right = Record(said, came, np.clip(np.log((came + 1) / (said + 1)), -1, 1))
    wrong = Record(said, came, -right.year)
    assert total_spread.sizes(right, names) < total_spread.sizes(record(said, came), names)
    assert total_spread.sizes(wrong, names) > total_spread.sizes(record(said, came), names)


def test_what_a_planner_has_set_is_expected_as_set():
    parts = split(("A", MONDAY, "channel", "web", 600.0), ("B", MONDAY, "channel", "ebay", 300.0))
    rows = missed(2.0, origins=4)
    plain = forecast({"A": [600], "B": [300]}, *rows, parts=parts)
    planned = forecast({"A": [600], "B": [300]}, *rows, parts=parts, overridden="A")
    kept = 2**0.8

    def shop(found: pl.DataFrame) -> dict:
        return found.filter(pl.col("dimension") == "shop").row(0, named=True)

    assert shop(plain)["mean"] == shop(planned)["mean"] == 900
    assert shop(plain)["expected"] == pytest.approx(900 * kept, rel=1e-3)
    assert shop(planned)["expected"] == pytest.approx(600 + 300 * kept, rel=1e-3)
    web = planned.filter(pl.col("member") == "web").row(0, named=True)
    ebay = planned.filter(pl.col("member") == "ebay").row(0, named=True)
    assert web["expected"] == pytest.approx(600, rel=1e-3)
    assert ebay["expected"] == pytest.approx(300 * kept, rel=1e-3)
    assert is_sound(planned)


def test_the_year_before_is_compared_with_what_the_model_said():
    """999 a week a year ago, 999 by the model, doubled by the planner: nothing is taken back from it."""
    found = forecast({"A": [1998.0]}, history=years(SHOP, units=lambda week: 999.0), overridden="A")
    shop = found.filter(pl.col("dimension") == "shop")
    assert shop["expected"].to_list() == pytest.approx([1998])


def test_a_shop_without_a_full_week_has_no_history():
    found = totals.history(HISTORY.clear(), SOLD, CATEGORY)
    assert found.is_empty()
    assert found.columns == list(totals.HISTORY)
    assert totals.history(HISTORY.clear(), SOLD.clear(), CATEGORY.clear()).is_empty()
