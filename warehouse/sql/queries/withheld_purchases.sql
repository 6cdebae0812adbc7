-- one row per sku and stock pool that is wanted now but whose supplier takes no orders within a year
select
    position.sku,
    coalesce(product.title, position.sku) as title,
    product.supplier_id,
    coalesce(product.supplier_name, product.supplier_id) as supplier_name,
    position.location_id,
    position.withheld_quantity as quantity
from stock_position as position
left join product on product.sku = position.sku
where position.withheld_quantity > 0
  and ($supplier_id::varchar is null or product.supplier_id = $supplier_id)
order by product.supplier_id, position.sku, position.location_id
