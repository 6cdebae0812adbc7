"""`oms forecast SKU`, `oms proposals`, `oms curve`: what will be wanted, what to buy for it, what it brings.

`oms forecast why SKU` is answered in cli_why.py, `oms forecast --by` in cli_totals.py.
"""

from __future__ import annotations

import argparse
from datetime import datetime

from pipelines.cli_errors import CommandError, did_you_mean
from pipelines.cli_imports import admit_pandas
from pipelines.cli_output import Column, print_json, print_table, show
from pipelines.cli_release import current_release, release_connection, shop_day
from pipelines.cli_stock import known_product
from pipelines.cli_totals import totals
from pipelines.cli_why import why
from warehouse.settings import Settings

SHOWN = 20
WINDOW_WEEKS = 26
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
    Column("location_id", "For", width=14),
    Column("quantity", "Buy", "units"),
    Column("cost", "Cost", "money"),
    Column("available", "Available", "units"),
    Column("incoming_in_time", "Coming", "units"),
    Column("days_of_cover", "Days of cover", "number"),
    Column("stockout_probability", "P(out)", "ratio"),
)

WITHHELD_COLUMNS = (
    Column("sku", "Sku"),
    Column("title", "Title", width=32),
    Column("supplier_name", "Supplier", width=22),
    Column("location_id", "For", width=14),
    Column("quantity", "Wanted", "units"),
)


def forecast(arguments: argparse.Namespace, settings: Settings) -> None:
    from models import why as words
    from warehouse import queries

    if arguments.by:
        totals(arguments, settings)
        return
    if arguments.member:
        raise CommandError("--member names one of what --by adds up; give both")
    *asked, sku = arguments.words or [""]
    if asked not in ([], ["WHY"]) or not sku:
        raise CommandError(
            f"forecast takes one sku, with `why` before it or not, or --by; "
            f"found {' '.join(arguments.words) or 'none'}"
        )
    release = current_release(settings)
    today = shop_day(release, settings)
    with release.connect() as con:
        product = known_product(con, sku)
        if asked:
            why(con, product, today=today, as_json=arguments.json)
            return
        weeks = queries.forecast_weekly(con, product["sku"]).to_dicts()
        days = queries.forecast_daily(con, product["sku"]).to_dicts()
        accuracy = queries.forecast_accuracy(con, product["sku"]).to_dicts()
    sums = _sums(weeks)
    made = {name: weeks[0].get(name) if weeks else None for name in MADE}
    about = {"sku": product["sku"], "title": product["title"], "abc_class": product["abc_class"],
             "discontinued_on": product["discontinued_on"]}  # fmt: skip
    if arguments.json:
        for week in weeks:
            for name in MADE:
                week.pop(name)
        found = {"weeks": weeks, "sums": sums, "days": days, "accuracy": accuracy}
        print_json(about | made | found)
        return
    print(f"{product['sku']} {product['title']}")
    if end := words.ended(product["discontinued_on"], today=today, weeks=weeks):
        print(end)
    if not weeks:
        print("no forecast: it has not sold enough, or lately, to make one")
        return
    print(
        f"{made['demand_class']} demand, {made['model_name']}, as of {show(made['made_as_of'], 'when')} UTC\n"
    )
    _print_forecast(weeks, days, daily=arguments.daily)
    print()
    for row in sums:
        low, high = row["q05"], row["q95"]
        between = "" if low is None else f", {low:,.0f} to {high:,.0f} in nine of ten cases"
        print(f"{row['weeks']} weeks together: {row['mean']:,.0f} expected{between}")
    print()
    print_table([row | {"used": "yes" if row["is_champion"] else ""} for row in accuracy], ACCURACY_COLUMNS)


MADE = ("demand_class", "model_name", "made_as_of", "data_version", "code_version", "seed")


def _sums(weeks: list[dict]) -> list[dict]:
    """Over the first four weeks and over all: what is expected, and the ends of nine cases of ten; None for
    these in a release from before there were as many quantiles.
    """
    import numpy as np

    from models.paths import range_of_sum
    from models.quantiles import QUANTILE_NAMES

    found = []
    for count in sorted({min(4, len(weeks)), len(weeks)} - {0}):
        known = [[week[name] for name in QUANTILE_NAMES] for week in weeks[:count]]
        ends = (None, None) if None in sum(known, []) else range_of_sum(np.array(known))
        mean = sum(week["mean"] for week in weeks[:count])
        found.append({"weeks": count, "mean": mean, "q05": ends[0], "q95": ends[1]})
    return found


