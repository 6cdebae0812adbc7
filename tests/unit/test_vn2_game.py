"""The VN2 game: stock, costs and the organiser's rule by hand; its files; the later weeks revealed one at a
time.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from benchmarks import vn2, vn2_game
from benchmarks.vn2_game import State, Table

MONDAY = date(2022, 1, 3)
DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "vn2"


def table(sales: list[list[float]], *, out: list[tuple[int, int]] = ()) -> Table:
    found = np.array(sales, dtype=float)
    in_stock = np.ones(found.shape, dtype=bool)
    for row, column in out:
        in_stock[row, column] = False
    return Table(found, in_stock, MONDAY)


def test_eight_weeks_by_hand():
    # Stock 5, 4 arrive in week 1, 1 in week 2; orders of 3 arrive from week 3 on; week by week 4 5 6 2 0 3
    # 3 9 asked.
    state = State(np.array([5.0]), np.array([[4.0, 1.0]]))
    sales = table([[0, 0, 4, 5, 6, 2, 0, 3, 3, 9]])
    rows = vn2_game.play(sales, 2, state, lambda known, now: np.array([3.0]))
    assert [row["left"] for row in rows] == [5, 1, 0, 1, 4, 4, 4, 0]
    assert [row["missed"] for row in rows] == [0, 0, 2, 0, 0, 0, 0, 2]
    # Weeks 3 to 8 count: 0.2 · (1 + 4 + 4 + 4) for stock, 2 + 2 for sales missed.
    assert sum(row["holding"] for row in rows) == pytest.approx(2.6)
    assert vn2_game.cost(rows) == 6.6


def test_an_order_sees_the_weeks_before_it_and_no_other():
    seen = []

    def order(known: Table, state: State) -> np.ndarray:
        seen.append(known.sales.shape[1])
        return np.zeros(1)

    vn2_game.play(table([[1] * 20]), 12, State(np.zeros(1), np.zeros((1, 2))), order)
    assert seen == [12, 13, 14, 15, 16, 17]


def test_the_organisers_rule_covers_four_weeks_of_the_last_thirteen_without_what_is_coming():
    steady = table([[6.0] * 60, [2.0] * 60])
    order = vn2_game.organisers_order(
        steady, State(np.array([3.0, 50.0]), np.array([[4.0, 2.0], [0.0, 0.0]]))
    )
    assert order.tolist() == [4 * 6 - 9, 0]


def test_the_organisers_rule_masks_weeks_out_of_stock():
    masked = table([[6.0] * 58 + [0.0] * 2, [6.0] * 60], out=[(0, 58), (0, 59)])
    order = vn2_game.organisers_order(masked, State(np.zeros(2), np.zeros((2, 2))))
    assert order.tolist() == [24, 24]


def test_the_organisers_rule_knows_the_season_of_all_series():
    # Two years in which each week of the first quarter sells double; 13 weeks of the last quarter behind,
    # four ahead.
    weeks = [MONDAY + timedelta(weeks=number) for number in range(104)]
    sales = [[2.0 if day.isocalendar().week <= 13 else 1.0 for day in weeks]]
    order = vn2_game.organisers_order(table(sales), State(np.zeros(1), np.zeros((1, 2))))
    assert order.tolist() == [8]


def write_game(folder: Path, *, later: bool = False) -> None:
    days = [MONDAY + timedelta(weeks=number) for number in range(3)]
    head = "Store,Product," + ",".join(str(day) for day in days)
    (folder / "Week 0 - 2024-04-08 - Sales.csv").write_text(f"{head}\n1,7,1.0,2.0,3.0\n1,8,0.0,0.0,4.0\n")
    (folder / "Week 0 - In Stock.csv").write_text(f"{head}\n1,7,true,true,true\n1,8,false,false,true\n")
    (folder / "Week 0 - Master.csv").write_text("Store,Product,Department\n1,8,5\n1,7,4\n")
    (folder / "Week 0 - 2024-04-08 - Initial State.csv").write_text(
        "Store,Product,End Inventory,In Transit W+1,In Transit W+2\n1,7,1,2,3\n1,8,4,5,6\n"
    )
    if later:
        more = [*days, *(days[-1] + timedelta(weeks=number) for number in range(1, 9))]
        head = "Store,Product," + ",".join(str(day) for day in more)
        rows = "\n".join(f"1,{product},{','.join(['9.0'] * 3 + [str(product)] * 8)}" for product in (8, 7))
        (folder / "Week 8 - Sales.csv").write_text(f"{head}\n{rows}\n")


def test_the_files_are_read_in_one_order_of_rows(tmp_path):
    write_game(tmp_path)
    found = vn2_game.read(tmp_path)
    assert found.later is None
    assert found.table.sales.tolist() == [[1, 2, 3], [0, 0, 4]]
    assert found.table.in_stock.tolist() == [[True] * 3, [False, False, True]]
    assert found.master["Department"].to_list() == [4, 5]
    assert (found.state.stock.tolist(), found.state.coming.tolist()) == ([1, 4], [[2, 3], [5, 6]])


def test_the_later_weeks_are_those_after_the_known_ones(tmp_path):
    write_game(tmp_path, later=True)
    later = vn2_game.read(tmp_path).later
    assert later.first_week == MONDAY + timedelta(weeks=3)
    assert later.sales.tolist() == [[7] * 8, [8] * 8]


def test_the_platform_orders_less_than_the_rule_costs_on_one_real_window():
    if not DATA.exists():
        pytest.skip(f"the game's files are not at {DATA}")
    found = vn2_game.read(DATA)
    planner = vn2.Planner(found.master)
    known = found.table.until(117)
    state = vn2_game.state_before(found.table, 117)
    first = planner.order(known, state)
    again = vn2.Planner(found.master).order(known, state)
    assert first.tolist() == again.tolist()
    rule = vn2_game.organisers_order(known, state)
    assert 0.4 * rule.sum() < first.sum() < rule.sum()
