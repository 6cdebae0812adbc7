"""Read queries over a published release, one function per question, answered as polars frames.

The SQL stands in `sql/queries/<name>.sql`; values are always bound. Periods are half-open;
a filter left at None does not filter. Amounts come back as floats, to be shown; sums that must agree to the
penny are `warehouse.kpis`. Nothing here opens a database: the caller hands in a release's connection.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb
    import polars as pl

SQL = Path(__file__).parent / "sql" / "queries"
DIMENSIONS = ("shop", "category", "channel", "location")
SCORED_BY = ("all", "planner", "reason", "sku", "category", "override")
FORECAST_SORTS = ("error", "value", "change", "lost", "wape", "bias")
EVERYTHING = 1_000_000


class QueryError(ValueError):
    """A query was asked for something it does not offer; the message names what it offers."""


@cache
def _sql(name: str) -> str:
    return (SQL / f"{name}.sql").read_text(encoding="utf-8")


def _ask(con: duckdb.DuckDBPyConnection, name: str, **values: object) -> pl.DataFrame:
    return con.execute(_sql(name), values or None).pl()


def _holds(con: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Whether the release has the table; one written before there was such a table has not."""
    found = con.execute("select count(*) from information_schema.tables where table_name = ?", [table])
    return found.fetchone()[0] > 0


def _one_of(value: str, allowed: tuple[str, ...], *, what: str) -> str:
    if value not in allowed:
        raise QueryError(f"{what} {value!r} is unknown; known: {', '.join(allowed)}")
    return value


# Sales


def bounds(con: duckdb.DuckDBPyConnection) -> tuple[date, date] | None:
    """First and last business date with sales facts; None in an empty release."""
    first, last = _ask(con, "bounds").row(0)
    return None if first is None else (first, last)


