"""Forecasts of sums: they add up, are corrected by what past ones came to, and sensible without a past."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from models import total_spread, totals
from models.total_spread import NORMAL, NORMAL_SIZE, Record
from warehouse import contracts

MONDAY = date(2024, 1, 1)
WEEK = timedelta(weeks=1)
CATEGORY = pl.DataFrame({"sku": ["A", "B", "C"], "category": ["Mugs", "Clocks", None]})
NAMES = list(totals.QUANTILE_NAMES)


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
    record = missed(1.5, origins=4) + missed(2.0, origins=4, dimension="category", member="Mugs", said=99)
    record += missed(0.8, origins=4, dimension="category", member="Clocks", said=99)
    found = totals.forecast(weekly({"A": [600, 10], "B": [300, 0]}), split(), CATEGORY, past(*record))
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
    found = totals.forecast(weekly({"A": [1000]}), split(), CATEGORY, past(*missed(2.0, origins=origins)))
    shop = found.filter(pl.col("dimension") == "shop").row(0, named=True)
    assert shop["mean"] == 1000
    assert shop["expected"] == pytest.approx(1000 * 2**kept, rel=1e-3)


def test_a_members_own_miss_is_pooled_with_its_dimensions():
    names = np.array(["category", "category", "shop"], dtype=object)
    said = np.full((2, 3, 1), np.e - 1)
    came = said.copy()
    came[:, 0, 0] = np.exp(2) - 1
    found = total_spread.correction(Record(said, came), names)
    assert found == pytest.approx(np.array([(2 * 1 + 2 * 0.5) / 4, (2 * 0 + 2 * 0.5) / 4, 0]) * 2 / 3)


def test_ranges_by_hand():
    """One origin, one week, nothing corrected by others: |log 2| shrunk to the prior of 0.4 over 13 weeks."""
    names = np.array(["shop"], dtype=object)
    record = Record(np.array([[[999.0]]]), np.array([[[1999.0]]]))
    pooled = (np.log(2) + 13 * 0.4) / 14
    size = (np.log(2) + 13 * pooled) / 14
    assert total_spread.sizes(record, names) == pytest.approx([size])
    _, quantiles = total_spread.ranges(np.array([[999.0]]), record, names)
    own = 999 * np.sqrt(2)
    scatter = np.sqrt((size * NORMAL_SIZE * own / (own + 1)) ** 2 + own / (own + 1) ** 2)
    by_hand = (own + 1) * np.exp(scatter * NORMAL) - 1
    assert quantiles[0, 0] == pytest.approx(by_hand)


def test_each_origin_is_corrected_by_the_others_alone():
    """Origins that always missed by the same factor leave only the part that is not kept."""
    names = np.array(["shop"], dtype=object)
    alike = Record(np.full((4, 1, 1), 999.0), np.full((4, 1, 1), 1999.0))
    left = np.log(2000) - np.log1p(999 * 2**0.75)
    pooled = (4 * left + 13 * 0.4) / 17
    assert total_spread.sizes(alike, names) == pytest.approx([(4 * left + 13 * pooled) / 17])
    unlike = Record(alike.said, np.array([1999, 499, 1999, 499.0]).reshape(4, 1, 1))
    assert total_spread.sizes(unlike, names) > total_spread.sizes(alike, names)


def test_ranges_widen_with_weeks_ahead_and_outside_what_was_ever_said():
    found = totals.forecast(weekly({"A": [999.0] * 5}), split(), CATEGORY, past(*missed(1.2, origins=4)))
    shop = found.filter(pl.col("dimension") == "shop")
    assert (shop["q95"] - shop["q25"]).diff().drop_nulls().min() > 0
    record = Record(np.full((2, 1, 3), 999.0), np.full((2, 1, 3), 999.0))
    mean = np.array([[999.0, 1000 / np.e**0.2 - 1, 1000 * np.e**3 - 1]])
    assert total_spread.unlike(mean, record)[0] == pytest.approx([0, 0.2, total_spread.MOST_UNLIKE])


def test_small_members_scatter_as_counts_do():
    names = np.array(["shop", "channel"], dtype=object)
    said = np.full((4, 2, 4), [[[1000.0], [1000.0]]])
    mean = np.array([[1000.0], [0.5]])
    _, quantiles = total_spread.ranges(mean, Record(said, said.copy()), names)
    relative = np.log1p(quantiles[:, 0, 3]) - np.log1p(quantiles[:, 0, 1])
    assert relative[1] > 2 * relative[0]


@pytest.mark.parametrize(
    "record",
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
def test_whatever_the_past_nothing_is_degenerate(record, means):
    parts = split(*(("A", MONDAY + n * WEEK, "channel", "web", of) for n, of in enumerate(means["A"])))
    if len(means) > 1:
        parts = split()
    found = totals.forecast(weekly(means), parts, CATEGORY, past(*record))
    assert is_sound(found)
    assert "Gone" not in found["member"]
    told = found.filter(pl.col("mean") > 0)
    assert (told["q75"] > told["q25"]).all(), "a range has a width"
    silent = found.filter(pl.col("mean") == 0)
    assert silent.select("expected", *NAMES).sum().row(0) == (0,) * 6
    if not record:
        assert told["expected"].to_list() == pytest.approx(told["mean"].to_list())


def test_a_member_without_a_past_borrows_its_dimensions_and_that_the_shops():
    names = np.array(["shop", "channel", "channel", "location"], dtype=object)
    said = np.full((4, 4, 1), 999.0)
    came = np.full((4, 4, 1), np.nan)
    came[:, 0], came[:, 1] = 1999.0, 3999.0
    found = total_spread.correction(Record(said, came), names)
    assert found == pytest.approx(np.log([2, 4, 4, 2]) * 4 / 5)
    sizes = total_spread.sizes(Record(said, came), names)
    left = np.log(2000) - np.log1p(999 * 2**0.75)
    assert sizes[3] == pytest.approx((4 * left + 13 * 0.4) / 17), "the shop's pooled size"


def test_no_forecast_gives_an_empty_table():
    nothing = weekly({"A": [1.0]}).clear()
    assert totals.forecast(nothing, split(), CATEGORY, past()).is_empty()


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
