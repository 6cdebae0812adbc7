-- one row per sku with excess or dead stock, dearest first
select
    excess.sku,
    coalesce(product.title, excess.sku) as title,
    product.abc_class,
    product.supplier_name,
    excess.kind,
    excess.available,
    excess.on_order,
    excess.weekly_demand,
    excess.weeks_of_stock,
    excess.last_sold,
    excess.excess_units,
    excess.excess_value,
    excess.annual_holding,
    excess.action
from excess_stock as excess
left join product on product.sku = excess.sku
where ($kind::varchar is null or excess.kind = $kind)
order by excess.excess_value desc nulls last, excess.sku
