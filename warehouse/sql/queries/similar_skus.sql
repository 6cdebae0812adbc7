-- one row per sku spelled like the wanted one, the nearest first
select sku
from product
order by jaro_winkler_similarity(sku, $wanted) desc, sku
limit 20
