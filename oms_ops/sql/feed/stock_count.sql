-- one counted quantity that replaces what was on hand
SELECT
    fact.apply_seq,
    epoch_us(fact.recorded_at) AS recorded_at,
    counted.count_id,
    counted.sku,
    counted.location_id,
    CAST(counted.quantity AS BIGINT) AS quantity,
    epoch_us(counted.counted_at) AS counted_at
FROM core.intake_fact AS fact
JOIN core.stock_count AS counted ON counted.count_id = fact.fact_id
WHERE fact.fact_kind = 'stock_count' AND fact.apply_seq > $after
ORDER BY fact.apply_seq
