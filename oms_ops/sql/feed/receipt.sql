-- one receipt of goods
SELECT
    fact.apply_seq,
    epoch_us(fact.recorded_at) AS recorded_at,
    received.receipt_id,
    received.purchase_order_line_id,
    received.sku,
    received.location_id,
    CAST(received.quantity AS BIGINT) AS quantity,
    epoch_us(received.received_at) AS received_at
FROM core.intake_fact AS fact
JOIN core.receipt AS received ON received.receipt_id = fact.fact_id
WHERE fact.fact_kind = 'receipt' AND fact.apply_seq > $after
ORDER BY fact.apply_seq
