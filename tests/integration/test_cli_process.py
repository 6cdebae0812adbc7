"""`python -m pipelines.cli` as a process: exit codes, a closed pipe, Ctrl-C, a taken lock."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.support.alert_servers import free_port, webhook
from tests.support.cli_home import build

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    return build(tmp_path_factory.mktemp("home"))


def oms(home: Path, *arguments: str, **environment: str) -> subprocess.Popen:
    command = [sys.executable, "-m", "pipelines.cli", *arguments]
    variables = {**os.environ, "OMS_HOME": str(home), **environment}
    return subprocess.Popen(
        command, cwd=ROOT, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_a_reader_that_goes_away_ends_the_command_quietly(home):
    process = oms(home, "order", "500901", "--json")
    process.stdout.close()
    complained = process.stderr.read()
    assert (process.wait(), complained) == (141, "")


def test_a_command_that_binds_values_does_not_wait_for_pandas(home):
    script = (
        "import sys; from pipelines.cli import main; "
        "sys.argv[1:] = ['kpis', '--from', '2011-11-01', '--to', '2011-12-01', '--json']; "
        "print(main(), 'duckdb' in sys.modules, sys.modules.get('pandas'), file=sys.stderr)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**os.environ, "OMS_HOME": str(home)},
        capture_output=True,
        text=True,
    )
    assert ran.stderr == "0 True None\n"


def test_an_error_goes_to_stderr_with_exit_code_one(home):
    process = oms(home, "ats", "nothing")
    printed, complained = process.communicate()
    assert (process.returncode, printed) == (1, "")
    assert complained.startswith("oms: unknown sku 'NOTHING'")


def test_ctrl_c_ends_with_130_and_one_line(home):
    with webhook(20.0) as hook:
        process = oms(home, "alerts", "deliver", OMS_ALERTS_WEBHOOK_URL=hook.url)
        deadline = time.monotonic() + 30
        while not hook.requests and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, complained = process.communicate(timeout=30)
    assert (process.returncode, complained) == (130, "oms: interrupted\n")


def test_a_webhook_that_is_down_fails_the_delivery_with_its_reason(home):
    process = oms(home, "alerts", "deliver", OMS_ALERTS_WEBHOOK_URL="http://127.0.0.1:1/")
    printed, complained = process.communicate()
    assert process.returncode == 1
    assert "file: " in printed
    assert "webhook: 0 delivered, 2 waiting, 0 refused" in printed
    assert complained.startswith("oms: webhook: 127.0.0.1: ")


def test_a_run_without_an_inbox_says_what_to_do(tmp_path):
    process = oms(tmp_path, "run", PYTHONWARNINGS="ignore")
    _, complained = process.communicate()
    assert process.returncode == 1
    assert complained.startswith(f"oms: land failed: no inbox at {tmp_path / 'inbox'}: create it")
    assert complained.count("\n") == 1


def test_a_run_stopped_with_ctrl_c_ends_with_130(tmp_path):
    process = oms(tmp_path, "run", PYTHONWARNINGS="ignore")
    assert "As of" in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, complained = process.communicate(timeout=60)
    assert process.returncode == 130
    assert complained.splitlines()[-1] == "oms: interrupted"


def test_a_scale_the_sample_cannot_have_is_one_line(tmp_path):
    process = oms(tmp_path, "run", "--sample", "--scale", "4000")
    _, complained = process.communicate()
    assert (process.returncode, complained) == (1, "oms: scale must lie in 1..500, found 4000\n")


def test_the_dashboards_are_served_on_the_loopback_address_and_end_with_ctrl_c(home):
    port = free_port()
    process = oms(home, "dashboard", "--port", str(port))
    try:
        assert answers(f"http://127.0.0.1:{port}/_stcore/health", within_seconds=60) == b"ok"
    finally:
        process.send_signal(signal.SIGINT)
        printed, _ = process.communicate(timeout=30)
    assert printed.startswith(f"dashboards at http://127.0.0.1:{port} ")


def answers(url: str, *, within_seconds: float) -> bytes | None:
    deadline = time.monotonic() + within_seconds
    while time.monotonic() < deadline:
        try:
            with urlopen(url, timeout=5) as response:  # noqa: S310
                return response.read()
        except OSError:
            time.sleep(0.2)
    return None
