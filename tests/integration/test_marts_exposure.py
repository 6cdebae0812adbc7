"""Core rows to marts: the part of the shop's day on which a channel could sell, by movements alone.

Exposure by what channels were told is test_ats_exposure_marts.py.
"""

from __future__ import annotations

from tests.support.core_orders import build, moved
from tests.support.core_rows import local


def exposures(con, sku):
    found = con.execute(
        "select channel_id, business_date, exposure from marts.availability_day where sku = ? order by all",
        [sku],
    ).fetchall()
    return {(channel, day.isoformat()): round(exposure, 6) for channel, day, exposure in found}


def test_exposure_is_the_fraction_of_the_shops_day_on_which_a_channel_could_sell(core):
    """Amazon sells from 4 units (2 kept back, 90 % shown), the Europe shop from 3, the others from 1."""
    con, _ = core
    moved(con, 1, "S", "LEICESTER", "received", 10, local("2011-06-01 00:00"))
    moved(con, 2, "S", "LONDON", "allocated", 3, local("2011-06-02 08:00"))
    moved(con, 3, "S", "LEICESTER", "allocated", 6, local("2011-06-02 13:00"))
    moved(con, 4, "S", "LEICESTER", "allocated", 1, local("2011-06-03 06:00"))
    moved(con, 5, "S", "LEICESTER", "allocated", 2, local("2011-06-03 12:00"))
    moved(con, 6, "S", "LEICESTER", "shipped", 9, local("2011-06-03 13:00"))
    moved(con, 7, "S", "LEICESTER", "allocated", 1, local("2011-06-03 18:00"))
    moved(con, 8, "S", "LEICESTER", "received", 5, local("2011-06-05 12:00"))
    build(core)
    first_day = {"amazon": 0.25, "woocommerce": 0.5, "shopify": 0.75, "wholesale": 0.75}
    assert exposures(con, "S") == {
        (channel, day): exposure
        for channel, first in first_day.items()
        for day, exposure in (("2011-06-03", first), ("2011-06-04", 0), ("2011-06-05", 0.5))
    }


def test_a_channel_sells_only_from_its_network_and_only_since_the_first_receipt(core):
    con, _ = core
    moved(con, 1, "G", "GLASGOW", "allocated", 1, local("2011-06-20 09:00"))
    moved(con, 2, "G", "GLASGOW", "received", 100, local("2011-06-29 12:00"))
    build(core, as_of=local("2011-07-01 00:00"))
    assert exposures(con, "G") == {("woocommerce", "2011-06-29"): 0.5, ("woocommerce", "2011-06-30"): 0}


def test_exposure_knows_the_day_of_25_hours_and_the_day_that_is_not_over(core):
    con, _ = core
    moved(con, 1, "D", "LEICESTER", "received", 10, local("2011-10-01 00:00"))
    moved(con, 2, "D", "LEICESTER", "allocated", 10, local("2011-10-29 12:00"))
    moved(con, 3, "D", "LEICESTER", "received", 10, local("2011-10-30 12:00"))
    moved(con, 4, "D", "LEICESTER", "allocated", 10, local("2011-11-05 06:00"))
    build(core, as_of=local("2011-11-05 08:00"))
    shopify = {day: value for (channel, day), value in exposures(con, "D").items() if channel == "shopify"}
    assert shopify == {"2011-10-29": 0.5, "2011-10-30": round(1 - 13 / 25, 6), "2011-11-05": 0.75}


def test_a_location_that_is_not_active_or_below_its_buffer_has_nothing_to_sell(core):
    con, _ = core
    con.execute("update core.location set facility_buffer = 5 where location_id = 'LEICESTER'")
    con.execute("update core.location set is_active = false where location_id = 'LONDON'")
    moved(con, 1, "B", "LEICESTER", "received", 5, local("2011-06-29 00:00"))
    moved(con, 2, "B", "LONDON", "received", 50, local("2011-06-29 00:00"))
    moved(con, 3, "B", "LEICESTER", "received", 1, local("2011-06-29 18:00"))
    build(core, as_of=local("2011-06-30 00:00"))
    assert exposures(con, "B")["shopify", "2011-06-29"] == 0.25
