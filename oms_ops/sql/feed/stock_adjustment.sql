-- one write-off, find or correction
SELECT
    fact.apply_seq,
    epoch_us(fact.recorded_at) AS recorded_at,
    adjusted.adjustment_id,
    adjusted.sku,
    adjusted.location_id,
    CAST(adjusted.quantity AS BIGINT) AS quantity,
    adjusted.reason,
    epoch_us(adjusted.adjusted_at) AS adjusted_at
FROM core.intake_fact AS fact
JOIN core.stock_adjustment AS adjusted ON adjusted.adjustment_id = fact.fact_id
WHERE fact.fact_kind = 'stock_adjustment' AND fact.apply_seq > $after
ORDER BY fact.apply_seq
