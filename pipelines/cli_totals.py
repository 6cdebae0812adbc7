"""`oms forecast --by DIMENSION`: the forecast of every category, channel, location, or of the whole shop, and
how far off such forecasts were.
"""

from __future__ import annotations

import argparse

from pipelines.cli_errors import CommandError, did_you_mean
from pipelines.cli_output import Column, print_json, print_table
from pipelines.cli_release import release_connection
from warehouse.settings import Settings

TOTAL_COLUMNS = (
    Column("member", "Of"),
    Column("next_4_expected", "4 weeks", "units"),
    Column("next_4_mean", "Sum of skus", "units"),
    Column("all_expected", "All weeks", "units"),
    Column("all_mean", "Sum of skus", "units"),
    Column("last_13_units", "Last 13 weeks", "units"),
    Column("year_before_units", "Year before", "units"),
)
WEEK_COLUMNS = (
    Column("week_start", "Week of"),
    Column("expected", "Expected", "units"),
    Column("mean", "Sum of skus", "units"),
    Column("q05", "5 %", "units"),
    Column("q25", "25 %", "units"),
    Column("q50", "Median", "units"),
    Column("q75", "75 %", "units"),
    Column("q95", "95 %", "units"),
)
ACCURACY_COLUMNS = (
    Column("member", "Of"),
    Column("origins", "Origins", "count"),
    Column("weeks", "Weeks", "count"),
    Column("expected_wape", "Expected", "ratio"),
    Column("expected_bias", "Bias", "ratio"),
    Column("sum_wape", "Sum of skus", "ratio"),
    Column("sum_bias", "Bias", "ratio"),
    Column("naive_wape", "Year before", "ratio"),
    Column("coverage_50", "In 50 %", "ratio"),
    Column("coverage_90", "In 90 %", "ratio"),
)


def totals(arguments: argparse.Namespace, settings: Settings) -> None:
    """A row a member; the weeks of one where it is named or the only one."""
    from warehouse import queries

    if arguments.words or arguments.daily:
        raise CommandError("forecast takes one sku or --by, not both; totals are by week")
    with release_connection(settings) as con:
        rows = queries.level_totals(con, dimension=arguments.by).to_dicts()
        member = _known(rows, arguments.member)
        weeks = queries.forecast_levels(con, dimension=arguments.by, member=member).to_dicts()
        found = queries.level_accuracy(con, dimension=arguments.by)
    accuracy = None if found is None else found.to_dicts()
    if arguments.json:
        print_json(_nested(rows, weeks, accuracy or [], member=member))
    elif not rows:
        print("no forecast to add up")
    elif member or arguments.by == "shop":
        _print(weeks, WEEK_COLUMNS)
        _print_accuracy(accuracy, members=[member or rows[0]["member"]])
    else:
        _print(rows, TOTAL_COLUMNS)
        _print_accuracy(accuracy, members=[row["member"] for row in rows])


def _print(rows: list[dict], columns: tuple[Column, ...]) -> None:
    numbers = {column.key for column in columns if column.kind == "units"}
    shown = [
        {key: round(value) if key in numbers and value is not None else value for key, value in row.items()}
        for row in rows
    ]
    print_table(shown, columns)


def _print_accuracy(accuracy: list[dict] | None, *, members: list[str]) -> None:
    """Of these members, and of all together where they are more than one."""
    if accuracy is None:
        print("\nHow far off totals were at past origins is known after the next run.")
        return
    of = {row["member"]: row for row in accuracy if not row["is_whole"]}
    shown = [of[member] for member in members if member in of]
    if not shown:
        print("\nHow far off totals were is not known yet: it takes two past origins of the backtest.")
        return
    whole = [row | {"member": "all together"} for row in accuracy if row["is_whole"] and len(members) > 1]
    first, last = min(row["first_week"] for row in shown), max(row["last_week"] for row in shown)
    print(f"\nHow far off at past origins: WAPE and bias (above 0: too high), weeks of {first} to {last}")
    print_table([*shown, *whole], ACCURACY_COLUMNS)
    print("Each origin is corrected by the others alone. Their weeks overlap and miss alike: origins count.")


def _nested(rows: list[dict], weeks: list[dict], accuracy: list[dict], *, member: str | None) -> list[dict]:
    known = {row["member"]: row for row in accuracy if not row.pop("is_whole")}
    found = [
        row | {"accuracy": known.get(row["member"]), "weeks": []}
        for row in rows
        if member in (None, row["member"])
    ]
    of = {row["member"]: row["weeks"] for row in found}
    for week in weeks:
        del week["dimension"]
        of[week.pop("member")].append(week)
    return found


def _known(rows: list[dict], wanted: str | None) -> str | None:
    if wanted is None:
        return None
    names = [row["member"] for row in rows]
    for name in names:
        if name.upper() == wanted.upper():
            return name
    hint = did_you_mean(wanted, names) or (f"; known: {', '.join(names[:20])}" if names else "")
    raise CommandError(f"unknown member {wanted!r}{hint}")
