-- one row per (week, channel, stage): hours orders stayed in a stage
select
    week_start,
    channel_id,
    stage,
    orders,
    median_hours,
    p90_hours
from dwell
where week_start >= date_trunc('week', $date_from::date)
  and week_start < $date_to
  and ($channel::varchar is null or channel_id = $channel)
order by week_start, channel_id, stage
