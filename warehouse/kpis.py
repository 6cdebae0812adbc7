"""KPIs over a published release: one definition each, shared with the docs and the dashboards.

The sums come from `sql/kpis.sql` over sales_fact and order_fact; the ratios are made here, each from the two
numbers it names. Periods are half-open [date_from, date_to) on the business date; a ratio over nothing: None.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from warehouse.errors import WarehouseError
from warehouse.sql_files import read_sql

if TYPE_CHECKING:
    import duckdb

PERIODS = ("day", "week", "month")
_SQL = Path(__file__).resolve().parent / "sql"


class KpiError(WarehouseError, ValueError):
    """A KPI was asked for a period or a grain that does not exist."""


@dataclass(frozen=True)
class Ratio:
    """A KPI that is one number over another; `minus` is taken off the numerator."""

    numerator: str
    denominator: str
    minus: str | None = None

    @property
    def text(self) -> str:
        top = f"({self.numerator} - {self.minus})" if self.minus else self.numerator
        return f"{top} / {self.denominator}"


DEFINITIONS = {
    "gross_sales": "unit price x quantity of the product lines of orders placed in the period; "
    "gift cards out, canceled and unpaid orders in",
    "discounts": "discount lines, wherever they were booked, on their own date; positive",
    "returns": "product value given back, canceled units included, on the refund date; positive",
    "net_sales": "gross_sales - discounts - returns",
    "shipping": "postage and carriage charged, less refunded",
    "taxes": "taxes charged; the channels' documents carry none",
    "total_sales": "net_sales + shipping + taxes",
    "gift_card_sales": "gift cards sold, less refunded; never in gross_sales",
    "adjustments": "fees, manual lines, samples, commissions and bad debt: every line that is nothing else",
    "orders": "orders placed in the period with at least one product line",
    "canceled_orders": "of these, canceled whole by now",
    "anonymous_orders": "of these, by a buyer whose customer id is unknown",
    "units": "product units ordered in the period",
    "returned_units": "product units given back in the period, canceled units included",
    "customers": "distinct known customers with an order in the period; not to be added up over periods",
    "new_customers": "customers whose first order of all, in any channel, lies in the period",
    "returning_customers": "customers - new_customers",
    "aov": "average order value",
    "return_rate": "units given back per unit ordered, both in the period",
    "cancellation_rate": "share of the orders placed that are canceled whole by now",
}
RATIOS = {
    "aov": Ratio("gross_sales", "orders", minus="discounts"),
    "return_rate": Ratio("returned_units", "units"),
    "cancellation_rate": Ratio("canceled_orders", "orders"),
}


def kpis(
    con: duckdb.DuckDBPyConnection,
    *,
    date_from: date,
    date_to: date,
    channel: str | None = None,
    by: str | None = None,
    as_of: datetime | None = None,
    country: str | None = None,
) -> list[dict]:
    """One dict per period (`by` day, week, month; None: one for all), periods without sales included.

    `con` is a release's connection. Money is Decimal in shop currency. `as_of` leaves out what was recorded
    later. Weeks are labeled by their Monday and months by their first day; the first and last are clipped.
    """
    if by is not None and by not in PERIODS:
        raise KpiError(f"by {by!r} is unknown; known: {', '.join(PERIODS)}")
    if date_from >= date_to:
        raise KpiError(f"the period from {date_from} to {date_to} is empty; `to` is the day after the last")
    if as_of is not None and as_of.tzinfo is None:
        raise KpiError(f"as_of {as_of} has no time zone")
    values = {
        "date_from": date_from,
        "date_to": date_to,
        "channel": channel,
        "by": by,
        "as_of": as_of,
        "country": country,
    }
    found = con.execute(read_sql(_SQL, "kpis"), values)
    names = [column[0] for column in found.description]
    return [_with_ratios(dict(zip(names, row, strict=True))) for row in found.fetchall()]


def explain(row: dict) -> list[dict]:
    """Each KPI of a row of `kpis` with its value, definition and, for a ratio, numerator and denominator."""
    return [_explained(name, row) for name in DEFINITIONS if name in row]


def _with_ratios(row: dict) -> dict:
    return row | {name: _value(*_terms(ratio, row)) for name, ratio in RATIOS.items()}


def _terms(ratio: Ratio, row: dict) -> tuple[Decimal, Decimal]:
    minus = row[ratio.minus] if ratio.minus else 0
    return Decimal(row[ratio.numerator] - minus), Decimal(row[ratio.denominator])


def _value(numerator: Decimal, denominator: Decimal) -> Decimal | None:
    return round(numerator / denominator, 4) if denominator else None


def _explained(name: str, row: dict) -> dict:
    ratio = RATIOS.get(name)
    numerator, denominator = _terms(ratio, row) if ratio else (row[name], None)
    definition = f"{DEFINITIONS[name]}: {ratio.text}" if ratio else DEFINITIONS[name]
    return {
        "name": name,
        "value": row[name],
        "numerator": numerator,
        "denominator": denominator,
        "definition": definition,
    }
