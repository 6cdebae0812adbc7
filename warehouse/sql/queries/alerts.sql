-- one row per restock alert episode, gravest first
select
    alert.episode_id,
    alert.rule,
    alert.sku,
    coalesce(product.title, alert.sku) as title,
    product.abc_class,
    product.supplier_name,
    alert.location_id,
    alert.state,
    alert.severity,
    alert.stockout_probability,
    alert.margin_at_risk,
    alert.available::double as available,
    alert.days_of_cover,
    alert.suggested_quantity::double as suggested_quantity,
    alert.order_by,
    alert.raised_at,
    alert.updated_at,
    alert.resolved_at,
    alert.snoozed_until,
    alert.acknowledged_by,
    alert.explanation
from alert
left join product on product.sku = alert.sku
where ($sku::varchar is null or alert.sku = $sku)
  and ($include_resolved::boolean or alert.state <> 'resolved')
order by
    list_position(['critical', 'high', 'medium', 'low'], alert.severity),
    alert.margin_at_risk desc,
    alert.episode_id
limit $limit
