"""Alert episodes over their whole life: raised, told, acknowledged, snoozed, worsened, resolved."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oms_ops import decisions
from oms_ops.alerting.episodes import SEVERITIES, InvalidCandidate
from oms_ops.decisions import EpisodeResolved, InvalidDecision, UnknownDecision
from oms_ops.store import alert_outbox, open_book
from warehouse import contracts

NOW = datetime(2011, 12, 10, tzinfo=UTC)


def hours(count: float) -> datetime:
    return NOW + timedelta(hours=count)


def candidate(sku: str = "22423", probability: float = 0.8, severity: str = "high", **fields) -> dict:
    return {
        "rule": "stockout_risk",
        "sku": sku,
        "location_id": "LEICESTER",
        "severity": severity,
        "stockout_probability": probability,
        "margin_at_risk": 120.25,
        "available": 12,
        "days_of_cover": 3.5,
        "suggested_quantity": 240,
        "order_by": date(2011, 12, 12),
        "explanation": "Sells 30 a week, 12 are left, the next delivery is not ordered.",
    } | fields


def sync(book, *candidates: dict, at: float = 0) -> decisions.AlertChanges:
    return decisions.sync_alerts(book, candidates, now=hours(at), run_id=f"run-{at}")


def told(book) -> list[tuple[str, int]]:
    with book.read() as con:
        return [(row["notice_kind"], row["notice_no"]) for row in alert_outbox.unrouted(con)]


def state(book) -> tuple[str, str]:
    row = decisions.episodes(book)[-1]
    return row["state"], row["severity"]


def test_a_candidate_raises_at_a_half_and_resolves_only_below_three_tenths(book):
    assert sync(book, candidate(probability=0.49)).raised == 0
    assert sync(book, candidate(probability=0.5), at=1).raised == 1
    assert sync(book, candidate(probability=0.3), at=2).unchanged == 1
    assert sync(book, candidate(probability=0.29), at=3).resolved == 1
    assert sync(book, candidate(probability=0.49), at=4) == decisions.AlertChanges()
    assert told(book) == [("raised", 1), ("resolved", 2)]


def test_an_episode_resolves_when_its_candidate_is_gone_and_a_new_one_is_raised_when_it_comes_back(book):
    sync(book, candidate())
    assert sync(book, at=1).resolved == 1
    assert sync(book, candidate(), at=2).raised == 1
    rows = decisions.episodes(book)
    assert [(row["episode_id"], row["state"]) for row in rows] == [("A-1", "resolved"), ("A-2", "raised")]
    assert rows[0]["resolved_at"] == hours(1)
    assert rows[0]["explanation"] == candidate()["explanation"]


def test_the_same_candidates_at_the_same_instant_change_nothing(book):
    sync(book, candidate("A"), candidate("B", 0.6))
    before = decisions.episodes(book), told(book)
    assert sync(book, candidate("A"), candidate("B", 0.6)) == decisions.AlertChanges(unchanged=2)
    assert (decisions.episodes(book), told(book)) == before


def test_a_changed_number_updates_the_episode_without_telling_anybody(book):
    sync(book, candidate())
    sync(book, candidate(available=7, probability=0.9), at=1)
    row = decisions.episodes(book)[0]
    assert (row["available"], row["stockout_probability"], row["updated_at"]) == (7, 0.9, hours(1))
    assert row["raised_at"] == NOW
    assert told(book) == [("raised", 1)]


def test_worsening_a_class_tells_again_and_takes_back_the_acknowledgement(book):
    sync(book, candidate(severity="medium"))
    decisions.acknowledge(book, "A-1", by="ana", now=hours(0.5))
    assert sync(book, candidate(severity="critical"), at=1).worsened == 1
    row = decisions.episodes(book)[0]
    assert (row["state"], row["severity"], row["acknowledged_by"]) == ("raised", "critical", None)
    assert told(book) == [("raised", 1), ("worsened", 2)]


def test_improving_a_class_is_quiet_and_keeps_the_acknowledgement(book):
    sync(book, candidate(severity="high"))
    decisions.acknowledge(book, "A-1", by="ana", now=hours(0.5))
    assert sync(book, candidate(severity="low"), at=1).improved == 1
    assert state(book) == ("acknowledged", "low")
    assert decisions.episodes(book)[0]["acknowledged_by"] == "ana"


def test_a_sum_that_trembles_around_a_class_tells_once(book):
    sync(book, candidate(severity="medium", held_severity="high"))
    sync(book, candidate(severity="high", held_severity="high"), at=1)
    decisions.acknowledge(book, "A-1", by="ana", now=hours(1.5))
    for number, severity in enumerate(["medium", "high"] * 3):
        found = sync(book, candidate(severity=severity, held_severity="high"), at=2 + number)
        assert (found.unchanged, state(book)) == (1, ("acknowledged", "high"))
    assert told(book) == [("raised", 1), ("worsened", 2)]
    # Clearly less: it falls as far as it holds no more, and may worsen again.
    assert sync(book, candidate(severity="low", held_severity="medium"), at=9).improved == 1
    assert state(book) == ("acknowledged", "medium")
    assert sync(book, candidate(severity="high", held_severity="critical"), at=10).worsened == 1
    assert state(book) == ("raised", "high")


def test_a_held_class_that_is_none_is_refused(book):
    with pytest.raises(InvalidCandidate, match="'grave' is none of"):
        sync(book, candidate(held_severity="grave"))


def test_a_snoozed_alert_is_quiet_until_its_time_and_then_reminds_once(book):
    sync(book, candidate())
    decisions.snooze(book, "A-1", until=hours(5), by="ana", now=hours(1))
    assert sync(book, candidate(), at=4).unchanged == 1
    assert state(book) == ("snoozed", "high")
    assert sync(book, candidate(), at=5).reminded == 1
    assert sync(book, candidate(), at=6).unchanged == 1
    assert state(book) == ("raised", "high")
    assert decisions.episodes(book)[0]["snoozed_until"] is None
    assert told(book) == [("raised", 1), ("reminded", 2)]


def test_a_snoozed_alert_that_worsens_wakes(book):
    sync(book, candidate())
    decisions.snooze(book, "A-1", until=hours(48), by="ana", now=hours(1))
    assert sync(book, candidate(severity="critical"), at=2).worsened == 1
    assert state(book) == ("raised", "critical")


def test_an_acknowledged_alert_stays_open_until_it_resolves(book):
    sync(book, candidate())
    decisions.acknowledge(book, "A-1", by="ana", now=hours(1))
    sync(book, candidate(), at=2)
    assert state(book) == ("acknowledged", "high")
    sync(book, at=3)
    assert state(book) == ("resolved", "high")
    assert told(book) == [("raised", 1), ("resolved", 2)]


def test_acknowledging_twice_is_one_event_and_history_names_run_and_person(book):
    sync(book, candidate())
    for _ in range(2):
        decisions.acknowledge(book, "a-1", by="ana", now=hours(1))
    decisions.snooze(book, "A-1", until=hours(9), by="ben", now=hours(2))
    events = [(row["event_kind"], row["author"]) for row in decisions.history(book, "A-1")]
    assert events == [("raised", "run run-0"), ("acknowledged", "ana"), ("snoozed", "ben")]


def test_an_unknown_or_resolved_alert_cannot_be_acknowledged_or_snoozed(book):
    sync(book, candidate())
    sync(book, at=1)
    with pytest.raises(EpisodeResolved, match="A-1 .22423 at LEICESTER. resolved on 2011-12-10 01:00 UTC"):
        decisions.acknowledge(book, "A-1", by="ana", now=hours(2))
    with pytest.raises(UnknownDecision, match="there is no alert 'A-7'"):
        decisions.snooze(book, "A-7", until=hours(3), by="ana", now=hours(2))
    with pytest.raises(InvalidDecision, match="by must not be empty"):
        decisions.acknowledge(book, "A-1", by=" ", now=hours(2))
    with pytest.raises(InvalidDecision, match="an instant after"):
        decisions.snooze(book, "A-1", until=hours(2), by="ana", now=hours(2))


def test_the_same_sku_may_have_one_episode_for_each_rule_and_location(book):
    sync(
        book,
        candidate(),
        candidate(rule="out_of_stock", probability=1.0),
        candidate(location_id="LONDON"),
    )
    assert len(decisions.episodes(book)) == 3


def test_a_risk_that_became_a_stockout_is_told_once_and_the_other_way_round(book):
    sync(book, candidate())
    changes = sync(book, candidate(rule="out_of_stock", probability=1.0), at=1)
    assert (changes.raised, changes.resolved) == (1, 1)
    sync(book, candidate(probability=0.6), at=2)
    assert told(book) == [("raised", 1)] * 3
    states = [(row["rule"], row["state"]) for row in decisions.episodes(book)]
    assert states == [
        ("stockout_risk", "resolved"),
        ("out_of_stock", "resolved"),
        ("stockout_risk", "raised"),
    ]
    sync(book, candidate(probability=0.4, rule="out_of_stock"), at=3)
    assert told(book)[3:] == [("resolved", 2)]


def test_the_gravest_is_told_first_and_the_resolved_last(book):
    sync(book, candidate("OLD"))
    sync(
        book,
        candidate("LOW", severity="low", margin_at_risk=9_000),
        candidate("CHEAP", severity="critical", margin_at_risk=1),
        candidate("DEAR", severity="critical", margin_at_risk=2),
        at=1,
    )
    with book.read() as con:
        bodies = [row["body"] for row in alert_outbox.unrouted(con)][1:]
    order = ["DEAR", "CHEAP", "LOW", "OLD"]
    assert [next(sku for sku in order if f'"{sku}"' in body) for body in bodies] == order


def test_candidates_older_than_the_newest_change_are_passed_over_with_a_note(book):
    sync(book, candidate(), at=3)
    changes = sync(book, at=2)
    assert changes.resolved == 0
    assert changes.note == (
        "alerts stand as of 2011-12-10T03:00:00+00:00, later than 2011-12-10T02:00:00+00:00"
    )
    assert state(book) == ("raised", "high")


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"severity": "awful"}, "severity 'awful' is none of low, medium, high, critical"),
        ({"stockout_probability": 1.2}, "stockout_probability must lie in 0..1, found 1.2"),
        ({"stockout_probability": float("nan")}, "found nan"),
        ({"margin_at_risk": float("nan")}, "stockout_risk 22423 LEICESTER: margin_at_risk must be a number"),
    ],
)
def test_a_candidate_no_model_should_have_made_changes_nothing(book, wrong, complaint):
    with pytest.raises(InvalidCandidate) as refusal:
        sync(book, candidate("GOOD"), candidate(**wrong))
    assert complaint in str(refusal.value)
    assert decisions.episodes(book) == []


def test_two_candidates_for_one_episode_are_refused(book):
    with pytest.raises(InvalidCandidate, match="two candidates for rule stockout_risk, sku 22423"):
        sync(book, candidate(), candidate())


def test_episodes_have_the_columns_of_the_mart_and_filter_by_state(book):
    sync(book, candidate("A"), candidate("B"))
    decisions.acknowledge(book, "A-1", by="ana", now=NOW)
    rows = decisions.episodes(book, states=["acknowledged"])
    assert [row["episode_id"] for row in rows] == ["A-1"]
    assert tuple(rows[0]) == contracts.table("marts.alert").column_names
    assert rows[0]["margin_at_risk"] == 120.25


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.lists(
            st.tuples(
                st.sampled_from("ABC"), st.floats(0, 1), st.sampled_from(SEVERITIES), st.sampled_from("-as")
            ),
            unique_by=lambda row: row[0],
            max_size=3,
        ),
        max_size=6,
    )
)
def test_whatever_happens_one_episode_is_open_per_sku_and_every_change_told_once(new_book, runs):
    with new_book() as url, open_book(url) as book:
        for number, run in enumerate(runs):
            sync(book, *(candidate(sku, chance, grade) for sku, chance, grade, _ in run), at=number)
            open_rows = [row for row in decisions.episodes(book) if row["resolved_at"] is None]
            assert len({row["sku"] for row in open_rows}) == len(open_rows)
            assert all((row["state"] == "resolved") == (row["resolved_at"] is not None) for row in open_rows)
            acts = {sku: act for sku, _, _, act in run}
            for row in open_rows:
                if acts.get(row["sku"]) == "a":
                    decisions.acknowledge(book, row["episode_id"], by="ana", now=hours(number))
                if acts.get(row["sku"]) == "s":
                    until = hours(number + 1.5)
                    decisions.snooze(book, row["episode_id"], until=until, by="ana", now=hours(number))
        with book.read() as con:
            notices = [(row["episode_no"], row["notice_no"]) for row in alert_outbox.unrouted(con)]
        assert len(set(notices)) == len(notices)
        raised = [kind for kind, _ in told(book)].count("raised")
        assert raised == len(decisions.episodes(book))
