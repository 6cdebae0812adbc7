"""`oms forecast SKU` and `oms proposals`: what will be wanted, and what to buy for it.

`oms forecast why SKU` is answered in cli_why.py.
"""

from __future__ import annotations

import argparse

from pipelines.cli_errors import CommandError, did_you_mean
from pipelines.cli_output import Column, print_json, print_table, show
from pipelines.cli_release import release_connection
from pipelines.cli_stock import known_product
from pipelines.cli_why import why
from warehouse.settings import Settings

SHOWN = 20
WEEK_COLUMNS = (
    Column("week_start", "Week of"),
    Column("mean", "Expected", "number"),
    Column("q05", "5 %", "number"),
    Column("q25", "25 %", "number"),
    Column("q50", "Median", "number"),
    Column("q75", "75 %", "number"),
    Column("q95", "95 %", "number"),
)
OVERRIDE_COLUMNS = (Column("model_mean", "Model said", "number"), Column("override_id", "Override"))
DAY_COLUMNS = (
    Column("business_date", "Day"),
    Column("mean", "Expected", "number"),
    Column("q05", "5 %", "number"),
    Column("q50", "Median", "number"),
    Column("q95", "95 %", "number"),
)
ACCURACY_COLUMNS = (
    Column("model_name", "Model"),
    Column("used", "Used"),
    Column("wape", "WAPE", "ratio"),
    Column("bias", "Bias", "ratio"),
)
PROPOSAL_COLUMNS = (
    Column("order_by", "Order by"),
    Column("sku", "Sku"),
    Column("title", "Title", width=32),
    Column("supplier_name", "Supplier", width=22),
    Column("quantity", "Buy", "units"),
    Column("cost", "Cost", "money"),
    Column("available", "Available", "units"),
    Column("incoming_in_time", "Coming", "units"),
    Column("days_of_cover", "Days of cover", "number"),
    Column("stockout_probability", "P(out)", "ratio"),
)


def forecast(arguments: argparse.Namespace, settings: Settings) -> None:
    from warehouse import queries

    *asked, sku = arguments.words
    if asked not in ([], ["WHY"]):
        raise CommandError(
            f"forecast takes one sku, with `why` before it or not; found {' '.join(arguments.words)}"
        )
    with release_connection(settings) as con:
        product = known_product(con, sku)
        if asked:
            why(con, product, as_json=arguments.json)
            return
        weeks = queries.forecast_weekly(con, product["sku"]).to_dicts()
        days = queries.forecast_daily(con, product["sku"]).to_dicts()
        accuracy = queries.forecast_accuracy(con, product["sku"]).to_dicts()
    made = {name: weeks[0].get(name) if weeks else None for name in MADE}
    about = {"sku": product["sku"], "title": product["title"], "abc_class": product["abc_class"]}
    if arguments.json:
        for week in weeks:
            for name in MADE:
                week.pop(name)
        print_json(about | made | {"weeks": weeks, "days": days, "accuracy": accuracy})
        return
    print(f"{product['sku']} {product['title']}")
    if not weeks:
        print("no forecast: it has not sold enough, or lately, to make one")
        return
    print(
        f"{made['demand_class']} demand, {made['model_name']}, as of {show(made['made_as_of'], 'when')} UTC\n"
    )
    _print_forecast(weeks, days, daily=arguments.daily)
    print()
    print_table([row | {"used": "yes" if row["is_champion"] else ""} for row in accuracy], ACCURACY_COLUMNS)


MADE = ("demand_class", "model_name", "made_as_of", "data_version", "code_version", "seed")


def _print_forecast(weeks: list[dict], days: list[dict], *, daily: bool) -> None:
    if daily:
        print_table(days, DAY_COLUMNS)
        return
    is_overridden = any(week["override_id"] for week in weeks)
    print_table(weeks, WEEK_COLUMNS + (OVERRIDE_COLUMNS if is_overridden else ()))


def proposals(arguments: argparse.Namespace, settings: Settings) -> None:
    from pipelines.cli_queries import supplier_ids
    from warehouse import queries

    with release_connection(settings) as con:
        supplier = _known_supplier(supplier_ids(con), arguments.supplier)
        rows = queries.proposals(con, supplier_id=supplier).to_dicts()
    shown = rows[: arguments.limit or (len(rows) if arguments.json else SHOWN)]
    if arguments.json:
        print_json(shown)
        return
    if not rows:
        print("nothing to buy now")
        return
    print_table(shown, PROPOSAL_COLUMNS)
    if arguments.explain:
        print()
        print_table(shown, (Column("sku", "Sku"), Column("explanation", "Why")))
    cost = f"{show(sum(row['cost'] or 0 for row in rows), 'money')} {settings.shop.currency}"
    print(f"\n{len(shown):,} of {len(rows):,} proposals; all together {cost}")


def _known_supplier(known: list[str], wanted: str | None) -> str | None:
    if wanted is None:
        return None
    for supplier_id in known:
        if supplier_id.upper() == wanted.upper():
            return supplier_id
    hint = did_you_mean(wanted, known) or (f"; known: {', '.join(known[:20])}" if known else "")
    raise CommandError(f"unknown supplier {wanted!r}{hint}")
