"""Arguments and help of the `oms` command: the table of commands is commands.py, the rest what each takes."""

from pipelines.cli_parser.commands import COMMANDS, build_parser

__all__ = ["COMMANDS", "build_parser"]
