"""What stands around every page: the release in sidebar and footer, and what to do when there is none."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from dashboards import markup
from dashboards.desk import Desk
from warehouse import releases, settings
from warehouse.errors import WarehouseError


def desk(pages: Mapping[str, object]) -> Desk | None:
    """The desk over the current release; where there is none, says what to do and returns None."""
    try:
        configured = settings.load()
    except settings.SettingsError as error:
        st.title("The settings cannot be read")
        st.error(str(error))
        return None
    try:
        release = releases.current(configured)
    except WarehouseError as error:
        broken(str(error), name="")
        return None
    if release is None:
        _no_release(str(configured.releases_dir))
        return None
    found = Desk(settings=configured, release=release, pages=pages)
    _sidebar(found)
    return found


def _no_release(folder: str) -> None:
    st.title("No release yet")
    st.markdown(
        "The dashboards show published releases, and none has been published so far. "
        "In the checkout, run the main job; it ends by publishing one:"
    )
    st.code("make run", language="bash")
    st.caption(f"Looked in {folder}. This page finds the release by itself once it is there: reload it then.")
    st.button("Look again", icon=":material/refresh:")


def broken(found: str, *, name: str) -> None:
    st.title("The release cannot be read")
    st.error(f"{f'Release {name}: ' if name else ''}{found.splitlines()[0]}")
    st.markdown(
        "A release is a folder of Parquet files and a manifest; a file of this one is missing or damaged. "
        "Publishing again repairs it, and nothing else has to be done:"
    )
    st.code("make run", language="bash")


def no_book(found: str) -> None:
    st.error(f"The order book cannot be used: {found}")
    st.markdown("Figures of the release are unaffected; only decisions and alerts need the order book.")


def is_simulated(found: Desk) -> bool:
    """Whether stock, costs, lead times and shipments of this release come from the sample's simulation."""
    return bool(found.release.manifest.get("settings", {}).get("simulated"))


def _sidebar(found: Desk) -> None:
    with st.sidebar:
        note = (
            f"<br>{markup.simulated('these figures')} stock, costs, lead times, shipments"
            if is_simulated(found)
            else ""
        )
        st.html(
            f'<div class="release"><b>Release</b> {markup.text(found.release.name)}<br>'
            f"<b>Knows up to</b> {markup.text(found.time(found.as_of))}<br>"
            f"<b>Published</b> {markup.text(found.time(found.release.published_at))}{note}</div>"
        )


def foot(found: Desk) -> None:
    told = " Stock, costs, lead times and shipments are simulated." if is_simulated(found) else ""
    st.html(
        f'<div class="foot">Release {markup.text(found.release.name)} · knows everything recorded up to '
        f"{markup.text(found.time(found.as_of))} ({markup.text(found.zone)}).{told}</div>"
    )
