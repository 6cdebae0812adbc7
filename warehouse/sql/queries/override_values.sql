-- one row per (override, week) of one sku: what was said before, what the planner said, what came
select
    override_id,
    week_start,
    before,
    planned,
    weight,
    after,
    author,
    reason_code,
    reason,
    actual,
    is_scored,
    error_before,
    error_planned,
    value_added,
    value_added_money
from override_value
where sku = $sku
order by week_start, override_id
