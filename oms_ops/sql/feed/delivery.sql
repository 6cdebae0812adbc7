-- one parcel the carrier delivered
SELECT
    fact.apply_seq,
    epoch_us(fact.recorded_at) AS recorded_at,
    delivered.shipment_id,
    delivered.order_id,
    epoch_us(delivered.delivered_at) AS delivered_at
FROM core.intake_fact AS fact
JOIN core.delivery AS delivered ON delivered.shipment_id = fact.fact_id
WHERE fact.fact_kind = 'delivery' AND fact.apply_seq > $after
ORDER BY fact.apply_seq
