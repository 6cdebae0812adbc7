"""Questions about cycle counts: what is being counted, and how right the book was."""

from __future__ import annotations

from sqlalchemy import Connection, case, func, select

from oms_ops.store import stock_tables as s


def being_counted(con: Connection, location_id: str) -> dict[str, str]:
    """Skus of a location in counts that are not over, with the count."""
    count, line = s.cycle_count.c, s.cycle_count_line.c
    query = select(line.sku, line.count_id).join(s.cycle_count, count.count_id == line.count_id)
    is_on = (count.location_id == location_id) & count.state.in_(("open", "awaiting_approval"))
    return dict(tuple(row) for row in con.execute(query.where(is_on)))


def accuracy(
    con: Connection, *, since: int | None, location_id: str | None
) -> tuple[int, int, int, int]:  # fmt: skip
    """Lines of posted counts, those without a variance, units off, and units off with their sign."""
    count, line = s.cycle_count.c, s.cycle_count_line.c
    query = (
        select(
            func.count(),
            func.coalesce(func.sum(case((line.variance == 0, 1), else_=0)), 0),
            func.coalesce(func.sum(func.abs(line.variance)), 0),
            func.coalesce(func.sum(line.variance), 0),
        )
        .select_from(s.cycle_count_line)
        .join(s.cycle_count, count.count_id == line.count_id)
        .where(count.state == "posted")
    )
    if since is not None:
        query = query.where(count.closed_at >= since)
    if location_id is not None:
        query = query.where(count.location_id == location_id)
    return tuple(int(value) for value in con.execute(query).one())
