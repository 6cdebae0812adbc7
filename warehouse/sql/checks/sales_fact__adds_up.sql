-- sales measures add up to the signed amounts of every canonical line that is not a test
with tests as (
    select order_id from core.order_header where is_test
),
canonical as (
    select sum(amount) as amount, count(*) as lines
    from (
        select amount
        from core.order_line
        where line_type <> 'test'
          and order_id not in (select order_id from tests)
        union all
        select -line.amount
        from core.refund_line as line
        left join core.refund as refund on refund.refund_id = line.refund_id
        where line.line_type <> 'test'
          and coalesce(refund.order_id not in (select order_id from tests), true)
        union all
        select amount
        from core.ledger_entry
        where line_type <> 'test'
    )
),
measured as (
    select
        sum(gross_sales - returns + shipping + gift_card_sales - discounts + adjustments) as amount,
        count(*) as lines
    from marts.sales_fact
)
select
    if(coalesce(canonical.amount, 0) = coalesce(measured.amount, 0), 0, 1)
        + abs(canonical.lines - measured.lines) as violations,
    format(
        'canonical {} over {} lines, measured {} over {}',
        coalesce(canonical.amount, 0)::varchar, canonical.lines,
        coalesce(measured.amount, 0)::varchar, measured.lines
    ) as detail
from canonical
cross join measured
