import gc
import hashlib
import json
import signal
import subprocess
import sys
import time
from datetime import timedelta

import duckdb
import pytest

from tests.support.core_rows import add
from tests.support.home import settings_for
from tests.support.publish_forever import AS_OF, marts_with, publish
from warehouse import contracts, queries, releases
from warehouse.errors import ReleaseError
from warehouse.settings import ROOT


def rows(release):
    return release.connect().execute("select count(*) from dwell").fetchone()[0]


@pytest.fixture
def settings(tmp_path):
    return settings_for(tmp_path / "home", keep_releases=2)


@pytest.fixture
def con():
    with marts_with(3) as con:
        yield con


def test_before_the_first_run_there_is_no_release(settings):
    assert releases.current(settings) is None
    assert releases.published(settings) == []


def test_a_release_holds_every_mart_and_its_manifest_says_what_is_in_it(settings, con):
    release = publish(con, settings)
    assert release.name.startswith("20111210T000000Z-")
    assert release.as_of == AS_OF
    manifest = json.loads((release.path / "manifest.json").read_text())
    assert manifest["code_version"] == "abc"
    assert manifest["run_id"] == "run-1"
    assert manifest["settings"]["zone"] == "Europe/London"
    assert manifest["settings"]["channels"]["amazon"] == "Amazon"
    assert manifest["settings"]["simulated"] is False
    assert set(manifest["tables"]) == set(contracts.tables("marts"))
    for name, table in manifest["tables"].items():
        content = (release.path / table["file"]).read_bytes()
        assert table["bytes"] == len(content)
        assert table["sha256"] == hashlib.sha256(content).hexdigest()
        assert table["rows"] == (3 if name == "dwell" else 0)


def test_a_release_answers_as_views_named_like_the_marts(settings, con):
    publish(con, settings)
    opened = releases.current(settings).connect()
    assert opened.execute("select stage from dwell order by stage").fetchall() == [("0",), ("1",), ("2",)]
    assert opened.execute("select count(*) from sales_fact").fetchone() == (0,)
    assert opened.execute("select current_setting('TimeZone')").fetchone() == ("UTC",)


def test_the_same_content_is_the_same_release(settings, con):
    first = publish(con, settings)
    written = (first.path / "manifest.json").stat().st_mtime_ns
    con.execute("create or replace table marts.dwell as select * from marts.dwell order by stage desc")
    add(con, "marts.stage_report", stage_no=1, stage="land", seconds=1.5)
    again = publish(con, settings, run_id="run-2")
    assert (again.name, again.manifest["run_id"]) == (first.name, "run-1")
    assert (first.path / "manifest.json").stat().st_mtime_ns == written
    assert len(releases.published(settings)) == 1


def test_other_content_or_another_instant_is_another_release(settings, con):
    first = publish(con, settings)
    con.execute("update marts.dwell set orders = 2 where stage = '0'")
    second = publish(con, settings)
    third = publish(con, settings, as_of=AS_OF + timedelta(days=1))
    assert len({first.name, second.name, third.name}) == 3
    assert releases.current(settings).name == third.name


def test_a_reader_keeps_its_release_while_others_are_published_and_pruned(settings, con):
    reader = publish(con, settings).connect()
    for stage in range(100, 105):
        add(con, "marts.dwell", stage=str(stage))
        publish(con, settings)
    assert reader.execute("select count(*) from dwell").fetchone() == (3,)
    assert rows(releases.current(settings)) == 8


def test_the_newest_releases_are_kept_and_the_others_go(settings, con):
    names = [publish(con, settings, as_of=AS_OF - timedelta(days=day)).name for day in range(4)]
    assert [release.name for release in releases.published(settings)] == names[-2:]


def test_a_held_release_goes_once_its_reader_is_gone(settings, con):
    first = publish(con, settings)
    reader = first.connect()
    for day in range(1, 4):
        publish(con, settings, as_of=AS_OF + timedelta(days=day))
    assert first.path.exists()
    reader.close()
    del reader
    gc.collect()
    publish(con, settings, as_of=AS_OF + timedelta(days=9))
    assert not first.path.exists()
    with pytest.raises(ReleaseError, match="has been replaced and removed"):
        first.connect()


def test_what_a_killed_publisher_left_is_never_read_and_swept_away(settings, con):
    half = settings.releases_dir / ".unfinished-abc"
    half.mkdir(parents=True)
    (half / "manifest.json").write_text("{}")
    assert releases.current(settings) is None
    assert releases.published(settings) == []
    publish(con, settings)
    assert not half.exists()


def test_a_publisher_killed_at_any_instant_leaves_a_whole_current_release(settings, con):
    publish(con, settings)
    for wait in (0.05, 0.3, 0.7):
        command = [sys.executable, "-m", "tests.support.publish_forever", str(settings.home)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        assert process.stdout.readline() == "ready\n"
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
        process.wait()
        release = releases.current(settings)
        assert rows(release) == release.manifest["tables"]["dwell"]["rows"]
    assert rows(publish(con, settings)) == 3


def test_a_current_that_lost_a_file_says_so_and_the_next_run_writes_it_again(settings, con):
    release = publish(con, settings)
    (release.path / "dwell.parquet").unlink()
    with pytest.raises(ReleaseError, match=r"lacks dwell\.parquet; publish anew"):
        releases.current(settings)
    publish(con, settings)
    assert rows(releases.current(settings)) == 3


def test_a_pointer_to_nowhere_or_a_torn_manifest_is_one_clear_error(settings, con):
    release = publish(con, settings)
    (release.path / "manifest.json").write_text('{"name": ')
    with pytest.raises(ReleaseError, match="is damaged"):
        releases.current(settings)
    (settings.releases_dir / "CURRENT").write_text("nowhere\n")
    with pytest.raises(ReleaseError, match="no release at .*nowhere; publish one with `oms run`"):
        releases.current(settings)


def test_a_release_of_before_is_read_with_the_columns_added_since_empty(settings, con):
    add(con, "marts.product", sku="X", title="Thing")
    release = publish(con, settings)
    file = release.path / "product.parquet"
    with duckdb.connect() as older:
        older.execute(
            f"copy (select * exclude (discontinued_on, discontinued_at) from '{file}') to '{file}.new' "
            "(format parquet)"
        )
    file.with_suffix(".parquet.new").rename(file)
    with release.connect() as read:
        assert read.execute("select sku, title, discontinued_on from product").fetchall() == [
            ("X", "Thing", None)
        ]
        kinds = dict(read.execute("select column_name, data_type from duckdb_columns()").fetchall())
        assert (kinds["discontinued_on"], kinds["discontinued_at"]) == ("DATE", "TIMESTAMP WITH TIME ZONE")
        assert queries.product(read, "X")["discontinued_on"].to_list() == [None]
