"""Turns the real ledger (Online Retail II) into the documents that channels and a back office would send.

What is real, what is simulated and how numbers map back to invoices stands in docs/sample.md. The same
seed, scale and sources give the same bytes. Nothing here knows the platform that reads the inbox.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from sample import credits, stock
from sample.files import write_inbox
from sample.supply import SUPPLIERS

HERE = Path(__file__).parent
SOURCE = HERE / "online_retail_ii.parquet"
SEED = 20111209
MEMORY_LIMIT = "2GB"
MAX_SCALE = 500  # document numbers stay below 2^53, which every JSON reader keeps exact


class SampleError(Exception):
    """The sample cannot be written here; the message says what stands in the way."""


@dataclass(frozen=True)
class SampleReport:
    """What the inbox holds. `lines` counts source lines by where they went and sums to all of them."""

    clock: str
    scale: int
    seed: int
    version: str
    lines: dict[str, int]
    documents: dict[str, int]
    is_new: bool = True


def generate(
    home: Path,
    *,
    scale: int = 1,
    seed: int = SEED,
    zone: str = "Europe/London",
    progress: Callable[[str], None] | None = None,
    source: Path = SOURCE,
    threads: int | None = None,
) -> SampleReport:
    """Writes `<home>/inbox` and `<home>/sample.json`, whole or not at all; nothing where this sample stands.

    One that an earlier version of these sources wrote stays as well, and `progress` hears of it. Raises
    SampleError where `home` holds another scale or seed, or an inbox that is no sample.
    """
    if not 1 <= scale <= MAX_SCALE:
        raise SampleError(f"scale must lie in 1..{MAX_SCALE}, found {scale}")
    if not source.is_file():
        raise SampleError(f"no sample data at {source}")
    say = progress or (lambda _: None)
    version = _version(source, zone=zone)
    known = _standing(home, scale=scale, seed=seed)
    if known:
        if known.version != version:
            say(f"an earlier version wrote the sample in {home}; remove that folder to have it written anew")
        return known
    partial = home / ".inbox.partial"
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        with _engine(partial / "spill", threads=threads) as con:
            _set(con, seed=seed, zone=zone, source=str(source), scale=scale)
            report = _build(con, partial / "inbox", scale=scale, seed=seed, version=version, say=say)
        _put_in_place(home, partial / "inbox", report)
    except (OSError, duckdb.IOException) as error:
        raise SampleError(f"cannot write the sample below {home}: {error}") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return report


def _engine(spill: Path, *, threads: int | None) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("SET TimeZone = 'UTC'")
    con.execute("SET memory_limit = ?", [MEMORY_LIMIT])
    con.execute("SET temp_directory = ?", [str(spill)])
    if threads:
        con.execute("SET threads = ?", [threads])
    return con


def _build(
    con: duckdb.DuckDBPyConnection,
    inbox: Path,
    *,
    scale: int,
    seed: int,
    version: str,
    say: Callable[[str], None],
) -> SampleReport:
    _set(con, currency="GBP", supplier_count=SUPPLIERS)
    _run(con, "macros", "lines")
    opening, clock, second_day = _span(con)
    _set(con, opening=opening, clock=clock, second_day=second_day)
    say("lines read")
    _run(con, "orders", "handling")
    credits.match(con)
    _run(con, "refunds", "stock_events", "products")
    say("credits matched to orders")
    stock.plan(con, seed=seed, opening=opening.replace(tzinfo=UTC), clock=clock.replace(tzinfo=UTC))
    _run(con, "supply", "shipping", "sendings", "copies")
    say("supply and shipping simulated")
    lines = _lines(con)
    documents = write_inbox(con, inbox, scale=scale, progress=say)
    clock_text = f"{clock:%Y-%m-%dT%H:%M:%SZ}"
    return SampleReport(clock_text, scale, seed, version, lines, dict(sorted(documents.items())))


def _span(con: duckdb.DuckDBPyConnection) -> tuple[datetime, datetime, datetime]:
    """The opening count's instant, the clock (midnight after the last line) and the day repeats come on."""
    first, last, repeated = con.execute(
        "SELECT min(placed_at), max(placed_at), max(placed_at) FILTER (destination = 'repeated') FROM line"
    ).fetchone()
    opening = _midnight(first) - timedelta(hours=18)
    clock = _midnight(last) + timedelta(days=1)
    return opening, clock, _midnight(repeated or last) + timedelta(days=1)


def _midnight(instant: datetime) -> datetime:
    return instant.replace(hour=0, minute=0, second=0, microsecond=0)


def _lines(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Source lines by destination, counted in what will be written, and proven to be all of them."""
    counts = Counter(dict(con.execute((HERE / "sql" / "line_counts.sql").read_text()).fetchall()))
    total = con.execute("SELECT count(*) FROM line").fetchone()[0]
    if counts.total() != total:
        raise SampleError(f"{total} lines were read but {counts.total()} are accounted for: {dict(counts)}")
    return dict(sorted(counts.items()))


def _set(con: duckdb.DuckDBPyConnection, **values: object) -> None:
    for name, value in values.items():
        con.execute(f"SET VARIABLE {name} = ?", [value])


def _run(con: duckdb.DuckDBPyConnection, *names: str) -> None:
    for name in names:
        con.execute((HERE / "sql" / f"{name}.sql").read_text())


def _version(source: Path, *, zone: str) -> str:
    digest = hashlib.sha256(zone.encode())
    for path in [*sorted(HERE.rglob("*.py")), *sorted(HERE.rglob("*.sql")), source]:
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _standing(home: Path, *, scale: int, seed: int) -> SampleReport | None:
    """The report of the sample that stands in `home`; None where nothing does."""
    note, inbox = home / "sample.json", home / "inbox"
    if not any(path.is_file() for path in inbox.rglob("*")):
        return None
    if not note.exists():
        raise SampleError(f"{inbox} holds documents that are no sample; choose another home (OMS_HOME)")
    found = json.loads(note.read_text(encoding="utf-8"))
    wanted = {"scale": scale, "seed": seed}
    if {key: found.get(key) for key in wanted} != wanted:
        had = ", ".join(f"{key} {found.get(key)}" for key in wanted)
        ask = ", ".join(f"{key} {value}" for key, value in wanted.items())
        raise SampleError(
            f"{home} holds another sample ({had}; wanted {ask}): remove it or choose another home"
        )
    return SampleReport(**found | {"is_new": False})


def _put_in_place(home: Path, inbox: Path, report: SampleReport) -> None:
    """The note first, the inbox last: a sample stands only where both do."""
    values = asdict(report)
    del values["is_new"]
    note = inbox.parent / "sample.json"
    note.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
    note.replace(home / "sample.json")
    shutil.rmtree(home / "inbox", ignore_errors=True)  # at most empty folders
    inbox.rename(home / "inbox")
