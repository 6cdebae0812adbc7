"""Filters that live in the URL: a widget starts from its query parameter and writes itself back on change.

Values in the URL are ids and ISO dates, never labels: a link survives a renamed channel. A value that the
URL names and the page does not know is reported, not silently dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboards import formats

T = TypeVar("T")
_VISIT, _PAGE = "link_state.visit", "link_state.page"


def begin(page: str) -> None:
    """Call once per run: a page newly opened, or reached by the back button, reads its URL again."""
    context = get_script_run_ctx()
    went_back = bool(context and getattr(context, "is_history_navigation", False))
    if st.session_state.get(_PAGE) != page or went_back:
        st.session_state[_PAGE] = page
        st.session_state[_VISIT] = st.session_state.get(_VISIT, 0) + 1


def key_of(name: str) -> str:
    return f"{st.session_state[_PAGE]}.{name}"


def param(name: str) -> str | None:
    return st.query_params.get(name) or None


def put(name: str, value: str | None) -> None:
    """Write one parameter; None takes it out of the URL."""
    if value is None or value == "":
        st.query_params.pop(name, None)
    elif st.query_params.get(name) != value:
        st.query_params[name] = value


def _seed(name: str, parse: Callable[[str], T | None], default: T) -> str:
    """Give the widget its value from the URL, once per visit. Returns the widget's key."""
    key = key_of(name)
    visited = f"{key}.visit"
    if st.session_state.get(visited) != st.session_state[_VISIT] or key not in st.session_state:
        raw = param(name)
        value = default if raw is None else parse(raw)
        if value is None and raw is not None and default is not None:
            st.warning(
                f"The link asks for {name} “{formats.plain(raw)}”, which is not known here. "
                "The default is shown."
            )
        st.session_state[key] = default if value is None else value
        st.session_state[visited] = st.session_state[_VISIT]
    return key


def _options(options: Sequence[str], default: str, name: str) -> str:
    key = _seed(name, lambda raw: raw if raw in options else None, default)
    if st.session_state[key] not in options:
        st.session_state[key] = default
    return key


def select(
    label: str,
    name: str,
    options: Sequence[str],
    *,
    default: str,
    labels: Callable[[str], str] = str,
    help: str | None = None,
) -> str:
    key = _options(options, default, name)
    value = st.selectbox(label, options, key=key, format_func=labels, help=help)
    put(name, None if value == default else value)
    return value


def segments(
    label: str,
    name: str,
    options: Sequence[str],
    *,
    default: str,
    labels: Callable[[str], str] = str,
    label_visibility: str = "visible",
) -> str:
    key = _options(options, default, name)
    value = st.segmented_control(
        label, options, key=key, format_func=labels, required=True, label_visibility=label_visibility
    )
    put(name, None if value == default else value)
    return value or default


def text(label: str, name: str, *, placeholder: str = "", label_visibility: str = "visible") -> str | None:
    key = _seed(name, str, "")
    value = st.text_input(
        label, key=key, placeholder=placeholder, type="search", label_visibility=label_visibility
    ).strip()
    put(name, value)
    return value or None


def toggle(label: str, name: str, *, help: str | None = None) -> bool:
    key = _seed(name, lambda raw: raw in ("1", "true", "yes"), False)
    value = st.toggle(label, key=key, help=help)
    put(name, "1" if value else None)
    return value


def amount(label: str, name: str, *, step: float, placeholder: str, help: str | None = None) -> float | None:
    """A sum of money of at least 0; None where it is left empty."""
    if (raw := param(name)) is not None and _as_amount(raw) is None:
        st.warning(f"The link asks for {name} “{formats.plain(raw)}”, which is no sum of money. None is set.")
    key = _seed(name, _as_amount, None)
    value = st.number_input(
        label,
        key=key,
        value=None,
        min_value=0.0,
        step=step,
        format="%.0f",
        placeholder=placeholder,
        help=help,
    )
    put(name, None if value is None else f"{value:.0f}")
    return value


def _as_amount(raw: str) -> float | None:
    try:
        return value if 0 <= (value := float(raw)) < float("inf") else None
    except ValueError:
        return None


def _as_date(raw: str) -> date | None:
    try:
        return date.fromisoformat(raw)
    except ValueError:
        return None


def day(
    label: str, name: str, *, default: date | None, first: date, last: date, help: str | None = None
) -> date | None:
    """One date within [first, last]; None where it may be left empty and is."""

    def parse(raw: str) -> date | None:
        found = _as_date(raw)
        return found if found and first <= found <= last else None

    key = _seed(name, parse, default)
    held = st.session_state[key]
    if held is not None and not first <= held <= last:
        st.session_state[key] = default
    value = st.date_input(
        label, key=key, value=None, min_value=first, max_value=last, format="DD/MM/YYYY", help=help
    )
    put(name, None if value == default or value is None else value.isoformat())
    return value
