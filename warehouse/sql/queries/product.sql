-- one sku's master data
select
    sku,
    title,
    product_kind,
    category,
    supplier_id,
    supplier_name,
    unit_cost::double as unit_cost,
    pack_size::double as pack_size,
    min_order_quantity::double as min_order_quantity,
    mean_price::double as mean_price,
    abc_class,
    discontinued_on
from product
where sku = $sku
