"""Forecasts of the small made-up shop, their sums, accuracy and reasons, and what planners overruled."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import date, timedelta

from models.quantiles import QUANTILE_NAMES
from tests.support.small_shop import AS_OF, CHANNELS, FIRST_WEEK, LOCATIONS, Item, Rows, items

MODELS = {
    "gradient_boosting": 0.55,
    "exponential_smoothing": 0.62,
    "moving_average": 0.7,
    "seasonal_naive": 0.85,
}
CLASSES = ("smooth", "erratic", "intermittent", "lumpy")
WEEK_SPREAD = dict(
    zip(QUANTILE_NAMES, (0.1, 0.2, 0.3, 0.55, 0.7, 0.95, 1.3, 1.5, 1.9, 2.2, 2.9), strict=True)
)
TOTAL_SPREAD = dict(
    zip(QUANTILE_NAMES, (0.4, 0.5, 0.6, 0.85, 0.95, 1.1, 1.3, 1.45, 1.8, 2.1, 2.5), strict=True)
)
DAY_SPREAD = dict(zip(QUANTILE_NAMES, (0, 0, 0, 0.4, 0.6, 0.93, 1.4, 1.7, 2.3, 2.8, 4), strict=True))


def forecast(
    rows: Rows, rng: random.Random, item: Item, *, weekly: dict[date, float], rate: float, demand_class: str
) -> None:
    for ahead in range(13):
        mean = max(0.2, rate * (0.7 + 0.25 * rng.random()) * (0.85 if ahead < 3 else 0.7))
        rows.add(
            "forecast_weekly",
            sku=item.sku,
            week_start=FIRST_WEEK + timedelta(weeks=ahead),
            model_name="gradient_boosting" if demand_class in ("smooth", "erratic") else "moving_average",
            demand_class=demand_class,
            mean=mean,
            model_mean=mean,
            **{name: mean * factor for name, factor in WEEK_SPREAD.items()},
            override_id=None,
            planner_mean=None,
            override_weight=None,
            made_as_of=AS_OF,
            data_version="small",
            code_version="test",
            seed=5,
        )
        for dimension, shares in (("channel", CHANNELS), ("location", LOCATIONS)):
            for member, share in shares.items():
                rows.add(
                    "forecast_split", sku=item.sku, week_start=FIRST_WEEK + timedelta(weeks=ahead),
                    dimension=dimension, member=member, mean=mean * share,
                )  # fmt: skip
        for day in range(7 if ahead < 4 else 0):
            rows.add(
                "forecast_daily",
                sku=item.sku,
                business_date=FIRST_WEEK + timedelta(weeks=ahead, days=day),
                mean=mean / 7,
                **{name: mean * factor / 7 for name, factor in DAY_SPREAD.items()},
            )
    for origin in range(4, 0, -1):
        cutoff = FIRST_WEEK - timedelta(weeks=4 * origin, days=1)
        for ahead in range(4):
            week = cutoff + timedelta(days=1 + 7 * ahead)
            actual = weekly.get(week, 0.0)
            rows.add(
                "backtest_forecast",
                sku=item.sku,
                cutoff_date=cutoff,
                week_start=week,
                mean=max(0.0, actual * rng.uniform(0.5, 1.4) + 1),
                naive=weekly.get(week - timedelta(weeks=52), 0.0),
                actual=actual,
                exposure=1.0,
            )
    _sku_accuracy(rows, rng, item, weekly=weekly, demand_class=demand_class)


def _sku_accuracy(
    rows: Rows, rng: random.Random, item: Item, *, weekly: dict[date, float], demand_class: str
) -> None:
    champion = "gradient_boosting" if demand_class in ("smooth", "erratic") else "moving_average"
    actual = sum(weekly.get(FIRST_WEEK - timedelta(weeks=back), 0.0) for back in range(1, 17))
    for model, wape in MODELS.items():
        rows.add(
            "forecast_accuracy",
            sku=item.sku,
            model_name=model,
            demand_class=demand_class,
            is_champion=model == champion,
            wape=round(wape * rng.uniform(0.5, 1.7), 4) if actual else None,
            bias=round(rng.uniform(-0.4, 0.5), 4) if actual else None,
            actual_units=actual,
        )


def levels(rows: Rows, demand: dict[str, dict[date, float]]) -> None:
    """Sums of the forecast and of what was sold; channels and locations have the same part of every sku."""
    category = {row["sku"]: row["category"] for row in rows.tables["product"]}
    ahead, sold = (defaultdict(lambda: defaultdict(float)) for _ in range(2))
    for row in rows.tables["forecast_weekly"]:
        for member, part in _members(category[row["sku"]]):
            ahead[member][row["week_start"]] += part * row["mean"]
    full = [week for weeks in demand.values() for week in weeks if week < FIRST_WEEK - timedelta(weeks=1)]
    every = [min(full) + timedelta(weeks=n) for n in range((max(full) - min(full)).days // 7 + 1)]
    for sku, weeks in demand.items():
        for member, part in _members(category[sku]):
            for week in every:
                sold[member][week] += part * weeks.get(week, 0.0)
    for (dimension, member), weeks in sorted(ahead.items()):
        for week, mean in sorted(weeks.items()):
            rows.add(
                "forecast_level", dimension=dimension, member=member, week_start=week, mean=mean,
                expected=1.1 * mean, **{name: mean * factor for name, factor in TOTAL_SPREAD.items()},
            )  # fmt: skip
    _level_accuracy(rows, {member: sum(weeks.values()) for member, weeks in sold.items()})
    for (dimension, member), weeks in sorted(sold.items()):
        for week, units in sorted(weeks.items()):
            rows.add(
                "level_history", dimension=dimension, member=member, week_start=week, units=units,
                demand=units,
            )  # fmt: skip


def _level_accuracy(rows: Rows, units: dict[tuple[str, str], float]) -> None:
    """Two origins of four weeks; each member of a dimension is a hundredth worse than the one before it."""
    for dimension in sorted({name for name, _ in units}):
        members = sorted(member for name, member in units if name == dimension)
        about = [(False, name, number, units[dimension, name]) for number, name in enumerate(members)]
        whole = (True, "all", (len(members) - 1) / 2, sum(sold for *_, sold in about))
        for is_whole, member, number, sold in [whole, *about]:
            rows.add(
                "level_accuracy", dimension=dimension, is_whole=is_whole, member=member, origins=2,
                weeks=4 * 2 * (len(members) if is_whole else 1), first_week=FIRST_WEEK - timedelta(weeks=9),
                last_week=FIRST_WEEK - timedelta(weeks=2), actual_units=sold,
                sum_wape=0.3, sum_bias=-0.29, expected_wape=0.12 + number / 100, expected_bias=-0.05,
                naive_wape=0.14, naive_bias=0.02, coverage_50=0.5, coverage_90=0.875,
            )  # fmt: skip


def _members(category: str) -> list[tuple[tuple[str, str], float]]:
    parts = [(("shop", "all"), 1.0), (("category", category), 1.0)]
    parts += [(("channel", channel), part) for channel, part in CHANNELS.items()]
    return parts + [(("location", location), part) for location, part in LOCATIONS.items()]


def accuracy_tables(rows: Rows) -> None:
    for demand_class in CLASSES:
        champion = "gradient_boosting" if demand_class in ("smooth", "erratic") else "moving_average"
        rows.add(
            "champion",
            demand_class=demand_class,
            model_name=champion,
            series=8 if demand_class in ("smooth", "erratic") else 7,
            wape=MODELS[champion],
            naive_wape=MODELS["seasonal_naive"],
            moving_average_wape=MODELS["moving_average"],
            since=FIRST_WEEK - timedelta(weeks=9),
            before=champion,
            challenger="exponential_smoothing",
            gain=0.004,
            t_value=0.8,
            wins=3,
            origins=5,
            reason="the next is better by 0.4%, less than 1%",
        )
    _metrics(rows)
    for origin in range(4, 0, -1):
        for demand_class in ("all", *CLASSES):
            for model, wape in MODELS.items():
                rows.add(
                    "backtest",
                    cutoff_date=FIRST_WEEK - timedelta(weeks=4 * origin, days=1),
                    demand_class=demand_class,
                    model_name=model,
                    series=30 if demand_class == "all" else 8,
                    actual_units=1000.0,
                    wape=wape,
                    median_wape=wape * 0.95,
                    bias=0.05,
                    rmsse=wape * 1.4,
                    pinball=wape * 0.3,
                    coverage_90=0.88,
                )


def _metrics(rows: Rows) -> None:
    chain = (*MODELS, "champion")
    ordered = sorted(chain, key=lambda name: -MODELS.get(name, 0.5))
    for level, segments in (("sku", ("all", *CLASSES)), ("category", ("all", "Bags")), ("total", ("all",))):
        for segment in segments:
            for horizon, factor in (("all", 1.0), ("1", 0.8), ("2-4", 1.1)):
                before = None
                for step_no, model in enumerate(ordered, start=1):
                    wape = round(MODELS.get(model, 0.5) * factor, 4)
                    rows.add(
                        "forecast_metric",
                        level=level,
                        segment=segment,
                        horizon=horizon,
                        step_no=step_no,
                        model_name=model,
                        series=30,
                        actual_units=4000.0,
                        wape=wape,
                        median_wape=wape * 0.95,
                        bias=-0.05,
                        rmsse=wape * 1.4,
                        pinball=wape * 0.3,
                        coverage_50=0.52,
                        coverage_90=0.88,
                        value_added=None if before is None else round(before - wape, 4),
                    )
                    before = wape


def explained(rows: Rows, item: Item, *, mean: float, weekly: dict[date, float], out: bool) -> None:
    """Drivers that add up to 13 weeks of `mean`, a change since last week, and the history as it was
    learned.
    """
    total = round(mean, 4)
    moves = (("sold", 1, total * 1.2), ("trend", 5, -total * 0.3), ("season", 6, total * 0.1))
    for driver, number, units in moves:
        rows.add("forecast_driver", sku=item.sku, driver=driver, driver_no=number, units=units)
    rows.add(
        "forecast_change",
        sku=item.sku,
        made_before=AS_OF - timedelta(days=7),
        weeks=12,
        before_units=total * 0.8,
        new_sales=total * 0.1,
        model_change=0.0,
        end_change=0.0,
        override_change=0.0,
        after_units=total * 0.9,
        model_before="moving_average",
        model_now="moving_average",
        class_before="lumpy",
        class_now="lumpy",
        is_new_code=False,
        expected_since=30.0,
        sold_since=41.0,
    )
    for week, units in sorted(weekly.items()):
        is_out = out and week >= FIRST_WEEK - timedelta(weeks=2)
        rows.add(
            "demand_history",
            sku=item.sku,
            week_start=week,
            units=units,
            exposure=0.4 if is_out else 1.0,
            is_censored=is_out,
            is_bulk=False,
            demand=units,
            lost_units=6.0 if is_out else None,
            lost_q10=2.0 if is_out else None,
            lost_q90=14.0 if is_out else None,
        )


def planners(rows: Rows) -> None:
    """Two past overrides: ana's went the right way, ben's the wrong one; the last week is still open."""
    for number, (author, code, factor) in enumerate(
        (("ana", "promotion", 1.5), ("ben", "price", 0.5)), start=1
    ):
        sku = items()[number - 1].sku
        for back in (3, 2, 1, 0):
            is_scored = back > 0
            before, planned, actual = 40.0, 40.0 * factor, 60.0
            gain = abs(before - actual) - abs(planned - actual)
            rows.add(
                "override_value",
                override_id=f"O-{number}",
                sku=sku,
                week_start=FIRST_WEEK - timedelta(weeks=back),
                before=before,
                planned=planned,
                weight=1.0,
                after=planned,
                scope="sku",
                action="factor",
                value=factor,
                author=author,
                reason_code=code,
                reason="seen in the trade paper",
                model_name="moving_average",
                made_as_of=AS_OF - timedelta(weeks=back, days=1),
                actual=actual if is_scored else None,
                exposure=1.0 if is_scored else None,
                is_scored=is_scored,
                error_before=abs(before - actual) if is_scored else None,
                error_planned=abs(planned - actual) if is_scored else None,
                error_after=abs(planned - actual) if is_scored else None,
                value_added=gain if is_scored else None,
                value_added_money=gain * items()[number - 1].price if is_scored else None,
            )
