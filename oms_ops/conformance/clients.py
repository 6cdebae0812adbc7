"""Clients as processes of their own, to be killed: started from a process that has loaded everything and
opened nothing, a few milliseconds each.

A client writes each answer to its log, synced to disk, before it gives the next command: what is in the log
was acknowledged.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import multiprocessing
import os
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import NamedTuple

from oms_ops.conformance.adapter import SETUP, Answer, Command, Maker, Refused, System, perform
from oms_ops.conformance.histories import KINDS, Kinds, Memory, next_command

PATIENCE_SECONDS = 120


class Opening(NamedTuple):
    """How a fresh process comes by a client: a Maker, and what to call first, each as `module:name`."""

    maker: str
    prepare: str | None = None


def resolve(path: str) -> object:
    module, _, name = path.partition(":")
    return getattr(importlib.import_module(module), name)


def open_system(opening: Opening, address: str) -> System:
    if opening.prepare:
        resolve(opening.prepare)()
    maker: Maker = resolve(opening.maker)
    return maker.open(address)


@dataclass(frozen=True)
class Told:
    """One line of a log. `answer` is None where the command was refused."""

    command: Command
    answer: Answer | None


@dataclass(frozen=True)
class Script:
    """What one client does: `commands` of them, each the answer to what it was told before.

    With `until` it goes on as long as that file is not there.
    """

    opening: Opening
    address: str
    log: Path
    client: int
    seed: int
    commands: int
    kinds: Kinds = KINDS
    until: Path | None = None

    @property
    def last_words(self) -> Path:
        """Where the process writes what it dies of, if not of a kill."""
        return self.log.with_suffix(".died")

    def told(self) -> list[Told]:
        """What a kill cut off in the middle of a line is no answer."""
        text = self.log.read_text(encoding="utf-8") if self.log.exists() else ""
        rows = [json.loads(line) for line in text.splitlines() if line.endswith("}}")]
        return [Told(Command(*row["command"]), row["said"]["answer"]) for row in rows]

    def next(self, told: list[Told]) -> Command | None:
        if len(told) >= self.commands and (self.until is None or self.until.exists()):
            return None
        memory = Memory()
        for said in told:
            if said.answer is not None:
                memory.learn(said.command)
        command = next_command(
            self.client, len(told), seed=self.seed, memory=memory, setup=SETUP, kinds=self.kinds
        )
        return Command(*json.loads(json.dumps(command)))  # as the log has it

    def note(self, told: Told) -> None:
        """Synced: from here on it was acknowledged."""
        row = {"command": told.command, "said": {"answer": told.answer}}
        with self.log.open("ab") as file:
            file.write(b"\n" + json.dumps(row).encode())
            file.flush()
            os.fsync(file.fileno())

    def ask(self, system: System, command: Command) -> Told:
        """Perform and note; a refusal is an answer."""
        try:
            said = Told(command, plain(perform(system, command)))
        except Refused:
            said = Told(command, None)
        self.note(said)
        return said


def plain(answer: Answer) -> Answer:
    """As a log has it."""
    return json.loads(json.dumps(answer, default=str))


def start(script: Script) -> BaseProcess:
    """A client at work on the script, from where its log ends; what it does next is a command."""
    return begin(_follow, script.opening, script)


def _follow(opening: Opening, script: Script, ready: Connection) -> None:
    with script.last_words.open("ab") as file:
        os.dup2(file.fileno(), 2)
    system = open_system(opening, script.address)
    told = script.told()
    ready.send("ready")
    while command := script.next(told):
        if command.name in system.offers:
            told.append(script.ask(system, command))
        else:
            told.append(Told(command, None))
            script.note(told[-1])


def kill_while(opening: Opening, address: str, command: Command, *, seconds: float) -> None:
    """A client begins the command and is killed `seconds` later, unless it is done by then."""
    kill(begin(_once, opening, address, command), seconds=seconds)


def _once(opening: Opening, address: str, command: Command, ready: Connection) -> None:
    system = open_system(opening, address)
    ready.send("ready")
    with contextlib.suppress(Refused):
        perform(system, command)


def kill(process: BaseProcess, *, seconds: float) -> None:
    """By SIGKILL, `seconds` from now, where it is still at work then."""
    process.join(seconds)
    process.kill()
    process.join(PATIENCE_SECONDS)


def begin(target, opening: Opening, *arguments: object) -> BaseProcess:
    """A process at `target(opening, *arguments, ready)`, which has said over `ready` that it is open."""
    context = _context(opening)
    mine, its = context.Pipe(duplex=False)
    process = context.Process(target=target, args=(opening, *arguments, its), daemon=True)
    process.start()
    its.close()
    try:
        if not mine.poll(PATIENCE_SECONDS):
            raise TimeoutError(f"a client did not open in {PATIENCE_SECONDS} seconds")
        mine.recv()
    except EOFError:
        process.join(PATIENCE_SECONDS)  # it died of something else: its exit code says so
    finally:
        mine.close()
    return process


def _context(opening: Opening):
    """Every client is forked from one process that has loaded the system and opened nothing."""
    context = multiprocessing.get_context("forkserver")
    module, _, _ = opening.maker.partition(":")
    context.set_forkserver_preload([module, *getattr(resolve(opening.maker), "warm", ())])
    return context
