"""Arguments and help of the `oms` command: commands.py is the table of commands, beside it what each takes."""

from pipelines.cli_parser.commands import COMMANDS, build_parser

__all__ = ["COMMANDS", "build_parser"]
