import json
from datetime import UTC, datetime

import pytest

from warehouse import settings as settings_module
from warehouse.settings import SettingsError, load

WALL = datetime(2030, 1, 1, tzinfo=UTC)
SMALL = """
[shop]
zone = "Europe/London"
currency = "GBP"
currencies = ["GBP"]

[[location]]
location_id = "L1"
location_name = "One"
priority = 2
takes_returns = true

[[location]]
location_id = "L2"
location_name = "Two"
priority = 1

[[channel]]
channel_id = "web"
channel_name = "Web"
adapter = "shopify"
network = ["L1", "L2"]
"""


@pytest.fixture
def small(tmp_path):
    path = tmp_path / "oms.toml"
    path.write_text(SMALL)
    return path


def test_the_shipped_settings_load_and_name_four_channels():
    settings = load(environ={})
    assert [channel.channel_id for channel in settings.channels] == [
        "shopify",
        "amazon",
        "woocommerce",
        "wholesale",
    ]
    assert settings.returns_location == "LEICESTER"


def test_everything_written_stands_under_the_home_beside_the_file(small):
    settings = load(small, environ={})
    assert settings.home == small.parent / "data"
    assert settings.warehouse_path == small.parent / "data" / "warehouse.duckdb"
    assert settings.order_book_url == f"sqlite:///{small.parent}/data/order_book.sqlite"


def test_the_environment_is_laid_over_the_file(small, tmp_path):
    environ = {
        "OMS_HOME": str(tmp_path / "elsewhere"),
        "OMS_SHOP_CURRENCIES": "GBP,EUR",
        "OMS_STORE_KEEP_RELEASES": "9",
        "OMS_FORECAST_HORIZON_WEEKS": "4",
    }
    settings = load(small, environ=environ)
    assert settings.home == tmp_path / "elsewhere"
    assert settings.shop.currencies == ("GBP", "EUR")
    assert (settings.keep_releases, settings.forecast.horizon_weeks) == (9, 4)


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ('zone = "Europe/London"', 'zone = "Mars/Olympus"', "zone 'Mars/Olympus' is not an IANA time zone"),
        (
            'zone = "Europe/London"',
            'zone = "Europe/Londn"',
            r"oms\.toml: \[shop\] zone 'Europe/Londn' .* such as 'Europe/London' there, or in OMS_SHOP_ZONE",
        ),
        ('zone = "Europe/London"', 'zone = "Europe"', r"zone 'Europe' is not an IANA time zone"),
        ('currency = "GBP"', 'curency = "GBP"', r"\[shop\] has no setting 'curency'; known: zone, currency"),
        (
            'network = ["L1", "L2"]',
            'network = ["L9"]',
            r"channel web: network names unknown locations \['L9'\]",
        ),
        ('adapter = "shopify"', 'adapter = "shopify"\nshare = 1.5', "share must lie in 0..1, found 1.5"),
        (
            'adapter = "shopify"',
            'adapter = "shopify"\noversell_budget = 0',
            "channel web: oversell_budget must be above 0, found 0.0; no buffer rules out every oversell",
        ),
        (
            'adapter = "shopify"',
            'adapter = "shopify"\noversell_measure = "percent"',
            "oversell_measure must be one of share, per_day, probability, found 'percent'",
        ),
        ("priority = 1", 'priority = "first"', r"\[location\] priority must be int, found 'first'"),
        ('location_name = "One"', "", r"\[location\] .*location_name"),
        ("[shop]", "[shop", "is not valid TOML"),
    ],
)
def test_a_wrong_setting_is_named_with_what_is_allowed(small, before, after, message):
    small.write_text(SMALL.replace(before, after, 1))
    with pytest.raises(SettingsError, match=message):
        load(small, environ={})


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("QUIET_HOURS", "8pm-7am", "quiet_hours must look like 20:00-07:00, found '8pm-7am'"),
        ("QUIET_HOURS", "20:00-25:00", "quiet_hours"),
        ("DIGEST_ABOVE", "-1", "digest_above must be at least 0, found -1"),
        ("LEARN_FROM", "hearsay", "learn_from must be one of played, recorded, none, found 'hearsay'"),
    ],
)
def test_a_wrong_setting_of_the_alerts_is_refused_before_anything_runs(small, setting, value, message):
    with pytest.raises(SettingsError, match=message):
        load(small, environ={f"OMS_ALERTS_{setting}": value})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("review_days = 0", "review_days must lie in 1..365, found 0"),
        ("review_days = 7.5", "review_days must be int, found 7.5"),
        ("review_days = true", "review_days must be int, found True"),
        ("service_level_b = 1.0", "service_level_b must lie in 0.5..1, 1 excluded, found 1.0"),
        ("service_level_c = nan", "service_level_c must lie in"),
        ('policy = "cheapest"', "policy must be one of service_level, least_cost, found 'cheapest'"),
        ("holding_rate = nan", "holding_rate must be above 0, found nan"),
        ("transfer_days = -2", "transfer_days must lie in 0..365, found -2"),
    ],
)
def test_a_wrong_rule_of_buying_is_refused_before_anything_runs(small, text, message):
    small.write_text(f"{SMALL}\n[replenishment]\n{text}\n")
    with pytest.raises(SettingsError, match=message):
        load(small, environ={})


def test_a_settings_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SettingsError, match="no settings file at .*none.toml"):
        load(tmp_path / "none.toml", environ={})


def test_an_unknown_channel_says_which_there_are(small):
    with pytest.raises(SettingsError, match="unknown channel 'ebay'; known channels: web"):
        load(small, environ={}).channel("ebay")


def test_goods_come_back_to_the_first_location_that_takes_returns(small):
    assert load(small, environ={}).returns_location == "L1"
    small.write_text(SMALL.replace("takes_returns = true", ""))
    assert load(small, environ={}).returns_location == "L2"


def test_the_sample_brings_its_own_clock(small):
    settings = load(small, environ={})
    assert settings_module.clock(settings, wall=WALL) == WALL
    settings.home.mkdir()
    (settings.home / "sample.json").write_text(json.dumps({"clock": "2011-12-10T00:00:00Z"}))
    assert settings_module.clock(settings, wall=WALL) == datetime(2011, 12, 10, tzinfo=UTC)
