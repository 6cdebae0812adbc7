"""Published releases: every mart as Parquet in one immutable folder, a manifest, and one pointer, CURRENT.

Readers open releases and never the warehouse file. A folder appears under its name only when it is whole and
on disk, a name is never used for other content, and the pointer is replaced atomically.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
import weakref
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from warehouse import contracts
from warehouse.contracts import literal, quoted
from warehouse.errors import ReleaseError
from warehouse.settings import Settings

MANIFEST = "manifest.json"
POINTER = "CURRENT"
ABOUT_THE_RUN = ("stage_report",)  # holds seconds: two runs that find the same numbers differ here
IN_ORDER_OF_ARRIVAL = (
    "sales_fact",
    "order_line_fact",
    "order_event",
)  # sorting a million lines costs seconds
_UNFINISHED = ".unfinished-"
_ROW_GROUP = 122_880


@dataclass(frozen=True)
class Release:
    """One published state of every mart."""

    name: str
    path: Path
    manifest: dict

    @property
    def as_of(self) -> datetime:
        return datetime.fromisoformat(self.manifest["as_of"])

    @property
    def published_at(self) -> datetime:
        return datetime.fromisoformat(self.manifest["published_at"])

    def connect(self) -> duckdb.DuckDBPyConnection:
        """An in-memory DuckDB with one view per mart, of its name; nothing prunes the release meanwhile.

        A column that a version since has added is NULL in a release from before.
        """
        try:
            lease = os.open(self.path / MANIFEST, os.O_RDONLY)
        except FileNotFoundError as error:
            raise ReleaseError(f"release {self.name} has been replaced and removed; open CURRENT") from error
        con = duckdb.connect(config={"temp_directory": tempfile.gettempdir()})
        fcntl.flock(lease, fcntl.LOCK_SH)
        weakref.finalize(con, os.close, lease)
        con.execute("set TimeZone = 'UTC'")
        for name, table in self.manifest["tables"].items():
            file = literal(str(self.path / table["file"]))
            con.execute(f"create view {quoted(name)} as select * from read_parquet({file})")  # noqa: S608
        for name, added in _added_since(con).items():
            file = literal(str(self.path / self.manifest["tables"][name]["file"]))
            con.execute(
                f"create or replace view {quoted(name)} as select *, {added} from read_parquet({file})"  # noqa: S608
            )
        return con


def _added_since(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Mart -> the columns its contract has and the release has not, as NULLs of their types."""
    found: dict[str, set[str]] = {}
    for name, column in con.execute("select table_name, column_name from duckdb_columns()").fetchall():
        found.setdefault(name, set()).add(column)
    lacking = {
        name: [column for column in contract.columns if column.name not in found[name]]
        for name, contract in contracts.tables("marts").items()
        if name in found
    }
    return {
        name: ", ".join(f"null::{column.type} as {quoted(column.name)}" for column in columns)
        for name, columns in lacking.items()
        if columns
    }


def publish(
    con: duckdb.DuckDBPyConnection, settings: Settings, *, as_of: datetime, code_version: str, run_id: str
) -> Release:
    """Write every mart of `con` as the current release; content already current is not written anew."""
    folder = settings.releases_dir
    folder.mkdir(parents=True, exist_ok=True)
    _sweep(folder)
    fingerprint = _fingerprint(con, as_of=as_of)
    name = f"{as_of.astimezone(UTC):%Y%m%dT%H%M%SZ}-{fingerprint[:12]}"
    if not _is_whole(folder / name):
        about = {
            "name": name,
            "as_of": as_of.astimezone(UTC).isoformat(),
            "published_at": datetime.now(UTC).isoformat(),
            "code_version": code_version,
            "run_id": run_id,
            "fingerprint": fingerprint,
            "settings": _settings_summary(settings),
        }
        _write(con, folder, about=about)
    if _pointed_at(folder) != name:
        _replace_text(folder / POINTER, name + "\n")
    _prune(settings)
    return open_release(folder / name)


def current(settings: Settings) -> Release | None:
    """The release CURRENT names; None before the first one."""
    name = _pointed_at(settings.releases_dir)
    return None if name is None else open_release(settings.releases_dir / name)


def open_release(path: Path) -> Release:
    """The release in a folder, whole or not at all."""
    try:
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ReleaseError(f"no release at {path}; publish one with `oms run`") from error
    except json.JSONDecodeError as error:
        raise ReleaseError(f"{path / MANIFEST} is damaged ({error}); publish anew with `oms run`") from error
    missing = [table["file"] for table in manifest["tables"].values() if not (path / table["file"]).exists()]
    if missing:
        raise ReleaseError(f"release {path} lacks {', '.join(missing)}; publish anew with `oms run`")
    return Release(name=manifest["name"], path=path, manifest=manifest)


