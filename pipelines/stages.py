"""The main job's stages up to the marts: land, interpret, apply, pull, build. Plain functions of a run.

Each opens the store it needs, calls one room, lets go and says what it did. Forecasts, proposals, alerts and
the release are in planning.py; the order of the stages is in job.py.
"""

from __future__ import annotations

from oms_ops import bulk, feed, invariants, pull
from oms_ops.errors import OmsError
from oms_ops.intake import canonical, landing
from oms_ops.publishing import book_mark
from oms_ops.store import open_book
from pipelines import purchasing, state
from pipelines.run import Outcome, Run
from warehouse import contracts, marts
from warehouse.connection import reader, writer
from warehouse.contracts import CheckResult

CHUNK_FACTS = 20_000

CORE_FACT_TABLES = (
    "supplier", "product", "order_header", "order_line", "order_cancellation", "refund", "refund_line",
    "ledger_entry", "purchase_order_line", "receipt", "stock_count", "stock_adjustment", "shipment",
    "delivery", "intake_fact",
)  # fmt: skip
BOOK_TABLES = (
    "order_event", "inventory_movement", "movement_kind", "stock_balance", "order_state", "incoming_supply",
    "ats", "ats_publication",
)  # fmt: skip
BUILT_MARTS = (
    "sales_fact", "order_fact", "order_line_fact", "kpi_daily", "service_daily", "dwell", "order_event",
    "product", "supplier", "inventory", "ats", "availability_interval", "availability_day",
    "demand_part", "demand_daily", "quarantine",
)  # fmt: skip


def land(run: Run) -> Outcome:
    """Channels' files to raw documents, verbatim, nothing sent after the run's instant."""
    with writer(run.settings) as con:
        _refuse_the_past(con, run)
        report = landing.land(con, run.settings, as_of=run.as_of, run_id=run.run_id, progress=run.say)
    note = f"{report.files:,} files" + (f", {report.duplicates:,} repeats" if report.duplicates else "")
    return Outcome(
        rows_in=report.documents + report.duplicates,
        rows_out=report.documents,
        quarantined=report.quarantined,
        note=note,
        changed=bool(report.documents or report.quarantined),
        tables={"raw.document": report.documents},
    )


def _refuse_the_past(con, run: Run) -> None:
    """What is known cannot become unknown: an instant before the newest document needs its own home."""
    newest = con.execute("SELECT max(sent_at) FROM raw.document").fetchone()[0]
    if newest is not None and newest > run.as_of:
        raise OmsError(
            f"{run.settings.home} already knows what was sent up to {newest:%Y-%m-%d %H:%M} UTC; "
            f"a run as of {run.as_of:%Y-%m-%d %H:%M} needs a home of its own (OMS_HOME)"
        )


def interpret(run: Run) -> Outcome:
    """Raw documents to canonical facts; what cannot be read goes to quarantine with its reason."""
    with writer(run.settings) as con:
        report = canonical.interpret(con, run.settings, run_id=run.run_id, progress=run.say)
        changed = bool(report.documents_in)
        checks = _contract_checks(con, "core", CORE_FACT_TABLES) if changed else ()
    return Outcome(
        rows_in=report.documents_in,
        rows_out=sum(report.facts_out.values()),
        quarantined=report.quarantined,
        changed=changed,
        tables={f"core.{name}": count for name, count in report.facts_out.items()},
        checks=checks,
    )


def apply(run: Run) -> Outcome:
    """Canonical facts to the order book, exactly once and in order; then the invariants."""
    with reader(run.settings) as con, open_book(run.settings.order_book_url) as book:
        facts = feed.facts(con, run.settings, after=book.applied_through(), limit=CHUNK_FACTS)
        report = bulk.apply(book, facts, settings=run.settings)
        changed = bool(report.facts)
        checks = _invariant_checks(book) if changed else ()
    return Outcome(
        rows_in=report.facts,
        rows_out=report.events + report.movements,
        note=f"{report.events:,} events, {report.movements:,} movements" if changed else "nothing new",
        changed=changed,
        checks=checks,
    )


def pull_book(run: Run) -> Outcome:
    """The book's new events and movements, and its balances and ATS as they stand, to the warehouse."""
    with writer(run.settings) as con, open_book(run.settings.order_book_url) as book:
        purchasing.keep_decided(con, book, run)  # first: what they ordered is then in what is pulled
        mark = state.fingerprint(*book_mark(book), run.as_of, run.code_version)
        if state.is_current(con, "pull_book", mark):
            return Outcome(note="unchanged", changed=False)
        report = pull.pull(con, book, run.settings, as_of=run.as_of)
        state.record(con, "pull_book", mark, as_of=run.as_of, run_id=run.run_id)
        checks = _contract_checks(con, "core", BOOK_TABLES)
    return Outcome(
        rows_in=report.events + report.movements,
        rows_out=sum(report.tables.values()),
        tables={f"core.{name}": count for name, count in report.tables.items()},
        checks=checks,
    )


def build_marts(run: Run) -> Outcome:
    """Every mart that follows from the canonical facts and the book."""
    with writer(run.settings) as con:
        mark = state.fingerprint(_core_mark(con), run.as_of, run.code_version, run.settings)
        if state.is_current(con, "build_marts", mark):
            return Outcome(note="unchanged", changed=False)
        rows = marts.build(con, run.settings, as_of=run.as_of)
        checks = _contract_checks(con, "marts", BUILT_MARTS) + tuple(marts.reconcile(con))
        state.record(con, "build_marts", mark, as_of=run.as_of, run_id=run.run_id)
    return Outcome(
        rows_out=sum(rows.values()),
        tables={f"marts.{name}": count for name, count in rows.items()},
        checks=checks,
    )


def _core_mark(con) -> tuple:
    return con.execute(
        """
        SELECT (SELECT max(document_seq) FROM raw.document), (SELECT max(apply_seq) FROM core.intake_fact),
               (SELECT max(event_seq) FROM core.order_event),
               (SELECT max(movement_seq) FROM core.inventory_movement),
               (SELECT max(change_no) FROM core.ats_publication),
               (SELECT count(*) FROM core.order_line),
               (SELECT string_agg(quarantine_id || status, ',' ORDER BY quarantine_id) FROM raw.quarantine)
        """
    ).fetchone()


def _contract_checks(con, schema: str, names: tuple[str, ...]) -> tuple[CheckResult, ...]:
    return tuple(check for name in names for check in contracts.check(con, f"{schema}.{name}"))


def _invariant_checks(book) -> tuple[CheckResult, ...]:
    violations = invariants.verify(book)
    results = []
    for invariant, meaning in invariants.INVARIANTS.items():
        broken = [violation for violation in violations if violation.invariant == invariant]
        detail = "; ".join(map(str, broken[:3])) if broken else meaning
        results.append(
            CheckResult(
                check_name=f"invariant {invariant}",
                subject="order book",
                is_blocking=True,
                passed=not broken,
                violations=len(broken),
                detail=detail,
            )
        )
    return tuple(results)
