"""`oms forecast why SKU`: where a sku's number comes from, why that model, what changed and what was
overruled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.cli_output import Column, print_json, print_table, show

if TYPE_CHECKING:
    from datetime import date

    import duckdb

DRIVER_COLUMNS = (Column("words", "Where it comes from"), Column("signed", "Units"))
MODEL_COLUMNS = (
    Column("model_name", "Candidate"),
    Column("used", "Used"),
    Column("wape", "WAPE of the class", "ratio"),
    Column("bias", "Bias", "ratio"),
    Column("own_wape", "WAPE of this sku", "ratio"),
)
VALUE_COLUMNS = (
    Column("override_id", "Override"),
    Column("author", "By"),
    Column("reason_code", "Kind"),
    Column("week_start", "Week of"),
    Column("before", "Before", "number"),
    Column("planned", "Planner", "number"),
    Column("weight", "Followed", "ratio"),
    Column("after", "Forecast", "number"),
    Column("actual", "Came", "number"),
    Column("value_added", "Value added", "number"),
)


def why(con: duckdb.DuckDBPyConnection, product: dict, *, today: date, as_json: bool) -> None:
    answer = _answer(con, product, today=today)
    if as_json:
        print_json(answer)
        return
    print(f"{product['sku']} {product['title']}")
    if answer["ended"]:
        print(answer["ended"])
    if answer["model_name"] is None:
        print("no forecast: it has not sold enough, or lately, to make one")
        return
    print(
        f"{answer['forecast_units']:,.0f} units over {answer['weeks']} weeks, {answer['demand_class']} "
        f"demand, as of {show(answer['made_as_of'], 'when')} UTC\n"
    )
    _print_drivers(answer)
    print(f"\nWhy this model\n  {answer['chosen']}\n")
    print_table(answer["candidates"], MODEL_COLUMNS)
    print("\nWhat changed\n" + "\n".join(f"  {line}" for line in answer["changed"]))
    if answer["overruled"] or answer["overrides"]:
        print(f"\nOverruled\n  {answer['overruled'] or 'nothing ahead'}\n")
        print_table(answer["overrides"], VALUE_COLUMNS)


def _answer(con: duckdb.DuckDBPyConnection, product: dict, *, today: date) -> dict:
    from models import why as words
    from warehouse import queries

    sku = product["sku"]
    weeks = queries.forecast_weekly(con, sku).to_dicts()
    first = weeks[0] if weeks else {}
    change = queries.forecast_change(con, sku).to_dicts()
    model_name, demand_class = first.get("model_name"), first.get("demand_class")
    champion = [row for row in queries.champions(con).to_dicts() if row["demand_class"] == demand_class]
    drivers = queries.forecast_drivers(con, sku).to_dicts()
    return {
        "sku": sku,
        "title": product["title"],
        "discontinued_on": product["discontinued_on"],
        "ended": words.ended(product["discontinued_on"], today=today, weeks=weeks),
        "model_name": model_name,
        "demand_class": demand_class,
        "made_as_of": first.get("made_as_of"),
        "weeks": len(weeks),
        "forecast_units": sum(week["mean"] for week in weeks),
        "drivers": [row | {"words": words.driver_words(row["driver"])} for row in drivers],
        "chosen": words.chosen(model_name, demand_class, champion[0] if champion else None)
        if weeks
        else None,
        "candidates": _candidates(con, sku, demand_class, model_name),
        "change": change[0] if change else None,
        "changed": words.changed(change[0] if change else None),
        "overruled": words.overruled(weeks),
        "overrides": queries.override_values(con, sku).to_dicts(),
    }


def _candidates(con: duckdb.DuckDBPyConnection, sku: str, demand_class: str, model_name: str) -> list[dict]:
    from warehouse import queries

    own = {row["model_name"]: row["wape"] for row in queries.forecast_accuracy(con, sku).to_dicts()}
    segment = queries.forecast_metrics(con, level="sku", segment=demand_class, horizon="all").to_dicts()
    return [
        {
            "model_name": row["model_name"],
            "wape": row["wape"],
            "bias": row["bias"],
            "own_wape": own.get(row["model_name"]),
            "used": "yes" if row["model_name"] == model_name else "",
        }
        for row in segment
        if row["model_name"] not in ("champion", "override")
    ]


def _print_drivers(answer: dict) -> None:
    from models.why import signed

    rows = [{"words": row["words"], "signed": signed(row["units"])} for row in answer["drivers"]]
    total = {"words": "= forecast", "signed": f"{answer['forecast_units']:,.0f}"}
    width = max((len(row["signed"]) for row in [*rows, total]), default=0)
    print_table([row | {"signed": row["signed"].rjust(width)} for row in [*rows, total]], DRIVER_COLUMNS)