def _print_forecast(weeks: list[dict], days: list[dict], *, daily: bool) -> None:
    if daily:
        print_table(days, DAY_COLUMNS)
        return
    is_overridden = any(week["override_id"] for week in weeks)
    print_table(weeks, WEEK_COLUMNS + (OVERRIDE_COLUMNS if is_overridden else ()))


CURVE_COLUMNS = (
    Column("rule", "Order rule"),
    Column("fill_rate", "Filled", "ratio"),
    Column("stock_value", "Stock", "money"),
    Column("holding_cost", "Holding", "money"),
    Column("lost_margin", "Lost margin", "money"),
    Column("orders", "Orders", "units"),
    Column("mark", ""),
)


def proposals(arguments: argparse.Namespace, settings: Settings) -> None:
    from warehouse import queries

    with release_connection(settings) as con:
        supplier = _known_supplier(queries.supplier_ids(con), arguments.supplier)
        rows = queries.proposals(con, supplier_id=supplier).to_dicts()
        withheld = queries.withheld_purchases(con, supplier_id=supplier).to_dicts()
    shown = rows[: arguments.limit or (len(rows) if arguments.json else SHOWN)]
    if arguments.json:
        print_json(shown)
        return
    if not rows:
        print("nothing to buy now")
        _print_withheld(withheld)
        return
    print_table(shown, PROPOSAL_COLUMNS)
    if arguments.explain:
        print()
        print_table(shown, (Column("sku", "Sku"), Column("explanation", "Why")))
    cost = f"{show(sum(row['cost'] or 0 for row in rows), 'money')} {settings.shop.currency}"
    print(f"\n{len(shown):,} of {len(rows):,} proposals; all together {cost}")
    _print_withheld(withheld)


def _print_withheld(rows: list[dict]) -> None:
    """What suppliers closed for a year would be asked for."""
    if not rows:
        return
    names = sorted({row["supplier_id"] for row in rows})
    print(
        f"\nnot to be had: {', '.join(names)} take no orders or deliver none within a year, as the closed "
        "days in [[purchase_terms]] have it; correct them, or buy elsewhere"
    )
    print_table(rows, WITHHELD_COLUMNS)


def curve(arguments: argparse.Namespace, settings: Settings) -> None:
    from warehouse import queries

    if arguments.weeks or arguments.until:
        rows = _replayed(settings, weeks=arguments.weeks or WINDOW_WEEKS, until=arguments.until)
    else:
        with release_connection(settings) as con:
            rows = queries.policy_curve(con).to_dicts()
    if arguments.json:
        print_json(rows)
        return
    if not rows:
        print("nothing to replay: half a year of sales before the window is needed, with costs and prices")
        return
    whole = [row for row in rows if not row["stock_pool"]]
    print_table([row | {"mark": "this shop's" if row["is_chosen"] else ""} for row in whole], CURVE_COLUMNS)
    of_pools = [row for row in rows if row["stock_pool"] and (row["is_chosen"] or row["kind"] == "today")]
    if of_pools:
        print()
        print_table(of_pools, (Column("stock_pool", "Stock pool"), *CURVE_COLUMNS[:-1]))
    first = rows[0]
    print(f"\n{first['products']:,} products over {first['weeks']} weeks from {first['first_week']:%Y-%m-%d}")


def _replayed(settings: Settings, *, weeks: int, until: datetime | None) -> list[dict]:
    from models.errors import ModelError
    from pipelines import service_curve

    admit_pandas()
    try:
        as_of = current_release(settings).as_of
        if until is not None and until > as_of:
            raise CommandError(
                f"--until {show(until, 'when')} UTC lies after the release, which knows sales up to "
                f"{show(as_of, 'when')} UTC; name an instant up to then"
            )
        found = service_curve.measure(settings, as_of=as_of, weeks=weeks, until=until)
    except ModelError as error:
        raise CommandError(str(error)) from error
    return found.to_dicts()


def _known_supplier(known: list[str], wanted: str | None) -> str | None:
    if wanted is None:
        return None
    for supplier_id in known:
        if supplier_id.upper() == wanted.upper():
            return supplier_id
    hint = did_you_mean(wanted, known) or (f"; known: {', '.join(known[:20])}" if known else "")
    raise CommandError(f"unknown supplier {wanted!r}{hint}")
