"""The VN2 game: stock, costs and the organiser's rule by hand; its files; the later weeks revealed one at a
time.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from benchmarks import vn2, vn2_files, vn2_game
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
    found = vn2_files.read(tmp_path)
    assert found.later is None
    assert found.table.sales.tolist() == [[1, 2, 3], [0, 0, 4]]
    assert found.table.in_stock.tolist() == [[True] * 3, [False, False, True]]
    assert found.master["Department"].to_list() == [4, 5]
    assert (found.state.stock.tolist(), found.state.coming.tolist()) == ([1, 4], [[2, 3], [5, 6]])


def test_the_later_weeks_are_those_after_the_known_ones(tmp_path):
    write_game(tmp_path, later=True)
    later = vn2_files.read(tmp_path).later
    assert later.first_week == MONDAY + timedelta(weeks=3)
    assert later.sales.tolist() == [[7] * 8, [8] * 8]


@pytest.mark.slow
def test_the_platform_orders_less_than_the_rule_costs_on_one_real_window():
    if not DATA.exists():
        pytest.skip(f"the game's files are not at {DATA}")
    found = vn2_files.read(DATA)
    planner = vn2.Planner(found.master)
    known = found.table.until(117)
    state = vn2_game.state_before(found.table, 117)
    first = planner.order(known, state)
    again = vn2.Planner(found.master).order(known, state)
    assert first.tolist() == again.tolist()
    rule = vn2_game.organisers_order(known, state)
    assert 0.4 * rule.sum() < first.sum() < rule.sum()


def change(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("Week 8 - Sales.csv", "2022-02-07", "2023-02-07", "lacks the week of 2022-02-07"),
        ("Week 8 - Sales.csv", "Store,Product", "Shop,Item", "lacks the columns Store, Product"),
        ("Week 8 - Sales.csv", "8,8,8", "8,some,8", "store 1, product 8 is 'some'"),
        ("Week 8 - Sales.csv", "8,8,8", "8,-8,8", "store 1, product 8 is '-8'"),
        ("Week 8 - Sales.csv", "1,7,", "1,8,", "names store 1, product 8 twice"),
        (vn2_files.SALES, "2022-01-10", "2022-01-09", "lacks the week after 2022-01-03"),
        (vn2_files.SALES, "1,8,", "1,7,", "names store 1, product 7 twice"),
        (vn2_files.SALES, "2.0", "inf", "store 1, product 7 is 'inf'"),
        (vn2_files.START, "1,8,", "1,9,", "End Inventory of store 1, product 8 is not there"),
        (vn2_files.START, "In Transit W+2", "Coming", "lacks the columns In Transit W+2"),
        (vn2_files.FLAGS, "true", "perhaps", "is 'perhaps', not true or false"),
        (vn2_files.MASTER, "Store", "Shop", "lacks the columns Store"),
    ],
)
def test_a_file_that_cannot_be_played_says_where_and_why(tmp_path, name, old, new, said):
    write_game(tmp_path, later=True)
    change(tmp_path, name, old, new)
    with pytest.raises(SystemExit, match=re.escape(said)) as stopped:
        vn2_files.read(tmp_path)
    assert name in str(stopped.value)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04\xff\xfe", b"Store,Product,2022-01-17\n1,7,3\n1,8,3\n"])
def test_a_later_file_that_holds_no_later_week_is_not_passed_over(tmp_path, content):
    write_game(tmp_path)
    (tmp_path / "Week 8 - 2024-06-03 - Sales.xlsx").write_bytes(content)
    with pytest.raises(SystemExit, match="Week 8 - 2024-06-03 - Sales.xlsx"):
        vn2_files.read(tmp_path)


def test_the_later_file_is_known_by_its_beginning_and_its_weeks(tmp_path, capsys):
    write_game(tmp_path, later=True)
    (tmp_path / "Week 8 - Sales.csv").rename(tmp_path / "week 8 (final)")
    (tmp_path / "Week 8 - Master.csv").write_text("Store,Product,Department\n1,8,5\n1,7,4\n")
    days = ",".join(str(MONDAY + timedelta(weeks=number)) for number in range(3, 11))
    flags = f"1,8,{'TRUE,' * 5}False,false,FALSE\n1,7{',True' * 8}\n"
    (tmp_path / "Week 8.csv").write_text(f"Store,Product,{days}\n{flags}")
    (tmp_path / "Week 80 - Sales.csv").write_text("nothing")
    later = vn2_files.read(tmp_path).later
    assert later.sales.tolist() == [[7] * 8, [8] * 8]
    assert (~later.in_stock).sum(axis=1).tolist() == [0, 3]
    assert "Week 8 - Master.csv holds no week after 2022-01-17" in capsys.readouterr().err


def test_what_a_file_lacks_is_said(tmp_path, capsys):
    write_game(tmp_path, later=True)
    change(tmp_path, vn2_files.SALES, "2.0", "")
    change(tmp_path, vn2_files.FLAGS, "1,8,", "1,9,")
    change(tmp_path, "Week 8 - Sales.csv", "8,8,8", "8,NaN,8")
    found = vn2_files.read(tmp_path)
    assert found.table.in_stock.tolist() == [[True, False, True], [True] * 3]
    assert found.table.sales.tolist() == [[1, 0, 3], [0, 0, 4]]
    assert found.later.sales[1].tolist() == [8, 0, 8, 8, 8, 8, 8, 8]
    said = capsys.readouterr().err
    assert "Sales.csv: 1 cells empty: unknown demand" in said
    assert "In Stock.csv lacks 1 of 2 store-products" in said
    assert "Week 8 - Sales.csv: 1 cells of the weeks to come empty: nothing is asked for there" in said


def test_a_game_without_cost_has_no_ratio_and_too_short_a_one_no_game(tmp_path):
    write_game(tmp_path, later=True)
    with pytest.raises(SystemExit, match="lacks the columns DepartmentGroup, Department"):
        vn2.measure(vn2_files.read(_without_departments(tmp_path)))
    rows = "DepartmentGroup,Department\n1,8,5,5\n1,7,4,4\n"
    (tmp_path / "Week 0 - Master.csv").write_text(f"Store,Product,{rows}")
    with pytest.raises(SystemExit, match="holds 3 weeks; 4 are the fewest"):
        vn2.measure(vn2_files.read(tmp_path))
    assert vn2._summary([vn2_row(0.0, 0.0)]) == {"windows": 1}
    assert vn2._summary([vn2_row(3.0, 4.0), vn2_row(1.0, 0.0)])["mean_ratio"] == 0.75


def vn2_row(ours: float, rule: float) -> dict:
    return {"our_cost": ours, "rule_cost": rule, "ratio": vn2._ratio(ours, rule)}


def _without_departments(folder: Path) -> Path:
    (folder / "Week 0 - Master.csv").write_text("Store,Product\n1,8\n1,7\n")
    return folder


def test_a_week_that_nobody_had_stock_in_says_nothing_of_the_season():
    sales = [[6.0] * 52 + [6.0] * 8, [6.0] * 60]
    known = table(sales, out=[(row, column) for row in (0, 1) for column in (52, 53, 54)])
    order = vn2_game.organisers_order(known, State(np.zeros(2), np.zeros((2, 2))))
    assert order.tolist() == [24, 24]


def test_a_later_week_changes_no_order_placed_before_it():
    rng = np.random.default_rng(5)
    sales = rng.poisson(4.0, (12, 60)).astype(float)
    master = pl.DataFrame(
        {"DepartmentGroup": [1] * 12, "Department": [1, 2] * 6, "Store": range(12), "Product": [7] * 12}
    )
    state = State(np.full(12, 6.0), np.full((12, 2), 4.0))

    def orders(demand: np.ndarray) -> list[float]:
        full = Table(demand, np.ones(demand.shape, dtype=bool), MONDAY)
        return [row["ordered"] for row in vn2_game.play(full, 52, state, vn2.Planner(master).order)]

    changed = sales.copy()
    changed[:, 55] += 9
    before, after = orders(sales), orders(changed)
    assert before[:4] == after[:4]
    assert before[4] < after[4]
