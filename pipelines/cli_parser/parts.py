"""What every command's arguments are made of: the parser and its errors, actions, and who decides."""

from __future__ import annotations

import argparse

from pipelines.cli_errors import did_you_mean


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, and names the closest command where one was misspelled."""

    def error(self, message: str) -> None:
        self.exit(2, f"{self.prog}: {' '.join(message.split())} (see `{self.prog} --help`)\n")

    def _check_value(self, action: argparse.Action, value: object) -> None:
        if action.choices is not None and value not in action.choices:
            known = [str(choice) for choice in action.choices]
            hint = did_you_mean(str(value), known, limit=1) or f"; known: {', '.join(known)}"
            raise argparse.ArgumentError(action, f"{value!r} is unknown{hint}")


def actions_of(sub: argparse.ArgumentParser, *, is_required: bool = True):
    """A command's actions, for `add`."""
    return sub.add_subparsers(dest="action", metavar="ACTION", required=is_required, parser_class=Parser)


def add(
    subparsers, name: str, *, line: str, is_reading: bool = False, aliases: tuple[str, ...] = ()
) -> argparse.ArgumentParser:
    """One more action or command; with --json where it is reading."""
    about = f"{line[0].upper()}{line[1:]}."
    sub = subparsers.add_parser(name, help=line, description=about, allow_abbrev=False, aliases=aliases)
    if is_reading:
        sub.add_argument("--json", action="store_true", help="print JSON, keys as in docs/cli.md")
    return sub


def who(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--by", required=True, metavar="WHO", help="whose decision it is")
