"""Names of proposals of one day: what is proposed anew once the first was decided is another proposal.

`STEM@DAY`, then `STEM@DAY#2` and so on. What a decision means for the order book is in oms_ops.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

DECLINED = "declined"
DECIDED = {"proposal_id": pl.String, "decision": pl.String, "proposed_units": pl.Float64}


def told_apart(rows: pl.DataFrame, decided: pl.DataFrame) -> pl.DataFrame:
    """`rows` (proposal_id, quantity) with the ids of those decided moved on to the next free number.

    `decided`: the columns above, of decisions that the rows' numbers already take into account: what was
    ordered or moved counts as coming. One declined is proposed anew only where more is wanted than then.
    """
    known = {name: row for name, *row in decided.select(list(DECIDED)).iter_rows()}
    named = [
        _next(name, float(quantity), known) if name in known else name
        for name, quantity in rows.select("proposal_id", "quantity").iter_rows()
    ]
    return rows.with_columns(proposal_id=pl.Series(named, dtype=pl.String))


def _next(first: str, quantity: float, known: Mapping[str, list]) -> str:
    name, number = first, 1
    while name in known:
        decision, proposed = known[name]
        if decision == DECLINED and quantity <= proposed:
            break
        number += 1
        name = f"{first}#{number}"
    return name
