-- one line of a purchase order
SELECT
    fact.apply_seq,
    epoch_us(fact.recorded_at) AS recorded_at,
    ordered.purchase_order_line_id,
    ordered.supplier_id,
    ordered.sku,
    ordered.location_id,
    CAST(ordered.quantity AS BIGINT) AS quantity,
    epoch_us(ordered.ordered_at) AS ordered_at,
    epoch_us(ordered.expected_at) AS expected_at
FROM core.intake_fact AS fact
JOIN core.purchase_order_line AS ordered ON ordered.purchase_order_line_id = fact.fact_id
WHERE fact.fact_kind = 'purchase_order' AND fact.apply_seq > $after
ORDER BY fact.apply_seq
