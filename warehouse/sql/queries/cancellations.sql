-- one row per cancel reason of orders placed in the period, and one ('all') with every order placed
with placed as (
    select order_id, order_status, cancel_reason
    from order_fact
    where line_count > 0
      and business_date >= $date_from
      and business_date < $date_to
      and ($channel::varchar is null or channel_id = $channel)
      and ($as_of::timestamptz is null or recorded_at <= $as_of)
)
select 'all' as cancel_reason, count(*) as orders_placed, count(*) filter (where order_status = 'canceled') as orders_canceled
from placed
union all
select coalesce(cancel_reason, 'other'), count(*), count(*)
from placed
where order_status = 'canceled'
group by coalesce(cancel_reason, 'other')
order by orders_placed desc, cancel_reason
