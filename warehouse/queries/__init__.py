"""Read queries over a published release, one function per question, answered as a polars frame.

One module for each subject; this is the door to all of them. A question bears the name of its SQL file,
`sql/queries/<name>.sql`, so no two share one; names alone come back as a list. Periods are half-open; a
filter left at None does not filter. Amounts come back as floats, to be shown; sums that must agree to the
penny are `warehouse.kpis`. Nothing here opens a database: the caller hands in a release's connection.
"""

from warehouse.queries.accuracy import (
    backtest_forecast,
    champions,
    forecast_accuracy,
    forecast_metrics,
)
from warehouse.queries.asking import EVERYTHING, QueryError
from warehouse.queries.forecasts import (
    forecast_change,
    forecast_daily,
    forecast_drivers,
    forecast_review,
    forecast_split,
    forecast_sums,
    forecast_weekly,
)
from warehouse.queries.health import checks, freshness, quarantine, quarantine_counts, stages
from warehouse.queries.orders import (
    cancellations,
    dwell,
    find_orders,
    funnel,
    open_order_ages,
    order_events,
    order_header,
    order_lines,
    service,
    similar_orders,
)
from warehouse.queries.overrides import SCORED_BY, override_authors, override_score, override_values
from warehouse.queries.products import (
    categories,
    product,
    product_titles,
    similar_skus,
    skus,
    supplier_ids,
    suppliers,
)
from warehouse.queries.restock_alerts import alert_calibration, alert_scores, alerts
from warehouse.queries.restocking import (
    excess_stock,
    policy_curve,
    proposals,
    purchase_steps,
    stock_positions,
    supplier_record,
    transfer_proposals,
)
from warehouse.queries.sales import (
    bounds,
    channel_ids,
    demand_parts,
    demand_weekly,
    sales_by_channel,
    sales_by_country,
    top_products,
)
from warehouse.queries.stock import (
    ats,
    sku_days_out,
    sku_exposure,
    stock_by_class,
    stock_by_location,
    stock_list,
    stockout_daily,
    stockout_skus,
)
from warehouse.queries.totals import DIMENSIONS, forecast_levels, level_accuracy, level_history, level_totals

__all__ = [
    "DIMENSIONS",
    "EVERYTHING",
    "QueryError",
    "SCORED_BY",
    "alert_calibration",
    "alert_scores",
    "alerts",
    "ats",
    "backtest_forecast",
    "bounds",
    "cancellations",
    "categories",
    "champions",
    "channel_ids",
    "checks",
    "demand_parts",
    "demand_weekly",
    "dwell",
    "excess_stock",
    "find_orders",
    "forecast_accuracy",
    "forecast_change",
    "forecast_daily",
    "forecast_drivers",
    "forecast_levels",
    "forecast_metrics",
    "forecast_review",
    "forecast_split",
    "forecast_sums",
    "forecast_weekly",
    "freshness",
    "funnel",
    "level_accuracy",
    "level_history",
    "level_totals",
    "open_order_ages",
    "order_events",
    "order_header",
    "order_lines",
    "override_authors",
    "override_score",
    "override_values",
    "policy_curve",
    "product",
    "product_titles",
    "proposals",
    "purchase_steps",
    "quarantine",
    "quarantine_counts",
    "sales_by_channel",
    "sales_by_country",
    "service",
    "similar_orders",
    "similar_skus",
    "sku_days_out",
    "sku_exposure",
    "skus",
    "stages",
    "stock_by_class",
    "stock_by_location",
    "stock_list",
    "stock_positions",
    "stockout_daily",
    "stockout_skus",
    "supplier_ids",
    "supplier_record",
    "suppliers",
    "top_products",
    "transfer_proposals",
]
