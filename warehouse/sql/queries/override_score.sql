-- one row per planner, reason code, sku, category or override: what its overrides were worth where scored
with cell as (
    select
        case $by
            when 'planner' then value.author
            when 'reason' then value.reason_code
            when 'sku' then value.sku
            when 'category' then coalesce(product.category, 'Other')
            when 'override' then value.override_id
            else 'all'
        end as name,
        value.*
    from override_value as value
    left join product on product.sku = value.sku
    where ($author::varchar is null or value.author = $author)
      and ($sku::varchar is null or value.sku = $sku)
)
select
    name,
    count(distinct override_id) as overrides,
    count(*) filter (where is_scored) as weeks_scored,
    count(*) filter (where not is_scored) as weeks_open,
    sum(actual) filter (where is_scored) as actual_units,
    sum(error_before) / nullif(sum(actual) filter (where is_scored), 0) as wape_before,
    sum(error_planned) / nullif(sum(actual) filter (where is_scored), 0) as wape_planned,
    sum(value_added) / nullif(sum(actual) filter (where is_scored), 0) as value_added_ratio,
    sum(planned - before) filter (where is_scored) / nullif(sum(actual) filter (where is_scored), 0) as moved_ratio,
    sum(value_added) as value_added_units,
    sum(value_added_money)::double as value_added_money,
    avg((value_added > 0)::integer) filter (where is_scored and planned <> before) as share_better,
    avg(weight) as mean_weight
from cell
group by name
order by value_added_money nulls last, name
