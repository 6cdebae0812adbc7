-- one row per sku whose code or title matches; every sku where the text is empty
select
    product.sku,
    product.title,
    product.abc_class
from product
where $text::varchar is null
   or product.sku ilike '%' || $text || '%'
   or product.title ilike '%' || $text || '%'
order by product.sku = upper($text) desc, product.sku
limit $limit
