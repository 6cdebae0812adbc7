-- one row per sku and receiving location worth buying for now, most urgent first
select
    proposal.proposal_id,
    proposal.sku,
    coalesce(product.title, proposal.sku) as title,
    product.abc_class,
    proposal.supplier_id,
    coalesce(product.supplier_name, proposal.supplier_id) as supplier_name,
    proposal.location_id,
    proposal.quantity::double as quantity,
    proposal.unit_cost::double as unit_cost,
    proposal.cost::double as cost,
    proposal.available::double as available,
    proposal.incoming_in_time::double as incoming_in_time,
    proposal.backordered::double as backordered,
    proposal.lead_time_days,
    proposal.lead_time_p90_days,
    proposal.review_days,
    proposal.expected_demand,
    proposal.demand_q50,
    proposal.demand_q90,
    proposal.service_level,
    proposal.reorder_point,
    proposal.order_up_to,
    proposal.stockout_probability,
    proposal.days_of_cover,
    proposal.order_by,
    proposal.binding_constraint,
    proposal.demand_q05,
    proposal.demand_q25,
    proposal.demand_q75,
    proposal.demand_q95,
    proposal.incoming_dated,
    proposal.waiting_risk,
    proposal.cost_of_waiting,
    proposal.stock_pool,
    proposal.pool_quantity::double as pool_quantity,
    proposal.location_available::double as location_available,
    proposal.location_incoming::double as location_incoming,
    proposal.location_demand,
    proposal.explanation
from proposal
left join product on product.sku = proposal.sku
where ($supplier_id::varchar is null or proposal.supplier_id = $supplier_id)
  and ($sku::varchar is null or proposal.sku = $sku)
order by proposal.order_by, proposal.stockout_probability desc, proposal.cost desc nulls last, proposal.sku,
    proposal.location_id
limit $limit
