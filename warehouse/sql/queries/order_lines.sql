-- one row per line of one order
select
    line_no,
    line_id,
    sku,
    title,
    line_type,
    quantity::double as quantity,
    unit_price::double as unit_price,
    amount::double as amount
from order_line_fact
where order_id = $order_id
order by line_no, line_id
