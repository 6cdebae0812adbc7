-- one order canceled whole
SELECT
    fact.apply_seq,
    epoch_us(fact.recorded_at) AS recorded_at,
    canceled.order_id,
    epoch_us(canceled.canceled_at) AS canceled_at,
    canceled.cancel_reason
FROM core.intake_fact AS fact
JOIN core.order_cancellation AS canceled ON canceled.order_id = fact.fact_id
WHERE fact.fact_kind = 'cancellation' AND fact.apply_seq > $after
ORDER BY fact.apply_seq
