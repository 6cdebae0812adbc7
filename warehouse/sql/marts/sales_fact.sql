-- one row per (order, refund or ledger entry, line), tests out: what the line adds to each sales measure
with order_lines as (
    select
        'order' as fact_kind,
        header.order_id as fact_id,
        line.line_id,
        header.channel_id,
        header.order_id,
        header.customer_id,
        header.country,
        line.sku,
        header.business_date,
        line.recorded_at,
        line.line_type,
        line.adjustment_kind,
        line.quantity,
        line.amount as signed_amount
    from core.order_line as line
    inner join core.order_header as header on header.order_id = line.order_id
    where not header.is_test
),
refund_lines as (
    select
        'refund' as fact_kind,
        refund.refund_id as fact_id,
        line.line_no::varchar as line_id,
        refund.channel_id,
        refund.order_id,
        refund.customer_id,
        refund.country,
        line.sku,
        refund.business_date,
        line.recorded_at,
        line.line_type,
        null as adjustment_kind,
        line.quantity,
        -line.amount as signed_amount
    from core.refund_line as line
    inner join core.refund as refund on refund.refund_id = line.refund_id
    left join core.order_header as header on header.order_id = refund.order_id
    where not coalesce(header.is_test, false)
),
ledger_lines as (
    select
        'ledger' as fact_kind,
        entry_id as fact_id,
        '1' as line_id,
        channel_id,
        null as order_id,
        customer_id,
        country,
        code as sku,
        business_date,
        recorded_at,
        line_type,
        adjustment_kind,
        quantity,
        amount as signed_amount
    from core.ledger_entry
),
lines as (
    select * from order_lines
    union all
    select * from refund_lines
    union all
    select * from ledger_lines
),
flagged as (
    select
        *,
        line_type = 'product' and fact_kind = 'order' as is_sale,
        line_type = 'product' and fact_kind = 'refund' as is_return,
        line_type = 'adjustment' and coalesce(adjustment_kind = 'discount', false) as is_discount
    from lines
    where line_type <> 'test'
)
select
    fact_id,
    line_id,
    fact_kind,
    channel_id,
    order_id,
    customer_id,
    country,
    sku,
    business_date,
    recorded_at,
    if(is_sale, quantity, 0) as units,
    if(is_sale, signed_amount, 0) as gross_sales,
    if(is_discount, -signed_amount, 0) as discounts,
    if(is_return, -signed_amount, 0) as returns,
    if(is_return, quantity, 0) as returned_units,
    if(line_type = 'shipping', signed_amount, 0) as shipping,
    if(line_type = 'gift_card', signed_amount, 0) as gift_card_sales,
    if(line_type = 'adjustment' and not is_discount, signed_amount, 0) as adjustments
from flagged
