"""The main job's stages after the marts: forecast, propose, alert, publish, deliver.

Each reads what it needs, lets the warehouse go, computes, and writes back in a short transaction.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from oms_ops import alerting, decisions
from oms_ops.alerting.sync import sync_alerts
from oms_ops.store import open_book
from pipelines import alert_scoring, planners, state
from pipelines.run import Outcome, Run
from warehouse import contracts, marts, releases
from warehouse.connection import reader, writer
from warehouse.contracts import CheckResult
from warehouse.errors import ReleaseError
from warehouse.transaction import transaction

if TYPE_CHECKING:
    from datetime import datetime

    import duckdb
    import polars as pl

FORECAST_MARTS = (
    "forecast_weekly", "forecast_daily", "backtest", "forecast_accuracy", "backtest_forecast", "champion",
    "forecast_metric", "forecast_driver", "forecast_change", "override_value", "demand_history",
)  # fmt: skip
ALERT_MARTS = ("alert", "alert_score", "alert_calibration")
BASE = "meta.forecast_base"
BASE_MARTS = ("backtest", "forecast_accuracy", "backtest_forecast", "champion", "demand_history")
LAID_OVER = ("weekly", "daily", "metric", "driver", "change")
ENDS = "SELECT sku, discontinued_on FROM marts.product WHERE discontinued_on IS NOT NULL ORDER BY sku"
DATA_VERSION = """
SELECT printf('%016x', bit_xor(hash(sku, business_date, units, exposure))), count(*)
FROM marts.demand_daily
"""

WORSE_THAN_A_FLOOR = """
WITH score AS (
    SELECT segment AS demand_class, model_name, wape, median_wape, pinball FROM marts.forecast_metric
    WHERE level = 'sku' AND horizon = 'all'
)
SELECT DISTINCT champion.demand_class
FROM marts.champion JOIN score AS own USING (demand_class, model_name)
JOIN score AS floor USING (demand_class)
WHERE floor.model_name IN ('seasonal_naive', 'moving_average')
  AND (own.pinball > floor.pinball + 1e-9 OR own.median_wape > floor.wape + 1e-9
       OR demand_class = 'all' AND own.wape > floor.wape)
ORDER BY champion.demand_class
"""
MEANS_WORSE_THAN_A_FLOOR = """
SELECT demand_class FROM marts.champion
WHERE wape > least(naive_wape, moving_average_wape)
ORDER BY demand_class
"""


def forecast(run: Run) -> Outcome:
    """Backtest, champions and forecasts; a young one is kept. Overrides are laid over it anew."""
    overrides = _overrides(run)
    with reader(run.settings) as con:
        made = state.recorded(con, "forecast_base")
        base_mark = _base_mark(con, run)
        is_young = made is not None and base_mark == made[0] and _is_young(run, made[1])
        mark = _forecast_mark(con, run, overrides)
        if is_young and state.is_current(con, "forecast", mark):
            return Outcome(note=f"kept from {made[1]:%Y-%m-%d}", changed=False)
        inputs = None if is_young else forecast_inputs(con)
    if inputs is not None:
        _make_base(run, inputs, mark=base_mark)
    return _lay_overrides(run, overrides, note=f"kept from {made[1]:%Y-%m-%d}" if is_young else "made anew")


def alert(run: Run) -> Outcome:
    """Alert episodes: raised, worsened or resolved by today's positions, and written to the outbox."""
    import polars as pl

    from models import alerts

    with reader(run.settings) as con:
        positions = con.execute("SELECT * FROM meta.position ORDER BY sku").pl()
        risks = con.execute("SELECT * FROM meta.risk ORDER BY sku").pl()
        learnt = alert_scoring.known(con, run.settings, as_of=run.as_of)
        mark = state.fingerprint(alert_scoring.mark(con))
        is_scored_anew = not state.is_current(con, "alert", mark)
    judged = alerts.with_risks(positions, risks, recalibration=learnt, as_of=run.local)
    candidates = alerts.evaluate(judged, as_of=run.local)
    with open_book(run.settings.order_book_url) as book:
        told = alerts.with_held(candidates).to_dicts()
        changes = sync_alerts(book, told, now=run.as_of, run_id=run.run_id)
        rows = decisions.episodes(book)
    names = contracts.table("marts.alert").column_names
    empty = pl.DataFrame(schema=dict.fromkeys(names, pl.String))
    frame = pl.DataFrame(rows, infer_schema_length=None) if rows else empty
    with writer(run.settings) as con:
        with transaction(con):
            written = marts.replace(con, "alert", frame)
            state.record(con, "alert", mark, as_of=run.as_of, run_id=run.run_id)
        checks = tuple(check for name in ALERT_MARTS for check in contracts.check(con, f"marts.{name}"))
    moved = (("raised", changes.raised), ("worsened", changes.worsened), ("resolved", changes.resolved))
    return Outcome(
        rows_in=(candidates["stockout_probability"] > 0).sum(), rows_out=written,
        tables={"marts.alert": written}, checks=checks,
        note=", ".join(f"{count:,} {word}" for word, count in moved if count) or "nothing new",
        changed=is_scored_anew or any(count for _word, count in moved),
    )  # fmt: skip


