"""How fast the order book is, on SQLite and PostgreSQL, against bare SQL for the same rows in the same run.

    python -m benchmarks.order_book [reserve] [bulk] [--engine sqlite|postgresql] [--lines N ...] [--json]

`reserve`: 16 processes set one unit of 5,000 skus aside (Zipf-skewed), each a durable transaction with event
and movement; ours and bare SQL take turns. `bulk`: order lines taken in as facts, allocated over three
locations and written with events and movements, at two sizes of order. Nothing is asserted but that no unit
was sold twice: a run that oversells ends with an error. Kills: `python -m oms_ops.conformance --help`.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from benchmarks import bare_reserving
from benchmarks.postgres import installations, private_server
from oms_ops import bulk
from oms_ops import facts as f
from oms_ops.errors import OutOfStock
from oms_ops.invariants import verify
from oms_ops.service import ReservationService
from oms_ops.store import open_book
from warehouse import settings as settings_module
from warehouse.settings import Channel, Location, Settings

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
MICROS = int(NOW.timestamp()) * 1_000_000
SKUS = [f"SKU{number:05d}" for number in range(5_000)]
PLACES = ("L1", "L2", "L3")
CHUNK_FACTS = 20_000
CONTEXT = multiprocessing.get_context("spawn")


@contextmanager
def shop_on(engine: str) -> Iterator[Settings]:
    """Settings of a shop of one channel and three locations, on an empty book of the engine."""
    with tempfile.TemporaryDirectory(prefix="oms-bench-") as folder:
        loaded = settings_module.load(environ={"OMS_HOME": folder})
        places = tuple(Location(name, name, number) for number, name in enumerate(PLACES, start=1))
        shop = replace(loaded, locations=places, channels=(Channel("shop", "Shop", "shopify", PLACES),))
        if engine == "sqlite":
            yield shop
            return
        tuning = ("shared_buffers=1GB", "max_wal_size=8GB", "checkpoint_timeout=30min")
        with private_server(durable=True, settings=tuning) as server:
            yield replace(shop, order_book_url=server.url())


def counts(units: int, *, places: tuple[str, ...] = PLACES) -> list[f.StockCountFact]:
    """The stock to begin with: `units` of every sku at each place."""
    return [
        f.StockCountFact(number, MICROS, f"N{number}", sku, place, units, MICROS)
        for number, (sku, place) in enumerate(((sku, place) for sku in SKUS for place in places), start=1)
    ]


# ------------------------------------------------------------------ reservations


def reserve(engine: str, *, processes: int, each: int, rounds: int) -> dict:
    """Both ways in turn, each round on the rows of the last; the medians, and their ratio pair by pair."""
    ours, bare = [], []
    with shop_on(engine) as settings:
        with open_book(settings.order_book_url) as book:
            bulk.apply(book, [counts(100_000, places=("L1",))], settings=settings)
        for number in range(rounds):
            ways = [("bare", bare), ("ours", ours)]
            for way, found in ways if number % 2 else reversed(ways):
                found.append(_race(settings, way, number, processes=processes, each=each))
        scarce = _sell_out(settings, processes=processes)
    pairs = sorted(mine["per_second"] / limit["per_second"] for mine, limit in zip(ours, bare, strict=True))
    return {
        "engine": engine,
        "processes": processes,
        "reservations_per_round": processes * each,
        "ours": _median(ours),
        "bare": _median(bare),
        "ours_over_bare": {"min": pairs[0], "median": pairs[len(pairs) // 2], "max": pairs[-1]},
        "sold_out": scarce,
    }


def _race(settings: Settings, way: str, number: int, *, processes: int, each: int) -> dict:
    gate, results = CONTEXT.Barrier(processes), CONTEXT.Queue()
    racers = [
        CONTEXT.Process(target=_racer, args=(settings, way, f"{number}-{racer}", each, SKUS, gate, results))
        for racer in range(processes)
    ]
    return _finish(racers, results)


def _sell_out(settings: Settings, *, processes: int) -> dict:
    """Ten skus of seven units at each of three places, wanted by everybody: all is sold, and no more."""
    few = [f"LAST{number}" for number in range(10)]
    with open_book(settings.order_book_url) as book:
        facts = [fact._replace(sku=few[int(fact.sku[3:])]) for fact in counts(7) if int(fact.sku[3:]) < 10]
        offset = book.applied_through()
        facts = [fact._replace(apply_seq=offset + n) for n, fact in enumerate(facts, start=1)]
        bulk.apply(book, [facts], settings=settings)
    gate, results = CONTEXT.Barrier(processes), CONTEXT.Queue()
    racers = [
        CONTEXT.Process(target=_racer, args=(settings, "ours", f"last-{racer}", 40, few, gate, results))
        for racer in range(processes)
    ]
    sold = _finish(racers, results)["sold"]
    with open_book(settings.order_book_url) as book, book.read() as con:
        query = "SELECT sum(quantity) FROM reservation WHERE sku LIKE 'LAST%%' AND state = 'active'"
        held = int(con.exec_driver_sql(query.replace("%%", "%") if book.is_sqlite else query).scalar_one())
    if not sold == held == 210:
        raise SystemExit(f"{sold} units sold and {held} set aside of 210: the order book oversells")
    return {"wanted": processes * 40, "units": 210, "sold": sold, "oversold": 0}


def _racer(settings: Settings, way: str, name: str, tries: int, skus: list[str], gate, results) -> None:
    rng = random.Random(name)
    weights = [1 / rank for rank in range(1, len(skus) + 1)]
    picks = rng.choices(skus, weights=weights, k=tries)
    with _reserving(settings, way) as attempt:
        sold = int(attempt(picks[0], f"{way} {name} warm"))
        gate.wait()
        started, waits = time.monotonic(), []
        for number, sku in enumerate(picks):
            before = time.perf_counter()
            sold += attempt(sku, f"{way} {name} {number}")
            waits.append(time.perf_counter() - before)
        results.put((started, time.monotonic(), waits, sold))


@contextmanager
def _reserving(settings: Settings, way: str) -> Iterator[bare_reserving.Reserve]:
    if way == "bare":
        with bare_reserving.reserving(settings.order_book_url) as attempt:
            yield attempt
        return
    with open_book(settings.order_book_url) as book:
        service, expires_at = ReservationService(book, settings), NOW + timedelta(minutes=15)

        def attempt(sku: str, key: str) -> bool:
            terms = {"channel_id": "shop", "items": {sku: 1}, "expires_at": expires_at, "at": NOW}
            try:
                service.reserve(key, key=key, **terms)
            except OutOfStock:
                return False
            return True

        yield attempt


def _finish(racers: list, results) -> dict:
    for racer in racers:
        racer.start()
    said = [results.get() for _ in racers]
    for racer in racers:
        racer.join()
    waits = sorted(wait for _, _, found, _ in said for wait in found)
    seconds = max(ended for _, ended, _, _ in said) - min(started for started, _, _, _ in said)
    return {
        "per_second": len(waits) / seconds,
        "p50_ms": 1e3 * waits[len(waits) // 2],
        "p99_ms": 1e3 * waits[int(len(waits) * 0.99)],
        "max_ms": 1e3 * waits[-1],
        "sold": sum(sold for *_, sold in said),
    }


def _median(found: list[dict]) -> dict:
    return sorted(found, key=lambda row: row["per_second"])[len(found) // 2]


# ------------------------------------------------------------------ bulk


def orders(lines: int, *, per_order: int, after: int) -> Iterator[list[f.OrderFact]]:
    """Paid orders of 1 to 2 x per_order - 1 lines, in chunks, made as they are asked for."""
    rng, chunk, made, number = random.Random(7), [], 0, 0
    while made < lines:
        number += 1
        count = min(rng.randint(1, 2 * per_order - 1), lines - made)
        made += count
        at = MICROS + number * 1_000_000
        wanted = rng.choices(SKUS, k=count)
        content = [
            f.OrderLineFact(no, str(no), sku, "product", rng.randint(1, 5), 125_000)
            for no, sku in enumerate(wanted, start=1)
        ]
        chunk.append(
            f.OrderFact(
                after + number,
                at,
                f"shop:{number}",
                "shop",
                str(number),
                str(number),
                f"c{number % 9999}",
                "United Kingdom",
                "GBP",
                False,
                at,
                at,
                at,
                content,
            )  # fmt: skip
        )
        if len(chunk) == CHUNK_FACTS:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def take_in(engine: str, lines: int, *, per_order: int) -> dict:
    """The facts are made before the clock starts. Stock suffices for most orders, over three places."""
    units = 3 * lines // len(SKUS) // len(PLACES) + 1
    with shop_on(engine) as settings, open_book(settings.order_book_url) as book:
        bulk.apply(book, [counts(units)], settings=settings)
        chunks = list(orders(lines, per_order=per_order, after=book.applied_through()))
        started, cpu = time.perf_counter(), _cpu_seconds()
        report = bulk.apply(book, chunks, settings=settings)
        seconds = time.perf_counter() - started
        cpu = _cpu_seconds() - cpu
        broken = verify(book)
        if broken:
            raise SystemExit(f"{len(broken)} invariants broken, first {broken[0]}")
        split = _orders_by_locations(book)
    return {
        "engine": engine,
        "lines": report.lines,
        "lines_per_order": per_order,
        "seconds": seconds,
        "lines_per_second": report.lines / seconds,
        "cpu_seconds": cpu,
        "events": report.events,
        "movements": report.movements,
        "orders_by_locations": split,
    }


def _orders_by_locations(book) -> dict[str, int]:
    query = (
        "SELECT places, count(*) FROM (SELECT order_seq, count(DISTINCT location_id) AS places "
        "FROM fulfillment_order GROUP BY order_seq) AS work GROUP BY places ORDER BY places"
    )
    with book.read() as con:
        return {str(places): int(count) for places, count in con.exec_driver_sql(query)}


def _cpu_seconds() -> float:
    """Of this process and of the ones it has waited for; PostgreSQL's own is not among them."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="*", default=["reserve", "bulk"], help="reserve, bulk (default: both)")
    parser.add_argument("--engine", action="append", choices=["sqlite", "postgresql"])
    parser.add_argument("--processes", type=int, default=16)
    parser.add_argument("--each", type=int, default=500, help="reservations of each process in a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--lines", type=int, nargs="+", default=[100_000, 1_000_000, 3_000_000])
    parser.add_argument("--per-order", type=int, nargs="+", default=[4, 20], help="mean lines of an order")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    engines = options.engine or (["sqlite", "postgresql"] if installations() else ["sqlite"])
    for engine in engines:
        if "reserve" in options.what:
            terms = {"processes": options.processes, "each": options.each, "rounds": options.rounds}
            _say(reserve(engine, **terms), as_json=options.json)
        for per_order in options.per_order if "bulk" in options.what else ():
            for lines in options.lines:
                _say(take_in(engine, lines, per_order=per_order), as_json=options.json)
    return 0


def _say(result: dict, *, as_json: bool) -> None:
    print(json.dumps(result) if as_json else _words(result), flush=True)


def _words(result: dict) -> str:
    if "lines" in result:
        return (
            f"{result['engine']:10} {result['lines']:>9,} lines, {result['lines_per_order']} an order: "
            f"{result['lines_per_second']:,.0f} lines/s ({result['seconds']:.1f} s, "
            f"{result['cpu_seconds']:.1f} CPU s), orders by locations {result['orders_by_locations']}"
        )
    rows = [f"{result['engine']}, {result['processes']} processes, {os.cpu_count()} processors"]
    for way in ("ours", "bare"):
        found = result[way]
        rows.append(
            f"  {way}: {found['per_second']:,.0f}/s, p50 {found['p50_ms']:.1f} ms, "
            f"p99 {found['p99_ms']:.1f} ms, longest {found['max_ms']:.0f} ms"
        )
    ratio = result["ours_over_bare"]
    rows.append(
        f"  ours / bare: {ratio['median']:.2f} ({ratio['min']:.2f} to {ratio['max']:.2f}); "
        f"sold out: {result['sold_out']}"
    )
    return "\n".join(rows)


if __name__ == "__main__":
    sys.exit(main())
