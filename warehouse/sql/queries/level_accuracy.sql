-- one row per member of a dimension, the largest first, after one of them all together
select
    dimension,
    is_whole,
    member,
    origins,
    weeks,
    first_week,
    last_week,
    actual_units,
    sum_wape,
    sum_bias,
    expected_wape,
    expected_bias,
    naive_wape,
    naive_bias,
    coverage_50,
    coverage_90
from level_accuracy
where $dimension::varchar is null or dimension = $dimension
order by
    list_position(['shop', 'category', 'channel', 'location'], dimension),
    is_whole desc,
    actual_units desc,
    member
