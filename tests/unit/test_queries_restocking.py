"""Proposals and restock alerts: which ones a reader gets, and in which order."""

from __future__ import annotations

from datetime import date

from warehouse import queries


def test_proposals_are_filtered_by_supplier_and_ordered_by_the_last_date_to_order(release_of):
    con = release_of(
        ("proposal", {"proposal_id": "1", "sku": "X", "supplier_id": "S1", "order_by": date(2011, 12, 20)}),
        ("proposal", {"proposal_id": "2", "sku": "Y", "supplier_id": "S1", "order_by": date(2011, 12, 11)}),
        ("proposal", {"proposal_id": "3", "sku": "Z", "supplier_id": "S2", "order_by": date(2011, 12, 1)}),
    )
    assert queries.proposals(con, supplier_id="S1")["sku"].to_list() == ["Y", "X"]


def test_alerts_come_gravest_first_and_resolved_ones_only_if_asked(release_of):
    con = release_of(
        ("alert", {"episode_id": "1", "sku": "X", "severity": "low", "state": "raised"}),
        ("alert", {"episode_id": "2", "sku": "X", "severity": "critical", "state": "snoozed"}),
        ("alert", {"episode_id": "3", "sku": "X", "severity": "critical", "state": "resolved"}),
    )
    assert queries.alerts(con)["episode_id"].to_list() == ["2", "1"]
    assert queries.alerts(con, include_resolved=True).height == 3


def test_the_alerts_track_record_is_of_one_stock_ours_first_and_silent_on_what_was_never_said(
    release_of,
):
    con = release_of(
        ("alert_score", {"stock": "played", "rule": "min_max"}),
        ("alert_score", {"stock": "played", "rule": "forecast"}),
        ("alert_score", {"stock": "recorded", "rule": "forecast"}),
        ("alert_calibration", {"stock": "played", "decile": 7, "cases": 4, "came_true": 0.75}),
        ("alert_calibration", {"stock": "played", "decile": 8, "cases": 0}),
    )
    assert queries.alert_scores(con, stock="played")["rule"].to_list() == ["forecast", "min_max"]
    assert queries.alert_calibration(con, stock="played").select("decile", "came_true").rows() == [(7, 0.75)]
    assert queries.alert_calibration(con, stock="recorded").is_empty()
