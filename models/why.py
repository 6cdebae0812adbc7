"""Sentences about one sku's forecast: where its number comes from, why that model, what changed, what was
overruled.

Rows as dicts in, words out; the numbers are made in `drivers`, `champions` and `changes`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from models.drivers import DRIVERS
from models.endings import DISCONTINUED

NOTHING_MEASURED = "nothing was measured for it yet"


def driver_words(driver: str) -> str:
    return DRIVERS.get(driver, driver.replace("_", " "))


def chosen(model_name: str, demand_class: str, champion: Mapping[str, object] | None) -> str:
    """Why this model speaks for the sku: the verdict on its demand class."""
    name = _words(model_name)
    if model_name == DISCONTINUED:
        return f"{name}: no model is asked any more."
    if model_name == "launch_mean":
        return f"{name}: the sku has no full week of sales yet, so recent launches stand in."
    if model_name == "launch_like":
        return (
            f"{name}: the sku has no full week of sales yet, so those launched before with a title, price "
            "and category like its own stand in, moved towards what it sold so far."
        )
    if champion is None or champion["wape"] is None:
        return f"{name} holds {demand_class} demand; {NOTHING_MEASURED}."
    since = f" since {champion['since']}" if champion["since"] else ""
    floor = (
        f", against {champion['naive_wape']:.1%} of the seasonal naive"
        if champion["naive_wape"] is not None
        else ""
    )
    return (
        f"{name} holds {demand_class} demand{since}: over its {champion['series']:,} skus the WAPE was "
        f"{champion['wape']:.1%}{floor}. {verdict(champion)}"
    )


def ended(ends_on: date | None, *, today: date, weeks: Sequence[Mapping[str, object]] = ()) -> str:
    """When the product ends and what that means for `weeks` of its forecast; empty where no end is known."""
    if ends_on is None:
        return ""
    is_over = ends_on <= today
    when = f"{'Discontinued' if is_over else 'To be discontinued'} on {ends_on}"
    buying = "nothing is bought" if is_over else "nothing is bought that would not sell before"
    laid = [row for row in weeks if row["override_id"] and row["mean"] > 0]
    after = [row for row in laid if row["model_name"] == DISCONTINUED]
    names = ", ".join(dict.fromkeys(str(row["override_id"]) for row in after))
    but = f", but for what the planners' {names} says" if after else ""
    return f"{when}: no demand is expected from that day on{but}, and {buying}."


def verdict(champion: Mapping[str, object]) -> str:
    """The last comparison with the best of the others, as a sentence."""
    reason, challenger = str(champion["reason"]), champion["challenger"]
    if not reason:
        return ""
    if champion["before"] != champion["model_name"]:
        return f"It took over from {_words(str(champion['before']))}: {_plain(reason)}."
    runner_up = f" (the next is {_words(str(challenger))})" if challenger and "next" in reason else ""
    return f"It stays: {_plain(reason)}{runner_up}."


def changed(change: Mapping[str, object] | None) -> list[str]:
    """What moved the forecast since the last one, the largest cause first; one sentence where nothing did."""
    if change is None:
        return ["There is no earlier forecast of it to compare with."]
    total = change["after_units"] - change["before_units"]
    found = [
        f"{signed(total)} units over the {change['weeks']} weeks both speak of, from "
        f"{change['before_units']:,.0f} to {change['after_units']:,.0f}; the last forecast knew sales up to "
        f"{change['made_before']:%Y-%m-%d}."
    ]
    causes = [(change[name], words(change)) for name, words in CAUSES.items()]
    moved = sorted((cause for cause in causes if abs(cause[0]) >= 0.05), key=lambda cause: -abs(cause[0]))
    return found + [f"{signed(units)}: {words}" for units, words in moved]


def overruled(weeks: Sequence[Mapping[str, object]]) -> str:
    """What planners made of the model's number, over all weeks forecast; empty where nothing."""
    laid = [week for week in weeks if week["override_id"]]
    if not laid:
        return ""
    model, final = (sum(week[name] for week in laid) for name in ("model_mean", "mean"))
    asked = sum(week["planner_mean"] if week["planner_mean"] is not None else week["mean"] for week in laid)
    names = ", ".join(dict.fromkeys(str(week["override_id"]) for week in laid))
    is_partial = abs(asked - final) >= 0.05
    followed = f", of {asked:,.0f} asked for (followed in part, by their record)" if is_partial else ""
    said = f"the model said {model:,.0f}, forecast are {final:,.0f}"
    return f"{names} changed {len(laid)} weeks: {said}{followed}."


def signed(units: float) -> str:
    digits = 0 if abs(units) >= 10 else 1
    return f"{'+' if units >= 0 else '−'}{abs(units):,.{digits}f}"


def _sales(change: Mapping[str, object]) -> str:
    code = " (and the code has changed)" if change["is_new_code"] else ""
    if change["sold_since"] is None:
        return f"new sales, seen by the same model{code}"
    sold, expected = change["sold_since"], change["expected_since"]
    return f"new sales: {sold:,.0f} sold where {expected:,.0f} were expected{code}"


def _model(change: Mapping[str, object]) -> str:
    before, now = _words(str(change["model_before"])), _words(str(change["model_now"]))
    classes = change["class_before"], change["class_now"]
    if classes[0] != classes[1]:
        return f"demand is {classes[1]} now, no longer {classes[0]}: {now} instead of {before}"
    return f"another model: {now} instead of {before}"


def _end(change: Mapping[str, object]) -> str:
    return "its end, announced or moved" if change["end_change"] < 0 else "its end, moved or taken back"


def _override(change: Mapping[str, object]) -> str:
    return "overrides made, changed or ended"


CAUSES = {"new_sales": _sales, "model_change": _model, "end_change": _end, "override_change": _override}


def _words(name: str) -> str:
    return name.replace("_", " ")


def _plain(reason: str) -> str:
    return reason.replace("_", " ")
