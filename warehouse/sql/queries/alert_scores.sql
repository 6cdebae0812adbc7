-- one row per stock pool (empty: all together, first) and rule on one kind of stock: how its restock alerts did on
-- past Monday mornings, ours first
select
    coalesce(stock_pool, '') as stock_pool,
    rule,
    first_morning,
    last_morning,
    mornings,
    alerts,
    "right",
    stockouts,
    warned,
    warned_in_time,
    "precision",
    recall,
    recall_in_time,
    days_warned,
    raise_at,
    scored_as_of
from alert_score
where stock = $stock
order by stock_pool, list_position(['forecast', 'days_of_cover', 'min_max'], rule)
