-- one row per member of a dimension: what is forecast of it, what it sold lately and a year before the forecast
with weeks as (
    select min(week_start) as first_week, max(week_start) as last_week
    from forecast_level
    where dimension = $dimension
),
ahead as (
    select
        level.member,
        coalesce(sum(level.mean) filter (where level.week_start < weeks.first_week + interval 28 day), 0) as next_4_mean,
        coalesce(
            sum(level.expected) filter (where level.week_start < weeks.first_week + interval 28 day), 0
        ) as next_4_expected,
        sum(level.mean) as all_mean,
        sum(level.expected) as all_expected
    from forecast_level as level
    cross join weeks
    where level.dimension = $dimension
    group by level.member
),
sold as (
    select
        past.member,
        sum(past.units) filter (where past.week_start > last_sold.week_start - interval 91 day) as last_13_units,
        sum(past.units) filter (
            where past.week_start between weeks.first_week - interval 364 day and weeks.last_week - interval 364 day
        ) as year_before_units
    from level_history as past
    cross join weeks
    cross join (select max(week_start) as week_start from level_history) as last_sold
    where past.dimension = $dimension
    group by past.member
)
select
    ahead.member,
    ahead.next_4_mean,
    ahead.next_4_expected,
    ahead.all_mean,
    ahead.all_expected,
    coalesce(sold.last_13_units, 0) as last_13_units,
    sold.year_before_units
from ahead
left join sold on sold.member = ahead.member
order by ahead.all_expected desc, ahead.member
