"""What the warehouse says a channel and a location sold, week by week, and what forecasts made of it see."""

from __future__ import annotations

from datetime import date, timedelta
from math import sqrt

import polars as pl
import pytest

from models import total_scores, totals
from pipelines import levels
from tests.support.core_rows import add, at, warehouse_of
from warehouse import contracts, marts

MONDAY = date(2011, 2, 28)
PRODUCT = pl.DataFrame({"sku": ["X"], "category": ["Mugs"]})


@pytest.fixture
def con(tmp_path):
    """One sku: 12 units by web shop and 7 by Amazon on Tuesday, 5 by web shop the Tuesday after; 100 were
    canceled the same day, 3 of Amazon's too, 4 of the web shop's only the day after.
    """
    with warehouse_of(tmp_path / "home") as (con, settings):
        _order(con, "shopify:1", 12, "2011-03-01 10:00")
        _order(con, "amazon:2", 7, "2011-03-01 11:00")
        _order(con, "shopify:3", 100, "2011-03-01 12:00")
        _order(con, "shopify:4", 5, "2011-03-08 10:00")
        add(con, "core.order_cancellation", order_id="shopify:3", canceled_at=at("2011-03-01 13:00"))
        _cancel(con, "amazon:2", 3, date(2011, 3, 1))
        _cancel(con, "shopify:1", 4, date(2011, 3, 2))
        for number, (place, units, when) in enumerate((("LEICESTER", 8, "03-02"), ("LONDON", 4, "03-07")), 1):
            add(
                con, "core.inventory_movement", movement_seq=number, sku="X", location_id=place,
                kind="shipped", quantity=units, occurred_at=at(f"2011-{when} 09:00"),
                recorded_at=at(f"2011-{when} 09:00"),
            )  # fmt: skip
        marts.build(con, settings, as_of=at("2011-03-14 00:00"))
        for week, units, lost in ((MONDAY, 16.0, 4.0), (MONDAY + timedelta(weeks=1), 5.0, None)):
            add(con, "marts.demand_history", sku="X", week_start=week, units=units, lost_units=lost)
        yield con


def _order(con, order_id: str, units: int, placed: str) -> None:
    when = at(placed)
    about = {"placed_at": when, "business_date": when.date(), "recorded_at": when}
    about |= {"promised_ship_by": when, "promised_deliver_by": when}
    add(con, "core.order_header", order_id=order_id, channel_id=order_id.partition(":")[0], **about)
    add(
        con, "core.order_line", order_id=order_id, line_id="1", line_no=1, sku="X", line_type="product",
        quantity=units, unit_price=1, amount=units, recorded_at=when,
    )  # fmt: skip


def _cancel(con, order_id: str, units: int, day: date) -> None:
    name = f"{order_id}/{day}"
    add(con, "core.refund", refund_id=name, order_id=order_id, business_date=day)
    add(
        con, "core.refund_line", refund_id=name, line_no=1, sku="X", line_type="product", quantity=units,
        restock_kind="cancel",
    )  # fmt: skip


def test_channels_add_up_to_the_shop_and_locations_count_when_they_ship(con):
    found = {row[:3]: row[3:] for row in levels.history(con, PRODUCT).rows()}
    later = MONDAY + timedelta(weeks=1)
    assert found["shop", "all", MONDAY] == (16, 20)
    assert found["channel", "shopify", MONDAY] == (12, 15), "100 canceled the same day were no demand"
    assert found["channel", "amazon", MONDAY] == (4, 5), "nor were 3 of 7"
    assert found["channel", "shopify", later] == (5, 5)
    assert found["location", "LEICESTER", MONDAY] == (8, 10)
    assert found["location", "LONDON", later] == (4, 4)


def test_what_was_said_of_a_channel_saw_nothing_after_its_cutoff(con):
    cutoff = MONDAY + timedelta(days=6)
    said = pl.DataFrame(
        {"sku": ["X"], "cutoff_date": [cutoff], "week_start": [cutoff + timedelta(days=1)], "mean": [10.0]}
    )
    weeks = levels.history(con, PRODUCT)
    found = levels.past(con, said, PRODUCT, weeks)
    rows = {(row["dimension"], row["member"]): row for row in found.rows(named=True)}
    assert rows["shop", "all"]["came"] == 5
    assert ("location", "LONDON") not in rows, "it shipped first in the week after"
    assert rows["location", "LEICESTER"]["said"] == pytest.approx(10)
    assert sum(row["said"] for (of, _), row in rows.items() if of == "channel") == pytest.approx(10)
    assert (rows["channel", "shopify"]["came"], rows["channel", "amazon"]["came"]) == (5, 0)


def test_totals_are_scored_and_kept_by_their_contract(con):
    """10 said before each of the two weeks, 20 and 5 came; channels are known before the second alone."""
    cutoffs = [MONDAY - timedelta(days=1), MONDAY + timedelta(days=6)]
    weeks_ahead = [cutoff + timedelta(days=1) for cutoff in cutoffs]
    said = pl.DataFrame({"sku": "X", "cutoff_date": cutoffs, "week_start": weeks_ahead, "mean": 10.0})
    weeks = levels.history(con, PRODUCT)
    found = total_scores.accuracy(levels.past(con, said, PRODUCT, weeks), weeks)
    assert marts.replace(con, "level_accuracy", found) == found.height
    assert [
        check.check_name for check in contracts.check(con, "marts.level_accuracy") if not check.passed
    ] == []
    rows = {row[:3]: row[3:] for row in con.table("marts.level_accuracy").fetchall()}
    first, second = 10 * sqrt(6 / 11), 10 * sqrt(21 / 11)
    names = found.columns[3:]
    for key in (("shop", False, "all"), ("category", False, "Mugs"), ("category", True, "all")):
        row = dict(zip(names, rows[key], strict=True))
        assert (row["origins"], row["weeks"], row["actual_units"]) == (2, 2, 25)
        assert (row["sum_wape"], row["sum_bias"]) == (15 / 25, -5 / 25)
        assert row["expected_wape"] == pytest.approx((20 - first + second - 5) / 25, abs=1e-6)
        assert row["naive_wape"] is None
    amazon = dict(zip(names, rows["channel", False, "amazon"], strict=True))
    assert (amazon["origins"], amazon["weeks"], amazon["actual_units"]) == (1, 1, 0)
    assert amazon["expected_wape"] is None, "nothing came"


def test_a_shop_that_was_never_forecast_before_still_gets_its_totals(con):
    nothing = pl.DataFrame(schema={"sku": pl.String, "cutoff_date": pl.Date, "week_start": pl.Date,
                                   "mean": pl.Float64})  # fmt: skip
    weeks = levels.history(con, PRODUCT)
    past = levels.past(con, nothing, PRODUCT, weeks)
    ahead = pl.DataFrame(
        {"sku": ["X"], "week_start": [date(2011, 3, 14)], "mean": [9.0], "model_mean": [9.0]}
    ).with_columns(override_id=pl.lit(None, pl.String))
    empty = pl.DataFrame(schema={"sku": pl.String, "week_start": pl.Date, "dimension": pl.String,
                                 "member": pl.String, "mean": pl.Float64})  # fmt: skip
    found = totals.forecast(ahead, empty, PRODUCT, past, weeks)
    assert found.select("dimension", "mean", "expected").rows() == [("category", 9, 9), ("shop", 9, 9)]
    assert (found["q05"] < 9).all()
    assert (found["q95"] > 9).all()
    assert total_scores.accuracy(past, weeks).is_empty()
