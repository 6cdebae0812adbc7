-- the order of that order_id, external id or order number (more than one row: the number is not unique)
select
    order_id,
    external_id,
    order_number,
    channel_id,
    customer_id,
    country,
    currency,
    placed_at,
    business_date,
    recorded_at,
    is_new_customer,
    line_count,
    units::double as units,
    gross_sales::double as gross_sales,
    shipping::double as shipping,
    refunded::double as refunded,
    order_status,
    payment_status,
    fulfillment_status,
    cancel_reason,
    location_count,
    units_canceled::double as units_canceled,
    units_shipped::double as units_shipped,
    units_returned::double as units_returned,
    units_backordered_at_placement::double as units_backordered_at_placement,
    promised_ship_by,
    promised_deliver_by,
    first_shipped_at,
    last_shipped_at,
    delivered_at,
    is_on_time,
    is_in_full
from order_fact
where order_id = $order
   or external_id = $order
   or order_number = $order
order by (order_id = $order) desc, placed_at desc, order_id
limit 20
