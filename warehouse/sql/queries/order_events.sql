-- one row per accepted command of one order, in the order it happened
select
    event_seq,
    event_kind,
    occurred_at,
    recorded_at,
    detail
from order_event
where order_id = $order_id
order by occurred_at, event_seq
