-- one row per (sku, location)
select
    balance.sku,
    balance.location_id,
    balance.on_hand,
    balance.available,
    balance.committed,
    balance.reserved,
    balance.damaged,
    balance.safety_stock,
    balance.quality_control,
    balance.incoming,
    balance.on_hand * coalesce(product.unit_cost, 0) as stock_value
from core.stock_balance as balance
left join core.product as product on product.sku = balance.sku
