-- one row per (business_date, channel), days without a sale included
with span as (
    select
        min(business_date) as first_date,
        greatest(max(business_date), timezone($zone, $as_of::timestamptz - interval 1 microsecond)::date) as last_date
    from marts.sales_fact
),
channels as (
    select channel_id from core.channel
    union
    select distinct channel_id from marts.sales_fact
),
spine as (
    select day.business_date, channels.channel_id
    from (
        select unnest(generate_series(first_date, last_date, interval 1 day))::date as business_date from span
    ) as day
    cross join channels
),
sales as (
    select
        business_date,
        channel_id,
        sum(gross_sales) as gross_sales,
        sum(discounts) as discounts,
        sum(returns) as returns,
        sum(shipping) as shipping,
        sum(gift_card_sales) as gift_card_sales,
        sum(adjustments) as adjustments,
        sum(units) as units,
        sum(returned_units) as returned_units
    from marts.sales_fact
    group by business_date, channel_id
),
orders as (
    select
        business_date,
        channel_id,
        count(*) as orders,
        count(distinct customer_id) as customers,
        count(*) filter (where is_new_customer) as new_customers,
        count(*) filter (where order_status = 'canceled') as canceled_orders
    from marts.order_fact
    where line_count > 0
    group by business_date, channel_id
),
joined as (
    select
        spine.business_date,
        spine.channel_id,
        coalesce(sales.gross_sales, 0) as gross_sales,
        coalesce(sales.discounts, 0) as discounts,
        coalesce(sales.returns, 0) as returns,
        coalesce(sales.shipping, 0) as shipping,
        coalesce(sales.gift_card_sales, 0) as gift_card_sales,
        coalesce(sales.adjustments, 0) as adjustments,
        coalesce(sales.units, 0) as units,
        coalesce(sales.returned_units, 0) as returned_units,
        coalesce(orders.orders, 0) as orders,
        coalesce(orders.customers, 0) as customers,
        coalesce(orders.new_customers, 0) as new_customers,
        coalesce(orders.canceled_orders, 0) as canceled_orders
    from spine
    left join sales on sales.business_date = spine.business_date and sales.channel_id = spine.channel_id
    left join orders on orders.business_date = spine.business_date and orders.channel_id = spine.channel_id
)
select
    business_date,
    channel_id,
    gross_sales,
    discounts,
    returns,
    gross_sales - discounts - returns as net_sales,
    shipping,
    0 as taxes,
    gross_sales - discounts - returns + shipping as total_sales,
    gift_card_sales,
    adjustments,
    orders,
    units,
    returned_units,
    customers,
    new_customers,
    canceled_orders
from joined
