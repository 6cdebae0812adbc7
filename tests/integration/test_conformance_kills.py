"""The conformance kit's races and kills: ours passes on both engines, mistakes in locking are caught."""

from types import SimpleNamespace

import pytest

from oms_ops.conformance import acknowledged
from oms_ops.conformance.__main__ import main
from oms_ops.conformance.adapter import Balance, Command, Snapshot
from oms_ops.conformance.clients import Opening
from oms_ops.conformance.kills import kill_bulk, kill_clients
from oms_ops.conformance.ours import BOOK, BooksOnServer
from oms_ops.conformance.race import race
from tests.conformance import mutants

OURS = "oms_ops.conformance.ours:BOOK"


def mutated(name: str) -> Opening:
    """Clients with a mistake in them."""
    return Opening(OURS, f"tests.conformance.mutants:{name}")


@pytest.fixture(autouse=True)
def own_mistakes(monkeypatch):
    """The watcher of a race is this very process: what a mutant patches here ends with the test."""
    for name in ("the_check_is_made_before_the_claim_is", "writers_do_not_wait_for_each_other",
                 "what_was_done_and_its_key_are_two_transactions",
                 "a_bulk_run_notes_its_place_in_a_second_transaction"):  # fmt: skip
        monkeypatch.setattr(getattr(mutants, name), "__defaults__", (monkeypatch.setattr,))


@pytest.fixture
def maker(new_book):
    return SimpleNamespace(fresh=new_book, open=BOOK.open)


def test_three_clients_race_some_are_killed_and_nothing_acknowledged_is_lost(maker):
    with maker.fresh() as url:
        found = race(Opening(OURS), url, clients=3, commands=20, kills=5, seed=3)
    assert found.violations == []
    assert found.kills == 5
    assert found.acknowledged + found.refused >= 3 * 20
    assert found.acknowledged > 20


def test_a_client_killed_again_and_again_has_done_each_command_once_or_not_yet(maker):
    found = kill_clients(Opening(OURS), kills=20, seed=4, maker=maker)
    assert found.violations == []
    assert found.kills == 20
    assert found.acknowledged + found.refused >= 20


def test_a_server_killed_with_a_client_at_work_has_all_it_acknowledged(own_postgres):
    def restart() -> None:
        own_postgres.server.kill()
        own_postgres.server.start()

    maker = BooksOnServer(own_postgres.server)
    found = kill_clients(Opening(OURS), kills=6, seed=5, maker=maker, restart=restart, server_kills=2)
    assert found.violations == []
    assert (found.kills, found.server_kills) == (4, 2)


def test_a_bulk_run_killed_again_and_again_ends_as_an_undisturbed_one(maker):
    found = kill_bulk(Opening(OURS), kills=8, seed=6, maker=maker)
    assert found.violations == []
    assert found.kills == 8


def races(opening, maker, *, clients: int, commands: int):
    """What broke in one race after another, up to thirty: who meets whom is not in our hands."""
    for seed in range(1, 31):
        with maker.fresh() as url:
            yield from race(opening, url, clients=clients, commands=commands, kills=0, seed=seed).violations


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_check_made_before_the_claim_oversells_and_is_caught(maker):
    opening = mutated("the_check_is_made_before_the_claim_is")
    assert any(violation.startswith("I6:") for violation in races(opening, maker, clients=4, commands=40))


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_writers_that_do_not_wait_for_each_other_are_caught(maker):
    assert any(races(mutated("writers_do_not_wait_for_each_other"), maker, clients=4, commands=25))


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_key_noted_in_a_second_transaction_is_caught(maker):
    opening = mutated("what_was_done_and_its_key_are_two_transactions")
    assert any(kill_clients(opening, kills=25, seed=seed, maker=maker).violations for seed in range(2, 8))


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_bulk_run_that_notes_its_place_in_a_second_transaction_is_caught(maker):
    opening = mutated("a_bulk_run_notes_its_place_in_a_second_transaction")
    wrong = "acknowledged: a killed bulk run ended otherwise than an undisturbed one"
    assert any(
        wrong in kill_bulk(opening, kills=12, seed=seed, maker=maker).violations for seed in range(2, 8)
    )


TOLD = Command("receive", {"sku": "CUP", "location": "NORTH", "units": 3, "purchase": None}, "k", 0)


def test_units_acknowledged_and_not_there_or_there_twice_are_said():
    def state(units: int) -> Snapshot:
        return Snapshot(stock={("CUP", "NORTH"): Balance(units, units)}, claims={}, holds={}, orders={})

    assert acknowledged.broken([TOLD], state(3)) == []
    for units in (0, 6):
        assert acknowledged.broken([TOLD], state(units)) == [
            f"acknowledged: {units} units of CUP are on_hand, told were 3"
        ]


def test_the_command_line_says_what_was_found_and_exits_with_nothing_wrong(capsys):
    assert main(["--examples", "1", "--steps", "5", "--races", "1", "--kills", "2"]) == 0
    said = capsys.readouterr().out
    assert said.count("0 lost, 0 violations") == 3
