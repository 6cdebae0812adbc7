-- one row per supplier: what it quotes, how long it took, how often it was late, and what is overdue now
with received as (
    select
        line.supplier_id,
        date_diff('second', line.ordered_at, receipt.received_at) / 86400.0 as lead_days,
        greatest(
            0,
            date_diff(
                'day',
                timezone($zone, line.expected_at)::date,
                timezone($zone, receipt.received_at)::date
            )
        ) as days_late
    from core.receipt as receipt
    inner join core.purchase_order_line as line
        on line.purchase_order_line_id = receipt.purchase_order_line_id
),
past as (
    select
        supplier_id,
        count(*) as receipts,
        avg(lead_days) as mean_lead_days,
        quantile_cont(lead_days, 0.9) as p90_lead_days,
        avg((days_late > 0)::int) as late_share,
        avg(days_late) filter (where days_late > 0) as mean_days_late
    from received
    group by supplier_id
),
coming as (
    select
        supplier_id,
        count(*) as open_lines,
        count(*) filter (where expected_at < $as_of::timestamptz) as overdue_lines,
        coalesce(sum(open_quantity) filter (where expected_at < $as_of::timestamptz), 0) as overdue_units
    from core.incoming_supply
    where open_quantity > 0
    group by supplier_id
)
select
    supplier.supplier_id,
    supplier.supplier_name,
    supplier.quoted_lead_time_days,
    coalesce(past.receipts, 0) as receipts,
    past.mean_lead_days,
    past.p90_lead_days,
    past.late_share,
    past.mean_days_late,
    coalesce(coming.open_lines, 0) as open_lines,
    coalesce(coming.overdue_lines, 0) as overdue_lines,
    coalesce(coming.overdue_units, 0) as overdue_units
from core.supplier as supplier
left join past on past.supplier_id = supplier.supplier_id
left join coming on coming.supplier_id = supplier.supplier_id
order by supplier.supplier_id
