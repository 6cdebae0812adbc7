-- one row per wanted sku that is a product
select sku, title
from product
where sku in (select unnest($skus::varchar[]))
