-- one row per week of a category, channel, location or the whole shop, the last weeks alone
select week_start, units, demand
from level_history
where dimension = $dimension
  and member = $member
  and week_start >= (select max(week_start) from level_history) - 7 * ($weeks - 1)
order by week_start
