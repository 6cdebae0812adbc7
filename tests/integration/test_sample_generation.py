"""How a sample comes to be: dealt by its seed, whole or not at all, never over another, at any scale."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sample.generate import SampleError, generate
from tests.support.sample_inbox import cut, documents, files, ordered_lines


@pytest.fixture(scope="module")
def days(tmp_path_factory) -> Path:
    return cut(tmp_path_factory.mktemp("ledger") / "days.parquet", "2010-12-06", "2010-12-11")


@pytest.fixture(scope="module")
def small_home(days, tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("small")
    generate(place, source=days)
    return place


def test_another_seed_deals_the_channels_anew_and_leaves_the_money_as_it_was(small_home, days, tmp_path):
    generate(tmp_path, source=days, seed=2)
    assert files(tmp_path) != files(small_home)
    assert sum(row[4] for row in ordered_lines(tmp_path)) == sum(row[4] for row in ordered_lines(small_home))


def test_the_same_sample_is_not_written_again(small_home, days):
    before = {path: path.stat().st_mtime_ns for path in small_home.rglob("*")}
    again = generate(small_home, source=days)
    assert not again.is_new
    assert again.documents == json.loads((small_home / "sample.json").read_text())["documents"]
    assert {path: path.stat().st_mtime_ns for path in small_home.rglob("*")} == before


def test_another_sample_is_not_mixed_into_one_that_stands(small_home, days):
    with pytest.raises(SampleError, match="scale 1.*wanted scale 2"):
        generate(small_home, source=days, scale=2)


def test_a_sample_that_an_earlier_version_wrote_stays_and_is_spoken_of(days, tmp_path):
    generate(tmp_path, source=days)
    note = tmp_path / "sample.json"
    note.write_text(json.dumps(json.loads(note.read_text()) | {"version": "0123456789abcdef"}))
    said: list[str] = []
    assert generate(tmp_path, source=days, progress=said.append).version == "0123456789abcdef"
    assert "earlier version" in said[0]


def test_a_disk_that_takes_no_more_is_named_and_nothing_is_left_behind(days, tmp_path):
    program = (
        "import resource, sys; from pathlib import Path; from sample.generate import SampleError, generate;"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "try: generate(Path(sys.argv[1]), source=Path(sys.argv[2]))\n"
        "except SampleError as error: print(error)"
    )
    root = Path(__file__).resolve().parents[2]
    home = tmp_path / "home"
    run = subprocess.run(
        [sys.executable, "-c", program, str(home), str(days)],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"cannot write the sample below {home}" in run.stdout
    assert list(home.iterdir()) == []


def test_an_inbox_that_is_no_sample_is_left_alone(days, tmp_path):
    (tmp_path / "inbox" / "shopify" / "orders").mkdir(parents=True)
    mine = tmp_path / "inbox" / "shopify" / "orders" / "2011-01-01.jsonl"
    mine.write_text("{}\n")
    with pytest.raises(SampleError, match="no sample"):
        generate(tmp_path, source=days)
    assert mine.read_text() == "{}\n"


def test_empty_inbox_folders_are_no_obstacle(days, tmp_path):
    (tmp_path / "inbox" / "shopify" / "orders").mkdir(parents=True)
    assert generate(tmp_path, source=days).is_new


def test_a_generation_killed_midway_leaves_nothing_and_the_next_one_is_whole(small_home, days, tmp_path):
    program = (
        "import sys; from pathlib import Path; from sample.generate import generate;"
        "generate(Path(sys.argv[1]), source=Path(sys.argv[2]), progress=lambda word: print(word, flush=True))"
    )
    root = Path(__file__).resolve().parents[2]
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "home"), str(days)],
        cwd=root,
        stdout=subprocess.PIPE,
        text=True,
    )
    while "simulated" not in process.stdout.readline():
        assert process.poll() is None
    time.sleep(0.1)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "home" / "inbox").exists()
    assert not (tmp_path / "home" / "sample.json").exists()
    generate(tmp_path / "home", source=days)
    assert files(tmp_path / "home") == files(small_home)


def test_twice_the_scale_is_every_order_again_with_new_numbers_and_shifted_customers(
    small_home, days, tmp_path
):
    generate(tmp_path, source=days, scale=2)
    one = documents(small_home, "shopify", "orders")
    two = documents(tmp_path, "shopify", "orders")
    assert {order["id"] for order in two} == {order["id"] + copy for order in one for copy in (0, 1_000_000)}
    assert [order for order in two if order["id"] < 1_000_000] == one
    copies = {order["id"]: order for order in two}
    for order in one:
        copy = copies[order["id"] + 1_000_000]
        assert copy["total_price"] == order["total_price"]
        assert copy["customer"] is None or copy["customer"]["id"] == order["customer"]["id"] + 100_000
    numbers = [
        {order["AmazonOrderId"] for order in documents(home, "amazon", "orders")}
        for home in (small_home, tmp_path)
    ]
    assert len(numbers[1]) == 2 * len(numbers[0])


def test_twice_the_scale_doubles_supply_and_leaves_products_alone(small_home, days, tmp_path):
    generate(tmp_path, source=days, scale=2)
    for kind in ("receipts", "stock_counts", "stock_adjustments"):
        units = [
            sum(int(row["quantity"]) for row in documents(home, "wms", kind))
            for home in (small_home, tmp_path)
        ]
        assert units[1] == 2 * units[0]
    assert documents(tmp_path, "erp", "products") == documents(small_home, "erp", "products")


def test_a_scale_below_one_is_refused(tmp_path):
    with pytest.raises(SampleError, match="scale must lie in 1"):
        generate(tmp_path, scale=0)
