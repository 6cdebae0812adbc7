-- one row per order that matches a search, newest first
select
    order_id,
    order_number,
    channel_id,
    customer_id,
    country,
    placed_at,
    order_status,
    payment_status,
    fulfillment_status,
    line_count,
    units::double as units,
    gross_sales::double as gross_sales,
    promised_deliver_by,
    delivered_at,
    is_on_time,
    is_in_full
from order_fact
where ($text::varchar is null
       or order_id ilike '%' || $text || '%'
       or order_number ilike '%' || $text || '%'
       or customer_id ilike '%' || $text || '%')
  and ($channel::varchar is null or channel_id = $channel)
  and ($order_status::varchar is null or order_status = $order_status)
  and ($fulfillment_status::varchar is null or fulfillment_status = $fulfillment_status)
  and ($date_from::date is null or business_date >= $date_from)
  and ($date_to::date is null or business_date < $date_to)
order by placed_at desc, order_id
limit $limit
