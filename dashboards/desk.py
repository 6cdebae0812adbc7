"""What every page is handed: the settings, the current release, the order book, and links to the other pages.

A page asks the release through `Desk.ask`, which remembers answers under the release's name, and sends
decisions through `Desk.book`. Nothing here knows what a page shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import duckdb
import streamlit as st

from dashboards import charts, formats
from oms_ops.store import OrderBook, open_book
from warehouse.releases import Release
from warehouse.settings import Settings, clock

T = TypeVar("T")


@st.cache_resource(max_entries=2, show_spinner=False)
def _connection(name: str, _release: Release) -> duckdb.DuckDBPyConnection:
    """One in-memory database per release; it holds views over the release's own files and no lock."""
    return _release.connect()


@st.cache_data(max_entries=600, show_spinner=False)
def _answer(name: str, question: str, given: tuple, values: tuple, _ask: Callable[[], T]) -> T:
    """Remembered per release, question and values; another release has another name."""
    return _ask()


@dataclass(frozen=True)
class Desk:
    settings: Settings
    release: Release
    pages: Mapping[str, Any] = field(default_factory=dict)

    @property
    def currency(self) -> str:
        return self.settings.shop.currency

    @property
    def zone(self) -> str:
        return self.settings.shop.zone

    @property
    def as_of(self) -> datetime:
        """The instant up to which the release knows."""
        return self.release.as_of

    @property
    def now(self) -> datetime:
        """The instant a decision is stamped with."""
        return clock(self.settings, wall=datetime.now(UTC))

    def ask(self, question: Callable[..., T], *given: object, **values: object) -> T:
        """A query of `warehouse.queries` (or `kpis`) over the current release, remembered."""

        def fresh() -> T:
            cursor = _connection(self.release.name, self.release).cursor()
            cursor.execute("set TimeZone = 'UTC'")
            try:
                return question(cursor, *given, **values)
            finally:
                cursor.close()

        return _answer(self.release.name, question.__name__, given, tuple(sorted(values.items())), fresh)

    @contextmanager
    def book(self) -> Iterator[OrderBook]:
        with open_book(self.settings.order_book_url) as book:
            yield book

    # Words and colors of the shop

    def channel_name(self, channel_id: str | None) -> str:
        names = {channel.channel_id: channel.channel_name for channel in self.settings.channels}
        return "All channels" if not channel_id or channel_id == "all" else names.get(channel_id, channel_id)

    def location_name(self, location_id: str) -> str:
        names = {place.location_id: place.location_name for place in self.settings.locations}
        return names.get(location_id, location_id).replace("(simulated)", "").strip()

    @property
    def channel_ids(self) -> list[str]:
        return [channel.channel_id for channel in self.settings.channels]

    def channel_colors(self) -> dict[str, str]:
        palette = charts.PALETTE
        return {
            channel.channel_name: palette[number % len(palette)]
            for number, channel in enumerate(self.settings.channels)
        }

    def money(self, value: formats.Number, *, cents: bool | None = None) -> str:
        return formats.money(value, currency=self.currency, cents=cents)

    def time(self, value: datetime | None) -> str:
        return formats.instant(value, self.zone)

    def local_day(self, value: datetime) -> date:
        return value.astimezone(ZoneInfo(self.zone)).date()

    # Ways to other pages

    def open(self, page: str, **params: str) -> None:
        """Go there now."""
        st.switch_page(self.pages[page], query_params=params)

    def link(self, page: str, label: str, *, icon: str | None = None, **params: str) -> None:
        st.page_link(self.pages[page], label=label, icon=icon, query_params=params or None)
