-- one row per period of [date_from, date_to): sales measures, orders and customers, as known at an instant
with days as (
    select unnest(generate_series($date_from::timestamp, $date_to::timestamp - interval 1 day, interval 1 day))::date
        as business_date
),
calendar as (
    select
        business_date,
        case $by::varchar
            when 'day' then business_date
            when 'week' then date_trunc('week', business_date)::date
            when 'month' then date_trunc('month', business_date)::date
            else $date_from::date
        end as period_start
    from days
),
periods as (
    select
        period_start,
        max(business_date) + 1 as period_end
    from calendar
    group by period_start
),
sales as (
    select
        calendar.period_start,
        sum(fact.gross_sales) as gross_sales,
        sum(fact.discounts) as discounts,
        sum(fact.returns) as returns,
        sum(fact.shipping) as shipping,
        sum(fact.gift_card_sales) as gift_card_sales,
        sum(fact.adjustments) as adjustments,
        sum(fact.units) as units,
        sum(fact.returned_units) as returned_units
    from sales_fact as fact
    inner join calendar on calendar.business_date = fact.business_date
    where fact.business_date >= $date_from
      and fact.business_date < $date_to
      and ($channel::varchar is null or fact.channel_id = $channel)
      and ($country::varchar is null or fact.country = $country)
      and ($as_of::timestamptz is null or fact.recorded_at <= $as_of)
    group by calendar.period_start
),
known_orders as (
    select
        order_id,
        channel_id,
        country,
        customer_id,
        business_date,
        order_status,
        customer_id is not null
            and row_number() over (partition by customer_id order by placed_at, order_id) = 1 as is_first
    from order_fact
    where line_count > 0
      and ($as_of::timestamptz is null or recorded_at <= $as_of)
),
orders as (
    select
        calendar.period_start,
        count(*) as orders,
        count(*) filter (where known_orders.order_status = 'canceled') as canceled_orders,
        count(*) filter (where known_orders.customer_id is null) as anonymous_orders,
        count(distinct known_orders.customer_id) as customers,
        count(*) filter (where known_orders.is_first) as new_customers
    from known_orders
    inner join calendar on calendar.business_date = known_orders.business_date
    where ($channel::varchar is null or known_orders.channel_id = $channel)
      and ($country::varchar is null or known_orders.country = $country)
    group by calendar.period_start
),
joined as (
    select
        periods.period_start,
        periods.period_end,
        coalesce(sales.gross_sales, 0)::decimal(18, 4) as gross_sales,
        coalesce(sales.discounts, 0)::decimal(18, 4) as discounts,
        coalesce(sales.returns, 0)::decimal(18, 4) as returns,
        coalesce(sales.shipping, 0)::decimal(18, 4) as shipping,
        0::decimal(18, 4) as taxes,
        coalesce(sales.gift_card_sales, 0)::decimal(18, 4) as gift_card_sales,
        coalesce(sales.adjustments, 0)::decimal(18, 4) as adjustments,
        coalesce(orders.orders, 0) as orders,
        coalesce(orders.canceled_orders, 0) as canceled_orders,
        coalesce(orders.anonymous_orders, 0) as anonymous_orders,
        coalesce(sales.units, 0)::decimal(18, 3) as units,
        coalesce(sales.returned_units, 0)::decimal(18, 3) as returned_units,
        coalesce(orders.customers, 0) as customers,
        coalesce(orders.new_customers, 0) as new_customers
    from periods
    left join sales on sales.period_start = periods.period_start
    left join orders on orders.period_start = periods.period_start
)
select
    period_start,
    period_end,
    gross_sales,
    discounts,
    returns,
    gross_sales - discounts - returns as net_sales,
    shipping,
    taxes,
    gross_sales - discounts - returns + shipping + taxes as total_sales,
    gift_card_sales,
    adjustments,
    orders,
    canceled_orders,
    anonymous_orders,
    units,
    returned_units,
    customers,
    new_customers,
    customers - new_customers as returning_customers
from joined
order by period_start
