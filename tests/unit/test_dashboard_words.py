"""What the dashboards say in words and numbers: formats, periods, order stories, ATS terms, previews."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from dashboards import ats_words, formats, markup, order_story, overrides
from dashboards.periods import Period, grain_for, preset, start_of

AS_OF = datetime(2011, 12, 10, tzinfo=UTC)
FIRST, LAST = date(2009, 12, 1), date(2011, 12, 9)


def say(moment: datetime) -> str:
    return f"{moment:%d %H:%M}"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (1234567.4, "£1,234,567"),
        (99.5, "£99.50"),
        (100, "£100"),
        (0, "£0"),
        (-1234.0, "−£1,234"),
        (-0.004, "£0.00"),
        (None, "–"),
        (float("nan"), "–"),
    ],
)
def test_money_has_pence_only_where_they_matter(value, written):
    assert formats.money(value) == written


def test_a_currency_without_a_sign_is_named():
    assert formats.money(1200, currency="SEK") == "SEK 1,200"


def test_an_undefined_ratio_is_a_dash_never_zero():
    assert [formats.chance(share) for share in (0.996, 0.5, 0.004, 1.0, 0.0)] == [
        "over 99%", "50%", "under 1%", "100%", "0%",
    ]  # fmt: skip
    assert (formats.percent(None), formats.percent(0.1234), formats.percent(0.0)) == ("–", "12.3%", "0.0%")
    assert formats.change(5, 0) is None
    assert formats.change(15, 10) == 0.5
    assert formats.change(-5, -10) == 0.5


def test_durations_read_in_the_unit_one_would_say():
    written = [formats.hours(value).replace("\u00a0", " ") for value in (0.5, 30, 48, 76)]
    assert written == ["30 min", "30.0 h", "2 d", "3 d 4 h"]


def test_text_from_data_cannot_become_markdown_or_html():
    assert formats.plain("*A* [x](y) $z$") == r"\*A\* \[x\]\(y\) \$z\$"
    assert markup.text('<img src=x onerror="y">') == "&lt;img src=x onerror=&quot;y&quot;&gt;"
    assert "<script>" not in markup.table([markup.Column("<script>")], [[markup.text("<script>")]])


def test_a_card_escapes_its_label_value_and_help():
    shown = markup.cards([markup.Card("<b>", "<i>", help='"><u>')])
    assert "<b>" not in shown and "<i>" not in shown and "<u>" not in shown


def test_a_fall_of_a_bad_thing_is_welcome():
    assert "down-good" in markup.delta(-0.2, versus="before", good_when_up=False)
    assert "down-bad" in markup.delta(-0.2, versus="before")
    assert "flat" in markup.delta(0.0, versus="before")
    assert "no comparison" in markup.delta(None, versus="before")


def test_presets_end_with_the_last_day_of_the_data():
    assert preset("30d", first=FIRST, last=LAST) == Period(date(2011, 11, 10), date(2011, 12, 10))
    assert preset("mtd", first=FIRST, last=LAST) == Period(date(2011, 12, 1), date(2011, 12, 10))
    assert preset("month", first=FIRST, last=LAST) == Period(date(2011, 11, 1), date(2011, 12, 1))
    assert preset("12m", first=FIRST, last=LAST) == Period(date(2010, 12, 10), date(2011, 12, 10))
    assert preset("all", first=FIRST, last=LAST) == Period(FIRST, date(2011, 12, 10))


def test_the_period_before_has_the_same_length_and_ends_where_this_begins():
    period = Period(date(2011, 11, 10), date(2011, 12, 10))
    assert period.before() == Period(date(2011, 10, 11), date(2011, 11, 10))
    assert period.year_ago() == Period(date(2010, 11, 10), date(2010, 12, 10))
    assert Period(date(2012, 2, 29), date(2012, 3, 1)).year_ago().first == date(2011, 2, 28)


def test_longer_periods_are_drawn_in_coarser_steps():
    grains = [grain_for(Period(LAST - timedelta(days=days), LAST)) for days in (30, 92, 93, 731, 732)]
    assert grains == ["day", "day", "week", "week", "month"]
    assert start_of(date(2011, 12, 9), "week") == date(2011, 12, 5)


def order(**more) -> dict:
    row = {
        "order_status": "open",
        "fulfillment_status": "unfulfilled",
        "cancel_reason": None,
        "units": 10,
        "units_canceled": 0,
        "units_shipped": 0,
        "location_count": 1,
        "last_shipped_at": None,
        "delivered_at": None,
        "promised_deliver_by": datetime(2011, 12, 12, tzinfo=UTC),
    }
    return row | more


SHIPPED = datetime(2011, 12, 9, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("row", "answer"),
    [
        (order(), "Being prepared, not shipped yet. It is promised by 12 00:00, in 2 d."),
        (order(location_count=0), "Waiting for stock, not shipped yet. It is promised by 12 00:00, in 2 d."),
        (
            order(promised_deliver_by=datetime(2011, 12, 9, tzinfo=UTC)),
            "Being prepared, not shipped yet. It was promised by 09 00:00 and is 24.0 h late.",
        ),
        (
            order(units_shipped=4, last_shipped_at=SHIPPED, promised_deliver_by=None),
            "4 of 10 units shipped, the last on 09 08:00; the rest is still to come. "
            "No delivery date was promised.",
        ),
        (
            order(units_shipped=8, units_canceled=2, last_shipped_at=SHIPPED),
            "All of it shipped on 09 08:00 and is on its way. It is promised by 12 00:00, in 2 d.",
        ),
        (
            order(order_status="closed", units_shipped=10, delivered_at=SHIPPED),
            "Delivered on 09 08:00, as promised.",
        ),
        (
            order(units_shipped=4, last_shipped_at=SHIPPED, delivered_at=SHIPPED),
            "4 of 10 units shipped, the last on 09 08:00; the rest is still to come. "
            "It is promised by 12 00:00, in 2 d.",
        ),
        (
            order(units_shipped=10, delivered_at=SHIPPED, promised_deliver_by=SHIPPED - timedelta(hours=5)),
            "Delivered on 09 08:00, 5.0 h later than promised.",
        ),
        (
            order(order_status="canceled", cancel_reason="customer"),
            "Canceled (customer); nothing will be shipped.",
        ),
        (
            order(fulfillment_status="on_hold"),
            "On hold, not shipped yet. It is promised by 12 00:00, in 2 d.",
        ),
    ],
)
def test_where_is_my_order_is_one_answer(row, answer):
    assert order_story.where_is_it(row, as_of=AS_OF, say=say).replace("\u00a0", " ") == answer


def event(kind: str, detail: dict | str, *, learned_late: timedelta = timedelta()) -> dict:
    return {
        "event_kind": kind,
        "occurred_at": SHIPPED,
        "recorded_at": SHIPPED + learned_late,
        "detail": detail if isinstance(detail, str) else json.dumps(detail),
    }


def told(*events: dict) -> list[markup.Moment]:
    return order_story.moments(events, say=say, place=str.title, money=formats.money)


def test_an_event_is_told_with_its_own_terms():
    moments = told(
        event("placed", {"lines": 2, "total": 120.5}),
        event("allocated", {"units": 7, "locations": {"LONDON": 5, "GLASGOW": 2}}),
        event("backordered", {"units": 2, "skus": {"90026C": 2}}),
        event("delivered", {"shipment_id": "S1"}, learned_late=timedelta(hours=5)),
    )
    assert [moment.how for moment in moments] == [
        "2 lines · total £120",
        "5 units at London and 2 units at Glasgow",
        "2 × 90026C",
        "shipment S1",
    ]
    assert moments[3].when == "09 08:00 (we learned of it on 09 13:00)"


def test_an_event_kind_or_detail_nobody_foresaw_is_still_told():
    (moment,) = told(event("gift_wrapped", {"paper": "red", "notes": [{"a": 1}], "empty": None}))
    assert (moment.what, moment.how) == ("Gift wrapped", "paper red · 1 notes")
    assert told(event("noted", "not json"))[0].how == "not json"


def test_parcels_pair_shipping_with_delivery():
    found = order_story.parcels(
        [
            event("shipped", {"shipment_id": "S1", "units": 3, "locations": {"LONDON": 3}}),
            event("shipped", {"shipment_id": "S2", "units": 1, "locations": {"GLASGOW": 1}}),
            event("delivered", {"shipment_id": "S2"}),
        ]
    )
    assert [(p["shipment_id"], p["units"], p["delivered_at"]) for p in found] == [
        ("S1", 3, None),
        ("S2", 1, SHIPPED),
    ]


def ats(**more) -> dict:
    row = {
        "ats": 20,
        "free_by_location": '{"A": 80, "B": 0}',
        "unrouted_units": 50,
        "threshold": 10,
        "pool": 20,
        "share": 1.0,
        "max_quantity": None,
    }
    return row | more


def test_every_term_of_an_ats_is_shown_with_its_sign():
    rows = [ats(), ats(free_by_location='{"A": 80}', share=0.9, max_quantity=15, ats=15)]
    terms = {term.what: term.amounts for term in ats_words.terms(rows, place=str)}
    assert terms == {
        "Free in A": ["80", "80"],
        "Free in B": ["0", "not sold from"],
        "Not yet routed": ["−50", "−50"],
        "Threshold": ["−10", "−10"],
        "Pool": ["20", "20"],
        "Share": ["100% → 20", "90% → 18"],
        "Cap": ["–", "15"],
    }


@pytest.mark.parametrize(
    ("row", "answer"),
    [
        (ats(), "Amazon may sell 20 units."),
        (ats(ats=15, max_quantity=15), "Amazon may sell 15 units, held to its cap."),
        (
            ats(ats=0, free_by_location='{"A": 0}', pool=-60),
            "Amazon may sell nothing: no location it sells from has a free unit.",
        ),
        (
            ats(ats=0, free_by_location='{"A": 40}', pool=-20),
            "Amazon may sell nothing: orders not yet routed and the threshold use up the 40 units that are "
            "free.",
        ),
        (
            ats(ats=0, free_by_location='{"A": 2}', unrouted_units=0, threshold=1, pool=1, share=0.9),
            "Amazon may sell nothing: its share of 1 unit rounds down to 0.",
        ),
    ],
)
def test_an_ats_of_nothing_says_why(row, answer):
    assert ats_words.sentence(row, channel="Amazon") == answer


MONDAYS = [date(2011, 12, 12) + timedelta(weeks=week) for week in range(3)]
MODEL = [10.0, 20.0, 30.0]
FORECAST = pl.DataFrame(
    {"sku": ["X"] * 3, "week_start": MONDAYS, "mean": MODEL, "model_mean": MODEL}
    | {name: MODEL for name in ("q05", "q25", "q50", "q75", "q95")}
).with_columns(override_id=pl.lit(None, pl.String))


def override(action: str, value: float, first: int, last: int) -> dict:
    return {
        "sku": "X",
        "action": action,
        "value": value,
        "first_week": MONDAYS[first],
        "last_week": MONDAYS[last],
    }


def previewed(*standing: dict) -> list[float]:
    return overrides.with_overrides(FORECAST, standing)["mean"].to_list()


def test_an_override_changes_its_weeks_and_no_others():
    assert previewed(override("factor", 1.5, 0, 1)) == [15.0, 30.0, 30.0]


def test_where_two_overrides_set_a_week_the_later_counts():
    assert previewed(override("set", 100, 0, 2), override("set", 5, 1, 1)) == [100.0, 5.0, 100.0]


def test_no_override_forecasts_less_than_nothing():
    assert previewed(override("add", -15, 0, 2)) == [0.0, 5.0, 15.0]


def test_a_preview_starts_from_the_model_not_from_what_is_laid_over_it_already():
    moved = FORECAST.with_columns(mean=pl.lit(99.0), override_id=pl.lit("O-1"))
    assert overrides.with_overrides(moved, [])["mean"].to_list() == MODEL


def test_an_override_is_described_as_one_would_say_it():
    said = [
        overrides.described({"action": o[0], "value": o[1]})
        for o in (("factor", 1.2), ("set", 1250), ("add", -12.5))
    ]
    assert said == ["× 1.20", "set to 1,250 a week", "− 12.5 a week"]
