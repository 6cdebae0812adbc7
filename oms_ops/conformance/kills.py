"""Clients, and where there is one the server, killed at random instants, one after the other, many times.

After each kill the state must be lawful and be the one before the unanswered command or the one after it;
given again with its key the command is done once. `bulk` kills a long bulk run until it is through and
compares.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable
from pathlib import Path

from oms_ops.conformance import laws, model
from oms_ops.conformance.adapter import SETUP, Maker, Setup, Snapshot
from oms_ops.conformance.clients import Opening, Script, Told, begin, kill, open_system, resolve, start
from oms_ops.conformance.race import Findings, finish

LONGEST_SECONDS = 0.06  # a few commands
PER_STORE = 100  # kills before a new store is begun


def kill_clients(
    opening: Opening, *, kills: int, seed: int = 0, setup: Setup = SETUP, maker: Maker | None = None,
    restart: Callable[[], None] | None = None, server_kills: int = 0,
) -> Findings:  # fmt: skip
    """`maker` gives the stores, by default the one that `opening` names.

    `restart` kills the server and starts it again on its data; it is called `server_kills` times, in the
    middle of a client's work.
    """
    found, rng = Findings(), random.Random(seed)
    maker = maker or resolve(opening.maker)
    while found.kills + found.server_kills < kills:
        with maker.fresh() as address, tempfile.TemporaryDirectory(prefix="oms-kills-") as folder:
            left = kills - found.kills - found.server_kills
            script = Script(opening, address, Path(folder) / "client", 0, rng.randrange(1 << 30), 1 << 30)
            for number in range(min(PER_STORE, left)):
                every = max(1, kills // server_kills) if restart and server_kills else 0
                is_server = bool(every) and number % every == 0 and found.server_kills < server_kills
                _kill_once(script, rng, found, setup, restart if is_server else None)
            finish(opening, address, script.told(), found, setup, every=5)
    return found


def _kill_once(
    script: Script, rng: random.Random, found: Findings, setup: Setup, restart: Callable[[], None] | None
) -> None:
    process, seconds = start(script), rng.uniform(0, LONGEST_SECONDS)
    if restart is None:
        kill(process, seconds=seconds)
        found.kills += 1
    else:
        process.join(seconds)
        restart()
        process.join()  # its server is gone
        found.server_kills += 1
    _succeed(script, found, setup)


def _succeed(script: Script, found: Findings, setup: Setup) -> None:
    """Ask again what was not answered, on a client of our own, and look closely."""
    system = open_system(script.opening, script.address)
    try:
        told = script.told()
        command = script.next(told)
        before = system.state()
        said = script.ask(system, command) if command.name in system.offers else _skip(script, command)
        after = system.state()
        found.violations += laws.broken(before, setup) + laws.broken(after, setup)
        found.violations += [f"self-check: {violation}" for violation in system.violations()]
        if said.answer is None and after != before:
            found.violations.append(f"{command.name} was refused and changed the state")
        elif said.answer is not None and after == before:
            found.found_done += 1
        elif said.answer is not None:
            found.violations += model.broken(before, command, after, setup)
    finally:
        system.close()


def _skip(script: Script, command) -> Told:
    said = Told(command, None)
    script.note(said)
    return said


def kill_bulk(
    opening: Opening, *, kills: int, seed: int = 0, setup: Setup = SETUP, maker: Maker | None = None,
    longest_seconds: float = 0.3,
) -> Findings:  # fmt: skip
    """For systems with `bulk()`: a long run of reports, continued where it stood.

    Killed `kills` times in all, as many runs as it takes; each must end as an undisturbed one ends.
    """
    found, rng = Findings(), random.Random(seed)
    maker = maker or resolve(opening.maker)
    undisturbed = None
    while found.kills < kills:
        with maker.fresh() as address:
            if undisturbed is None:
                undisturbed = _bulk_whole(opening, address)
                continue
            while found.kills < kills:
                process = begin(_bulk, opening, address)
                process.join(rng.uniform(0, longest_seconds))
                if process.exitcode == 0:
                    break
                kill(process, seconds=0)
                found.kills += 1
                found.violations += _unlawful(opening, address, setup)
            if _bulk_whole(opening, address) != undisturbed:
                found.violations.append(
                    "acknowledged: a killed bulk run ended otherwise than an undisturbed one"
                )
    return found


def _bulk(opening: Opening, address: str, ready) -> None:
    system = open_system(opening, address)
    ready.send("ready")
    system.bulk()


def _bulk_whole(opening: Opening, address: str) -> Snapshot:
    system = open_system(opening, address)
    try:
        system.bulk()
        return system.state()
    finally:
        system.close()


def _unlawful(opening: Opening, address: str, setup: Setup) -> list[str]:
    system = open_system(opening, address)
    try:
        return laws.broken(system.state(), setup) + list(system.violations())
    finally:
        system.close()
