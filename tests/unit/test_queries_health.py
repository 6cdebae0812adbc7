"""What was quarantined and which checks failed, as a reader gets them."""

from __future__ import annotations

from warehouse import queries


def test_quarantine_shows_what_is_open_unless_told_otherwise(release_of):
    row = {"channel_id": "amazon", "kind": "orders", "reason_code": "invalid_json"}
    con = release_of(
        ("quarantine", row | {"quarantine_id": 1, "status": "open"}),
        ("quarantine", row | {"quarantine_id": 2, "status": "resolved"}),
    )
    assert queries.quarantine(con)["quarantine_id"].to_list() == [1]
    assert queries.quarantine(con, status=None).height == 2
    assert queries.quarantine_counts(con).select("open_documents", "resolved_documents").rows() == [(1, 1)]


def test_failed_checks_stand_first(release_of):
    con = release_of(
        ("check_result", {"check_name": "a", "passed": True, "is_blocking": True}),
        ("check_result", {"check_name": "b", "passed": False}),
    )
    assert queries.checks(con)["check_name"].to_list() == ["b", "a"]
