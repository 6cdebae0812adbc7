"""The `oms` command: reads the arguments, calls the command, turns what can go wrong into one clear line.

Arguments and help are in cli_parser/, each command in the module its entry there names. Nothing heavy is
imported before a command needs it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

from oms_ops.errors import OmsError
from pipelines.cli_errors import CommandError
from pipelines.cli_parser import build_parser
from warehouse.errors import WarehouseError
from warehouse.settings import SettingsError, load

OK, FAILED, INTERRUPTED, BROKEN_PIPE = 0, 1, 130, 141
STARTERS = "pipelines.cli_run"
EXPECTED = (CommandError, OmsError, WarehouseError, SettingsError)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code: 0 done, 1 refused or failed, 2 misused, 130 interrupted."""
    try:
        code = _run(argv)
        sys.stdout.flush()
    except SystemExit as stop:
        return int(stop.code or OK)
    except KeyboardInterrupt:
        code = _complain("interrupted", code=INTERRUPTED)
        return code if argv is not None else _leave(code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except EXPECTED as error:
        return _complain(str(error), code=FAILED)
    except OSError as error:
        return _complain(f"{error.filename}: {error.strerror}" if error.filename else str(error), code=FAILED)
    except _database_errors() as error:
        return _complain(f"the database refused: {str(error).splitlines()[0]}", code=FAILED)
    return code


def _leave(code: int) -> NoReturn:
    """End the process with this code. Left to itself, Python dies of the signal where it fell into exec of a
    string, as an import's, though it was caught.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _database_errors() -> tuple[type[Exception], ...]:
    """The base errors of the databases a command has loaded; asked for only once something went wrong."""
    bases = (("sqlalchemy.exc", "SQLAlchemyError"), ("duckdb", "Error"))
    return tuple(getattr(sys.modules[module], name) for module, name in bases if module in sys.modules)


def _run(argv: Sequence[str] | None) -> int:
    parser = build_parser()
    arguments = parser.parse_args(argv)
    if arguments.command is None:
        parser.print_help()
        return 2
    module, function = arguments.handler.split(":")
    if argv is None and module != STARTERS:
        sys.modules.setdefault("pandas", None)  # DuckDB would import it to bind a value: seconds for nothing
    command = getattr(import_module(module), function)
    return command(arguments, load()) or OK


def _complain(message: str, *, code: int) -> int:
    line = " ".join(message.split()) or "failed without saying why"
    print(f"oms: {line}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
