"""The page a person reads when the main job has ended: stages, KPIs, accuracy, urgent alerts, what next."""

from __future__ import annotations

from datetime import date, timedelta

from pipelines import job
from pipelines.run import Run
from warehouse import kpis, releases

WIDTH = 100
DAYS = 30
KPI_LINES = (
    ("gross_sales", "Gross sales", "money"),
    ("returns", "Returns and cancellations", "money"),
    ("net_sales", "Net sales", "money"),
    ("total_sales", "Total sales", "money"),
    ("orders", "Orders", "count"),
    ("units", "Units", "count"),
    ("customers", "Known customers", "count"),
    ("aov", "Average order value", "money2"),
)
ACCURACY = {
    "wape": "WAPE", "naive_wape": "year ago", "moving_average_wape": "8 weeks", "bias": "bias",
    "median_wape": "of medians", "pinball": "pinball", "naive_pinball": "year ago",
    "moving_average_pinball": "8 weeks",
}  # fmt: skip
CURRENCY_SIGNS = {"GBP": "£", "EUR": "€", "USD": "$"}


def text(run: Run, *, seconds: float) -> str:
    release = releases.current(run.settings)
    with release.connect() as con:
        parts = [
            _stages(run, seconds),
            _kpis(run, con),
            _forecast(con),
            _alerts(run, con),
            _checks(con),
            _next_steps(release.name),
        ]
    return "\n".join(parts)


def _title(words: str) -> str:
    return f"\n── {words} " + "─" * max(0, WIDTH - len(words) - 4)


def _number(value: object) -> str:
    return f"{value:,}" if value is not None else "·"


def _stages(run: Run, seconds: float) -> str:
    lines = [_title("Stages"), f"{'':44}{'in':>12}{'out':>12}{'quarantined':>13}{'seconds':>9}  note"]
    for report in run.reports:
        outcome = report.outcome
        lines.append(
            f"{job.stage(report.stage).title:44}{_number(outcome.rows_in):>12}{_number(outcome.rows_out):>12}"
            f"{_number(outcome.quarantined):>13}{report.seconds:9.1f}  {outcome.note}"
        )
    lines.append(f"{'All stages':44}{'':37}{seconds:9.1f}")
    return "\n".join(lines)


def _money(run: Run, value: object, *, decimals: int = 0) -> str:
    if value is None:
        return "–"
    sign = CURRENCY_SIGNS.get(run.settings.shop.currency, run.settings.shop.currency + " ")
    return f"{sign}{value:,.{decimals}f}"


def _kpis(run: Run, con) -> str:
    last = con.execute("SELECT max(business_date) FROM kpi_daily WHERE orders > 0").fetchone()[0]
    if last is None:
        return _title("KPIs") + "\nno orders yet"
    end = last + timedelta(days=1)
    start, before = end - timedelta(days=DAYS), end - timedelta(days=2 * DAYS)
    now, then = (_one(con, a, b) for a, b in ((start, end), (before, start)))
    lines = [_title(f"KPIs, {start} to {last}, against the {DAYS} days before")]
    for key, label, kind in KPI_LINES:
        value, previous = now.get(key), then.get(key)
        shown = (
            f"{value:,.0f}" if kind == "count" else _money(run, value, decimals=2 if kind == "money2" else 0)
        )
        change = f"{(float(value) / float(previous) - 1):+.1%}" if value and previous else ""
        lines.append(f"{label:30}{shown:>16}{change:>10}")
    return "\n".join(lines)


def _one(con, start: date, end: date) -> dict:
    return kpis.kpis(con, date_from=start, date_to=end)[0]


def _forecast(con) -> str:
    from warehouse import queries

    rows = queries.champions(con).to_dicts()
    if not rows:
        return _title("Forecast accuracy") + "\nno forecast yet"
    lines = [
        _title("Forecast accuracy (WAPE and pinball loss on rolling origins; lower is better)"),
        f"{'demand class':16}{'model':24}{'skus':>8}"
        + "".join(f"{title:>11}" for title in ACCURACY.values()),
    ]
    for row in sorted(rows, key=lambda row: (row["demand_class"] != "all", row["demand_class"])):
        cells = "".join(f"{(f'{row[name]:.3f}' if row[name] is not None else '–'):>11}" for name in ACCURACY)
        lines.append(f"{row['demand_class']:16}{row['model_name']:24}{row['series']:>8,}{cells}")
    lines.append("after a measure, year ago: that of the seasonal naive; 8 weeks: of the moving average")
    return "\n".join([*lines, _value_added(con), *_totals(con)])


