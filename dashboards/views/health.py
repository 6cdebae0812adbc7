"""Data health: the release, how fresh each channel is, the run's checks and stages, the quarantine."""

from __future__ import annotations

from datetime import date

import polars as pl
import streamlit as st

from dashboards import formats, grids, link_state, markup
from dashboards.desk import Desk
from warehouse import queries

STALE_DAYS = 3


def render(desk: Desk) -> None:
    st.title("Data health")
    checks, counts = desk.ask(queries.checks), desk.ask(queries.quarantine_counts)
    st.html(markup.lead(_verdict(checks, counts)))
    st.html(markup.cards(_cards(desk, checks, counts), size=""))
    left, right = st.columns([1.9, 1], gap="medium")
    with left:
        st.subheader("Freshness")
        st.html(_freshness(desk, desk.ask(queries.freshness)))
        st.subheader("The run, stage by stage")
        st.html(_stages(desk.ask(queries.stages)))
    with right:
        st.subheader("Rows per table")
        st.html(_tables(desk.release.manifest["tables"]))
    st.subheader("Checks")
    _checks(checks)
    st.subheader("Quarantine")
    _quarantine(desk, counts)


def _verdict(checks: pl.DataFrame, counts: pl.DataFrame) -> str:
    failed = checks.filter(~pl.col("passed"))
    blocking = failed.filter(pl.col("is_blocking")).height
    waiting = int(counts["open_documents"].sum())
    if blocking:
        head = f"<b class='down-bad'>{blocking} blocking checks failed.</b>"
    elif checks.is_empty():
        head = "<b>No check is recorded for this release.</b>"
    elif failed.height:
        head = f"<b>All blocking checks passed</b>; {failed.height} that warn did not."
    else:
        head = f"<b class='up-good'>All {checks.height} checks passed.</b>"
    tail = (
        f"{formats.number(waiting)} documents wait in quarantine."
        if waiting
        else "Nothing waits in quarantine."
    )
    return f"{head} {tail}"


def _cards(desk: Desk, checks: pl.DataFrame, counts: pl.DataFrame) -> list[markup.Card]:
    manifest = desk.release.manifest
    passed = checks["passed"].sum() if checks.height else 0
    return [
        markup.Card("Release", desk.release.name, (f"run {markup.text(manifest.get('run_id'))}",)),
        markup.Card("Knows up to", desk.time(desk.as_of), (markup.text(desk.zone),)),
        markup.Card(
            "Published",
            desk.time(desk.release.published_at),
            (f"code {markup.text(manifest.get('code_version'))}",),
        ),
        markup.Card(
            "Checks passed",
            f"{formats.number(passed)} of {formats.number(checks.height)}",
            (f"{formats.number(checks['is_blocking'].sum() if checks.height else 0)} of them blocking",),
        ),
        markup.Card(
            "In quarantine",
            formats.number(counts["open_documents"].sum()),
            (f"{formats.number(counts['resolved_documents'].sum())} resolved before",),
        ),
    ]


def _freshness(desk: Desk, found: pl.DataFrame) -> str:
    today = desk.local_day(desk.as_of)
    columns = [
        markup.Column("Channel"),
        markup.Column("Last sale"),
        markup.Column("Newest document"),
        markup.Column("Sales facts", is_number=True),
        markup.Column(""),
    ]
    rows = [
        [
            markup.text(desk.channel_name(row["channel_id"])),
            formats.day(row["last_business_date"]),
            desk.time(row["last_recorded_at"]),
            formats.number(row["facts"]),
            _age(row["last_business_date"], today),
        ]
        for row in found.iter_rows(named=True)
    ]
    silent = [name for name in desk.channel_ids if name not in found["channel_id"].to_list()]
    rows += [
        [markup.text(desk.channel_name(name)), "–", "–", "0", markup.badge("nothing yet", kind="warn")]
        for name in silent
    ]
    return markup.table(columns, rows)


def _age(last: date, today: date) -> str:
    days = (today - last).days
    if days <= STALE_DAYS:
        return markup.badge("fresh", kind="good", title=f"{days} days before the release's instant")
    return markup.badge(f"{days} days old", kind="warn")


