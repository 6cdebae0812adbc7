-- one refund or credit note; line_count tells which of the refund_line rows are its own
WITH line_count AS (
    SELECT refund_id, count(*) AS line_count FROM core.refund_line GROUP BY refund_id
)
SELECT
    fact.apply_seq,
    epoch_us(fact.recorded_at) AS recorded_at,
    refund.refund_id,
    refund.order_id,
    epoch_us(refund.refunded_at) AS refunded_at,
    coalesce(line_count.line_count, 0) AS line_count
FROM core.intake_fact AS fact
JOIN core.refund AS refund ON refund.refund_id = fact.fact_id
LEFT JOIN line_count ON line_count.refund_id = refund.refund_id
WHERE fact.fact_kind = 'refund' AND fact.apply_seq > $after
ORDER BY fact.apply_seq
