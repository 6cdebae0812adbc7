-- one row per order id, number or external id spelled like the wanted one, the nearest first
with names as (
    select order_id as name from order_fact
    union all
    select order_number from order_fact
    union all
    select external_id from order_fact
)
select name
from names
order by jaro_winkler_similarity(upper(name), upper($wanted)) desc, name
limit 20
