"""`oms forecast --by DIMENSION`: the forecast of every category, channel, location, or of the whole shop."""

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


def totals(arguments: argparse.Namespace, settings: Settings) -> None:
    """A row a member; the weeks of one where it is named or the only one."""
    from warehouse import queries

    if arguments.words or arguments.daily:
        raise CommandError("forecast takes one sku or --by, not both; totals are by week")
    with release_connection(settings) as con:
        rows = queries.level_totals(con, dimension=arguments.by).to_dicts()
        member = _known(rows, arguments.member)
        weeks = queries.forecast_levels(con, dimension=arguments.by, member=member).to_dicts()
    if arguments.json:
        print_json(_nested(rows, weeks, member=member))
    elif not rows:
        print("no forecast to add up")
    elif member or arguments.by == "shop":
        _print(weeks, WEEK_COLUMNS)
    else:
        _print(rows, TOTAL_COLUMNS)


def _print(rows: list[dict], columns: tuple[Column, ...]) -> None:
    numbers = {column.key for column in columns if column.kind == "units"}
    shown = [
        {key: round(value) if key in numbers and value is not None else value for key, value in row.items()}
        for row in rows
    ]
    print_table(shown, columns)


def _nested(rows: list[dict], weeks: list[dict], *, member: str | None) -> list[dict]:
    found = [row | {"weeks": []} for row in rows if member in (None, row["member"])]
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
