"""How good the forecasts are against the naive floor, by class, horizon and level; and what overrides
were worth.
"""

from __future__ import annotations

import polars as pl
import streamlit as st

from dashboards import formats, link_state, markup
from dashboards.desk import Desk
from dashboards.views import totals_record
from warehouse import queries

HORIZONS = {"all": "All weeks", "1": "Week 1", "2-4": "Weeks 2–4", "5-8": "Weeks 5–8", "9-13": "Weeks 9–13"}
LEVELS = {"sku": "Product", "category": "Category", "total": "Whole shop"}
SCORED_BY = {"planner": "Planner", "reason": "Kind of reason", "sku": "Product", "category": "Category",
             "override": "Override"}  # fmt: skip
NAIVE, CHAMPION = "seasonal_naive", "champion"


def cards(desk: Desk) -> str:
    """Accuracy of the whole, at a glance."""
    metric = desk.ask(queries.forecast_metrics, segment="all", horizon="all")
    found = {(row["level"], row["model_name"]): row for row in metric.iter_rows(named=True)}
    ours, naive = found.get(("sku", CHAMPION)), found.get(("sku", NAIVE))
    if ours is None or naive is None:
        return ""
    shop = totals_record.of_shop(desk)
    bias = [f"shop's total, as expected: {formats.percent(shop['expected_bias'])}"] if shop else []
    worth = desk.ask(queries.override_score, by="all")
    return markup.cards(
        [
            markup.Card(
                "WAPE by product", formats.percent(ours["wape"]),
                (_against(ours["wape"], naive["wape"]), _of_medians(ours["median_wape"])),
                "sum of absolute errors / sum of demand, on rolling origins the model had not seen; means "
                "add up, medians are nearer to single products",
            ),
            totals_record.card(shop) if shop else _summed(found),
            markup.Card("Bias by product", formats.percent(ours["bias"]), ("above 0: too high", *bias)),
            markup.Card(
                "Inside the intervals",
                f"{formats.percent(ours['coverage_50'], digits=0)} · "
                f"{formats.percent(ours['coverage_90'], digits=0)}",
                ("of weeks, where 50% and 90% are meant",), "zero weeks make the narrow one cover more",
            ),
            markup.Card("Overrides were worth", *_worth(desk, worth)),
        ]
    )  # fmt: skip


def _summed(found: dict[tuple[str, str], dict]) -> markup.Card:
    """Of the plain sum, where what is expected of it is not scored."""
    shop, floor = found.get(("total", CHAMPION), {}), found.get(("total", NAIVE), {})
    return markup.Card(
        "WAPE of their sum", formats.percent(shop.get("wape")),
        (_against(shop.get("wape"), floor.get("wape")), "corrected under Totals"),
        "the sum of all products' forecasts against the sum of sales; what is expected of the whole "
        "shop, and its ranges, stand under Totals",
    )  # fmt: skip


def _of_medians(wape: float | None) -> str:
    return "" if wape is None else f"of medians: {formats.percent(wape)}"


def _against(wape: float | None, naive: float | None) -> str:
    gap = None if wape is None or naive is None else wape - naive
    return markup.delta(gap, versus="seasonal naive", good_when_up=False, in_points=True)


def _worth(desk: Desk, worth: pl.DataFrame) -> tuple[str, tuple[str, ...]]:
    if worth.is_empty() or not worth["weeks_scored"][0]:
        return formats.NOTHING, ("none is over yet",)
    row = worth.row(0, named=True)
    note = (
        f"{formats.points(row['value_added_ratio'])} of WAPE over {formats.number(row['weeks_scored'])} weeks"
    )
    return desk.money(row["value_added_money"]), (note,)


def by_class(champions: pl.DataFrame) -> str:
    columns = [
        markup.Column("Demand class"),
        markup.Column("Champion"),
        markup.Column("Products", is_number=True),
        markup.Column("WAPE", is_number=True),
        markup.Column("Seasonal naive", is_number=True),
        markup.Column("Moving average", is_number=True),
        markup.Column("Error cut vs naive", is_number=True),
        markup.Column("Of medians", is_number=True),
        markup.Column("Bias", is_number=True),
        markup.Column("Pinball (floor)", is_number=True),
        markup.Column("Why it holds the class", wraps=True),
    ]
    rows = [
        [
            f"<b>{formats.words(row['demand_class'])}</b>",
            "each class's own"
            if row["demand_class"] == "all"
            else markup.text(formats.words(row["model_name"])),
            formats.number(row["series"]),
            formats.percent(row["wape"]),
            formats.percent(row["naive_wape"]),
            formats.percent(row["moving_average_wape"]),
            gain(row["wape"], row["naive_wape"]),
            formats.percent(row["median_wape"]),
            formats.percent(row["bias"]),
            _beside(row["pinball"], _better(row["naive_pinball"], row["moving_average_pinball"])),
            markup.text(_why(row)),
        ]
        for row in champions.iter_rows(named=True)
    ]
    return markup.table(columns, rows)


def _beside(loss: float | None, floor: float | None) -> str:
    return f"{formats.number(loss, digits=3)} ({formats.number(floor, digits=3)})"


def _why(champion: dict) -> str:
    since = f"since {formats.day(champion['since'])}: " if champion["since"] else ""
    return since + champion["reason"].replace("_", " ")


