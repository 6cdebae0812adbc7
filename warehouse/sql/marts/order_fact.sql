-- one row per order, tests out
with line_sums as (
    select
        order_id,
        count(*) filter (where line_type = 'product') as line_count,
        sum(quantity) filter (where line_type = 'product') as units,
        sum(amount) filter (where line_type = 'product') as gross_sales,
        sum(amount) filter (where line_type = 'shipping') as shipping
    from core.order_line
    group by order_id
),
refund_sums as (
    select
        refund.order_id,
        sum(line.amount) as refunded,
        sum(line.quantity) filter (where line.restock_kind = 'cancel') as units_canceled
    from core.refund_line as line
    inner join core.refund as refund on refund.refund_id = line.refund_id
    where refund.order_id is not null
      and line.line_type = 'product'
    group by refund.order_id
),
orders as (
    select
        header.*,
        coalesce(line_sums.line_count, 0) as line_count,
        coalesce(line_sums.units, 0) as units,
        coalesce(line_sums.gross_sales, 0) as gross_sales,
        coalesce(line_sums.shipping, 0) as shipping,
        coalesce(refund_sums.refunded, 0) as refunded,
        coalesce(state.order_status, if(cancellation.order_id is null, 'open', 'canceled')) as order_status,
        coalesce(state.payment_status, 'pending') as payment_status,
        coalesce(state.fulfillment_status, 'unfulfilled') as fulfillment_status,
        cancellation.cancel_reason,
        coalesce(state.location_count, 0) as location_count,
        coalesce(state.units_ordered, line_sums.units, 0) as units_to_ship,
        coalesce(state.units_canceled, 0) as units_canceled,
        coalesce(state.units_shipped, 0) as units_shipped,
        coalesce(state.units_returned, 0) as units_returned,
        coalesce(state.units_backordered_at_placement, 0) as units_backordered_at_placement,
        coalesce(header.promised_ship_by, header.promised_deliver_by) as ship_by,
        state.first_shipped_at,
        state.last_shipped_at,
        state.delivered_at,
        if(
            cancellation.cancel_reason in ('customer', 'fraud', 'declined', 'expired'),
            coalesce(state.units_canceled, line_sums.units, 0),
            coalesce(refund_sums.units_canceled, 0)
        ) as units_not_wanted
    from core.order_header as header
    left join line_sums on line_sums.order_id = header.order_id
    left join refund_sums on refund_sums.order_id = header.order_id
    left join core.order_state as state on state.order_id = header.order_id
    left join core.order_cancellation as cancellation on cancellation.order_id = header.order_id
    where not header.is_test
),
first_orders as (
    select order_id
    from orders
    where customer_id is not null
      and line_count > 0
    qualify row_number() over (partition by customer_id order by placed_at, order_id) = 1
),
judged as (
    select
        orders.*,
        if(customer_id is null or line_count = 0, null, first_orders.order_id is not null) as is_new_customer,
        units_to_ship <= units_not_wanted as is_called_off,
        units_shipped >= units_to_ship - units_not_wanted as is_all_shipped,
        units_shipped + units_canceled >= units_to_ship as is_nothing_left
    from orders
    left join first_orders on first_orders.order_id = orders.order_id
)
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
    units,
    gross_sales,
    shipping,
    refunded,
    order_status,
    payment_status,
    fulfillment_status,
    cancel_reason,
    location_count,
    units_canceled,
    units_shipped,
    units_returned,
    units_backordered_at_placement,
    promised_ship_by,
    promised_deliver_by,
    first_shipped_at,
    last_shipped_at,
    delivered_at,
    case
        when is_called_off then null
        when delivered_at is not null and is_nothing_left then delivered_at <= promised_deliver_by
        when promised_deliver_by <= $as_of then false
    end as is_on_time,
    case
        when is_called_off then null
        when is_all_shipped and units_shipped > 0 then last_shipped_at <= ship_by
        when ship_by <= $as_of then false
    end as is_in_full
from judged
