-- one row per quantity of a sku that could be bought now
select
    step.sku,
    step.location_id,
    step.step_no,
    step.supplier_id,
    step.quantity::double as quantity,
    step.cost::double as cost,
    step.expected_gain::double as expected_gain,
    step.lead_time_days
from purchase_step as step
where ($supplier_id::varchar is null or step.supplier_id = $supplier_id)
order by step.sku, step.location_id, step.step_no
