-- one row per supplier: lead time quoted and kept, lateness, and what is overdue
select
    supplier_id,
    supplier_name,
    quoted_lead_time_days,
    receipts,
    mean_lead_days,
    p90_lead_days,
    late_share,
    mean_days_late,
    open_lines,
    overdue_lines,
    overdue_units::double as overdue_units
from supplier
order by supplier_id
