"""Small pieces of HTML that Streamlit has no widget for: cards, badges, tables, the order's story.

Plain text is escaped here; where a caller hands in HTML (notes, cells) it escapes with `text`. The classes
are styled in `style.css`. No queries and no Streamlit here.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import urlencode

from dashboards import formats

BADGES = {
    "critical": "bad",
    "high": "warn",
    "medium": "info",
    "low": "mute",
    "raised": "bad",
    "acknowledged": "info",
    "snoozed": "mute",
    "resolved": "good",
    "open": "info",
    "closed": "good",
    "canceled": "mute",
    "paid": "good",
    "fulfilled": "good",
    "unfulfilled": "warn",
    "on_hold": "bad",
    "partially_fulfilled": "warn",
    "A": "good",
    "B": "info",
    "C": "mute",
}


@dataclass(frozen=True)
class Card:
    """One figure: `notes` are ready-made HTML lines, `trend` the points of the sparkline."""

    label: str
    value: str
    notes: tuple[str, ...] = ()
    help: str = ""
    trend: tuple[float, ...] = ()


@dataclass(frozen=True)
class Column:
    title: str
    is_number: bool = False
    wraps: bool = False


@dataclass(frozen=True)
class Moment:
    """One event of a story; `tone` is '', 'bad' or 'wait'."""

    when: str
    what: str
    how: str = ""
    tone: str = ""


def text(value: object) -> str:
    """Anything from the data, made safe to stand in HTML, attributes included."""
    return escape(formats.NOTHING if value is None else str(value), quote=True)


def badge(state: str, *, kind: str | None = None, title: str = "") -> str:
    """A pill; its color follows the state it names, or `kind`."""
    color = kind or BADGES.get(state, "mute")
    hint = f' title="{escape(title, quote=True)}"' if title else ""
    return f'<span class="badge {color}"{hint}>{escape(formats.words(state))}</span>'


def link(page: str, label: str, **params: str) -> str:
    """A link to another page of the app, in the same tab."""
    return f'<a href="{text(f"{page}?{urlencode(params)}")}" target="_self">{text(label)}</a>'


def simulated(what: str) -> str:
    return badge("simulated", kind="simulated", title=f"{what}: simulated in the sample data, not measured")


def delta(
    ratio: float | None, *, versus: str, good_when_up: bool | None = True, in_points: bool = False
) -> str:
    """'+3.1% vs previous 30 days', colored by whether the move is welcome."""
    if ratio is None:
        return f'<span class="flat">no comparison with {escape(versus)}</span>'
    text = formats.points(ratio) if in_points else formats.signed_percent(ratio)
    if abs(ratio) < 0.0005 or good_when_up is None:
        tone = "flat"
    else:
        tone = ("up" if ratio > 0 else "down") + ("-good" if (ratio > 0) == good_when_up else "-bad")
    return f'<b class="{tone}">{text}</b> vs {escape(versus)}'


def cards(found: Iterable[Card], *, size: str = "") -> str:
    """A grid of figures; `size` is '', 'wide' or 'six' (narrow)."""
    body = "".join(_card(card) for card in found)
    return f'<div class="cards {size}">{body}</div>'


def _card(card: Card) -> str:
    notes = "".join(f'<div class="note">{note}</div>' for note in card.notes)
    return (
        f'<div class="card"><div class="label" title="{text(card.help)}">{text(card.label)}</div>'
        f'<div class="value{" long" if len(card.value) > 16 else ""}">{escape(card.value)}</div>'
        f"{notes}{sparkline(card.trend)}</div>"
    )


def sparkline(values: Sequence[float], *, width: int = 160, height: int = 28) -> str:
    """A line without axes, as a picture; nothing where there are fewer than three points."""
    if len(values) < 3:
        return ""
    low, high = min(values), max(values)
    reach = (high - low) or 1
    step = width / (len(values) - 1)
    points = [(i * step, height - 3 - (value - low) / reach * (height - 6)) for i, value in enumerate(values)]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    drawing = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" preserveAspectRatio="none">'
        f'<polygon points="0,{height} {line} {width},{height}" fill="#0f6b5f" fill-opacity=".09"/>'
        f'<polyline points="{line}" fill="none" stroke="#0f6b5f" stroke-width="1.6" '
        'vector-effect="non-scaling-stroke" stroke-linejoin="round"/></svg>'
    )
    packed = b64encode(drawing.encode()).decode()
    return f'<img class="spark" alt="" src="data:image/svg+xml;base64,{packed}">'


def table(
    columns: Sequence[Column],
    rows: Iterable[Sequence[str]],
    *,
    total: Sequence[str] | None = None,
    css: str = "",
) -> str:
    """Rows of ready-made HTML cells in a box that scrolls sideways on a narrow screen."""
    head = "".join(f"<th{_css(column)}>{escape(column.title)}</th>" for column in columns)
    body = "".join(_row(columns, row) for row in rows)
    last = _row(columns, total, css=' class="total"') if total else ""
    inside = f"<thead><tr>{head}</tr></thead><tbody>{body}{last}</tbody>"
    return f'<div class="scroll {css}"><table>{inside}</table></div>'


def _row(columns: Sequence[Column], cells: Sequence[str], *, css: str = "") -> str:
    inside = "".join(f"<td{_css(column)}>{cell}</td>" for column, cell in zip(columns, cells, strict=True))
    return f"<tr{css}>{inside}</tr>"


def _css(column: Column) -> str:
    return ' class="num"' if column.is_number else ' class="wrap"' if column.wraps else ""


def story(moments: Iterable[Moment]) -> str:
    return f'<ul class="story">{"".join(_moment(moment) for moment in moments)}</ul>'


def _moment(moment: Moment) -> str:
    how = f'<div class="how">{escape(moment.how)}</div>' if moment.how else ""
    return (
        f'<li class="{moment.tone}"><div class="what">{escape(moment.what)}</div>'
        f'<div class="when">{escape(moment.when)}</div>{how}</li>'
    )


def flow(steps: Iterable[tuple[str, float, str, str, bool]]) -> str:
    """Horizontal bars: (name, part of the widest, value, remark, whether it is a side exit)."""
    return f'<div class="flow">{"".join(_step(*step) for step in steps)}</div>'


def _step(name: str, part: float, value: str, remark: str, is_side: bool) -> str:
    return (
        f'<div class="step{" side" if is_side else ""}"><div>{escape(name)}</div>'
        f'<div class="bar"><i style="width:{100 * part:.1f}%"></i></div>'
        f'<div class="val">{escape(value)} <span>{escape(remark)}</span></div></div>'
    )


def lead(text: str) -> str:
    return f'<p class="lead">{text}</p>'


def muted(text: str) -> str:
    return f'<p class="muted">{text}</p>'
