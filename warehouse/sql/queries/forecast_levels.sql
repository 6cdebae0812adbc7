-- one row per (member, week ahead) of a category, channel, location or the whole shop
select
    *
from forecast_level
where dimension = $dimension
  and ($member::varchar is null or member = $member)
order by dimension, member, week_start
