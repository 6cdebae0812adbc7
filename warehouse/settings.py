"""The one settings object, built from `oms.toml` and the environment at an entry point and handed down.

Nothing else in the project reads the environment or the settings file.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from difflib import get_close_matches
from math import inf
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from warehouse import purchase_terms
from warehouse.purchase_terms import PurchaseTerms

ROOT = Path(__file__).resolve().parent.parent
ROUTING = ("routing", "shipping_zone", "shipping_rate", "sku_weight")
POLICIES = ("service_level", "least_cost")
LEARN_FROM = ("played", "recorded", "none")
OVERSELL_MEASURES = ("share", "per_day", "probability")


class SettingsError(ValueError):
    """A setting is missing, misspelled or out of range; the message names it."""


@dataclass(frozen=True)
class Location:
    location_id: str
    location_name: str
    priority: int
    is_active: bool = True
    facility_buffer: float = 0
    takes_returns: bool = False
    stock_owner: str = "book"  # or "external": a WMS or ERP counts, its snapshots win
    snapshot_includes_committed: bool = True
    claim_lag_seconds: int = 0  # how long the owner may take to hear of an allocation of ours
    zone: str = ""
    latitude: float | None = None
    longitude: float | None = None
    serves: tuple[str, ...] = ()
    orders_per_day: int | None = None
    units_per_day: int | None = None
    handling_days: int = 0
    stock_pool: str = (
        ""  # planned as one with locations of the same name; "": with those that serve the same channels
    )
    takes_purchases: bool = True


@dataclass(frozen=True)
class StockFeed:
    """`kind`: a snapshot replaces, a delta adds."""

    feed_id: str
    kind: str
    locations: tuple[str, ...]


@dataclass(frozen=True)
class Channel:
    channel_id: str
    channel_name: str
    adapter: str
    network: tuple[str, ...]
    threshold: float = 0
    share: float = 1.0
    max_quantity: float | None = None
    promise_ship_days: int = 2
    promise_deliver_days: int = 5
    minimum_shelf_life_days: int = 0  # goods tracked by lot must keep that long when they ship
    return_window_days: int = 30  # after the goods arrived; 0 for no limit
    oversell_budget: float | None = None
    oversell_measure: str = "share"
    payment_expires_minutes: int = 0  # an order that is not paid by then is canceled; 0: never
    backorder_max_wait_days: int = 0  # units that wait longer are canceled; 0: never


@dataclass(frozen=True)
class Shop:
    zone: str
    currency: str
    currencies: tuple[str, ...]


@dataclass(frozen=True)
class Forecast:
    horizon_weeks: int = 13
    horizon_days: int = 28
    backtest_origins: int = 4
    refresh_days: int = 7
    seed: int = 0
    weigh_overrides: bool = False


@dataclass(frozen=True)
class Category:
    """Products whose title has one of these words; the first category that fits is the product's."""

    category_name: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class Replenishment:
    review_days: int = 7
    service_level_a: float = 0.98
    service_level_b: float = 0.95
    service_level_c: float = 0.90
    policy: str = "service_level"
    holding_rate: float = 0.25
    transfer_days: int = 2  # from one location to another


@dataclass(frozen=True)
class Alerts:
    file: str = "alerts.jsonl"
    webhook_url: str = ""
    email_to: str = ""
    email_from: str = "oms@localhost"
    smtp_url: str = ""
    quiet_hours: str = ""
    digest_above: int = 10
    learn_from: str = "played"


@dataclass(frozen=True)
class Publication:
    file: str = "ats.jsonl"
    lag_days: int = 28
    demand_days: int = 28


@dataclass(frozen=True)
class Settings:
    home: Path
    shop: Shop
    locations: tuple[Location, ...]
    channels: tuple[Channel, ...]
    forecast: Forecast
    replenishment: Replenishment
    alerts: Alerts
    order_book_url: str
    warehouse_path: Path
    keep_releases: int
    stock_feeds: tuple[StockFeed, ...] = ()
    routing: Mapping[str, object] = field(default_factory=dict)  # as written; oms_ops.routing reads it
    publication: Publication = Publication()
    categories: tuple[Category, ...] = ()
    purchase_terms: tuple[PurchaseTerms, ...] = ()

    @property
    def inbox(self) -> Path:
        return self.home / "inbox"

    @property
    def releases_dir(self) -> Path:
        return self.home / "releases"

    @property
    def returns_location(self) -> str:
        """Where returned goods come back: the first active location that takes returns."""
        takers = [place for place in self.locations if place.takes_returns and place.is_active]
        return min(takers or self.locations, key=lambda place: place.priority).location_id

    def channel(self, channel_id: str) -> Channel:
        for channel in self.channels:
            if channel.channel_id == channel_id:
                return channel
        known = ", ".join(channel.channel_id for channel in self.channels)
        raise SettingsError(f"unknown channel {channel_id!r}; known channels: {known}")


