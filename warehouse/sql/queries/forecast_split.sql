-- one row per channel and location that is to sell of a sku
with weeks as (
    select min(week_start) as first_week
    from forecast_split
    where sku = $sku
)
select
    part.dimension,
    part.member,
    coalesce(sum(part.mean) filter (where part.week_start < weeks.first_week + interval 28 day), 0) as next_4_weeks,
    sum(part.mean) as all_weeks
from forecast_split as part
cross join weeks
where part.sku = $sku
group by part.dimension, part.member
order by part.dimension, all_weeks desc, part.member