def _stages(found: pl.DataFrame) -> str:
    columns = [
        markup.Column("Stage"),
        markup.Column("In", is_number=True),
        markup.Column("Out", is_number=True),
        markup.Column("Quarantined", is_number=True),
        markup.Column("Seconds", is_number=True),
        markup.Column("Note", wraps=True),
    ]
    rows = [
        [
            markup.text(formats.words(row["stage"])),
            formats.number(row["rows_in"]),
            formats.number(row["rows_out"]),
            formats.number(row["quarantined"]),
            formats.number(row["seconds"], digits=1),
            f"<span class='muted'>{markup.text(row['note'] or '')}</span>",
        ]
        for row in found.iter_rows(named=True)
    ]
    total = ["All stages", "", "", "", formats.number(found["seconds"].sum(), digits=1), ""]
    return markup.table(columns, rows, total=total)


def _tables(tables: dict) -> str:
    columns = [
        markup.Column("Table"),
        markup.Column("Rows", is_number=True),
        markup.Column("MB", is_number=True),
    ]
    rows = [
        [
            markup.text(name),
            formats.number(table["rows"]),
            formats.number(table.get("bytes", 0) / 1e6, digits=1),
        ]
        for name, table in tables.items()
    ]
    return markup.table(columns, rows, css="tall")


def _checks(found: pl.DataFrame) -> None:
    if found.is_empty():
        st.info("The run behind this release recorded no checks.")
        return
    st.dataframe(
        found.with_columns(
            pl.when("passed").then(pl.lit("passed")).otherwise(pl.lit("failed")).alias("passed"),
            pl.when("is_blocking").then(pl.lit("blocking")).otherwise(pl.lit("warning")).alias("is_blocking"),
        ).select("passed", "check_name", "is_blocking", "violations", "detail"),
        hide_index=True,
        height=grids.height(found.height, most=9),
        column_config={
            "passed": st.column_config.TextColumn("Result", width=80),
            "check_name": st.column_config.TextColumn("Check", width="large"),
            "is_blocking": st.column_config.TextColumn("Kind", width=90),
            "violations": st.column_config.NumberColumn("Violations", format="localized"),
            "detail": st.column_config.TextColumn("What was found", width="large"),
        },
    )
    st.caption("Failures first. A release is published only when every blocking check has passed.")


def _quarantine(desk: Desk, counts: pl.DataFrame) -> None:
    if counts.is_empty():
        st.success("Every document could be read.")
        return
    left, right = st.columns([1, 1.2], gap="large")
    with left:
        st.html(_counts(counts))
    with right:
        st.markdown(
            "A document that cannot be read is set aside with its reason; the others go through. "
            "Correct the document or the settings, then read what is set aside again:"
        )
        st.code("oms quarantine --retry", language="bash")
        st.caption(
            "`oms quarantine` lists them in the terminal. A corrected document may also be delivered anew."
        )
    codes = counts["reason_code"].unique().sort().to_list()
    one, two, _ = st.columns([1, 1.2, 1.6], vertical_alignment="bottom")
    with one:
        status = link_state.select(
            "Status", "status", ["open", "resolved", "all"], default="open", labels=formats.words
        )
    with two:
        code = link_state.select("Reason", "reason", ["all", *codes], default="all", labels=formats.words)
    chosen = [None if value == "all" else value for value in (status, code)]
    found = desk.ask(queries.quarantine, status=chosen[0], reason_code=chosen[1], limit=500)
    if found.is_empty():
        st.success("No document here.")
        return
    st.dataframe(
        found.select(
            "reason_code",
            "reason",
            "channel_id",
            "kind",
            "external_id",
            "path",
            "line_no",
            "sent_at",
            "status",
        ),
        hide_index=True,
        height=grids.height(found.height, most=12),
        placeholder="",
        column_config={
            "reason_code": "Reason",
            "reason": st.column_config.TextColumn("What was found", width="large"),
            "channel_id": "Channel",
            "kind": "Kind",
            "external_id": "Document",
            "path": "File",
            "line_no": st.column_config.NumberColumn("Line", format="plain"),
            "sent_at": st.column_config.DatetimeColumn(
                "Sent", format="D MMM YYYY, HH:mm", timezone=desk.zone
            ),
            "status": "Status",
        },
    )


def _counts(counts: pl.DataFrame) -> str:
    columns = [
        markup.Column("Channel"),
        markup.Column("Kind"),
        markup.Column("Reason"),
        markup.Column("Open", is_number=True),
        markup.Column("Resolved", is_number=True),
    ]
    rows = [
        [
            markup.text(row["channel_id"]),
            markup.text(formats.words(row["kind"]).lower()),
            markup.text(formats.words(row["reason_code"]).lower()),
            formats.number(row["open_documents"]),
            formats.number(row["resolved_documents"]),
        ]
        for row in counts.iter_rows(named=True)
    ]
    return markup.table(columns, rows)
