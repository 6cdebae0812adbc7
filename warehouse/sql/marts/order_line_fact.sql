-- one row per order line, tests out
select
    line.order_id,
    line.line_id,
    line.line_no,
    line.sku,
    line.title,
    line.line_type,
    line.quantity,
    line.unit_price,
    line.amount
from core.order_line as line
inner join core.order_header as header on header.order_id = line.order_id
where not header.is_test
  and line.line_type <> 'test'
