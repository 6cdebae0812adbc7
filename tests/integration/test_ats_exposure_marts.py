"""From publications to exposure by day: the book copied bit by bit, and SQL against the same in Python."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import pytest

from oms_ops.exposure import business_date, buyable, by_day, steps
from oms_ops.publishing import acknowledge, history, publish, push
from oms_ops.pull import pull
from oms_ops.units import micros
from tests.support.core_rows import add, local, rows
from tests.support.order_book import NOON
from warehouse import contracts, marts
from warehouse.connection import writer

ZONE = "Europe/London"


def received(con, sku: str, at: datetime, units: int = 10) -> None:
    """Stock from then on: without publications the sku would count as buyable everywhere."""
    number = con.execute("select count(*) + 1 from core.inventory_movement").fetchone()[0]
    add(
        con, "core.inventory_movement", movement_seq=number, sku=sku, location_id="LEICESTER",
        kind="received", quantity=units, occurred_at=at, recorded_at=at,
    )  # fmt: skip


def published(con, sku: str, value: int, at: datetime, *, pushed=None, acknowledged=None, channel="shopify"):
    number = con.execute("select count(*) + 1 from core.ats_publication").fetchone()[0]
    row = {
        "publication_seq": number, "channel_id": channel, "sku": sku, "value": value, "computed_at": at,
        "pushed_at": pushed, "acknowledged_at": acknowledged,
    }  # fmt: skip
    stored = {name: cell for name, cell in row.items() if name != "value"}
    add(con, "core.ats_publication", **stored, ats=value, terms="{}", change_no=number)
    times = ("computed_at", "pushed_at", "acknowledged_at")
    return row | {name: None if row[name] is None else micros(row[name]) for name in times}


def exposures(con, sku: str, channel: str = "shopify") -> dict:
    found = con.execute(
        "select business_date, exposure from marts.availability_day where sku = ? and channel_id = ?",
        [sku, channel],
    ).fetchall()
    return {day.isoformat(): round(value, 9) for day, value in found}


def intervals(con) -> list[tuple]:
    return con.execute(
        "select begins_at, ends_at, is_buyable from marts.availability_interval order by all"
    ).fetchall()


def test_a_sku_could_be_bought_while_the_channel_had_a_value_above_nothing(core):
    """Stock never ran out, but the channel was told so at noon and heard of the new stock at six."""
    con, settings = core
    received(con, "S", local("2011-06-01 00:00"))
    day = "2011-06-20"
    published(con, "S", 4, local(f"{day} 08:00"), pushed=local(f"{day} 08:00"))
    published(con, "S", 3, local(f"{day} 09:00"), pushed=local(f"{day} 09:00"))
    published(
        con, "S", 0, local(f"{day} 11:50"), pushed=local(f"{day} 11:55"), acknowledged=local(f"{day} 12:00")
    )
    published(con, "S", 9, local(f"{day} 13:00"))
    published(
        con, "S", 8, local(f"{day} 17:00"), pushed=local(f"{day} 17:30"), acknowledged=local(f"{day} 18:00")
    )
    marts.build(con, settings, as_of=local("2011-06-22 00:00"))
    assert intervals(con) == [
        (local(f"{day} 08:00"), local(f"{day} 12:00"), True),
        (local(f"{day} 12:00"), local(f"{day} 18:00"), False),
        (local(f"{day} 18:00"), None, True),
    ]
    assert exposures(con, "S") == {day: 0.75}
    assert exposures(con, "S", "wholesale") == {}
    assert [check for check in contracts.check(con, "marts.availability_interval") if not check.passed] == []


def test_what_was_out_before_the_first_publication_is_still_worked_out_from_the_ledger(core):
    con, settings = core
    received(con, "S", local("2011-06-01 00:00"), units=1)
    add(
        con, "core.inventory_movement", movement_seq=2, sku="S", location_id="LEICESTER", kind="allocated",
        quantity=1, occurred_at=local("2011-06-10 12:00"), recorded_at=local("2011-06-10 12:00"),
    )  # fmt: skip
    moment = local("2011-06-12 06:00")
    published(con, "S", 5, moment, pushed=moment)
    marts.build(con, settings, as_of=local("2011-06-14 00:00"))
    assert exposures(con, "S") == {"2011-06-10": 0.5, "2011-06-11": 0, "2011-06-12": 0.75}
    assert exposures(con, "S", "wholesale") == {
        "2011-06-10": 0.5, "2011-06-11": 0, "2011-06-12": 0, "2011-06-13": 0,
    }  # fmt: skip


def test_a_kit_which_never_moves_is_exposed_by_its_publications_from_when_it_was_first_buyable(core):
    con, settings = core
    for value, hour in ((0, "06"), (3, "12"), (0, "18")):
        moment = local(f"2011-06-20 {hour}:00")
        published(con, "SET", value, moment, pushed=moment)
    marts.build(con, settings, as_of=local("2011-06-22 00:00"))
    assert exposures(con, "SET") == {"2011-06-20": 0.75, "2011-06-21": 0}


def test_days_of_23_and_25_hours(core):
    con, settings = core
    received(con, "S", local("2011-01-01 00:00"))
    for value, text in (
        (4, "2011-03-01 00:00"), (0, "2011-03-27 12:00"), (4, "2011-03-28 00:00"),
        (0, "2011-10-30 00:00"), (4, "2011-10-30 12:00"),
    ):  # fmt: skip
        published(con, "S", value, local(text), pushed=local(text))
    marts.build(con, settings, as_of=local("2011-11-02 00:00"))
    assert exposures(con, "S") == {
        "2011-03-27": round(11 / 23, 9), "2011-10-30": round(12 / 25, 9),
    }  # fmt: skip


@pytest.mark.parametrize("begin", ["2011-03-24 00:00", "2011-06-01 00:00", "2011-10-28 00:00"])
def test_sql_and_the_books_own_arithmetic_agree_on_any_history(core, begin):
    con, settings = core
    rng = random.Random(begin)
    first, as_of = local(begin), local(begin) + timedelta(days=6, hours=7)
    told = {}
    for number in range(12):
        sku = f"K{number}"
        received(con, sku, first - timedelta(days=9))
        moment, found = first, []
        for _ in range(rng.randint(1, 9)):
            moment += timedelta(minutes=rng.choice((0, 7, 400, 2000)))
            pushed = moment + timedelta(minutes=rng.choice((0, 1, 90))) if rng.random() < 0.8 else None
            late = timedelta(minutes=rng.choice((0, 3, 700)))
            acknowledged = pushed + late if pushed and rng.random() < 0.6 else None
            value = rng.choice((0, 0, 1, 5))
            found.append(published(con, sku, value, moment, pushed=pushed, acknowledged=acknowledged))
        told[sku] = found
    marts.build(con, settings, as_of=as_of)
    checked = 0
    for sku, found in told.items():
        until = micros(as_of)
        known = [forget_later(row, until) for row in found]
        values = steps(known)
        if not values:
            continue
        spells = [(micros(first - timedelta(days=9)), values[0][0]), *buyable(values, until=until)]
        expected = by_day(spells, zone=ZONE, first=business_date(values[0][0], zone=ZONE), until=until)
        less = {day.isoformat(): round(value, 9) for day, value in expected.items() if value < 1 - 1e-12}
        assert exposures(con, sku) == less, sku
        checked += len(less)
    assert checked > 10


def forget_later(row: dict, until: int) -> dict:
    """What was known then: an instant after it had not happened."""
    return row | {
        name: None if row[name] is None or row[name] >= until else row[name]
        for name in ("pushed_at", "acknowledged_at")
    }


def test_publications_are_copied_as_they_come_and_again_when_they_are_pushed_or_acknowledged(shop):
    def copy():
        return pull(con, shop.book, shop.settings, as_of=NOON).tables["ats_publication"]

    with writer(shop.settings) as con:
        shop.receive("CUP", "LEICESTER", 10)
        publish(shop.book, shop.settings, now=NOON)
        assert (copy(), copy()) == (4, 0)
        push(shop.book, shop.settings, now=NOON + timedelta(seconds=5))
        assert (copy(), copy()) == (4, 0)
        acknowledge(shop.book, shop.settings, "amazon", at=NOON + timedelta(seconds=9), key="k")
        assert (copy(), copy()) == (1, 0)
        shop.place("1", ("CUP", 1))
        publish(shop.book, shop.settings, now=NOON + timedelta(minutes=1))
        assert copy() == 8
        in_book = {
            (
                row["publication_seq"],
                row["value"],
                row["pushed_at"],
                row["acknowledged_at"],
                row["superseded_at"],
            )
            for row in history(shop.book, "CUP")
        }
        copied = rows(con, "select * from core.ats_publication")
        assert in_book == {
            (
                row["publication_seq"],
                row["ats"],
                row["pushed_at"],
                row["acknowledged_at"],
                row["superseded_at"],
            )
            for row in copied
        }
        failed = [check for check in contracts.check(con, "core.ats_publication") if not check.passed]
        assert failed == []
