"""Clients as processes of their own, to be killed: started from a process that has loaded everything and opened
nothing, a few milliseconds each.

A client writes each answer to its log, synced to disk, before it gives the next command: what is in the log was
acknowledged.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import multiprocessing
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import NamedTuple

from oms_ops.conformance.adapter import SETUP, Answer, Command, Maker, Refused, System, perform
from oms_ops.conformance.histories import Memory, next_command

PATIENCE_SECONDS = 120


class Opening(NamedTuple):
    """How a fresh process comes by a client: a Maker as `module:name`, and what to call first, as `module:name`."""

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
    """What one client does: `commands` of them, each the answer to what it was told before."""

    opening: Opening
    address: str
    log: Path
    client: int
    seed: int
    commands: int

    def told(self) -> list[Told]:
        """Whole lines of the log: one cut off by a kill was not acknowledged."""
        text = self.log.read_text(encoding="utf-8") if self.log.exists() else ""
        lines = text.splitlines(keepends=True)
        rows = [json.loads(line) for line in lines if line.endswith("\n")]
        return [Told(Command(*row["command"]), row["answer"]) for row in rows]

    def next(self, told: list[Told]) -> Command | None:
        if len(told) >= self.commands:
            return None
        memory = Memory()
        for said in told:
            if said.answer is not None:
                memory.learn(said.command)
        command = next_command(self.client, len(told), seed=self.seed, memory=memory, setup=SETUP)
        return Command(*json.loads(json.dumps(command)))  # as the log has it

    def note(self, told: Told) -> None:
        """Synced: from here on it was acknowledged."""
        line = json.dumps({"command": told.command, "answer": told.answer}) + "\n"
        with self.log.open("r+b" if self.log.exists() else "wb") as file:
            file.seek(0, os.SEEK_END)
            _cut_torn_line(file)
            file.write(line.encode())
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


def _cut_torn_line(file) -> None:
    end = file.tell()
    file.seek(0)
    whole = file.read().rfind(b"\n") + 1
    if whole < end:
        file.truncate(whole)
    file.seek(whole)


def start(script: Script) -> BaseProcess:
    """A client at work on the script, from where its log ends. It is ready: what it does next is a command."""
    return _start(_follow, script)


def _follow(script: Script, ready: Connection) -> None:
    system = open_system(script.opening, script.address)
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
    with killed(_start(_once, opening, address, command), seconds=seconds):
        pass


def _once(opening: Opening, address: str, command: Command, ready: Connection) -> None:
    system = open_system(opening, address)
    ready.send("ready")
    with contextlib.suppress(Refused):
        perform(system, command)


@contextlib.contextmanager
def killed(process: BaseProcess, *, seconds: float) -> Iterator[None]:
    """The process is dead, by SIGKILL at that instant where it was still at work."""
    process.join(seconds)
    process.kill()
    process.join(PATIENCE_SECONDS)
    yield


def _start(target, *arguments: object) -> BaseProcess:
    mine, its = _context().Pipe(duplex=False)
    process = _context().Process(target=target, args=(*arguments, its), daemon=True)
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


def _context():
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["oms_ops.conformance.ours"])
    return context


def wait_all(processes: list[BaseProcess], *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    for process in processes:
        process.join(max(0.0, deadline - time.monotonic()))
