-- one row per week from a sku's first demand to the week before a date, empty weeks included
with span as (
    select date_trunc('week', min(business_date))::date as first_week
    from demand_daily
    where sku = $sku
),
weeks as (
    select unnest(generate_series(
        greatest(span.first_week, date_trunc('week', $date_to::date - 7 * $weeks)::date),
        $date_to::date - 7,
        interval 7 day
    ))::date as week_start
    from span
),
demand as (
    select
        date_trunc('week', business_date)::date as week_start,
        sum(units)::double as units,
        sum(gross_sales)::double as gross_sales
    from demand_daily
    where sku = $sku
      and business_date < $date_to
    group by date_trunc('week', business_date)
),
day_exposure as (
    select business_date, max(exposure) as exposure
    from availability_day
    where sku = $sku
    group by business_date
    having count(*) >= (select count(*) from ats where sku = $sku)
),
blocked as (
    select date_trunc('week', business_date)::date as week_start, sum(1 - exposure) as days_out
    from day_exposure
    group by date_trunc('week', business_date)
),
returned as (
    select date_trunc('week', business_date)::date as week_start, sum(returned_units)::double as returned_units
    from sales_fact
    where sku = $sku
      and fact_kind = 'refund'
    group by date_trunc('week', business_date)
)
select
    weeks.week_start,
    coalesce(demand.units, 0) as units,
    coalesce(demand.gross_sales, 0) as gross_sales,
    coalesce(blocked.days_out, 0) as days_out,
    coalesce(history.is_bulk, false) as is_bulk,
    history.lost_units,
    history.lost_q10,
    history.lost_q90,
    coalesce(returned.returned_units, 0) as returned_units
from weeks
left join demand on demand.week_start = weeks.week_start
left join blocked on blocked.week_start = weeks.week_start
left join demand_history as history on history.sku = $sku and history.week_start = weeks.week_start
left join returned on returned.week_start = weeks.week_start
order by weeks.week_start