def publish(run: Run) -> Outcome:
    """An immutable release of every mart, and CURRENT pointing at it; the same content is written once."""
    before = _current_release(run)
    if before is not None and not run.changed and _is_as_before(run, before):
        return Outcome(note=f"unchanged: {before.name}", changed=False)
    with writer(run.settings) as con:
        with transaction(con):
            marts.replace(con, "stage_report", _stage_report(run))
            if run.checks:
                marts.replace(con, "check_result", _check_results(con, run.checks))
        release = releases.publish(
            con, run.settings, as_of=run.as_of, code_version=run.code_version, run_id=run.run_id
        )
    rows = sum(table["rows"] for table in release.manifest["tables"].values())
    return Outcome(rows_out=rows, note=release.name, tables={"release.current": rows})


def deliver(run: Run) -> Outcome:
    """Notices waiting in the outbox, to the configured sinks."""
    with open_book(run.settings.order_book_url) as book:
        report = alerting.deliver(book, run.settings, now=run.as_of)
    parts = [f"{sink.sink}: {sink.delivered:,} delivered" for sink in report.sinks if sink.delivered]
    parts += [
        f"{sink.sink}: {sink.pending:,} waiting ({sink.reason})" for sink in report.sinks if sink.pending
    ]
    parts += [f"{sink.sink}: {sink.held:,} held ({sink.reason})" for sink in report.sinks if sink.held]
    return Outcome(rows_out=report.delivered, note="; ".join(parts) or "nothing waiting", changed=False)


def _overrides(run: Run) -> list[dict]:
    with open_book(run.settings.order_book_url) as book:
        return decisions.active_overrides(book, as_of=run.as_of)


def _forecast_mark(con: duckdb.DuckDBPyConnection, run: Run, overrides: list[dict]) -> str:
    """Of what the stage's tables hang on; where overrides were laid, also of what has come since."""
    since = (run.as_of, con.execute(DATA_VERSION).fetchone()) if planners.has_kept(con) else ()
    weigh = run.settings.forecast.weigh_overrides
    return state.fingerprint(state.recorded(con, "forecast_base"), overrides, weigh, since)


def _is_young(run: Run, made_as_of: datetime) -> bool:
    age = run.as_of - made_as_of
    return timedelta(0) <= age < timedelta(days=run.settings.forecast.refresh_days)


def _base_mark(con: duckdb.DuckDBPyConnection, run: Run) -> str:
    """Of what a base forecast hangs on besides sales: code, settings but for the overrides', and when
    products end, which counts from the next run on.
    """
    ends = con.execute(ENDS).fetchall()
    known = run.code_version, replace(run.settings.forecast, weigh_overrides=False)
    return state.fingerprint(*known, ends) if ends else state.fingerprint(*known)


def forecast_inputs(con: duckdb.DuckDBPyConnection) -> dict[str, object]:
    version, rows = con.execute(DATA_VERSION).fetchone()
    return {
        "demand_daily": con.execute("SELECT * FROM marts.demand_daily ORDER BY sku, business_date").pl(),
        "availability_day": con.execute(
            "SELECT sku, business_date, max(exposure) AS exposure FROM marts.availability_day "
            "GROUP BY ALL HAVING count(*) = (SELECT count(*) FROM core.channel WHERE share > 0) "
            "ORDER BY sku, business_date"
        ).pl(),
        "product": con.execute("SELECT * FROM marts.product ORDER BY sku").pl(),
        "data_version": f"{version}-{rows}",
    }