def _value_added(con) -> str:
    """WAPE from the naive floor upwards, at each level and horizon; and what overrides added."""
    rows = con.execute(
        "SELECT level, horizon, model_name, wape, value_added, coverage_50, coverage_90 FROM forecast_metric "
        "WHERE segment = 'all' AND (level = 'sku' OR horizon = 'all') ORDER BY step_no"
    ).fetchall()
    wape = {(level, horizon, name): value for level, horizon, name, value, *_ in rows}
    covered = {name: row for level, horizon, name, _, *row in rows if (level, horizon) == ("sku", "all")}
    names = list(dict.fromkeys(row[2] for row in rows))
    titles = ("all weeks", "1", "2-4", "5-8", "9-13", "category", "shop", "added", "in 50 %", "in 90 %")
    places = [("sku", horizon) for horizon in ("all", "1", "2-4", "5-8", "9-13")]
    places += [("category", "all"), ("total", "all")]
    lines = ["", f"{'WAPE by step':24}" + "".join(f"{title:>10}" for title in titles)]
    for name in names:
        values = [wape.get((*place, name)) for place in places] + covered.get(name, [None] * 3)
        cells = (f"{round(value, 3) + 0.0:.3f}" if value is not None else "–" for value in values)
        lines.append(f"{name:24}" + "".join(f"{cell:>10}" for cell in cells))
    return "\n".join(lines)


def _totals(con) -> list[str]:
    """How far off the totals of each dimension were, as expected, as summed and a year before."""
    rows = con.execute(
        "SELECT dimension, origins, expected_wape, expected_bias, sum_wape, sum_bias, naive_wape, "
        "coverage_50, coverage_90 FROM level_accuracy WHERE is_whole "
        "ORDER BY list_position(['shop', 'category', 'channel', 'location'], dimension)"
    ).fetchall()
    if not rows:
        return []
    titles = ("expected", "bias", "plain sum", "bias", "year before", "in 50 %", "in 90 %")
    origins = max(row[1] for row in rows)
    lines = [
        f"\nWAPE of totals at {origins} past origins, against all demand, of products not yet known then too",
        f"{'total of':24}" + "".join(f"{title:>12}" for title in titles),
    ]
    for dimension, _origins, *values in rows:
        cells = "".join(f"{(f'{value:.3f}' if value is not None else '–'):>12}" for value in values)
        lines.append(f"{dimension:24}{cells}")
    return lines


def _alerts(run: Run, con) -> str:
    total = con.execute("SELECT count(*) FROM alert WHERE state <> 'resolved'").fetchone()[0]
    rows = con.execute(
        """
        SELECT a.severity, a.sku, p.title, a.stockout_probability, a.margin_at_risk, a.available,
               a.suggested_quantity, a.order_by
        FROM alert AS a LEFT JOIN product AS p USING (sku)
        WHERE a.state <> 'resolved'
        ORDER BY a.margin_at_risk DESC, a.sku LIMIT 10
        """
    ).fetchall()
    lines = [
        _title(f"The ten most urgent of {total:,} open restock alerts (stock and costs simulated)"),
        f"{'severity':10}{'sku':10}{'product':38}{'P(out)':>7}{'at risk':>10}{'avail.':>8}{'buy':>8}"
        "  order by",
    ]
    for severity, sku, title, probability, margin, available, quantity, order_by in rows:
        lines.append(
            f"{severity:10}{sku:10}{(title or '')[:36]:38}{probability:7.0%}{_money(run, margin):>10}"
            f"{available:8,.0f}{quantity:8,.0f}  {order_by or ''}"
        )
    return "\n".join(lines)


def _checks(con) -> str:
    passed, total = con.execute("SELECT count(*) FILTER (passed), count(*) FROM check_result").fetchone()
    return f"\n{passed} of {total} checks passed, the invariants among them." if total else ""


def _next_steps(release: str) -> str:
    return (
        f"Release {release} is published.\n"
        "  make dashboard   the dashboards           make dagster     the asset graph\n"
        "  oms status       what is in the release   oms --help       everything else\n"
        "  (`oms` is .venv/bin/oms)"
    )