def load(path: Path | None = None, *, environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from `path` (default: oms.toml beside the code) with `OMS_*` variables laid over it."""
    env = os.environ if environ is None else environ
    source = path or Path(env.get("OMS_SETTINGS", ROOT / "oms.toml"))
    try:
        return _load(source, env)
    except SettingsError as error:
        named = str(error) if str(source) in str(error) else f"{source}: {error}"
        raise SettingsError(named) from error


def _load(source: Path, env: Mapping[str, str]) -> Settings:
    tree = _tree(source, missing="set OMS_SETTINGS to one")
    home = Path(env.get("OMS_HOME") or tree.get("home", "data")).expanduser()
    home = home if home.is_absolute() else (source.parent / home).resolve()
    store = _overlay(tree.get("store", {}), section="store", env=env)
    settings = Settings(
        home=home,
        shop=_build(Shop, tree.get("shop", {}), section="shop", env=env),
        locations=tuple(
            _build(Location, row, section="location", env={}) for row in tree.get("location", [])
        ),
        channels=tuple(_build(Channel, row, section="channel", env={}) for row in tree.get("channel", [])),
        forecast=_build(Forecast, tree.get("forecast", {}), section="forecast", env=env),
        replenishment=_build(Replenishment, tree.get("replenishment", {}), section="replenishment", env=env),
        alerts=_build(Alerts, tree.get("alerts", {}), section="alerts", env=env),
        order_book_url=store.get("order_book_url") or f"sqlite:///{home / 'order_book.sqlite'}",
        warehouse_path=Path(store.get("warehouse_path") or home / "warehouse.duckdb"),
        keep_releases=int(store.get("keep_releases", 5)),
        stock_feeds=tuple(
            _build(StockFeed, row, section="stock_feed", env={}) for row in tree.get("stock_feed", [])
        ),
        routing={section: tree[section] for section in ROUTING if section in tree},
        publication=_build(Publication, tree.get("publication", {}), section="publication", env=env),
        categories=tuple(
            _build(Category, row, section="category", env={}) for row in tree.get("category", [])
        ),
        purchase_terms=tuple(
            _build(PurchaseTerms, row, section="purchase_terms", env={})
            for row in tree.get("purchase_terms", [])
        ),
    )
    _check(settings)
    return settings


def load_routing(path: Path, *, settings: Settings) -> dict[str, object]:
    """The routing of another file, for what-if; what it lacks (rates, zones, weights) is the settings'."""
    tree = _tree(path, missing="name one with [[routing]] tables")
    strangers = set(tree) - set(ROUTING)
    if strangers or "routing" not in tree:
        found = ", ".join(sorted(strangers)) or "none"
        raise SettingsError(f"{path} may have {', '.join(ROUTING)} and needs [[routing]]; found {found}")
    return dict(settings.routing) | tree


def _tree(source: Path, *, missing: str) -> dict[str, object]:
    try:
        return tomllib.loads(source.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SettingsError(f"no settings file at {source}; {missing}") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{source} is not valid TOML: {error}") from error


def _overlay(table: Mapping[str, object], *, section: str, env: Mapping[str, str]) -> dict[str, object]:
    prefix = f"OMS_{section.upper()}_"
    return dict(table) | {
        key[len(prefix) :].lower(): value for key, value in env.items() if key.startswith(prefix)
    }


def _build(kind: type, table: Mapping[str, object], *, section: str, env: Mapping[str, str]):
    known = {field.name: field for field in fields(kind)}
    values = _overlay(table, section=section, env=env)
    for key in values:
        if key not in known:
            raise SettingsError(f"[{section}] has no setting {key!r}; known: {', '.join(known)}")
    cast = {
        key: _cast(value, str(known[key].type), name=f"[{section}] {key}") for key, value in values.items()
    }
    try:
        return kind(**cast)
    except TypeError as error:
        raise SettingsError(f"[{section}] {error}") from error


def _cast(value: object, kind: str, *, name: str) -> object:
    try:
        if kind.startswith("tuple"):
            return tuple(value.split(",")) if isinstance(value, str) else tuple(value)
        if kind == "bool":
            return value if isinstance(value, bool) else str(value).lower() in ("1", "true", "yes")
        if isinstance(value, bool) and kind.startswith(("int", "float")):
            raise ValueError(value)
        if kind.startswith("int"):
            if isinstance(value, float) and not value.is_integer():
                raise ValueError(value)
            return int(value)
        if kind.startswith("float"):
            return float(value)
        return str(value)
    except (TypeError, ValueError) as error:
        raise SettingsError(f"{name} must be {kind}, found {value!r}") from error


def _check(settings: Settings) -> None:
    _check_zone(settings.shop.zone)
    places = {place.location_id for place in settings.locations}
    if not places or not settings.channels:
        raise SettingsError("at least one [[location]] and one [[channel]] are needed")
    if said := purchase_terms.problem(settings.purchase_terms, locations=places):
        raise SettingsError(said)
    _check_stock(settings, places)
    _check_alerts(settings.alerts)
    _check_replenishment(settings.replenishment)
    for channel in settings.channels:
        strangers = set(channel.network) - places
        if strangers:
            raise SettingsError(
                f"channel {channel.channel_id}: network names unknown locations {sorted(strangers)}"
            )
        if not 0 <= channel.share <= 1:
            raise SettingsError(
                f"channel {channel.channel_id}: share must lie in 0..1, found {channel.share}"
            )
        _check_budget(channel)


def _check_zone(zone: str) -> None:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        known = available_timezones()
        if not known:
            raise SettingsError("this machine knows no time zones; pip install tzdata") from None
        near = get_close_matches(zone, sorted(known), n=1)
        example = near[0] if near else "Europe/London"
        raise SettingsError(
            f"[shop] zone {zone!r} is not an IANA time zone; write one such as {example!r} there, or in "
            "OMS_SHOP_ZONE"
        ) from None


def _check_alerts(alerts: Alerts) -> None:
    hour = r"([01]\d|2[0-3]):[0-5]\d"
    if alerts.quiet_hours and not re.fullmatch(f"{hour}-{hour}", alerts.quiet_hours):
        raise SettingsError(f"[alerts] quiet_hours must look like 20:00-07:00, found {alerts.quiet_hours!r}")
    if alerts.learn_from not in LEARN_FROM:
        raise SettingsError(
            f"[alerts] learn_from must be one of {', '.join(LEARN_FROM)}, found {alerts.learn_from!r}"
        )
    if alerts.digest_above < 0:
        raise SettingsError(f"[alerts] digest_above must be at least 0, found {alerts.digest_above}")


def _check_replenishment(rules: Replenishment) -> None:
    """What the purchase stage would refuse, said before the stages that come before it have run."""
    wrong = {
        "review_days must lie in 1..365": not 1 <= rules.review_days <= 365,
        "transfer_days must lie in 0..365": not 0 <= rules.transfer_days <= 365,
        "holding_rate must be above 0": not 0 < rules.holding_rate < inf,
        f"policy must be one of {', '.join(POLICIES)}": rules.policy not in POLICIES,
    } | {
        f"service_level_{name} must lie in 0.5..1, 1 excluded": not 0.5 <= level < 1
        for name, level in zip(
            "abc", (rules.service_level_a, rules.service_level_b, rules.service_level_c), strict=True
        )
    }
    for said, is_so in wrong.items():
        if is_so:
            found = getattr(rules, said.split()[0])
            raise SettingsError(f"[replenishment] {said}, found {found!r}")


def _check_budget(channel: Channel) -> None:
    if channel.oversell_measure not in OVERSELL_MEASURES:
        raise SettingsError(
            f"channel {channel.channel_id}: oversell_measure must be one of {', '.join(OVERSELL_MEASURES)}, "
            f"found {channel.oversell_measure!r}"
        )
    if channel.oversell_budget is not None and channel.oversell_budget <= 0:
        raise SettingsError(
            f"channel {channel.channel_id}: oversell_budget must be above 0, found "
            f"{channel.oversell_budget}; no buffer rules out every oversell"
        )


def _check_stock(settings: Settings, places: set[str]) -> None:
    for place in settings.locations:
        if place.stock_owner not in ("book", "external"):
            raise SettingsError(
                f"location {place.location_id}: stock_owner is book or external, found {place.stock_owner!r}"
            )
    for feed in settings.stock_feeds:
        if feed.kind not in ("snapshot", "delta"):
            raise SettingsError(f"stock feed {feed.feed_id}: kind is snapshot or delta, found {feed.kind!r}")
        if strangers := set(feed.locations) - places:
            raise SettingsError(f"stock feed {feed.feed_id} names unknown locations {sorted(strangers)}")


def clock(settings: Settings, *, wall: datetime) -> datetime:
    """The instant that counts as now: the sample's own clock where the sample is loaded, else `wall`.

    The sample ends in the past: a decision stamped with today's date would lie after all it concerns.
    """
    try:
        sample = json.loads((settings.home / "sample.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return wall
    return datetime.fromisoformat(sample["clock"])
