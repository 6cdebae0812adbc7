-- one parcel the warehouse confirmed
SELECT
    fact.apply_seq,
    epoch_us(fact.recorded_at) AS recorded_at,
    shipped.shipment_id,
    shipped.order_id,
    epoch_us(shipped.shipped_at) AS shipped_at,
    shipped.carrier,
    shipped.tracking_number
FROM core.intake_fact AS fact
JOIN core.shipment AS shipped ON shipped.shipment_id = fact.fact_id
WHERE fact.fact_kind = 'shipment' AND fact.apply_seq > $after
ORDER BY fact.apply_seq
