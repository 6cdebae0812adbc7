"""The channel adapters, one folder each, and the feeds they make of the settings' channels.

A folder with an `ADAPTER` in its `__init__.py` is an adapter; nothing else in the project names one.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from oms_ops.channels.adapter import Adapter, Feed, Kind
from warehouse.settings import Settings, SettingsError

__all__ = ["Adapter", "Feed", "Kind", "adapters", "feeds"]


@cache
def adapters() -> dict[str, Adapter]:
    """Every adapter by the name of its folder."""
    folders = sorted(found.name for found in iter_modules(__path__) if found.ispkg)
    return {name: import_module(f"{__name__}.{name}").ADAPTER for name in folders}


def feeds(settings: Settings) -> list[Feed]:
    """Every (channel, kind) the inbox may hold: the settings' sales channels, then the back office."""
    return [*_sales_feeds(settings), *_back_office_feeds()]


def _sales_feeds(settings: Settings) -> Iterator[Feed]:
    known = adapters()
    for channel in settings.channels:
        if channel.adapter not in known:
            raise SettingsError(
                f"channel {channel.channel_id}: no adapter {channel.adapter!r}; known: {', '.join(known)}"
            )
        for kind in known[channel.adapter].kinds:
            yield Feed(channel_id=channel.channel_id, kind=kind)


def _back_office_feeds() -> Iterator[Feed]:
    for name, adapter in adapters().items():
        for kind in adapter.back_office:
            yield Feed(channel_id=name, kind=kind)
