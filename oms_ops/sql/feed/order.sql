-- one order, in the order of the stream; line_count tells which of the order_line rows are its own
WITH line_count AS (
    SELECT order_id, count(*) AS line_count FROM core.order_line GROUP BY order_id
)
SELECT
    fact.apply_seq,
    epoch_us(fact.recorded_at) AS recorded_at,
    placed.order_id,
    placed.channel_id,
    placed.external_id,
    placed.order_number,
    placed.customer_id,
    placed.country,
    placed.currency,
    placed.is_test,
    epoch_us(placed.placed_at) AS placed_at,
    epoch_us(placed.promised_ship_by) AS promised_ship_by,
    epoch_us(placed.promised_deliver_by) AS promised_deliver_by,
    coalesce(line_count.line_count, 0) AS line_count
FROM core.intake_fact AS fact
JOIN core.order_header AS placed ON placed.order_id = fact.fact_id
LEFT JOIN line_count ON line_count.order_id = placed.order_id
WHERE fact.fact_kind = 'order' AND fact.apply_seq > $after
ORDER BY fact.apply_seq
