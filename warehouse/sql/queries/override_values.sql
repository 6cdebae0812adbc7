-- one row per (override, sku, week): what was said before, what the planner said, what came
select
    override_id,
    sku,
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
where $sku::varchar is null or sku = $sku
order by sku, week_start, override_id
