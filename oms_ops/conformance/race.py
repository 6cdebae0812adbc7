"""Several processes at the same few skus at once, some of them killed at random instants and succeeded.

Whoever succeeds a killed client knows its log and gives its last, unanswered command again with the same key.
In the middle of it every state that can be read must be lawful; at the end all that was acknowledged must be
there. The kills are spread over the answers in the logs, and the clients work on until all were made: a fast
machine is not done before them, a slow one has something to lose at each.
"""

from __future__ import annotations

import random
import tempfile
import time
from dataclasses import dataclass, field, replace
from multiprocessing.process import BaseProcess
from pathlib import Path

from oms_ops.conformance import acknowledged, laws
from oms_ops.conformance.adapter import SETUP, Command, Refused, Setup, System, perform
from oms_ops.conformance.clients import (
    PATIENCE_SECONDS,
    Opening,
    Script,
    Told,
    kill,
    open_system,
    plain,
    start,
)
from oms_ops.conformance.histories import SCARCE


@dataclass
class Findings:
    """`kills`: clients killed while at work. `acknowledged`: commands answered, `refused` apart."""

    kills: int = 0
    acknowledged: int = 0
    refused: int = 0
    found_done: int = 0
    server_kills: int = 0
    violations: list[str] = field(default_factory=list)

    def add(self, other: Findings) -> None:
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)

    @property
    def lost(self) -> int:
        return sum(violation.startswith(("acknowledged:", "replay:")) for violation in self.violations)

    def __str__(self) -> str:
        return (
            f"{self.kills} clients and {self.server_kills} servers killed, {self.acknowledged} commands "
            f"acknowledged, {self.refused} refused, {self.found_done} done but not yet acknowledged, "
            f"{self.lost} lost, {len(self.violations)} violations"
        )


def race(
    opening: Opening, address: str, *, clients: int = 3, commands: int = 20, kills: int = 6, seed: int = 0,
    setup: Setup = SETUP,
) -> Findings:  # fmt: skip
    """On an empty store at `address`. `commands`: of each client, or more until `kills` were made."""
    found = Findings()
    with tempfile.TemporaryDirectory(prefix="oms-race-") as folder:
        enough = Path(folder) / "enough"
        scripts = [
            Script(
                opening,
                address,
                Path(folder) / f"client-{number}",
                number,
                seed,
                commands,
                SCARCE,
                until=enough,
            )
            for number in range(clients)
        ]
        _run(scripts, enough, random.Random(seed), kills, found, setup)
        finish(opening, address, [said for script in scripts for said in script.told()], found, setup)
    return found


def _run(
    scripts: list[Script], enough: Path, rng: random.Random, kills: int, found: Findings, setup: Setup
) -> None:  # fmt: skip
    """`enough` is made after the last kill: from then on a client may end."""
    running = {script: start(script) for script in scripts}
    watcher = open_system(scripts[0].opening, scripts[0].address)
    deadline = time.monotonic() + PATIENCE_SECONDS
    due = sorted(rng.randrange(sum(script.commands for script in scripts)) for _ in range(kills))
    try:
        while running and time.monotonic() < deadline:
            if not due:
                enough.touch()
            time.sleep(rng.uniform(0.005, 0.05))
            found.violations += laws.broken(watcher.state(), setup)
            if due and sum(len(script.told()) for script in scripts) >= due[0]:
                due.pop(0)
                kill(rng.choice(list(running.values())), seconds=0)
            _succeed(running, found)
        for script, process in running.items():
            process.kill()
            found.violations.append(f"client {script.client} was not done in {PATIENCE_SECONDS} seconds")
    finally:
        watcher.close()


def _succeed(running: dict[Script, BaseProcess], found: Findings) -> None:
    """Who was killed has a successor, who is done or died of something else has none.

    A successor gives the unanswered command even where no more are wanted.
    """
    for script, process in list(running.items()):
        process.join(0.001)
        if process.exitcode is None:
            continue
        del running[script]
        if process.exitcode < 0:
            found.kills += 1
            unanswered = len(script.told()) + 1
            heir = replace(script, commands=max(script.commands, unanswered))
            running[heir] = start(heir)
        elif process.exitcode:
            words = script.last_words.read_text(encoding="utf-8", errors="replace")[-2_000:]
            found.violations.append(f"client {script.client} died: {words}")


def finish(
    opening: Opening, address: str, told: list[Told], found: Findings, setup: Setup, *, every: int = 1
) -> None:
    """All that was acknowledged is there, and every `every`th command given again changes nothing."""
    system = open_system(opening, address)
    try:
        done = [said for said in told if said.answer is not None]
        found.acknowledged += len(done)
        found.refused += len(told) - len(done)
        now = system.state()
        found.violations += laws.broken(now, setup)
        found.violations += [f"self-check: {violation}" for violation in system.violations()]
        found.violations += acknowledged.broken([said.command for said in done], now)
        for said in done[::every]:
            found.violations += _again(system, said.command, said.answer)
        if system.state() != now:
            found.violations.append("replay: commands given again have changed the state")
    finally:
        system.close()


def _again(system: System, command: Command, answer: object) -> list[str]:
    try:
        again = plain(perform(system, command))
    except Refused as refusal:
        return [f"replay: {command.key}, acknowledged, is now refused: {refusal}"]
    return [] if again == answer else [f"replay: {command.key} answered {again}, before {answer}"]
