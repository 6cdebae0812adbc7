-- one row per accepted command in an order's history
select
    event_seq,
    order_id,
    event_kind,
    occurred_at,
    recorded_at,
    detail
from core.order_event
