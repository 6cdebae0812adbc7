"""Transfers proposed before buying: what could move, what is under way, and the planner's word on each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl
import streamlit as st

from dashboards import buying, formats, grids
from dashboards.desk import Desk
from dashboards.saying import author, hint, say
from oms_ops.commands.transfer_proposals import TransferProposal
from oms_ops.errors import OmsError
from oms_ops.service import StockService
from warehouse import queries

REASON = "transfer.reason"
PLACES = ("sku", "from_location_id", "to_location_id")
SHOWN = (
    "sku", "title", "quantity", "from_location_id", "to_location_id", "saved_margin", "missing_units",
    "decision", "decided", "under_way", "explanation",
)  # fmt: skip


def render(desk: Desk) -> None:
    found = desk.ask(queries.transfer_proposals)
    if found.is_empty():
        return
    saved = desk.money(found["saved_margin"].sum())
    with st.expander(f"Before buying: {formats.number(found.height)} transfers that save {saved} of margin"):
        chosen = _table(desk, _as_decided(desk, found))
        st.caption("What one place will lack lies idle at another. Tick rows to move or decline.")
        waiting = chosen.filter(pl.col("decision") == buying.OPEN).to_dicts()
        if waiting:
            _ask(desk, waiting)


def _as_decided(desk: Desk, found: pl.DataFrame) -> pl.DataFrame:
    """Adds decision, decided and under_way: the open transfers of the sku on the same way."""
    rows = found
    with desk.book() as book:
        stock = StockService(book, desk.settings)
        rows = buying.with_decisions(rows, stock.decided_proposals(rows["proposal_id"].to_list()))
        moving = _under_way(stock.standing_transfers())
    words = [", ".join(moving.get(key, ())) or None for key in rows.select(PLACES).iter_rows()]
    return rows.with_columns(under_way=pl.Series(words, dtype=pl.String))


def _under_way(transfers: Sequence[Mapping]) -> dict[tuple[str, str, str], list[str]]:
    """By sku, origin and destination."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for moved in transfers:
        for line in moved["lines"]:
            units = line["in_transit"] if moved["shipped_at"] else line["quantity"]
            if units:
                words = f"{units:,} on {moved['transfer_id']} ({formats.words(moved['state']).lower()})"
                key = (line["sku"], moved["origin_id"], moved["destination_id"])
                found.setdefault(key, []).append(words)
    return found


def _table(desk: Desk, rows: pl.DataFrame) -> pl.DataFrame:
    """Draws the rows; those ticked."""
    return grids.ticked(
        rows,
        rows.select(SHOWN).with_columns(
            pl.col("decision").map_elements(formats.words, return_dtype=pl.String)
        ),
        key="transfers",
        most=8,
        columns={
            "sku": grids.sku(),
            "title": grids.title(),
            "quantity": grids.count("Move"),
            "from_location_id": "From",
            "to_location_id": "To",
            "saved_margin": grids.money("Saves", desk.currency),
            "missing_units": grids.count("Lacking", "before a purchase could arrive"),
            "under_way": st.column_config.TextColumn(
                "Under way",
                width="medium",
                help="the same product on transfers from and to the same locations, not ended yet",
            ),
            **grids.decided(),
        },
    )


def _ask(desk: Desk, rows: Sequence[Mapping]) -> None:
    proposals = commands(rows)
    units, transfers = sum(each.units for each in proposals), len({each.pair for each in proposals})
    left, middle, right = st.columns([2, 2, 1], vertical_alignment="bottom")
    left.button(
        f"Move {formats.counted(units, 'unit')} on {formats.counted(transfers, 'transfer')}",
        type="primary", icon=":material/local_shipping:", key="transfer.accept", on_click=accept,
        args=(desk, rows),
        help="One transfer for each pair of locations, drafted for the origin to pick and ship. Until it is "
        "shipped the stock stays the origin's to sell.",
    )  # fmt: skip
    middle.text_input("Reason", key=REASON, placeholder="needed to decline")
    right.button(
        "Decline", icon=":material/close:", key="transfer.decline", on_click=decline, args=(desk, rows)
    )


def commands(rows: Sequence[Mapping]) -> list[TransferProposal]:
    return [
        TransferProposal(
            proposal_id=row["proposal_id"],
            sku=row["sku"],
            origin_id=row["from_location_id"],
            destination_id=row["to_location_id"],
            units=round(row["quantity"]),
        )
        for row in rows
    ]


def accept(desk: Desk, rows: Sequence[Mapping]) -> None:
    """The callback of a button: transfers of these rows, or a sentence why not."""
    try:
        with desk.book() as book:
            answer = StockService(book, desk.settings).accept_transfers(
                commands(rows), by=author(), at=desk.now, key=_key("move", rows, None)
            )
    except OmsError as error:
        say("error", f"Not moved: {error}.{hint()}")
        return
    moved, known = answer["moved"], len(answer["known"])
    more = f" {known} had been decided before." if known else ""
    if not moved:
        say("warning", f"Nothing was moved.{more}")
        return
    names = ", ".join(sorted(set(moved.values())))
    say("success", f"Drafted {formats.counted(answer['units'], 'unit')} on {names}.{more}")


def decline(desk: Desk, rows: Sequence[Mapping]) -> None:
    """The callback of a button; every row is declined for the same reason."""
    reason = str(st.session_state[REASON])
    try:
        with desk.book() as book:
            StockService(book, desk.settings).decline_transfers(
                commands(rows), reason=reason, by=author(), at=desk.now, key=_key("stay", rows, reason)
            )
    except OmsError as error:
        say("error", f"Not declined: {error}.{hint()}")
        return
    say("success", f"Declined {formats.counted(len(rows), 'transfer')}: {reason.strip()}.")


def _key(action: str, rows: Sequence[Mapping], terms: object) -> str:
    """The same press again is the same command; with other terms it is another."""
    return f"{action} {sorted(row['proposal_id'] for row in rows)} {terms} {author()}"