def channels(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Channels that have sales facts, largest first."""
    return _ask(con, "channels")["channel_id"].to_list()


def sales_by_channel(
    con: duckdb.DuckDBPyConnection,
    *,
    date_from: date,
    date_to: date,
    channel: str | None = None,
    as_of: datetime | None = None,
) -> pl.DataFrame:
    """channel_id, gross_sales, net_sales, returns, units, orders."""
    return _ask(con, "sales_by_channel", date_from=date_from, date_to=date_to, channel=channel, as_of=as_of)


def sales_by_country(
    con: duckdb.DuckDBPyConnection,
    *,
    date_from: date,
    date_to: date,
    channel: str | None = None,
    as_of: datetime | None = None,
    limit: int = EVERYTHING,
) -> pl.DataFrame:
    """country, gross_sales, net_sales, units, orders; largest first."""
    return _ask(
        con,
        "sales_by_country",
        date_from=date_from,
        date_to=date_to,
        channel=channel,
        as_of=as_of,
        limit=limit,
    )


def top_products(
    con: duckdb.DuckDBPyConnection,
    *,
    date_from: date,
    date_to: date,
    channel: str | None = None,
    as_of: datetime | None = None,
    limit: int = 20,
) -> pl.DataFrame:
    """sku, title, abc_class, gross_sales, returns, units, orders; largest first."""
    return _ask(
        con, "top_products", date_from=date_from, date_to=date_to, channel=channel, as_of=as_of, limit=limit
    )


# Orders


def service(
    con: duckdb.DuckDBPyConnection,
    *,
    date_from: date,
    date_to: date,
    channel: str | None = None,
    by: str | None = None,
) -> pl.DataFrame:
    """Orders and units by promise date (`by` day, week, month or None for one row) and the ratios
    on_time, in_full, otif, fill_rate; a ratio over nothing due is NULL."""
    if by is not None:
        _one_of(by, ("day", "week", "month"), what="by")
    return _ask(con, "service", date_from=date_from, date_to=date_to, channel=channel, by=by)


def cancellations(
    con: duckdb.DuckDBPyConnection,
    *,
    date_from: date,
    date_to: date,
    channel: str | None = None,
    as_of: datetime | None = None,
) -> pl.DataFrame:
    """cancel_reason, orders_placed, orders_canceled; the row 'all' counts every order placed."""
    return _ask(con, "cancellations", date_from=date_from, date_to=date_to, channel=channel, as_of=as_of)


def funnel(
    con: duckdb.DuckDBPyConnection, *, date_from: date, date_to: date, channel: str | None = None
) -> pl.DataFrame:
    """stage_no, stage, orders, gross_sales: how many orders placed in the period reached each stage."""
    return _ask(con, "funnel", date_from=date_from, date_to=date_to, channel=channel)


def open_order_ages(
    con: duckdb.DuckDBPyConnection, *, as_of: datetime, channel: str | None = None
) -> pl.DataFrame:
    """bucket_no, bucket, fulfillment_status, orders, gross_sales, units_to_ship, late_orders."""
    return _ask(con, "open_order_ages", as_of=as_of, channel=channel)


def dwell(
    con: duckdb.DuckDBPyConnection, *, date_from: date, date_to: date, channel: str | None = None
) -> pl.DataFrame:
    """week_start, channel_id, stage, orders, median_hours, p90_hours."""
    return _ask(con, "dwell", date_from=date_from, date_to=date_to, channel=channel)


def find_orders(
    con: duckdb.DuckDBPyConnection,
    *,
    text: str | None = None,
    channel: str | None = None,
    order_status: str | None = None,
    fulfillment_status: str | None = None,
    date_from: date | None = None,
    date_to: date | None = None,
    limit: int = 200,
) -> pl.DataFrame:
    """Orders whose id, number or customer contains `text`, newest first."""
    return _ask(
        con,
        "find_orders",
        text=text or None,
        channel=channel,
        order_status=order_status,
        fulfillment_status=fulfillment_status,
        date_from=date_from,
        date_to=date_to,
        limit=limit,
    )


def order_header(con: duckdb.DuckDBPyConnection, order: str) -> pl.DataFrame:
    """The order of that order id, external id or order number; no row where there is none."""
    return _ask(con, "order_header", order=order)


def order_lines(con: duckdb.DuckDBPyConnection, order_id: str) -> pl.DataFrame:
    return _ask(con, "order_lines", order_id=order_id)


def order_events(con: duckdb.DuckDBPyConnection, order_id: str) -> pl.DataFrame:
    """event_seq, event_kind, occurred_at, recorded_at, detail (JSON), as it happened."""
    return _ask(con, "order_events", order_id=order_id)


# Stock


def skus(con: duckdb.DuckDBPyConnection, *, text: str | None = None, limit: int = EVERYTHING) -> pl.DataFrame:
    """sku, title, abc_class of products whose sku or title contains `text`."""
    return _ask(con, "skus", text=text or None, limit=limit)


def product(con: duckdb.DuckDBPyConnection, sku: str) -> pl.DataFrame:
    """One row of master data, or none where the sku is unknown."""
    return _ask(con, "product", sku=sku)


def suppliers(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    return _ask(con, "suppliers")


def stock_by_location(con: duckdb.DuckDBPyConnection, *, sku: str | None = None) -> pl.DataFrame:
    """location_id, skus_in_stock, the eight quantities and stock_value, of one sku or of all."""
    return _ask(con, "stock_by_location", sku=sku)


def stock_by_class(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """abc_class, skus, skus_out_of_stock, on_hand, stock_value."""
    return _ask(con, "stock_by_class")


def ats(con: duckdb.DuckDBPyConnection, sku: str, *, channel: str | None = None) -> pl.DataFrame:
    """What each channel may still sell of one sku, with the terms it came from."""
    return _ask(con, "ats", sku=sku, channel=channel)


def stock_list(
    con: duckdb.DuckDBPyConnection,
    *,
    text: str | None = None,
    channel: str | None = None,
    abc_class: str | None = None,
    only_out: bool = False,
    limit: int = 500,
) -> pl.DataFrame:
    """One row per sku, largest value first; days_of_cover is forward and counts available stock alone."""
    return _ask(
        con,
        "stock_list",
        text=text or None,
        channel=channel,
        abc_class=abc_class,
        only_out=only_out,
        limit=limit,
    )


def stockout_daily(
    con: duckdb.DuckDBPyConnection, *, date_from: date, date_to: date, channel: str | None = None
) -> pl.DataFrame:
    """business_date, days_lost, skus_affected, listed, stockout_rate.

    Listed are the (channel, sku) pairs with an ATS whose sku sold in the 13 weeks before `date_to`.
    """
    return _ask(con, "stockout_daily", date_from=date_from, date_to=date_to, channel=channel)


def stockout_skus(
    con: duckdb.DuckDBPyConnection,
    *,
    date_from: date,
    date_to: date,
    channel: str | None = None,
    limit: int = 200,
) -> pl.DataFrame:
    """Skus that could not be bought for part of the period; the most sales at stake first."""
    return _ask(con, "stockout_skus", date_from=date_from, date_to=date_to, channel=channel, limit=limit)


def sku_exposure(con: duckdb.DuckDBPyConnection, sku: str, *, date_from: date, date_to: date) -> pl.DataFrame:
    """channel_id, business_date, exposure; days not listed have exposure 1."""
    return _ask(con, "sku_exposure", sku=sku, date_from=date_from, date_to=date_to)


def sku_days_out(con: duckdb.DuckDBPyConnection, sku: str) -> pl.DataFrame:
    """business_date, exposure of the days on which no channel could sell it in full."""
    return _ask(con, "sku_days_out", sku=sku)


# Forecasts


def forecast_review(
    con: duckdb.DuckDBPyConnection,
    *,
    sort: str = "error",
    demand_class: str | None = None,
    abc_class: str | None = None,
    category: str | None = None,
    supplier_id: str | None = None,
    channel: str | None = None,
    author: str | None = None,
    also: tuple[str, ...] = (),
    text: str | None = None,
    limit: int = 500,
) -> pl.DataFrame:
    """One row per forecast sku; error_value = champion's absolute backtest error at the sku's mean price.

    `channel` keeps what sold there in the last half year, `author` what that planner overruled, `also` skus
    besides (overrides younger than the release).
    """
    _one_of(sort, FORECAST_SORTS, what="sort")
    return _ask(
        con,
        "forecast_review",
        sort=sort,
        demand_class=demand_class,
        abc_class=abc_class,
        category=category,
        supplier_id=supplier_id,
        channel=channel,
        author=author,
        also=list(also),
        text=text or None,
        limit=limit,
    )


def categories(con: duckdb.DuckDBPyConnection) -> list[str]:
    """The categories products have, by name."""
    return _ask(con, "categories")["category"].to_list()


def override_authors(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Planners whose overrides were laid over a forecast, by name."""
    return _ask(con, "override_authors")["author"].to_list()


def forecast_sums(con: duckdb.DuckDBPyConnection, *, category: str | None = None) -> pl.DataFrame:
    """sku, category, mean_price, week_start, mean, model_mean: a category's forecast, or the whole shop's."""
    return _ask(con, "forecast_sums", category=category)


def demand_weekly(
    con: duckdb.DuckDBPyConnection, sku: str, *, date_to: date, weeks: int = 104
) -> pl.DataFrame:
    """week_start, units, gross_sales, days_out, is_bulk, lost_units with lost_q10 and lost_q90,
    returned_units of the `weeks` weeks before Monday `date_to`.
    """
    return _ask(con, "demand_weekly", sku=sku, date_to=date_to, weeks=weeks)


def demand_parts(con: duckdb.DuckDBPyConnection, sku: str, *, dimension: str) -> pl.DataFrame:
    """member, business_date, units, returned_units of a sku by channel or by location."""
    _one_of(dimension, ("channel", "location"), what="dimension")
    return _ask(con, "demand_parts", sku=sku, dimension=dimension)


def forecast_weekly(con: duckdb.DuckDBPyConnection, sku: str) -> pl.DataFrame:
    return _ask(con, "forecast_weekly", sku=sku)


def forecast_daily(con: duckdb.DuckDBPyConnection, sku: str) -> pl.DataFrame:
    return _ask(con, "forecast_daily", sku=sku)


def backtest_forecast(con: duckdb.DuckDBPyConnection, sku: str) -> pl.DataFrame:
    """What the champion and the seasonal naive said at past cutoffs, and what came."""
    return _ask(con, "backtest_forecast", sku=sku)


def forecast_split(con: duckdb.DuckDBPyConnection, sku: str) -> pl.DataFrame:
    """A sku's forecast by channel and by location, next four weeks and whole horizon."""
    return _ask(con, "forecast_split", sku=sku)


def forecast_levels(
    con: duckdb.DuckDBPyConnection, *, dimension: str, member: str | None = None
) -> pl.DataFrame:
    """The weekly forecast of one member of a dimension (shop, category, channel, location), or of all."""
    _one_of(dimension, DIMENSIONS, what="dimension")
    return _ask(con, "forecast_levels", dimension=dimension, member=member)


def level_history(
    con: duckdb.DuckDBPyConnection, *, dimension: str, member: str, weeks: int = 104
) -> pl.DataFrame:
    """week_start, units, demand of the last `weeks` full weeks of one member."""
    _one_of(dimension, DIMENSIONS, what="dimension")
    return _ask(con, "level_history", dimension=dimension, member=member, weeks=weeks)


def level_totals(con: duckdb.DuckDBPyConnection, *, dimension: str) -> pl.DataFrame:
    """Each member's forecast added up over four weeks and over all, and its sales: the last 13 full weeks and
    the forecast's weeks a year earlier; largest first.
    """
    _one_of(dimension, DIMENSIONS, what="dimension")
    return _ask(con, "level_totals", dimension=dimension)


def level_accuracy(con: duckdb.DuckDBPyConnection, *, dimension: str | None = None) -> pl.DataFrame | None:
    """How far totals were off at past origins: a row for each member and, first, one for all members of a
    dimension (is_whole); of every dimension where none is named. None in a release from before it was scored.
    """
    if dimension is not None:
        _one_of(dimension, DIMENSIONS, what="dimension")
    return _ask(con, "level_accuracy", dimension=dimension) if _holds(con, "level_accuracy") else None


def forecast_accuracy(con: duckdb.DuckDBPyConnection, sku: str) -> pl.DataFrame:
    """Every model tried on one sku, best first."""
    return _ask(con, "forecast_accuracy", sku=sku)


def champions(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    return _ask(con, "champions")


def backtest(con: duckdb.DuckDBPyConnection, *, demand_class: str | None = None) -> pl.DataFrame:
    """Accuracy per (demand class, model) over all cutoffs."""
    return _ask(con, "backtest", demand_class=demand_class)


def forecast_metrics(
    con: duckdb.DuckDBPyConnection,
    *,
    level: str | None = None,
    segment: str | None = None,
    horizon: str | None = None,
) -> pl.DataFrame:
    """Accuracy by level (sku, category, total), segment, horizon and model, the naive floor first."""
    return _ask(con, "forecast_metrics", level=level, segment=segment, horizon=horizon)


def forecast_drivers(con: duckdb.DuckDBPyConnection, sku: str) -> pl.DataFrame:
    """driver, units: what moved one sku's forecast; they add up to it."""
    return _ask(con, "forecast_drivers", sku=sku)


def forecast_change(con: duckdb.DuckDBPyConnection, sku: str) -> pl.DataFrame:
    """One row: what changed in one sku's forecast since the last one; none where there was none."""
    return _ask(con, "forecast_change", sku=sku)


def override_score(
    con: duckdb.DuckDBPyConnection, *, by: str = "planner", author: str | None = None, sku: str | None = None
) -> pl.DataFrame:
    """Forecast value added of overrides, the costliest first: WAPE before less WAPE as the planner said,
    each override against the number it changed, over weeks that are over and were not cut by a stock-out.
    """
    _one_of(by, SCORED_BY, what="by")
    return _ask(con, "override_score", by=by, author=author, sku=sku)


def override_values(con: duckdb.DuckDBPyConnection, sku: str | None = None) -> pl.DataFrame:
    """Each override's step on each week, of one sku or of all, and what came."""
    return _ask(con, "override_values", sku=sku)


# Restocking


def proposals(
    con: duckdb.DuckDBPyConnection,
    *,
    supplier_id: str | None = None,
    sku: str | None = None,
    limit: int = EVERYTHING,
) -> pl.DataFrame:
    """Purchase proposals with every term, most urgent first."""
    return _ask(con, "proposals", supplier_id=supplier_id, sku=sku, limit=limit)


def purchase_steps(con: duckdb.DuckDBPyConnection, *, supplier_id: str | None = None) -> pl.DataFrame:
    """Quantities that could be bought now with their cost and expected gain, for a basket under a budget."""
    return _ask(con, "purchase_steps", supplier_id=supplier_id)


def stock_positions(con: duckdb.DuckDBPyConnection, *, sku: str | None = None) -> pl.DataFrame:
    """Every sku at every location it is planned for: demand, stock, what is on its way, what to buy."""
    return _ask(con, "stock_positions", sku=sku)


def supplier_record(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Every supplier's lead times, lateness and overdue lines."""
    return _ask(con, "supplier_record")


def transfer_proposals(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Units to move between locations before buying, most margin first."""
    return _ask(con, "transfer_proposals")


def excess_stock(con: duckdb.DuckDBPyConnection, *, kind: str | None = None) -> pl.DataFrame:
    """Stock not needed for half a year, or ever, dearest first, with what to do."""
    return _ask(con, "excess_stock", kind=kind)


def policy_curve(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Order rules replayed over past weeks: service against stock, and where the shop stands, all stock pools
    together and each where there are several.
    """
    return _ask(con, "policy_curve")


def alerts(
    con: duckdb.DuckDBPyConnection,
    *,
    sku: str | None = None,
    include_resolved: bool = False,
    limit: int = EVERYTHING,
) -> pl.DataFrame:
    """Restock alert episodes as the release knows them, gravest first."""
    return _ask(con, "alerts", sku=sku, include_resolved=include_resolved, limit=limit)


def alert_scores(con: duckdb.DuckDBPyConnection, *, stock: str) -> pl.DataFrame:
    """How each rule's alerts did on past mornings, on stock `played` or `recorded`, all stock pools together
    and each where there are several; empty until scored.
    """
    return _ask(con, "alert_scores", stock=stock)


def alert_calibration(con: duckdb.DuckDBPyConnection, *, stock: str) -> pl.DataFrame:
    """What was said, by tenths, and what came true."""
    return _ask(con, "alert_calibration", stock=stock)


# Data health


def checks(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    return _ask(con, "checks")


def stages(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    return _ask(con, "stages")


def quarantine(
    con: duckdb.DuckDBPyConnection,
    *,
    status: str | None = "open",
    reason_code: str | None = None,
    channel: str | None = None,
    limit: int = 500,
) -> pl.DataFrame:
    return _ask(con, "quarantine", status=status, reason_code=reason_code, channel=channel, limit=limit)


def quarantine_counts(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """channel_id, kind, reason_code, open_documents, resolved_documents."""
    return _ask(con, "quarantine_counts")


def freshness(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """channel_id, last_business_date, last_recorded_at, facts."""
    return _ask(con, "freshness")
