import os
import signal
import subprocess
import sys
from contextlib import contextmanager

import duckdb
import pytest

from tests.support.home import settings_for
from warehouse.connection import WarehouseBusy, WarehouseMissing, WarehouseUnusable, reader, writer
from warehouse.settings import ROOT

PRELUDE = """
import os, resource, sys, time
from pathlib import Path
from tests.support.home import settings_for
from warehouse.connection import reader, writer
from warehouse.errors import WarehouseError
settings = settings_for(Path(sys.argv[1]))
"""
HOLD_IN_A_TRANSACTION = """
with writer(settings) as con:
    con.begin()
    con.execute("insert into core.location values ('LOST', 'Lost', 9, true, 0)")
    print("ready", flush=True)
    time.sleep(60)
"""
HOLD_READING = """
with reader(settings) as con:
    print("ready", flush=True)
    time.sleep(60)
"""


def in_another_process(home, code):
    return subprocess.Popen(
        [sys.executable, "-c", PRELUDE + code, str(home)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
    )


@contextmanager
def holding(home, code):
    process = in_another_process(home, code)
    assert process.stdout.readline() == "ready\n"
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def settings(tmp_path):
    settings = settings_for(tmp_path / "home")
    with writer(settings) as con:
        con.execute("insert into core.location values ('KEPT', 'Kept', 1, true, 0)")
    return settings


def locations(con):
    return [row[0] for row in con.execute("select location_id from core.location order by 1").fetchall()]


def test_what_a_writer_commits_the_next_one_and_a_reader_find(settings):
    with reader(settings) as con:
        assert locations(con) == ["KEPT"]
    with writer(settings) as con:
        assert locations(con) == ["KEPT"]


def test_connections_speak_utc(settings):
    for opened in (reader, writer):
        with opened(settings) as con:
            assert con.execute("select current_setting('TimeZone')").fetchone() == ("UTC",)


def test_a_reader_cannot_write(settings):
    with reader(settings) as con, pytest.raises(duckdb.InvalidInputException):
        con.execute("delete from core.location")


def test_a_second_writer_waits_and_is_then_told_who_holds_the_lock(settings):
    with holding(settings.home, HOLD_IN_A_TRANSACTION) as other:
        told = rf"another run \(pid {other.pid}\) is writing since 20\d\d-"
        with pytest.raises(WarehouseBusy, match=told), writer(settings, wait_seconds=0.2):
            pass
        with pytest.raises(WarehouseBusy, match=told), reader(settings, wait_seconds=0.2):
            pass


def test_a_writer_killed_in_a_transaction_leaves_what_was_committed_and_no_lock(settings):
    with holding(settings.home, HOLD_IN_A_TRANSACTION) as other:
        other.send_signal(signal.SIGKILL)
        other.wait()
        with reader(settings, wait_seconds=0) as con:
            assert locations(con) == ["KEPT"]
        with writer(settings, wait_seconds=0) as con:
            assert locations(con) == ["KEPT"]


def test_readers_read_together_and_a_writer_waits_for_them(settings):
    with holding(settings.home, HOLD_READING):
        with reader(settings, wait_seconds=0) as con:
            assert locations(con) == ["KEPT"]
        with pytest.raises(WarehouseBusy, match="is being read"), writer(settings, wait_seconds=0.2):
            pass


def test_an_error_inside_lets_go_of_the_lock(settings):
    with pytest.raises(duckdb.CatalogException), writer(settings) as con:
        con.execute("select * from core.no_such_table")
    with writer(settings, wait_seconds=0) as con:
        assert locations(con) == ["KEPT"]


def test_reading_before_the_first_run_says_what_to_do(tmp_path):
    settings = settings_for(tmp_path / "home")
    with pytest.raises(WarehouseMissing, match="run `oms run` first"), reader(settings):
        pass


def test_a_file_whose_creation_was_killed_is_started_anew(tmp_path):
    settings = settings_for(tmp_path / "home")
    settings.warehouse_path.write_bytes(b"")
    with writer(settings) as con:
        assert locations(con) == []


@pytest.mark.parametrize("damage", ["text", "cut", "scrambled"])
def test_a_damaged_file_is_named_and_left_alone(settings, damage):
    path = settings.warehouse_path
    whole = path.read_bytes()
    path.write_bytes(
        {
            "text": b"this is no database" * 1000,
            "cut": whole[: len(whole) // 2],
            "scrambled": whole[:4096] + bytes(byte ^ 0xFF for byte in whole[4096:12288]) + whole[12288:],
        }[damage]
    )
    before = path.read_bytes()
    with pytest.raises(WarehouseUnusable, match=rf"{path} is damaged .*put back a copy"), writer(settings):
        pass
    assert path.read_bytes() == before


def test_a_full_disk_says_so_and_keeps_what_was_committed(settings):
    fill = """
resource.setrlimit(resource.RLIMIT_FSIZE, (2**23, 2**23))
try:
    with writer(settings) as con:
        con.execute("create table staging.big as select md5(range::varchar) as x from range(2000000)")
except WarehouseError as error:
    print(error)
"""
    said = in_another_process(settings.home, fill).communicate()[0]
    assert f"the disk of {settings.home} is full" in said
    assert "free some space and run again" in said
    with writer(settings) as con:
        assert locations(con) == ["KEPT"]


def test_a_home_one_may_not_write_is_named(settings):
    if os.geteuid() != 0:
        settings.home.chmod(0o500)
        settings.warehouse_path.chmod(0o400)
    drop = """
if os.geteuid() == 0:
    with reader(settings):  # imports and extensions are loaded before the rights are dropped
        pass
    os.seteuid(65534)
try:
    with writer(settings):
        pass
except WarehouseError as error:
    print(error)
"""
    said = in_another_process(settings.home, drop).communicate()[0]
    assert "no permission" in said
    assert str(settings.home) in said
    assert "OMS_HOME" in said