def _better(*losses: float | None) -> float | None:
    return min((loss for loss in losses if loss is not None), default=None)


def gain(wape: float | None, naive: float | None) -> str:
    """How much smaller the champion's error is than the naive one's."""
    if wape is None or not naive:
        return formats.NOTHING
    tone = "up-good" if wape < naive else "down-bad"
    return f'<b class="{tone}">{formats.percent((naive - wape) / naive)}</b>'


def by_horizon(desk: Desk) -> None:
    """WAPE of every step from the naive floor to the overrides, by horizon, at the level and class chosen."""
    left, right, _ = st.columns([1, 1.4, 2.2], vertical_alignment="bottom")
    with left:
        level = link_state.select("Level", "level", list(LEVELS), default="sku", labels=LEVELS.__getitem__)
    found = desk.ask(queries.forecast_metrics, level=level)
    with right:
        segments = found["segment"].unique(maintain_order=True).to_list() or ["all"]
        label = "Category scored" if level == "category" else "Class scored"
        segment = link_state.select(label, "segment", segments, default="all", labels=formats.words)
    shown = found.filter(pl.col("segment") == segment)
    if shown.is_empty():
        st.info("Nothing was measured there yet.")
        return
    st.html(_steps(shown))
    if level != "sku":
        st.caption(
            "Of plain sums, against what came of products known at the origin. What is expected of totals is "
            "corrected, and scored under Totals against all that came."
        )
    st.caption(
        "WAPE on rolling origins, lower is better. Value added: WAPE of the step above less this "
        "step's, on the same rows; of the overrides, on the weeks they changed. Of medians: WAPE of the "
        "middle of the range, which is nearer to single products and does not add up. RMSSE and pinball are "
        "scaled by each series' own "
        "past; inside: share of weeks within the 50% and the 90% interval."
    )


def _steps(found: pl.DataFrame) -> str:
    columns = [markup.Column("Step")]
    columns += [markup.Column(title, is_number=True) for title in HORIZONS.values()]
    titles = ("Value added", "Of medians", "Bias", "RMSSE", "Pinball", "Inside 50%", "Inside 90%")
    columns += [markup.Column(title, is_number=True) for title in titles]
    wape = {(row["model_name"], row["horizon"]): row["wape"] for row in found.iter_rows(named=True)}
    rows = []
    for row in found.filter(pl.col("horizon") == "all").iter_rows(named=True):
        name = row["model_name"]
        rows.append(
            [
                f"<b>{markup.text(formats.words(name))}</b>"
                if name == CHAMPION
                else markup.text(formats.words(name)),
                *(_cell(wape.get((name, horizon)), wape.get((NAIVE, horizon))) for horizon in HORIZONS),
                _added(row["value_added"]),
                formats.percent(row["median_wape"]),
                formats.percent(row["bias"]),
                formats.number(row["rmsse"], digits=2),
                formats.number(row["pinball"], digits=2),
                formats.percent(row["coverage_50"], digits=0),
                formats.percent(row["coverage_90"], digits=0),
            ]
        )
    return markup.table(columns, rows)


def _cell(wape: float | None, naive: float | None) -> str:
    """Above the naive floor is worth a color."""
    told = formats.percent(wape)
    return f'<span class="down-bad">{told}</span>' if wape is not None and naive and wape > naive else told


def _added(value: float | None) -> str:
    if value is None:
        return formats.NOTHING
    tone = "flat" if abs(value) < 0.0005 else "up-good" if value > 0 else "down-bad"
    return f'<span class="{tone}">{formats.points(value)}</span>'


def planners(desk: Desk) -> None:
    """Forecast value added of overrides, the costliest first."""
    left, _ = st.columns([1.2, 3])
    with left:
        by = link_state.select(
            "By", "scored", list(SCORED_BY), default="planner", labels=SCORED_BY.__getitem__
        )
    found = desk.ask(queries.override_score, by=by)
    if found.is_empty():
        st.info("No override was laid over a forecast before its week began; there is nothing to score yet.")
        return
    st.html(_score(desk, found.head(40), title=SCORED_BY[by]))
    st.caption(
        "WAPE of the number each override changed, less WAPE of the planner's own number, over "
        "weeks that are over "
        "and were in stock. Above 0 the planner was nearer. Followed: how far overrides were "
        "followed on average."
    )


def _score(desk: Desk, found: pl.DataFrame, *, title: str) -> str:
    numbers = ("Overrides", "Weeks scored", "Open", "WAPE before", "WAPE planner", "Value added", "In money",
               "Nearer in", "Followed")  # fmt: skip
    columns = [markup.Column(title), *(markup.Column(name, is_number=True) for name in numbers)]
    rows = [
        [
            f"<b>{markup.text(formats.words(row['name']) if title == 'Kind of reason' else row['name'])}</b>",
            formats.number(row["overrides"]),
            formats.number(row["weeks_scored"]),
            formats.number(row["weeks_open"]),
            formats.percent(row["wape_before"]),
            formats.percent(row["wape_planned"]),
            _added(row["value_added_ratio"]),
            desk.money(row["value_added_money"]),
            formats.percent(row["share_better"], digits=0),
            formats.percent(row["mean_weight"], digits=0),
        ]
        for row in found.iter_rows(named=True)
    ]
    return markup.table(columns, rows)
