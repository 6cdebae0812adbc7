"""`python -m oms_ops.conformance`: histories, races and kills against a system, and what was found.

Exits with 1 where a law was broken. Without `--system` it drives our own order book on either engine.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from oms_ops.conformance.adapter import Maker, unchecked
from oms_ops.conformance.clients import Opening, open_system, resolve
from oms_ops.conformance.kills import kill_bulk, kill_clients
from oms_ops.conformance.race import Findings, race

_QUICK_RESTART = ("recovery_init_sync_method=syncfs",)  # one sync of the file system, not one of each file
OURS = "oms_ops.conformance.ours:BOOK"


@dataclass(frozen=True)
class Driven:
    """`restart` kills the server behind the stores and starts it again; None where there is none."""

    opening: Opening
    maker: Maker
    restart: Callable[[], None] | None = None


def main(argv: list[str] | None = None) -> int:
    args = _parser().parse_args(argv)
    with _driven(args) as driven:
        _say_unchecked(driven)
        violations: list[str] = []
        parts = (
            (args.examples, "histories", lambda: _histories(driven, args)),
            (args.races, "races", lambda: _races(driven, args)),
            (args.kills, "kills", lambda: _kills(driven, args)),
            (args.bulk_kills, "bulk kills", lambda: _bulk_kills(driven, args)),
        )
        for wanted, name, run in parts:
            if wanted:
                began = time.monotonic()
                found = run()
                print(f"{name}: {found} ({time.monotonic() - began:.0f} s)", flush=True)
                violations += found.violations
    for violation in violations[:20]:
        print(violation, file=sys.stderr)
    return 1 if violations else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m oms_ops.conformance", description=__doc__)
    parser.add_argument("--system", default=OURS, help="a Maker, as module:name (default: our order book)")
    parser.add_argument(
        "--engine", choices=("sqlite", "postgresql"), default="sqlite",
        help="of our order book; postgresql is a private, durable server of the run's own",
    )  # fmt: skip
    parser.add_argument("--examples", type=int, default=50, help="random histories (default 50)")
    parser.add_argument("--steps", type=int, default=40, help="commands in each (default 40)")
    parser.add_argument("--races", type=int, default=2, help="races of three clients (default 2)")
    parser.add_argument("--kills", type=int, default=40, help="clients and servers killed (default 40)")
    parser.add_argument("--server-kills", type=int, default=0, help="how many of them are the server")
    parser.add_argument("--bulk-kills", type=int, default=0, help="kills of a long bulk run, if there is one")
    parser.add_argument("--seed", type=int, default=0)
    return parser


@contextmanager
def _driven(args: argparse.Namespace) -> Iterator[Driven]:
    opening = Opening(args.system)
    if args.engine == "sqlite" or args.system != OURS:
        yield Driven(opening, resolve(args.system))
        return
    from benchmarks.postgres import private_server
    from oms_ops.conformance.ours import BooksOnServer

    with private_server(durable=True, settings=_QUICK_RESTART) as server:

        def restart() -> None:
            server.kill()
            server.start()

        yield Driven(opening, BooksOnServer(server), restart)


def _say_unchecked(driven: Driven) -> None:
    with driven.maker.fresh() as address:
        system = open_system(driven.opening, address)
        for sentence in unchecked(system.state()):
            print(sentence)
        system.close()


def _histories(driven: Driven, args: argparse.Namespace) -> Findings:
    from oms_ops.conformance.machine import run_histories

    found = Findings()
    opening = driven.opening
    broken = run_histories(
        driven.maker, examples=args.examples, steps=args.steps, seed=args.seed, opening=opening
    )
    found.violations += broken
    return found


def _races(driven: Driven, args: argparse.Namespace) -> Findings:
    total = Findings()
    for number in range(args.races):
        with driven.maker.fresh() as address:
            total.add(race(driven.opening, address, seed=args.seed + number))
    return total


def _kills(driven: Driven, args: argparse.Namespace) -> Findings:
    return kill_clients(
        driven.opening, kills=args.kills, seed=args.seed, maker=driven.maker, restart=driven.restart,
        server_kills=args.server_kills,
    )  # fmt: skip


def _bulk_kills(driven: Driven, args: argparse.Namespace) -> Findings:
    return kill_bulk(driven.opening, kills=args.bulk_kills, seed=args.seed, maker=driven.maker)


if __name__ == "__main__":
    sys.exit(main())