def published(settings: Settings) -> list[Release]:
    """Every release still kept and whole, oldest first."""
    folder = settings.releases_dir
    paths = [path for path in folder.glob("*") if path.is_dir() and not path.name.startswith(".")]
    whole = [open_release(path) for path in paths if _is_whole(path)]
    return sorted(whole, key=lambda release: (release.published_at, release.name))


def _pointed_at(folder: Path) -> str | None:
    try:
        return (folder / POINTER).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None


def _is_whole(path: Path) -> bool:
    try:
        open_release(path)
    except ReleaseError:
        return False
    return True


def _fingerprint(con: duckdb.DuckDBPyConnection, *, as_of: datetime) -> str:
    """Of the content, whatever the order of rows."""
    parts = [as_of.astimezone(UTC).isoformat()]
    for name, contract in contracts.tables("marts").items():
        if name not in ABOUT_THE_RUN:
            rows = con.execute(f"select count(*), sum(hash(t)) from {contract.sql_name} as t").fetchone()  # noqa: S608
            parts.append(f"{name} {','.join(contract.column_names)} {rows}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _write(con: duckdb.DuckDBPyConnection, folder: Path, *, about: dict) -> None:
    """Build the folder under a name nobody reads, force it to disk, then give it its own name."""
    building = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=folder))
    try:
        tables = {
            contract.name: _write_table(con, contract, folder=building)
            for contract in contracts.tables("marts").values()
        }
        _write_text(building / MANIFEST, json.dumps(about | {"tables": tables}, indent=2) + "\n")
        building.chmod(0o755)
        _sync(building)
        shutil.rmtree(folder / about["name"], ignore_errors=True)
        building.rename(folder / about["name"])
        _sync(folder)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _write_table(con: duckdb.DuckDBPyConnection, contract: contracts.Table, *, folder: Path) -> dict:
    path = folder / f"{contract.name}.parquet"
    columns = ", ".join(quoted(name) for name in contract.column_names)
    rows = con.execute(
        f"copy (select {columns} from {contract.sql_name} {_order_by(contract)}) to {literal(str(path))} "  # noqa: S608
        f"(format parquet, compression zstd, row_group_size {_ROW_GROUP})"
    ).fetchone()[0]
    _sync(path)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"rows": rows, "file": path.name, "bytes": path.stat().st_size, "sha256": digest}


def _order_by(contract: contracts.Table) -> str:
    """Dates first, so that a question about a period reads a few row groups; then the key."""
    if contract.name in IN_ORDER_OF_ARRIVAL:
        return ""
    dates = ["business_date"] if "business_date" in contract.column_names else []
    names = [*dates, *(name for name in contract.key if name not in dates)]
    return "order by " + ", ".join(quoted(name) for name in names)


def _settings_summary(settings: Settings) -> dict:
    return {
        "zone": settings.shop.zone,
        "currency": settings.shop.currency,
        "channels": {channel.channel_id: channel.channel_name for channel in settings.channels},
        "locations": {place.location_id: place.location_name for place in settings.locations},
        "simulated": (settings.home / "sample.json").exists(),
    }


def _prune(settings: Settings) -> None:
    """Keep the newest `keep_releases` and the current one; a release that a reader holds stays as well."""
    kept = _pointed_at(settings.releases_dir)
    releases = [release for release in published(settings) if release.name != kept]
    for release in releases[: max(0, len(releases) - settings.keep_releases + 1)]:
        if not _is_held(release):
            hidden = release.path.with_name(f"{_UNFINISHED}{release.name}")
            release.path.rename(hidden)
            shutil.rmtree(hidden, ignore_errors=True)


def _is_held(release: Release) -> bool:
    with (release.path / MANIFEST).open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _sweep(folder: Path) -> None:
    """Remove what a killed publisher left; only one publishes at a time, under the writer's lock."""
    for path in folder.glob(f"{_UNFINISHED}*"):
        shutil.rmtree(path, ignore_errors=True)


def _replace_text(path: Path, text: str) -> None:
    beside = path.with_name(f"{_UNFINISHED}{path.name}")
    _write_text(beside, text)
    beside.replace(path)
    _sync(path.parent)


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    _sync(path)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
