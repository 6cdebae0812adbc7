"""Who decides, and what is said after a decision: both outlive the rerun that the decision causes."""

from __future__ import annotations

import streamlit as st

from dashboards import formats

_INPUT, _AUTHOR, _SAID = "author_input", "author", "said"
_ICONS = {"success": ":material/check_circle:", "warning": ":material/info:", "error": ":material/error:"}


def ask_author(*, placeholder: str = "") -> None:
    """Whoever decides, asked once and remembered while the browser tab is open."""
    name = st.text_input(
        "Your name", value=st.session_state.get(_AUTHOR, ""), key=_INPUT, placeholder=placeholder
    )
    st.session_state[_AUTHOR] = name


def author() -> str:
    """The name as it stands in the browser, also inside the callback of a button just pressed."""
    return str(st.session_state.get(_INPUT, st.session_state.get(_AUTHOR, ""))).strip()


def hint() -> str:
    """What to add to a refusal while nobody has said who decides."""
    return "" if author() else " Enter your name above first."


def say(kind: str, text: str) -> None:
    """Keep a message (success, warning, error) for the next drawing of the page."""
    st.session_state[_SAID] = (kind, text)


def said() -> None:
    """Show what was kept, once: as a toast, wherever one has scrolled to; a failure stays on the page too."""
    kind, text = st.session_state.pop(_SAID, (None, None))
    if kind is None:
        return
    st.toast(formats.plain(text), icon=_ICONS[kind], duration="long")
    if kind != "success":
        getattr(st, kind)(formats.plain(text))
