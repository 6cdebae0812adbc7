"""What an alert says: one notice as plain text, as a Slack-compatible message and as a line of a file.

Nothing here sends anything. Every message answers four questions: what, how bad, why, what to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from oms_ops.alerting.episodes import RESOLVE_BELOW, SEVERITIES
from oms_ops.wording import chance

_IN_LINES = 10
A_YEAR = 365
_DANGER = {"stockout_risk": "may run out", "out_of_stock": "is out of stock"}
_ALL_CLEAR = {"stockout_risk": "is no longer at risk", "out_of_stock": "is back in stock"}


@dataclass(frozen=True)
class Notice:
    """One thing to tell about one alert episode; `key` is the same on every attempt to tell it."""

    key: str
    notice_kind: str  # raised, worsened, reminded, resolved
    notice_no: int  # from 1 within the episode
    occurred_at: datetime
    episode_id: str
    rule: str
    sku: str
    location_id: str
    severity: str
    previous_severity: str | None
    stockout_probability: float
    margin_at_risk: float
    available: int
    days_of_cover: float | None
    suggested_quantity: int
    order_by: date | None
    explanation: str


def headline(notice: Notice) -> str:
    where = f"{notice.sku} {{}} at {notice.location_id}"
    danger = where.format(_DANGER.get(notice.rule, f"raises {notice.rule}"))
    match notice.notice_kind:
        case "resolved":
            return "Resolved: " + where.format(_ALL_CLEAR.get(notice.rule, f"no longer raises {notice.rule}"))
        case "worsened":
            return f"Now {notice.severity.upper()} (was {notice.previous_severity}): {danger}"
        case "reminded":
            return f"Reminder, {notice.severity.upper()}: {danger}"
    return f"{notice.severity.upper()}: {danger}"


def how_bad(notice: Notice, *, currency: str) -> str:
    """In numbers; of what has resolved, those of the last run that still saw it."""
    cover = _cover(notice.days_of_cover)
    return _when(notice) + (
        f"{chance(notice.stockout_probability)} chance of running out before an order placed now arrives; "
        f"{notice.available:,} available{cover}; {currency} {notice.margin_at_risk:,.2f} margin at risk."
    )


def _cover(days: float | None) -> str:
    """What is due on order counts from its day on."""
    if days is None:
        return ""
    lasts = "a year or more" if days >= A_YEAR else f"{days:,.1f} days"
    return f", {lasts} of cover with what is due"


def why(notice: Notice) -> str:
    return _when(notice) + notice.explanation


def _when(notice: Notice) -> str:
    is_past = notice.notice_kind == "resolved" and notice.stockout_probability >= RESOLVE_BELOW
    return "Before: " if is_past else ""


def what_to_do(notice: Notice) -> str:
    if notice.notice_kind == "resolved":
        return "Nothing to do."
    if notice.suggested_quantity <= 0:
        return "No purchase is proposed: see what is already on order before buying more."
    if notice.order_by is None:
        return f"Order {notice.suggested_quantity:,}."
    if notice.order_by == notice.occurred_at.date():
        return f"Order {notice.suggested_quantity:,} today."
    if notice.order_by < notice.occurred_at.date():
        return f"Order {notice.suggested_quantity:,} now (the order-by date was {notice.order_by})."
    return f"Order {notice.suggested_quantity:,} by {notice.order_by}."


def text(notice: Notice, *, currency: str) -> str:
    """The whole notice in a few lines of plain text."""
    return "\n".join(
        (
            headline(notice),
            how_bad(notice, currency=currency),
            f"Why: {why(notice)}",
            f"What to do: {what_to_do(notice)}",
            f"Alert {notice.episode_id}, {notice.occurred_at:%Y-%m-%d %H:%M} UTC",
        )
    )


def file_line(notice: Notice, *, currency: str) -> dict[str, object]:
    """The notice as one flat JSON object."""
    return {
        "delivery_key": notice.key,
        "notice": notice.notice_kind,
        "occurred_at": notice.occurred_at.isoformat(),
        "episode_id": notice.episode_id,
        "rule": notice.rule,
        "sku": notice.sku,
        "location_id": notice.location_id,
        "severity": notice.severity,
        "previous_severity": notice.previous_severity,
        "stockout_probability": notice.stockout_probability,
        "margin_at_risk": notice.margin_at_risk,
        "available": notice.available,
        "days_of_cover": notice.days_of_cover,
        "suggested_quantity": notice.suggested_quantity,
        "order_by": notice.order_by and notice.order_by.isoformat(),
        "what_to_do": what_to_do(notice),
        "explanation": notice.explanation,
        "text": text(notice, currency=currency),
    }


def slack_message(notice: Notice, *, currency: str) -> dict[str, object]:
    """`text` for the notification, `blocks` for the channel (https://docs.slack.dev/block-kit)."""
    plain = {"type": "plain_text", "text": headline(notice)[:150]}
    return {
        "text": f"{headline(notice)}. {what_to_do(notice)}",
        "blocks": [
            {"type": "header", "text": plain},
            _section(f"*How bad*\n{_escape(how_bad(notice, currency=currency))}"),
            _section(f"*Why*\n{_escape(why(notice))}"),
            _section(f"*What to do*\n{_escape(what_to_do(notice))}"),
            {"type": "context", "elements": [_markdown(_escape(f"Alert {notice.episode_id}"))]},
        ],
    }


def slack_digest(notices: Sequence[Notice], *, currency: str) -> dict[str, object]:
    """Many notices as one message: the gravest in a line each, the rest counted."""
    ordered = sorted(notices, key=urgency)
    title = digest_title(ordered)
    lines = [f"• {_escape(headline(item))}: {_escape(what_to_do(item))}" for item in ordered[:_IN_LINES]]
    risk = sum(item.margin_at_risk for item in ordered if item.notice_kind != "resolved")
    rest = f"\nand {len(ordered) - _IN_LINES:,} more" if len(ordered) > _IN_LINES else ""
    return {
        "text": title,
        "blocks": [
            {"type": "header", "text": {"type": "plain_text", "text": title[:150]}},
            _section("\n".join(lines) + rest),
            {"type": "context", "elements": [_markdown(f"{currency} {risk:,.2f} margin at risk in all")]},
        ],
    }


def digest_title(notices: Sequence[Notice]) -> str:
    """What a digest is about, of notices gravest first."""
    worst = [notice for notice in notices if notice.notice_kind != "resolved"]
    done = len(notices) - len(worst)
    parts = [f"{len(worst):,} restock alerts" if len(worst) != 1 else "1 restock alert"] if worst else []
    parts += [f"{done:,} resolved"] if done else []
    return ", ".join(parts) + (f"; most urgent: {worst[0].sku}" if worst else "")


def urgency(notice: Notice) -> tuple:
    """Sorts the gravest first, what is resolved last."""
    return (
        notice.notice_kind == "resolved",
        -SEVERITIES.index(notice.severity),
        -notice.margin_at_risk,
        notice.key,
    )


def _section(markdown: str) -> dict[str, object]:
    return {"type": "section", "text": _markdown(markdown[:3000])}


def _markdown(words: str) -> dict[str, str]:
    return {"type": "mrkdwn", "text": words}


def _escape(words: str) -> str:
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
