"""`oms routing`: the rules, what they decide and why, brokering what waits, what others would cost."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from pipelines.cli_alerts import this_instant
from pipelines.cli_output import Column, print_facts, print_json, print_table, show
from warehouse.settings import Settings, load_routing

EXAMPLE = Path(__file__).with_name("example_routing.toml")
RULE_COLUMNS = (
    Column("routing", "Routing"),
    Column("rule", "Rule"),
    Column("candidates", "Candidates", width=50),
    Column("optimised", "What costs", width=60),
    Column("unfilled", "What is left"),
)
MANUAL_COLUMNS = (
    Column("order_id", "Order"),
    Column("queued_at", "Since (UTC)", "when"),
    Column("units", "Units", "units"),
    Column("reason", "Why", width=70),
)
PLAN_COLUMNS = (
    Column("order_id", "Order"),
    Column("rule", "Rule"),
    Column("locations", "From", width=70),
    Column("unfilled_units", "Left", "units"),
    Column("cost", "Cost", "money"),
)
FIGURES = {
    "filled_units": "units", "unfilled_units": "units", "canceled_units": "units", "parcels": "units",
    "split_orders": "units", "shipping": "money", "late_orders": "units", "late_days": "units",
    "orders_for_a_person": "units", "held_orders": "units", "unpriced_parcels": "units",
}  # fmt: skip


def routing(arguments: argparse.Namespace, settings: Settings) -> int | None:
    actions = {
        "show": _show, "explain": _explain, "run": _run, "manual": _manual, "assign": _assign,
        "requeue": _requeue, "what-if": _what_if, "example": _example,
    }  # fmt: skip
    return actions[arguments.action](arguments, settings)


def _show(arguments: argparse.Namespace, settings: Settings) -> None:
    from oms_ops.routing.reading import routing_of

    found = routing_of(settings, _tree(arguments, settings), source=str(arguments.rules or ""))
    if arguments.json:
        print_json({"routings": [asdict(rules) for rules in found.sets]})
        return
    if not found.sets:
        print(
            "no [[routing]]: orders are filled by the locations' priority (`oms routing example` writes one)"
        )
        return
    rows = [
        {"routing": rules.name, "rule": rule.name, "unfilled": rule.unfilled,
         "candidates": _candidates(rule), "optimised": _optimised(rule)}
        for rules in found.sets for rule in rules.rules
    ]  # fmt: skip
    print_table(rows, RULE_COLUMNS)


def _candidates(rule) -> str:
    parts = [", ".join(rule.locations) or "the channel's network"]
    if rule.countries:
        parts.append(f"to {', '.join(rule.countries)}")
    if rule.max_distance_km is not None:
        parts.append(f"within {rule.max_distance_km:g} km")
    if rule.min_stock_age_days is not None:
        parts.append(f"stock from {rule.min_stock_age_days:g} days old")
    if rule.max_stock_age_days is not None:
        parts.append(f"stock up to {rule.max_stock_age_days:g} days old")
    if rule.max_parcels < 99:
        parts.append("one parcel" if rule.max_parcels == 1 else f"up to {rule.max_parcels} parcels")
    return "; ".join(parts)


def _optimised(rule) -> str:
    weights = {
        "a split": rule.split_e4, "a day late": rule.late_e4, "a unit where there is least": rule.balance_e4,
    }  # fmt: skip
    parts = ["shipping" if rule.shipping == 1 else f"shipping x {rule.shipping:g}"] if rule.shipping else []
    parts += [f"{name} {value_e4 / 10_000:,.2f}" for name, value_e4 in weights.items() if value_e4]
    return "; ".join(parts) or "nothing"


def _explain(arguments: argparse.Namespace, settings: Settings) -> None:
    from oms_ops.commands.routing import RoutingService
    from oms_ops.store import open_book

    with open_book(settings.order_book_url) as book:
        tree = _tree(arguments, settings)
        found = RoutingService(book, settings).explain(arguments.order, at=this_instant(settings), tree=tree)
    if arguments.json:
        print_json({"order_id": arguments.order, "decision": found})
        return
    if found is None:
        print("no rule set is for this order: it is filled by the locations' priority")
        return
    second = found["runner_up"]
    facts = {
        "rule": f"{found['rule']} of {found['routing']}",
        "from": _places(found["locations"]) or "nowhere",
        "left": _skus(found["unfilled"]) and f"{_skus(found['unfilled'])}: {found['then']}",
        "cost": _terms(found["cost"]),
        "runner-up": second and f"{_places(second['locations'])}: {_terms(second['cost'])}",
        "proven best": "" if found["is_proven_best"] else "no: the search was cut short",
    }
    print_facts({name: words for name, words in facts.items() if words})
    for tried in found["tried"]:
        if tried["why_not"]:
            print(f"not by {tried['rule']}: {tried['why_not']}")
        for place, reason in tried["dropped"].items():
            print(f"not {place} by {tried['rule']}: {reason}")


def _run(arguments: argparse.Namespace, settings: Settings) -> None:
    from oms_ops.commands.routing import RoutingService, outcome
    from oms_ops.store import open_book

    now = this_instant(settings)
    names = arguments.orders or None
    with open_book(settings.order_book_url) as book:
        service = RoutingService(book, settings)
        if arguments.dry_run:
            plan, others = service.plan_batch(names, at=now, seconds=arguments.seconds)
            done = {"orders": len(plan.planned) + len(others), **outcome(plan)}
            rows = [_planned(planned) for planned in plan.planned]
        else:
            key = f"oms routing run {datetime.now(UTC).isoformat()}"
            done, rows = service.route_batch(names, at=now, key=key, seconds=arguments.seconds), []
    if arguments.json:
        print_json(done | ({"plans": rows} if arguments.dry_run else {}))
        return
    print_table(rows, PLAN_COLUMNS)
    if not done["orders"]:
        print("nothing waits for stock")
        return
    claimed = "" if arguments.dry_run else f"{show(done['units_allocated'], 'units')} units claimed, "
    gap = "not proven best" if done["gap"] is None else f"at most {done['gap']:.1%} above the best"
    print(
        f"{done['orders']:,} orders: {claimed}{done['units_left']:,} left; "
        f"cost {show(done['cost'], 'money')}, "
        f"order by order {show(done['order_by_order_cost'], 'money')} "
        f"with {done['order_by_order_units_left']:,} left; {gap}"
    )


def _planned(planned) -> dict[str, object]:
    left, cost_e4 = planned.worth
    return {
        "order_id": planned.entry.request.order_id,
        "rule": planned.entry.rule_set.rules[planned.rule_no].name,
        "locations": _places(planned.units),
        "unfilled_units": left,
        "cost": cost_e4 / 10_000,
    }


def _manual(arguments: argparse.Namespace, settings: Settings) -> None:
    from oms_ops.commands.routing import RoutingService
    from oms_ops.store import open_book

    with open_book(settings.order_book_url) as book:
        rows = RoutingService(book, settings).manual_queue()
    if arguments.json:
        print_json(rows)
    elif rows:
        print_table(rows, MANUAL_COLUMNS)
    else:
        print("no order waits for a person")


def _assign(arguments: argparse.Namespace, settings: Settings) -> None:
    from oms_ops.commands.routing import RoutingService
    from oms_ops.store import open_book

    with open_book(settings.order_book_url) as book:
        done = RoutingService(book, settings).assign(
            arguments.order, arguments.location.upper(), at=this_instant(settings), key=_key(arguments)
        )
    print(f"{done['units_allocated']} units of {arguments.order} come from {arguments.location.upper()}")


def _requeue(arguments: argparse.Namespace, settings: Settings) -> None:
    from oms_ops.commands.routing import RoutingService
    from oms_ops.store import open_book

    with open_book(settings.order_book_url) as book:
        service = RoutingService(book, settings)
        done = service.requeue(arguments.order, at=this_instant(settings), key=_key(arguments))
    print(f"{done['units_allocated']} units of {arguments.order} claimed by the rules")


def _what_if(arguments: argparse.Namespace, settings: Settings) -> None:
    from oms_ops.store import open_book
    from oms_ops.what_if import what_if

    tree = _tree(arguments, settings)
    with open_book(settings.order_book_url) as book:
        found = what_if(
            book, settings, tree, since=_midnight(arguments.date_from, settings),
            until=_midnight(arguments.date_to, settings), source=str(arguments.rules),
        )  # fmt: skip
    if arguments.json:
        print_json(found)
        return
    print(f"{found['orders']:,} orders\n")
    rows = [
        {"figure": name.replace("_", " ")}
        | {which: show(found[which][name], kind) for which in ("now", "other", "difference")}
        for name, kind in FIGURES.items()
    ]
    columns = (
        Column("figure", ""),
        Column("now", "Now"),
        Column("other", "Other"),
        Column("difference", "+/-"),
    )
    print_table(rows, columns)


def _example(arguments: argparse.Namespace, settings: Settings) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    if arguments.out is None:
        print(text, end="")
        return
    arguments.out.write_text(text, encoding="utf-8")
    print(f"{arguments.out} holds rules to start from")


def _tree(arguments: argparse.Namespace, settings: Settings) -> dict[str, object] | None:
    return None if arguments.rules is None else load_routing(arguments.rules, settings=settings)


def _midnight(day: date, settings: Settings) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(settings.shop.zone))


def _key(arguments: argparse.Namespace) -> str:
    return f"oms routing {arguments.action} {arguments.order} {datetime.now(UTC).isoformat()}"


def _places(locations: Mapping[str, Mapping[str, int]]) -> str:
    return "; ".join(f"{place}: {_skus(units)}" for place, units in locations.items())


def _skus(units: Mapping[str, int]) -> str:
    return ", ".join(f"{quantity} x {sku}" for sku, quantity in units.items())


def _terms(cost: Mapping[str, int]) -> str:
    names = {"shipping_e4": "shipping", "splits_e4": "splits", "late_e4": "late", "balance_e4": "balance"}
    parts = [f"{name} {cost[key] / 10_000:,.2f}" for key, name in names.items() if cost[key]]
    return " + ".join(parts or ["0.00"]) + (f" = {cost['total_e4'] / 10_000:,.2f}" if len(parts) > 1 else "")
