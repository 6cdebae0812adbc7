"""Days, and rows of the mart tables, that tests of several kinds of question share."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

DAY = date(2011, 12, 1)
WEEK = {"date_from": date(2011, 11, 28), "date_to": date(2011, 12, 5)}
MONDAY = date(2011, 12, 12)


def at(day: int, hour: int = 0) -> datetime:
    return datetime(2011, 12, day, hour, tzinfo=UTC)


def ahead(sku: str, *means: float) -> list[tuple]:
    """The sku's weekly forecast from MONDAY on."""
    return [
        (
            "forecast_weekly",
            {"sku": sku, "week_start": MONDAY + timedelta(weeks=week), "mean": mean, "model_mean": mean},
        )
        for week, mean in enumerate(means)
    ]