def _make_base(run: Run, inputs: dict[str, object], *, mark: str) -> None:
    from models.forecast import make_forecast

    wanted = run.settings.forecast
    with reader(run.settings) as con:
        before = planners.before(con, run)
    result = make_forecast(
        **inputs,
        **before,
        as_of=run.as_of,
        zone=run.settings.shop.zone,
        horizon_weeks=wanted.horizon_weeks,
        horizon_days=wanted.horizon_days,
        origins=wanted.backtest_origins,
        seed=wanted.seed,
        code_version=run.code_version,
        progress=run.say,
    )
    with writer(run.settings) as con, transaction(con):
        planners.keep_before(con, before)
        for grain in LAID_OVER:
            state.keep(con, f"{BASE}_{grain}", getattr(result, f"forecast_{grain}"))
        for name in BASE_MARTS:
            marts.replace(con, name, getattr(result, name))
        state.record(con, "forecast_base", mark, as_of=run.as_of, run_id=run.run_id)


def _lay_overrides(run: Run, overrides: list[dict], *, note: str) -> Outcome:
    with reader(run.settings) as con:
        base = {name: con.table(f"{BASE}_{name}").pl() for name in LAID_OVER}
        laid_over = planners.lay(con, run, overrides, base=base)
    with writer(run.settings) as con:
        with transaction(con):
            planners.write(con, laid_over)
            mark = _forecast_mark(con, run, overrides)
            state.record(con, "forecast", mark, as_of=run.as_of, run_id=run.run_id)
        checks = tuple(check for name in FORECAST_MARTS for check in contracts.check(con, f"marts.{name}"))
        tables = {
            f"marts.{name}": con.table(f"marts.{name}").count("*").fetchone()[0] for name in FORECAST_MARTS
        }
        checks += (_beats_the_floor(con),)
    laid = f", {len(overrides)} overrides" if overrides else ""
    return Outcome(rows_in=tables["marts.forecast_weekly"], rows_out=sum(tables.values()), tables=tables,
                   checks=checks, note=note + laid)  # fmt: skip


def _beats_the_floor(con: duckdb.DuckDBPyConnection) -> CheckResult:
    """Means are named where a floor's WAPE is lower, but may be so: medians are what WAPE rewards."""
    worse, means = (
        [name for (name,) in con.execute(asked).fetchall()]
        for asked in (WORSE_THAN_A_FLOOR, MEANS_WORSE_THAN_A_FLOOR)
    )
    beaten = "WAPE of means overall; in each demand class WAPE of medians and pinball loss"
    told = f"not in {', '.join(worse)}" if worse else beaten
    return CheckResult(
        check_name="champions beat seasonal naive and moving average",
        subject="marts.champion",
        is_blocking=False,
        passed=not worse,
        violations=len(worse),
        detail=told + (f"; WAPE of means not in {', '.join(means)}" if means else ""),
    )


def _current_release(run: Run) -> releases.Release | None:
    """The release CURRENT names; a damaged one counts as none, and publishing anew mends it."""
    try:
        return releases.current(run.settings)
    except ReleaseError:
        return None


def _is_as_before(run: Run, before: releases.Release) -> bool:
    manifest = before.manifest
    return manifest["code_version"] == run.code_version and before.as_of == run.as_of


def _stage_report(run: Run) -> pl.DataFrame:
    import polars as pl

    rows = [
        (number, report.stage, report.outcome.rows_in, report.outcome.rows_out, report.outcome.quarantined,
         round(report.seconds, 3), report.outcome.note)
        for number, report in enumerate(run.reports, start=1)
    ]  # fmt: skip
    names = contracts.table("marts.stage_report").column_names
    kinds = (pl.Int32, pl.String, pl.Int64, pl.Int64, pl.Int64, pl.Float64, pl.String)
    return pl.DataFrame(rows, schema=dict(zip(names, kinds, strict=True)), orient="row")


def _check_key(check: CheckResult) -> str:
    named = check.check_name.startswith(check.subject)
    return check.check_name if named else f"{check.subject}: {check.check_name}"


def _check_results(con: duckdb.DuckDBPyConnection, checks: list[CheckResult]) -> pl.DataFrame:
    """This run's checks, and those of stages that found nothing new and so stand as they were."""
    import polars as pl

    rows = {_check_key(check): check for check in checks}
    standing = con.table("marts.check_result").pl()
    kept = standing.filter(~pl.col("subject").is_in([check.subject for check in checks]))
    made = pl.DataFrame(
        {
            "check_name": list(rows),
            "subject": [check.subject for check in rows.values()],
            "is_blocking": [check.is_blocking for check in rows.values()],
            "passed": [check.passed for check in rows.values()],
            "violations": [check.violations for check in rows.values()],
            "detail": [check.detail for check in rows.values()],
        },
        schema=standing.schema,
    )
    return pl.concat([kept, made])
