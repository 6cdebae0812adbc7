"""Quarantine, checks and stages of the small made-up shop's last run."""

from __future__ import annotations

from datetime import timedelta

from tests.support.small_shop import AS_OF, Rows


def health(rows: Rows) -> None:
    reasons = (
        (
            "shopify",
            "orders",
            "invalid_json",
            "Line 17 breaks off after 212 characters; a whole JSON object is needed.",
        ),
        ("amazon", "orders", "unknown_currency", "Currency 'XYZ' on order 304-11; GBP is accepted."),
        (
            "wholesale",
            "sales_orders",
            "negative_price",
            "unit_price -2.50 on line 3 of W-1009; prices are 0 or more.",
        ),
        (
            "wholesale",
            "sales_orders",
            "negative_price",
            "unit_price -1.00 on line 1 of W-1010; prices are 0 or more.",
        ),
    )
    for number, (channel, kind, code, reason) in enumerate(reasons, start=1):
        rows.add(
            "quarantine",
            quarantine_id=number,
            channel_id=channel,
            kind=kind,
            external_id=f"doc-{number}",
            path=f"{channel}/{kind}/2011-12-0{number}.jsonl",
            line_no=number * 17,
            reason_code=code,
            reason=reason,
            sent_at=AS_OF - timedelta(days=number),
            status="open" if number < 4 else "resolved",
        )
    for name, passed, blocking in (
        ("marts.order_fact: key (order_id) is unique", True, True),
        ("marts.sales_fact: key (fact_id, line_id) is unique", True, True),
        ("I1 on hand is the sum of its parts", True, True),
        ("newest order is younger than three days", True, False),
        ("quarantine holds less than 1 % of documents", False, False),
    ):
        rows.add(
            "check_result",
            check_name=name,
            subject=name.split(":")[0],
            is_blocking=blocking,
            passed=passed,
            violations=0 if passed else 3,
            detail="as declared" if passed else "3 documents wait in quarantine",
        )
    for number, (stage, rows_in, rows_out, seconds) in enumerate(
        (
            ("land", 4100, 4096, 1.2),
            ("interpret", 4096, 9120, 2.8),
            ("apply", 9120, 21044, 3.9),
            ("marts", None, 61200, 1.7),
            ("forecast", 30, 390, 4.1),
            ("publish", 61200, 61200, 0.9),
        ),
        start=1,
    ):
        rows.add(
            "stage_report",
            stage_no=number,
            stage=stage,
            rows_in=rows_in,
            rows_out=rows_out,
            quarantined=4 if stage == "interpret" else 0,
            seconds=seconds,
            note="",
        )
